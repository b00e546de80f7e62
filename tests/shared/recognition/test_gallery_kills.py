"""The process is killed at every storage call of a compaction, and storage fails at every one of a cold start: nothing
is lost, and nobody is found who is gone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.errors import StorageUnavailable
from shared.profiles.changes import change
from shared.recognition.compaction import SURE, Compaction
from shared.recognition.gallery import FRESH, Gallery
from shared.store.changes import ChangeLog
from shared.store.memory import MemoryStore
from shared.voices.families import IDENTIFICATION
from shared.voices.records import Profile
from tests.clock import Clock
from tests.domain import Domain
from tests.galleries import NOW, elsewhere, enrolled, grown, names
from tests.killing import Life, every_death, living

pytestmark = pytest.mark.slow


def _compaction(store: MemoryStore, clock: Clock) -> Compaction:
    return Compaction(store, Gallery(store, clock), clock, worth_it=1)


def _lived_in(clock: Clock) -> tuple[MemoryStore, str]:
    """Storage with a snapshot, with somebody who is gone since, and one of whom nobody told; and who is there."""
    store = MemoryStore()
    kept, gone = enrolled(store), enrolled(store)
    _compaction(elsewhere(store), clock).run()
    Domain.on(store, object(), clock).delete(IDENTIFICATION, gone.id)
    change(store, IDENTIFICATION, kept.id, lambda profile: profile.reset(NOW))
    return store, enrolled(store).id


def _untold(store: MemoryStore, clock: Clock) -> str:
    profile = store.insert(Profile.new(IDENTIFICATION, "en-us", NOW))
    ChangeLog(store.changes, clock).expect(IDENTIFICATION, profile.id)
    return store.replace(grown(profile)).id


@pytest.mark.parametrize("later", [timedelta(), timedelta(hours=3)], ids=["soon", "later"])
def test_a_kill_at_any_call_of_a_compaction_loses_nobody_and_keeps_nobody(clock: Clock, later: timedelta) -> None:
    stores: list[tuple[MemoryStore, set[str], Gallery]] = []

    def live(life: Life) -> None:
        clock.ahead = timedelta()
        store, there = _lived_in(clock)
        other = Gallery(elsewhere(store), clock)
        assert names(other) == {there}
        untold = _untold(store, clock)
        clock.ahead = SURE + FRESH + later
        stores.append((store, {there, untold}, other))
        _compaction(living(store, life), clock).run()

    assert every_death(live) >= 20
    for store, there, other in stores:
        _compaction(elsewhere(store), clock).run()
        clock.ahead += FRESH
        assert names(other) == there
        assert names(Gallery(elsewhere(store), clock)) == there
        (snapshot,) = store.snapshots.values
        assert snapshot.startswith(IDENTIFICATION.name)


class Once(Life):
    """Storage that fails at one call, and is well before and afterwards."""

    def call(self, storage: Callable[..., Any], *given: object, **named: object) -> Any:  # noqa: ANN401
        self.calls += 1
        if self.calls == self.point:
            raise StorageUnavailable("it does not answer")
        return storage(*given, **named)


def test_a_fault_at_any_call_of_a_cold_start_is_made_good_by_the_next_one(clock: Clock) -> None:
    store, there = _lived_in(clock)
    for point in range(1, _calls_of_a_start(store, clock) + 1):
        gallery = Gallery(living(store, Once(point)), clock)
        with pytest.raises(StorageUnavailable):
            names(gallery)
        assert names(gallery) == {there}


def _calls_of_a_start(store: MemoryStore, clock: Clock) -> int:
    whole = Life()
    names(Gallery(living(store, whole), clock))
    assert whole.calls >= 4
    return whole.calls
