"""What is forgotten when, on a clock that the tests drive, and what a run that was cut off leaves to the next."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from unittest.mock import patch

import pytest

from devhost.azurite import azurite
from shared.errors import NotFound, StorageUnavailable
from shared.profiles.upkeep import GRACE, Done
from shared.settings import Settings
from shared.store import Store
from shared.store.azure import AzureStore
from shared.store.memory import MemoryStore
from shared.voices.families import IDENTIFICATION, VERIFICATION
from shared.voices.records import Profile
from tests import models, voices
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
            models.listener(),
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
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
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


def _keeping(service: Service, *, audio_days: int = AUDIO_DAYS, profile_days: int = 0) -> Service:
    return Service(service.store, service.clock, audio_days, profile_days)


def test_audio_is_kept_as_long_as_the_operator_said_and_no_longer(service: Service) -> None:
    profile = service.enrolled(2)
    service.clock.let_pass(days=AUDIO_DAYS, minutes=-5)
    assert service.upkeep() == Done()
    assert service.audio() == 2
    service.clock.let_pass(minutes=5)
    assert service.upkeep() == Done(audio_expired=2)
    assert service.audio() == 0
    assert len(service.profiles.get(VERIFICATION, profile.id).enrollments) == 2


def test_a_profile_whose_audio_is_gone_still_verifies_and_says_that_it_cannot_be_re_extracted(service: Service) -> None:
    profile = service.enrolled()
    assert service.profiles.kept_audio(profile).can_be_re_extracted
    service.clock.let_pass(days=AUDIO_DAYS)
    service.upkeep()
    kept = service.profiles.kept_audio(service.profiles.get(VERIFICATION, profile.id))
    assert (kept.clips, kept.can_be_re_extracted) == (0, False)
    verified = service.profiles.verify(VERIFICATION, profile.id, CLIP, waive_minimum=False)
    assert verified.candidate.accepted


def test_with_a_part_of_its_audio_gone_a_profile_cannot_be_re_extracted(service: Service) -> None:
    profile = service.enrolled(2)
    service.store.delete_audio(VERIFICATION, profile.id, [profile.enrollments[0].id])
    kept = service.profiles.kept_audio(profile)
    assert (kept.clips, kept.can_be_re_extracted) == (1, False)
    assert not service.profiles.re_extract(profile)


def test_an_operator_who_keeps_no_audio_has_none_written(service: Service) -> None:
    none_kept = _keeping(service, audio_days=0)
    with patch.object(type(service.store), "put_audio", side_effect=AssertionError("audio was written")):
        profile = none_kept.enrolled()
    assert none_kept.audio() == 0
    assert none_kept.profiles.verify(VERIFICATION, profile.id, CLIP, waive_minimum=False).candidate.accepted


def test_an_operator_who_does_not_keep_audio_any_more_has_the_older_removed(service: Service) -> None:
    service.enrolled()
    assert _keeping(service, audio_days=0).upkeep() == Done(audio_expired=1)
    assert service.audio() == 0


def test_audio_that_no_profile_names_is_left_alone_while_its_request_may_still_run(service: Service) -> None:
    profile = service.enrolled()
    service.store.put_audio(profile, "left-over", CLIP)
    service.store.put_audio(Profile.new(IDENTIFICATION, "en-us", service.clock()), "of-nobody", CLIP)
    service.clock.let_pass(seconds=GRACE.total_seconds() - 300)
    assert service.upkeep() == Done()
    service.clock.let_pass(minutes=6)
    assert service.upkeep() == Done(audio_left_over=2)
    assert [clip.enrollment_id for clip in service.store.all_audio()] == [profile.enrollments[0].id]


def test_a_deletion_that_was_cut_off_is_finished(service: Service) -> None:
    profile, other = service.enrolled(), service.enrolled()
    service.store.replace(profile.marked_deleting(service.clock()))
    assert service.upkeep() == Done(deletions_finished=1)
    assert [known.id for known in service.store.scan()] == [other.id]
    assert {clip.profile_id for clip in service.store.all_audio()} == {other.id}


def test_by_default_a_profile_is_kept_for_ever(service: Service) -> None:
    profile = service.enrolled()
    service.clock.let_pass(days=100 * 365)
    service.upkeep()
    assert service.profiles.get(VERIFICATION, profile.id).enrolled


@pytest.mark.parametrize("use", ["nothing", "enroll", "verify"])
def test_a_profile_expires_after_its_last_use(service: Service, use: str) -> None:
    expiring = _keeping(service, audio_days=3650, profile_days=PROFILE_DAYS)
    profile = expiring.enrolled()
    expiring.clock.let_pass(days=PROFILE_DAYS - 2)
    if use != "nothing":
        getattr(expiring.profiles, use)(VERIFICATION, profile.id, CLIP, waive_minimum=True)
        expiring.clock.let_pass(days=PROFILE_DAYS, minutes=-5)
        assert expiring.upkeep() == Done(), "it was used less than that long ago"
    expiring.clock.let_pass(days=2)
    assert expiring.upkeep() == Done(profiles_expired=1)
    assert (list(expiring.store.scan()), expiring.audio()) == ([], 0)


def test_every_candidate_of_an_identification_was_used(service: Service) -> None:
    expiring = _keeping(service, profile_days=PROFILE_DAYS)
    ids = [expiring.profiles.create(IDENTIFICATION, "en-us").id for _ in range(2)]
    for profile_id in ids:
        expiring.profiles.enroll(IDENTIFICATION, profile_id, CLIP, waive_minimum=True)
    expiring.clock.let_pass(days=PROFILE_DAYS - 1)
    expiring.profiles.identify(IDENTIFICATION, ids, CLIP, waive_minimum=False)
    expiring.clock.let_pass(days=PROFILE_DAYS - 1)
    assert expiring.upkeep().profiles_expired == 0


def test_a_use_later_on_the_day_that_is_noted_counts_as_well(service: Service) -> None:
    expiring = _keeping(service, profile_days=1)
    profile = expiring.enrolled()
    for hours in (1, 23):
        expiring.clock.let_pass(hours=hours)
        expiring.profiles.verify(VERIFICATION, profile.id, CLIP, waive_minimum=False)
    expiring.clock.let_pass(hours=2)
    assert expiring.upkeep().profiles_expired == 0


def test_re_extracting_a_signature_is_no_use_of_the_profile(service: Service) -> None:
    profile = service.enrolled()
    assert profile.signature is not None
    service.clock.let_pass(days=1)
    assert service.profiles.re_extract(profile)
    assert service.profiles.get(VERIFICATION, profile.id).last_seen() == profile.last_seen()


def test_stored_audio_that_is_damaged_does_not_stop_the_others(service: Service) -> None:
    profiles = sorted((service.enrolled() for _ in range(2)), key=lambda profile: profile.id)
    for profile in profiles:
        assert profile.signature is not None
        older = replace(profile.signature, model_version="1999-01-01")
        service.store.replace(profile.with_signature(older))
    service.store.put_audio(profiles[0], profiles[0].enrollments[0].id, b"RIFF\0\0\0\0WAVE")
    assert service.upkeep() == Done(re_extracted=1, not_re_extracted=1)


def test_a_second_run_finds_nothing_to_do(service: Service) -> None:
    doomed = service.enrolled()
    service.store.replace(doomed.marked_deleting(service.clock()))
    service.enrolled()
    service.clock.let_pass(days=AUDIO_DAYS)
    assert service.upkeep() == Done(deletions_finished=1, audio_expired=1)
    assert service.upkeep() == Done()


@pytest.mark.parametrize("method", ["scan", "all_audio", "delete_audio", "remove"])
def test_what_a_storage_fault_cut_off_the_next_run_does(service: Service, method: str) -> None:
    doomed, other = service.enrolled(), service.enrolled()
    service.store.replace(doomed.marked_deleting(service.clock()))
    service.clock.let_pass(days=AUDIO_DAYS)
    fault = StorageUnavailable("the account does not answer")
    with patch.object(type(service.store), method, side_effect=fault), pytest.raises(StorageUnavailable):
        service.upkeep()
    service.upkeep()
    assert [profile.id for profile in service.store.scan()] == [other.id]
    assert service.audio() == 0
    with pytest.raises(NotFound):
        service.profiles.get(VERIFICATION, doomed.id)
