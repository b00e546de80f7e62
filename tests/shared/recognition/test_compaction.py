"""Snapshots of galleries, and what the timer does with them and with the change log."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.observing.trace import mark
from shared.profiles.changes import change
from shared.recognition.compaction import KEPT, RENEWED, SURE, Compaction
from shared.recognition.gallery import FRESH, Gallery
from shared.store.changes import OVERLAP, ChangeLog
from shared.store.memory import MemoryStore
from shared.voices.families import IDENTIFICATION
from shared.voices.records import Profile
from tests.clock import Clock
from tests.domain import Domain
from tests.galleries import NOW, elsewhere, enrolled, grown, names


class Counting(MemoryStore):
    """Counts how often all rows are read."""

    scans = 0

    def scan(self, family=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        self.scans += 1
        return super().scan(family)


@pytest.fixture
def store() -> Counting:
    return Counting()


def _compact(store: MemoryStore, clock: Clock, worth_it: int = 1) -> None:
    other = elsewhere(store)
    Compaction(other, Gallery(other, clock), clock, worth_it).run()


def test_a_cold_instance_begins_with_the_snapshot_and_what_happened_since(store: Counting, clock: Clock) -> None:
    kept, gone, moved = enrolled(store), enrolled(store), enrolled(store, "staff")
    _compact(store, clock)
    Domain.on(store, object(), clock).delete(IDENTIFICATION, gone.id)
    change(store, IDENTIFICATION, moved.id, lambda profile: profile.leaving("staff"))
    late = enrolled(store, "staff")
    cold = elsewhere(store)
    cold.scans = 0
    gallery = Gallery(cold, clock)
    assert names(gallery) == {kept.id, moved.id, late.id}
    assert names(gallery, "staff") == {late.id}
    assert cold.scans == 0


def test_a_snapshot_holds_what_is_stored_and_nobody_who_is_gone(store: Counting, clock: Clock) -> None:
    kept, gone = enrolled(store, "staff"), enrolled(store)
    _compact(store, clock)
    before = list(store.snapshots.values)
    Domain.on(store, object(), clock).delete(IDENTIFICATION, gone.id)
    _compact(store, clock)
    (after,) = store.snapshots.values
    assert after not in before
    snapshot = Gallery(store, clock).snapshots.newest(IDENTIFICATION)
    assert snapshot is not None
    (packed,) = snapshot.parts.values()
    assert [hex(number)[2:].zfill(16) for number in packed.marks] == [mark(kept.id)]
    assert packed.count("staff") == 1


def test_nothing_is_written_where_nothing_changed_until_it_is_old(store: Counting, clock: Clock) -> None:
    enrolled(store)
    _compact(store, clock)
    clock.ahead += 3 * OVERLAP
    _compact(store, clock)
    before = list(store.snapshots.values)
    clock.ahead += 3 * OVERLAP
    _compact(store, clock)
    assert list(store.snapshots.values) == before
    clock.ahead += RENEWED
    _compact(store, clock)
    assert list(store.snapshots.values) != before


def test_few_voices_are_not_worth_a_snapshot_and_one_that_was_goes(store: Counting, clock: Clock) -> None:
    profile = enrolled(store)
    _compact(store, clock, worth_it=2)
    assert not store.snapshots.values
    _compact(store, clock)
    assert store.snapshots.values
    change(store, IDENTIFICATION, profile.id, lambda known: known.reset(NOW))
    _compact(store, clock)
    assert not store.snapshots.values


@pytest.mark.parametrize("damage", [b"", b"PK", b"nonsense" * 9])
def test_a_snapshot_that_cannot_be_read_is_passed_over_and_replaced(
    store: Counting, clock: Clock, damage: bytes
) -> None:
    one = enrolled(store)
    _compact(store, clock)
    (name,) = store.snapshots.values
    store.snapshots.values[name] = damage
    assert names(Gallery(elsewhere(store), clock)) == {one.id}
    _compact(store, clock)
    assert Gallery(store, clock).snapshots.newest(IDENTIFICATION) is not None


def test_a_snapshot_that_is_replaced_while_it_is_read_is_looked_for_again(
    store: Counting, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = enrolled(store)
    _compact(store, clock)
    read, asked = store.snapshots.get, []

    def missing_once(name: str) -> bytes | None:
        asked.append(name)
        return read(name) if len(asked) > 1 else None

    monkeypatch.setattr(store.snapshots, "get", missing_once)
    snapshots = Gallery(store, clock).snapshots
    assert snapshots.newest(IDENTIFICATION) is not None
    monkeypatch.setattr(store.snapshots, "get", lambda _: None)
    assert snapshots.newest(IDENTIFICATION) is None
    assert names(Gallery(elsewhere(store), clock)) == {one.id}


def test_who_was_cut_off_before_he_told_is_spoken_for(store: Counting, clock: Clock) -> None:
    other = Gallery(elsewhere(store), clock)
    assert names(other) == set()
    profile = store.insert(Profile.new(IDENTIFICATION, "en-us", NOW))
    ChangeLog(store.changes, clock).expect(IDENTIFICATION, profile.id)
    store.replace(grown(profile))
    clock.ahead += SURE + FRESH
    assert names(other) == set(), "nobody told"
    for _ in range(2):
        _compact(store, clock)
        clock.ahead += FRESH
        assert names(other) == {profile.id}
    assert len(list(ChangeLog(store.changes).since(datetime.now(UTC)))) == 1


def test_the_log_lets_go_of_what_is_old(store: Counting, clock: Clock) -> None:
    one = enrolled(store)
    _compact(store, clock)
    assert one.id in str(list(store.changes.since("")))
    clock.ahead += KEPT + timedelta(minutes=1)
    _compact(store, clock)
    assert list(store.changes.since("")) == []
    assert names(Gallery(elsewhere(store), clock)) == {one.id}


def test_an_instance_that_looks_again_before_the_log_lets_go_misses_nothing(store: Counting, clock: Clock) -> None:
    other = Gallery(elsewhere(store), clock)
    assert names(other) == set()
    one = enrolled(store)
    clock.ahead += KEPT / 2 - FRESH
    _compact(store, clock)
    assert names(other) == {one.id}
