"""Other voices to compare with: whose, how many, and how soon a change counts."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from shared.errors import StorageUnavailable
from shared.listening.comparing import SIZE
from shared.listening.views import Band
from shared.recognition.cohort import FRESH_SEC, IDLE_SEC, READ, Cohorts
from shared.store.changes import ChangeLog, Kind
from shared.store.memory import MemoryStore
from shared.voices.families import IDENTIFICATION, PASSPHRASE_VERIFICATION, VERIFICATION, Family
from shared.voices.records import Profile
from shared.voices.standing import Standing
from tests.galleries import elsewhere
from tests.signatures import both, wide

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MODEL = "2026-11-22"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class CountingStore(MemoryStore):
    """Counts what it was asked for, and may be away."""

    def __init__(self) -> None:
        super().__init__()
        self.readings = 0
        self.away = False

    def enrolled(self, family: Family, size: int) -> list[Profile]:
        self.readings += 1
        if self.away:
            raise StorageUnavailable("away")
        return super().enrolled(family, size)


@pytest.fixture
def store() -> CountingStore:
    return CountingStore()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cohorts(store: CountingStore, clock: Clock) -> Cohorts:
    return Cohorts(store, clock=clock)


def _enroll(
    store: MemoryStore, number: int, family: Family = VERIFICATION, locale: str = "en-us", phrase: str | None = None
) -> Profile:
    """A voice in a direction of its own; its narrow view points the other way."""
    axis = np.eye(256)[number % 256]
    signature = both(2 * axis, -axis, 20, MODEL)
    new = Profile.new(family, locale, NOW)
    ChangeLog(store.changes).expect(family, new.id)
    ChangeLog(store.changes).tell(Kind.ENROLLED, family, new.id)
    return store.insert(replace(new, standing=Standing.ENROLLED, signature=signature, phrase=phrase))


def _heard(cohorts: Cohorts, profile: Profile, band: Band = Band.WIDE, version: str = MODEL) -> set[int]:
    return _axes(_others(cohorts, profile, band, version))


def _others(cohorts: Cohorts, profile: Profile, band: Band = Band.WIDE, version: str = MODEL) -> np.ndarray:
    """Voices that the profile's own is compared with."""
    crowd = cohorts.others(profile, band, version)
    return np.array([voice for row, voice in enumerate(crowd.voices) if row != crowd.left_out(profile.id)])


def _axes(voices: Iterable[np.ndarray]) -> set[int]:
    return {int(np.abs(voice).argmax()) for voice in voices}


def test_others_are_enrolled_voices_of_the_same_family_locale_and_phrase(
    store: CountingStore, cohorts: Cohorts
) -> None:
    own = _enroll(store, 0)
    _enroll(store, 1)
    _enroll(store, 2, locale="enUS")
    _enroll(store, 3, locale="de-de")
    _enroll(store, 4, family=IDENTIFICATION)
    store.insert(Profile.new(VERIFICATION, "en-us", NOW))
    assert _heard(cohorts, own) == {1, 2}


def test_passphrases_are_compared_with_the_same_passphrase(store: CountingStore, cohorts: Cohorts) -> None:
    own, _ = (_enroll(store, number, PASSPHRASE_VERIFICATION, phrase="a") for number in (0, 1))
    _enroll(store, 2, PASSPHRASE_VERIFICATION, phrase="b")
    assert _heard(cohorts, own) == {1}


def test_voices_are_of_one_band_and_one_model_and_of_unit_length(store: CountingStore, cohorts: Cohorts) -> None:
    own, other = _enroll(store, 0), _enroll(store, 1)
    np.testing.assert_allclose(_others(cohorts, own, Band.NARROW), [-np.eye(256)[1]])
    assert other.signature is not None
    store.replace(replace(other, signature=wide(np.eye(256)[1], 20, MODEL)))
    assert _heard(cohorts, own, Band.NARROW) == set()
    assert _heard(cohorts, own, version="1999-01-01") == set()


def test_so_many_are_read_and_so_many_compared(store: CountingStore, cohorts: Cohorts) -> None:
    own, *_ = (_enroll(store, number) for number in range(READ + 10))
    assert len(_others(cohorts, own)) == SIZE


