"""What is forgotten when, on a clock that the tests drive, and what a run that was cut off leaves to the next."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from unittest.mock import patch

import pytest

from devhost.azurite import azurite
from shared.errors import NotFound, StorageUnavailable
from shared.listening.views import Band
from shared.profiles.upkeep import GRACE, Done
from shared.settings import Settings
from shared.store import Store
from shared.store.azure import AzureStore
from shared.store.memory import MemoryStore
from shared.voices.families import IDENTIFICATION, VERIFICATION
from shared.voices.records import Profile
from tests import remembering, voices
from tests.clock import Clock
from tests.domain import Domain

CLIP = voices.seconds("anna", 6)
AUDIO_DAYS = 30
PROFILE_DAYS = 90


@dataclass
class Service:
    """Storage and what works on it, all by one clock."""

    store: Store
    clock: Clock
    audio_days: int = AUDIO_DAYS
    profile_days: int = 0
    profiles: Domain = field(init=False)

    def __post_init__(self) -> None:
        self.profiles = Domain.on(
            self.store,
            remembering.listener(any_format=True),
            self.clock,
            audio_retention_days=self.audio_days,
            profile_retention_days=self.profile_days,
        )

    def upkeep(self) -> Done:
        return self.profiles.upkeep()

    def enrolled(self, clips: int = 1) -> Profile:
        profile = self.profiles.create(VERIFICATION, "en-us")
        for _ in range(clips):
            profile = self.profiles.enroll(VERIFICATION, profile.id, CLIP, waive_minimum=True).profile
        return profile

    def audio(self) -> int:
        return len(list(self.store.all_audio()))


@pytest.fixture(scope="module")
def own_storage() -> Iterator[str]:
    with azurite() as connection_string:
        yield connection_string


@pytest.fixture(params=["memory", "azure"])
def keeper(request: pytest.FixtureRequest) -> Iterator[Service]:
    clock = Clock()
    if request.param == "memory":
        yield Service(MemoryStore(clock), clock)
        return
    connection_string = request.getfixturevalue("own_storage")
    store = AzureStore.open(Settings.read({"SPEAKER_STORAGE_CONNECTION_STRING": connection_string}))
    with patch.object(store, "now", clock):
        yield Service(store, clock)
    for profile in list(store.scan()):
        store.remove(profile)
    for clip in list(store.all_audio()):
        store.delete_audio(clip.family, clip.profile_id, [clip.enrollment_id])


def _keeping(keeper: Service, *, audio_days: int = AUDIO_DAYS, profile_days: int = 0) -> Service:
    return Service(keeper.store, keeper.clock, audio_days, profile_days)


def test_audio_is_kept_as_long_as_the_operator_said_and_no_longer(keeper: Service) -> None:
    profile = keeper.enrolled(2)
    keeper.clock.let_pass(days=AUDIO_DAYS, minutes=-5)
    assert keeper.upkeep() == Done()
    assert keeper.audio() == 2
    keeper.clock.let_pass(minutes=5)
    assert keeper.upkeep() == Done(audio_expired=2)
    assert keeper.audio() == 0
    assert len(keeper.profiles.get(VERIFICATION, profile.id).enrollments) == 2


def test_a_profile_whose_audio_is_gone_still_verifies_and_says_that_it_cannot_be_re_extracted(keeper: Service) -> None:
    profile = keeper.enrolled()
    assert keeper.profiles.kept_audio(profile).can_be_re_extracted
    keeper.clock.let_pass(days=AUDIO_DAYS)
    keeper.upkeep()
    kept = keeper.profiles.kept_audio(keeper.profiles.get(VERIFICATION, profile.id))
    assert (kept.clips, kept.can_be_re_extracted) == (0, False)
    verified = keeper.profiles.verify(VERIFICATION, profile.id, CLIP, waive_minimum=False)
    assert verified.candidate.accepted


def test_with_a_part_of_its_audio_gone_a_profile_cannot_be_re_extracted(keeper: Service) -> None:
    profile = keeper.enrolled(2)
    keeper.store.delete_audio(VERIFICATION, profile.id, [profile.enrollments[0].id])
    kept = keeper.profiles.kept_audio(profile)
    assert (kept.clips, kept.can_be_re_extracted) == (1, False)
    assert not keeper.profiles.re_extract(profile)


def test_an_operator_who_keeps_no_audio_has_none_written(keeper: Service) -> None:
    none_kept = _keeping(keeper, audio_days=0)
    with patch.object(type(keeper.store), "put_audio", side_effect=AssertionError("audio was written")):
        profile = none_kept.enrolled()
    assert none_kept.audio() == 0
    assert none_kept.profiles.verify(VERIFICATION, profile.id, CLIP, waive_minimum=False).candidate.accepted


def test_an_operator_who_does_not_keep_audio_any_more_has_the_older_removed(keeper: Service) -> None:
    keeper.enrolled()
    assert _keeping(keeper, audio_days=0).upkeep() == Done(audio_expired=1)
    assert keeper.audio() == 0


def test_audio_that_no_profile_names_is_left_alone_while_its_request_may_still_run(keeper: Service) -> None:
    profile = keeper.enrolled()
    keeper.store.put_audio(profile, "left-over", CLIP)
    keeper.store.put_audio(Profile.new(IDENTIFICATION, "en-us", keeper.clock()), "of-nobody", CLIP)
    keeper.clock.let_pass(seconds=GRACE.total_seconds() - 300)
    assert keeper.upkeep() == Done()
    keeper.clock.let_pass(minutes=6)
    assert keeper.upkeep() == Done(audio_left_over=2)
    assert [clip.enrollment_id for clip in keeper.store.all_audio()] == [profile.enrollments[0].id]


def test_a_deletion_that_was_cut_off_is_finished(keeper: Service) -> None:
    profile, other = keeper.enrolled(), keeper.enrolled()
    keeper.store.replace(profile.marked_deleting(keeper.clock()))
    assert keeper.upkeep() == Done(deletions_finished=1)
    assert [known.id for known in keeper.store.scan()] == [other.id]
    assert {clip.profile_id for clip in keeper.store.all_audio()} == {other.id}


def test_by_default_a_profile_is_kept_for_ever(keeper: Service) -> None:
    profile = keeper.enrolled()
    keeper.clock.let_pass(days=100 * 365)
    keeper.upkeep()
    assert keeper.profiles.get(VERIFICATION, profile.id).enrolled


@pytest.mark.parametrize("use", ["nothing", "enroll", "verify"])
def test_a_profile_expires_after_its_last_use(keeper: Service, use: str) -> None:
    expiring = _keeping(keeper, audio_days=3650, profile_days=PROFILE_DAYS)
    profile = expiring.enrolled()
    expiring.clock.let_pass(days=PROFILE_DAYS - 2)
    if use != "nothing":
        getattr(expiring.profiles, use)(VERIFICATION, profile.id, CLIP, waive_minimum=True)
        expiring.clock.let_pass(days=PROFILE_DAYS, minutes=-5)
        assert expiring.upkeep() == Done(), "it was used less than that long ago"
    expiring.clock.let_pass(days=2)
    assert expiring.upkeep() == Done(profiles_expired=1)
    assert (list(expiring.store.scan()), expiring.audio()) == ([], 0)


def test_every_candidate_of_an_identification_was_used(keeper: Service) -> None:
    expiring = _keeping(keeper, profile_days=PROFILE_DAYS)
    ids = [expiring.profiles.create(IDENTIFICATION, "en-us").id for _ in range(2)]
    for profile_id in ids:
        expiring.profiles.enroll(IDENTIFICATION, profile_id, CLIP, waive_minimum=True)
    expiring.clock.let_pass(days=PROFILE_DAYS - 1)
    expiring.profiles.identify(IDENTIFICATION, ids, CLIP, waive_minimum=False)
    expiring.clock.let_pass(days=PROFILE_DAYS - 1)
    assert expiring.upkeep().profiles_expired == 0


def test_a_use_later_on_the_day_that_is_noted_counts_as_well(keeper: Service) -> None:
    expiring = _keeping(keeper, profile_days=1)
    profile = expiring.enrolled()
    for hours in (1, 23):
        expiring.clock.let_pass(hours=hours)
        expiring.profiles.verify(VERIFICATION, profile.id, CLIP, waive_minimum=False)
    expiring.clock.let_pass(hours=2)
    assert expiring.upkeep().profiles_expired == 0


def test_re_extracting_a_signature_is_no_use_of_the_profile(keeper: Service) -> None:
    profile = keeper.enrolled()
    assert profile.signature is not None
    keeper.clock.let_pass(days=1)
    assert keeper.profiles.re_extract(profile)
    assert keeper.profiles.get(VERIFICATION, profile.id).last_seen() == profile.last_seen()


def test_stored_audio_that_is_damaged_does_not_stop_the_others(keeper: Service) -> None:
    profiles = sorted((keeper.enrolled() for _ in range(2)), key=lambda profile: profile.id)
    for profile in profiles:
        assert profile.signature is not None
        older = replace(profile.signature, model_version="1999-01-01")
        keeper.store.replace(profile.with_signature(older, [Band.WIDE]))
    keeper.store.put_audio(profiles[0], profiles[0].enrollments[0].id, b"RIFF\0\0\0\0WAVE")
    assert keeper.upkeep() == Done(re_extracted=1, not_re_extracted=1)


def test_a_second_run_finds_nothing_to_do(keeper: Service) -> None:
    doomed = keeper.enrolled()
    keeper.store.replace(doomed.marked_deleting(keeper.clock()))
    keeper.enrolled()
    keeper.clock.let_pass(days=AUDIO_DAYS)
    assert keeper.upkeep() == Done(deletions_finished=1, audio_expired=1)
    assert keeper.upkeep() == Done()


@pytest.mark.parametrize("method", ["scan", "all_audio", "delete_audio", "remove"])
def test_what_a_storage_fault_cut_off_the_next_run_does(keeper: Service, method: str) -> None:
    doomed, other = keeper.enrolled(), keeper.enrolled()
    keeper.store.replace(doomed.marked_deleting(keeper.clock()))
    keeper.clock.let_pass(days=AUDIO_DAYS)
    fault = StorageUnavailable("the account does not answer")
    with patch.object(type(keeper.store), method, side_effect=fault), pytest.raises(StorageUnavailable):
        keeper.upkeep()
    keeper.upkeep()
    assert [profile.id for profile in keeper.store.scan()] == [other.id]
    assert keeper.audio() == 0
    with pytest.raises(NotFound):
        keeper.profiles.get(VERIFICATION, doomed.id)
