"""A gallery of very many is kept in parts: here three voices are."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import StorageUnavailable
from shared.profiles.changes import change
from shared.recognition import indexed, snapshots, vectors
from shared.recognition.compaction import KEPT, SURE, Compaction
from shared.recognition.gallery import FRESH, Gallery
from shared.recognition.refusals import GalleryNotReady
from shared.store import Span
from shared.store.changes import ChangeLog
from shared.store.memory import MemoryStore
from shared.voices.families import IDENTIFICATION, Family
from shared.voices.records import Profile
from tests.clock import Clock
from tests.domain import Domain
from tests.galleries import NOW, elsewhere, enrolled, names
from tests.killing import Life, every_death, living

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def three_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (indexed, snapshots, vectors):
        monkeypatch.setattr(module, "FEW", 2)
    monkeypatch.setattr(indexed, "RECENT", 1)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def _compact(store: MemoryStore, clock: Clock, until: timedelta | None = None) -> None:
    other = elsewhere(store)
    compaction = Compaction(other, Gallery(other, clock), clock, worth_it=1)
    compaction.run(clock() + until if until else None)


def _of(store: MemoryStore) -> dict[str, str]:
    """Blobs by the part that they are of."""
    return {name.split("/")[1][:3]: name for name in store.snapshots.values}


def test_a_part_is_written_again_where_somebody_of_it_changed_and_nowhere_else(
    store: MemoryStore, clock: Clock
) -> None:
    everybody = [enrolled(store, "staff") for _ in range(40)]
    _compact(store, clock)
    before = _of(store)
    assert len(before) == 16
    ChangeLog(store.changes).drop_before(datetime.now(UTC) + timedelta(hours=1))
    gone, moved, *others = everybody
    Domain.on(store, object(), clock).delete(IDENTIFICATION, gone.id)
    change(store, IDENTIFICATION, moved.id, lambda profile: profile.leaving("staff"))
    _compact(store, clock)
    after = _of(store)
    changed = {part for part in after if after[part] != before[part]}
    assert changed == {f"{int(profile.id[0], 16) * 16:03d}" for profile in (gone, moved)}
    cold = Gallery(elsewhere(store), clock)
    assert names(cold) == {moved.id, *(profile.id for profile in others)}
    assert names(cold, "staff") == {profile.id for profile in others}


def test_what_there_is_no_time_for_the_next_run_does_and_the_log_waits(store: MemoryStore, clock: Clock) -> None:
    everybody = {enrolled(store).id for _ in range(12)}
    runs = 0
    while len(store.snapshots.values) < 16:
        before = len(store.snapshots.values)
        with _slow(store, clock):
            _compact(store, clock, timedelta(seconds=5))
        assert before < len(store.snapshots.values)
        assert list(store.changes.since("")) != []
        runs += 1
    assert 2 <= runs <= 16
    cold = elsewhere(store)
    assert names(Gallery(cold, clock)) == everybody
    clock.let_pass(seconds=KEPT.total_seconds() + 60)
    _compact(store, clock)
    assert list(store.changes.since("")) == []


class _slow:  # noqa: N801  used as a context
    """Each part takes a second and a bit to read."""

    def __init__(self, store: MemoryStore, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def __enter__(self) -> None:
        self._scan = self._store.scan

        def scan(of: Family | Span | None = None) -> Iterator[Profile]:
            self._clock.let_pass(seconds=1.1)
            return self._scan(of)

        self._store.scan = scan  # type: ignore[method-assign]

    def __exit__(self, *_: object) -> None:
        del self._store.scan


def test_a_gallery_that_outgrows_its_snapshot_is_never_without_one(
    store: MemoryStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "FEW", 100)
    everybody = {enrolled(store).id for _ in range(12)}
    _compact(store, clock)
    (whole,) = store.snapshots.values
    monkeypatch.setattr(snapshots, "FEW", 2)
    with _slow(store, clock):
        _compact(store, clock, timedelta(seconds=5))
    assert whole in store.snapshots.values
    assert names(Gallery(elsewhere(store), clock)) == everybody
    _compact(store, clock)
    assert whole not in store.snapshots.values
    assert len(store.snapshots.values) == 16
    assert names(Gallery(elsewhere(store), clock)) == everybody


def test_a_kill_in_any_part_loses_nobody_and_keeps_nobody(clock: Clock) -> None:
    stores: list[tuple[MemoryStore, set[str]]] = []

    def live(life: Life) -> None:
        clock.ahead = timedelta()
        store = MemoryStore()
        kept, gone, reset = (enrolled(store) for _ in range(3))
        _compact(store, clock)
        Domain.on(store, object(), clock).delete(IDENTIFICATION, gone.id)
        change(store, IDENTIFICATION, reset.id, lambda profile: profile.reset(NOW))
        stores.append((store, {kept.id, enrolled(store).id}))
        clock.ahead = SURE + FRESH
        seen = living(store, life)
        Compaction(seen, Gallery(seen, clock), clock, worth_it=1).run()

    assert every_death(live) >= 40
    for store, there in stores:
        _compact(store, clock)
        assert names(Gallery(elsewhere(store), clock)) == there
        assert len(_of(store)) == len(store.snapshots.values) == 16


def test_names_that_are_no_snapshots_are_passed_over_and_removed(store: MemoryStore, clock: Clock) -> None:
    everybody = {enrolled(store).id for _ in range(3)}
    store.snapshots.values[f"{IDENTIFICATION.name}/000000000000001-abcd.npz"] = b"of an older version"
    assert names(Gallery(elsewhere(store), clock)) == everybody
    _compact(store, clock)
    assert len(store.snapshots.values) == 16


def test_whoever_comes_while_a_gallery_is_read_for_long_is_told_to_come_again(store: MemoryStore, clock: Clock) -> None:
    everybody = [enrolled(store) for _ in range(3)]
    going_on, scan = threading.Event(), store.scan

    def slowly(of: Family | Span | None = None) -> Iterator[Profile]:
        found = list(scan(of))
        assert going_on.wait(30)
        return iter(found)

    store.scan = slowly  # type: ignore[method-assign]
    gallery = Gallery(store, clock, patience=timedelta(milliseconds=1))
    for _ in range(2):
        with pytest.raises(GalleryNotReady) as refused:
            gallery.look(IDENTIFICATION)
        assert refused.value.retry_after_sec == 10
    Domain.on(store, object(), clock).delete(IDENTIFICATION, everybody[0].id)
    late = enrolled(store)
    going_on.set()
    gallery._begun[IDENTIFICATION.name].held.result(30)
    assert names(gallery) == {late.id, *(profile.id for profile in everybody[1:])}


def test_a_reading_that_failed_begins_anew(store: MemoryStore, clock: Clock) -> None:
    one = enrolled(store)
    scan = store.scan

    def broken(of: Family | Span | None = None) -> Iterator[Profile]:
        store.scan = scan  # type: ignore[method-assign]
        raise StorageUnavailable(f"{of} does not answer")

    store.scan = broken  # type: ignore[method-assign]
    gallery = Gallery(store, clock)
    with pytest.raises(StorageUnavailable):
        gallery.look(IDENTIFICATION)
    assert names(gallery) == {one.id}
    two = enrolled(store)
    assert names(gallery) == {one.id, two.id}