def test_what_this_instance_changes_counts_at_once(store: CountingStore, cohorts: Cohorts) -> None:
    own, other = _enroll(store, 0), _enroll(store, 1)
    assert _heard(cohorts, own) == {1}
    newcomer = store.insert(Profile.new(VERIFICATION, "en-us", NOW))
    store.replace(replace(newcomer, standing=Standing.ENROLLED, signature=both(np.eye(256)[2], [0] * 256, 20, MODEL)))
    assert _heard(cohorts, own) == {1, 2}
    store.replace(other.marked_deleting(NOW))
    assert _heard(cohorts, own) == {2}


def test_what_others_change_counts_after_a_while(store: CountingStore, cohorts: Cohorts, clock: Clock) -> None:
    own = _enroll(store, 0)
    assert _heard(cohorts, own) == set()
    _enroll(store, 1)
    clock.now = FRESH_SEC - 1
    assert _heard(cohorts, own) == set()
    assert store.readings == 1
    clock.now = FRESH_SEC
    cohorts.expect(VERIFICATION)
    cohorts.close()
    assert _heard(cohorts, own) == {1}


def _a_while_passes(cohorts: Cohorts, clock: Clock) -> None:
    clock.now += FRESH_SEC
    cohorts.expect(VERIFICATION)
    cohorts._newest[VERIFICATION.name].profiles.exception(30)


def test_later_only_what_has_changed_is_read(store: CountingStore, cohorts: Cohorts, clock: Clock) -> None:
    own, gone, reset = (_enroll(store, number) for number in range(3))
    assert _heard(cohorts, own) == {1, 2}
    elsewhere(store).replace(gone.marked_deleting(NOW))
    elsewhere(store).replace(reset.reset(NOW))
    for profile in (gone, reset):
        ChangeLog(store.changes).tell(Kind.UNSURE, VERIFICATION, profile.id)
    _enroll(store, 3)
    _a_while_passes(cohorts, clock)
    assert _heard(cohorts, own) == {3}
    _enroll(store, 4, IDENTIFICATION)
    _a_while_passes(cohorts, clock)
    assert _heard(cohorts, own) == {3}
    assert store.readings == 1


def test_all_are_read_again_after_long_and_where_others_would_have_to_step_in(
    store: CountingStore, cohorts: Cohorts, clock: Clock
) -> None:
    own, *others = sorted((_enroll(store, number) for number in range(READ + 1)), key=lambda profile: profile.id)
    assert len(_heard(cohorts, own)) > 0
    ChangeLog(store.changes).drop_before(datetime.now(UTC) + timedelta(hours=1))
    store.remove(others[0])
    ChangeLog(store.changes).tell(Kind.DELETED, VERIFICATION, others[0].id)
    _a_while_passes(cohorts, clock)
    assert len(cohorts._newest[VERIFICATION.name].profiles.result()) == READ
    assert store.readings == 2
    clock.now += IDLE_SEC
    _a_while_passes(cohorts, clock)
    assert store.readings == 3


def test_a_first_reading_that_fails_is_told_and_tried_again(store: CountingStore, cohorts: Cohorts) -> None:
    own, _ = _enroll(store, 0), _enroll(store, 1)
    store.away = True
    with pytest.raises(StorageUnavailable):
        _others(cohorts, own)
    store.away = False
    assert _heard(cohorts, own) == {1}


def test_a_later_reading_that_fails_leaves_what_is_known(store: CountingStore, cohorts: Cohorts, clock: Clock) -> None:
    own, _ = _enroll(store, 0), _enroll(store, 1)
    assert _heard(cohorts, own) == {1}
    store.away, clock.now = True, FRESH_SEC
    cohorts.expect(VERIFICATION)
    assert _heard(cohorts, own) == {1}


def test_switched_off_no_other_profile_is_read(store: CountingStore) -> None:
    off = Cohorts(store, on=False)
    own, _ = _enroll(store, 0), _enroll(store, 1)
    off.expect(VERIFICATION)
    assert len(_others(off, own)) == 0
    assert store.readings == 0
