"""What happens when requests meet, and what a failure leaves behind. The flow itself is tested end to end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.errors import Conflict, Forbidden, NotFound, StorageUnavailable
from shared.listening.audio import Clip
from shared.listening.bundle import Bundle
from shared.listening.declared import Recording
from shared.listening.limits import ClipLimits
from shared.listening.listener import Utterance
from shared.listening.quality import Quality
from shared.listening.refusals import InvalidAudio, TooShort
from shared.listening.scoring import Calibration
from shared.listening.views import Seen
from shared.settings import MODELS
from shared.store.memory import MemoryStore
from shared.voices.families import VERIFICATION
from shared.voices.records import Profile
from shared.voices.standing import Standing
from tests.domain import Domain
from tests.models import CAMPPLUS

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 1, 1, tzinfo=UTC)


CALIBRATION = Bundle.load(MODELS / CAMPPLUS).required_calibration()


class SecondsListener:
    """Hears, in a body of n bytes, n seconds of speech by one voice."""

    version = "2026-11-22"

    def listen(self, recording: Recording, _limits: ClipLimits) -> Utterance:
        body = recording.body
        if not body:
            raise TooShort(1, 0)
        silence = np.zeros(len(body) * 16_000, np.float32)
        return Utterance(Clip(silence), Quality(len(body), len(body), 30.0), silence)

    def calibration(self, _version: str) -> Calibration:
        return CALIBRATION

    def embed(self, _heard: Utterance, _version: str, _seen: Seen = Seen.AS_IT_CAME) -> NDArray[np.float32]:
        return np.full(192, 192**-0.5, np.float32)


class MeddlingStore(MemoryStore):
    """A store where somebody else acts before each replace, as often as told."""

    def __init__(self) -> None:
        super().__init__()
        self.meddlings: list[Callable[[Profile], None]] = []

    def replace(self, profile: Profile) -> Profile:
        if self.meddlings:
            self.meddlings.pop(0)(profile)
        return super().replace(profile)

    def touch(self, profile: Profile) -> None:
        self._write(self.profiles[profile.family.name, profile.id])


@pytest.fixture
def store() -> MeddlingStore:
    return MeddlingStore()


@pytest.fixture
def profiles(store: MeddlingStore) -> Domain:
    clock = (NOW + timedelta(seconds=n) for n in range(1000))
    return Domain.on(store, SecondsListener(), lambda: next(clock))


@pytest.fixture
def profile_id(profiles: Domain) -> str:
    return profiles.create(VERIFICATION, "en-us").id


def _enroll(profiles: Domain, profile_id: str, seconds: int) -> Profile:
    return profiles.enroll(VERIFICATION, profile_id, b"x" * seconds, waive_minimum=False).profile


def test_a_lost_race_is_run_again_on_the_newer_state(profiles: Domain, store: MeddlingStore, profile_id: str) -> None:
    store.meddlings = [store.touch, store.touch]
    assert _enroll(profiles, profile_id, 25).enrolled
    assert len(store.audio) == 1


def test_whoever_keeps_losing_is_told_and_leaves_nothing(
    profiles: Domain, store: MeddlingStore, profile_id: str
) -> None:
    store.meddlings = [store.touch] * 99
    with pytest.raises(Conflict, match="Sending concurrent requests on same profile"):
        _enroll(profiles, profile_id, 25)
    assert store.audio == {}
    assert profiles.get(VERIFICATION, profile_id).enrollments == ()


def test_a_write_that_arrived_though_its_answer_was_lost_is_counted_once(
    profiles: Domain, store: MeddlingStore, profile_id: str
) -> None:
    def arrives_unheard(profile: Profile) -> None:
        store._write(profile)

    store.meddlings = [arrives_unheard]
    grown = _enroll(profiles, profile_id, 25)
    assert len(grown.enrollments) == 1
    assert len(store.audio) == 1


def test_two_enrollments_that_meet_do_not_exceed_the_total(
    profiles: Domain, store: MeddlingStore, profile_id: str
) -> None:
    for _ in range(2):
        _enroll(profiles, profile_id, 120)
    store.meddlings = [lambda _: cast("None", _enroll(profiles, profile_id, 50))]
    with pytest.raises(Forbidden, match="300 seconds"):
        _enroll(profiles, profile_id, 50)
    assert profiles.get(VERIFICATION, profile_id).audio_sec == 290
    assert len(store.audio) == 3


def test_enrolling_while_the_profile_is_deleted_leaves_no_audio(
    profiles: Domain, store: MeddlingStore, profile_id: str
) -> None:
    store.meddlings = [lambda _: profiles.delete(VERIFICATION, profile_id)]
    with pytest.raises(NotFound):
        _enroll(profiles, profile_id, 25)
    assert (store.audio, store.profiles) == ({}, {})


def test_audio_that_may_be_named_is_never_removed(profiles: Domain, store: MeddlingStore, profile_id: str) -> None:
    def cut_off(_: Profile) -> None:
        raise StorageUnavailable("the answer was lost")

    store.meddlings = [cut_off]
    with pytest.raises(StorageUnavailable):
        _enroll(profiles, profile_id, 25)
    assert len(store.audio) == 1


def test_a_deletion_that_was_cut_off_is_invisible_and_finished_by_the_next(
    profiles: Domain, store: MeddlingStore, profile_id: str
) -> None:
    _enroll(profiles, profile_id, 25)
    stored = store.profiles[VERIFICATION.name, profile_id]
    store.replace(replace(stored, standing=Standing.DELETING))
    with pytest.raises(NotFound):
        profiles.get(VERIFICATION, profile_id)
    profiles.delete(VERIFICATION, profile_id)
    assert (store.audio, store.profiles) == ({}, {})


def test_resetting_removes_the_audio_it_forgets_and_no_other(
    profiles: Domain, store: MeddlingStore, profile_id: str
) -> None:
    other = profiles.create(VERIFICATION, "en-us").id
    for name in (profile_id, other):
        _enroll(profiles, name, 25)
    profiles.reset(VERIFICATION, profile_id)
    assert {owner for _, owner, _ in store.audio} == {other}


def test_a_refused_clip_changes_nothing(profiles: Domain, store: MeddlingStore, profile_id: str) -> None:
    before = dict(store.profiles)
    with pytest.raises(InvalidAudio):
        _enroll(profiles, profile_id, 0)
    assert (store.profiles, store.audio) == (before, {})


def test_pages_say_whether_others_follow(profiles: Domain) -> None:
    ids = sorted(profiles.create(VERIFICATION, "en-us").id for _ in range(3))
    first = profiles.page(VERIFICATION, after="", size=2)
    rest = profiles.page(VERIFICATION, after=first.profiles[-1].id, size=2)
    assert ([p.id for p in first.profiles], first.more) == (ids[:2], True)
    assert ([p.id for p in rest.profiles], rest.more) == (ids[2:], False)
