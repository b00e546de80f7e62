from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from shared.errors import Conflict
from shared.profiles.groups import Groups
from shared.settings import Settings
from shared.store import Store
from shared.store.azure import AzureStore
from shared.store.groups import GroupTable
from shared.store.memory import MemoryStore
from shared.store.rows import Row
from shared.voices.families import VERIFICATION
from shared.voices.groups import Described
from shared.voices.records import Profile
from shared.voices.refusals import UnknownGroup
from tests.clock import Clock
from tests.domain import Domain

SOON = datetime.max.replace(tzinfo=UTC)


@pytest.fixture(params=["memory", "azure"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "memory":
        return MemoryStore()
    return AzureStore.open(Settings.read({"SPEAKER_STORAGE_CONNECTION_STRING": request.getfixturevalue("storage")}))


def _profiles(store: Store, count: int) -> list[str]:
    return sorted(store.insert(Profile.new(VERIFICATION, "en-us", datetime.now(UTC))).id for _ in range(count))


class During(MemoryStore):
    """A store in which something happens as soon as a profile is written."""

    happens: Callable[[], object] | None = None

    def replace(self, profile: Profile) -> Profile:
        written, then, self.happens = super().replace(profile), self.happens, None
        if then:
            then()
        return written


def test_rows_are_kept_as_both_stores_promise(store: Store) -> None:
    rows, mine = store.groups, f"of-{datetime.now(UTC):%H%M%S%f}"
    first = rows.insert(Row(mine, "a", {"Number": 0.5, "Text": "ä", "When": datetime(2026, 1, 2, tzinfo=UTC)}))
    with pytest.raises(Conflict):
        rows.insert(Row(mine, "a"))
    read = rows.read(mine, "a")
    assert read is not None
    assert (dict(read.values), read.etag) == (dict(first.values), first.etag)
    rows.replace(Row(mine, "a", {"Number": 1.5}, first.etag))
    with pytest.raises(Conflict):
        rows.replace(Row(mine, "a", {"Number": 2.5}, first.etag))
    for name in "cb":
        rows.put(Row(mine, name))
    rows.put(Row(mine + "x", "z"))
    assert [row.name for row in rows.page(mine)] == ["a", "b", "c"]
    assert [row.name for row in rows.page(mine, after="a", size=1)] == ["b"]
    assert [row.name for row in rows.since(mine)][:4] == ["a", "b", "c", "z"]
    assert [row.name for row in rows.since(mine, before=mine + "x")] == ["a", "b", "c"]
    for _ in range(2):
        rows.remove(mine, "a")
    assert rows.read(mine, "a") is None


def test_a_group_comes_back_as_it_was_written(store: Store) -> None:
    groups = Groups(store, lambda: datetime(2026, 1, 2, tzinfo=UTC))
    name = f"g{datetime.now(UTC):%H%M%S%f}"
    written, new = groups.put(VERIFICATION, name, Described("Staff", "ä", 0.01), None)
    assert new
    assert groups.get(VERIFICATION, name) == written
    groups.delete(VERIFICATION, name, until=SOON)
    with pytest.raises(UnknownGroup):
        groups.get(VERIFICATION, name)


def test_who_is_added_while_a_group_is_deleted_is_in_none(clock: Clock) -> None:
    store = During()
    groups, ids = Groups(store, clock), _profiles(store, 3)
    key = groups.put(VERIFICATION, "staff", Described(), None)[0].key
    store.happens = lambda: groups.delete(VERIFICATION, "staff", until=SOON)
    with pytest.raises(UnknownGroup):
        groups.add(VERIFICATION, "staff", ids)
    assert GroupTable(store.groups).members(VERIFICATION, key) == []
    assert [profile.groups for profile in store.scan()] == [frozenset()] * 3


def test_what_a_deletion_leaves_the_timer_clears_and_then_forgets(clock: Clock) -> None:
    store = MemoryStore()
    groups, ids = Groups(store, clock), _profiles(store, 3)
    key = groups.put(VERIFICATION, "staff", Described(), None)[0].key
    groups.add(VERIFICATION, "staff", ids)
    table = GroupTable(store.groups)
    groups.delete(VERIFICATION, "staff", until=clock())
    assert table.members(VERIFICATION, key) == ids
    groups.clear_deleted(clock())
    assert table.members(VERIFICATION, key) == ids
    groups.clear_deleted(SOON)
    assert table.members(VERIFICATION, key) == []
    assert [profile.groups for profile in store.scan()] == [frozenset()] * 3
    assert [left for left, _ in table.gone(VERIFICATION)] == [key]
    clock.let_pass(hours=1)
    groups.clear_deleted(SOON)
    assert list(table.gone(VERIFICATION)) == []


def test_a_profile_that_is_being_deleted_joins_nothing(clock: Clock) -> None:
    store = MemoryStore()
    groups, ids = Groups(store, clock), _profiles(store, 1)
    groups.put(VERIFICATION, "staff", Described(), None)
    profile = store.get(VERIFICATION, ids[0])
    assert profile is not None
    store.replace(profile.marked_deleting(clock()))
    assert groups.add(VERIFICATION, "staff", ids).unknown == tuple(ids)
    assert list(store.groups.since("verification-text-independent:in")) == []


def test_deleting_a_profile_takes_its_name_off_every_list(clock: Clock) -> None:
    store = MemoryStore()
    groups, ids = Groups(store, clock), _profiles(store, 1)
    for name in ("staff", "others"):
        groups.put(VERIFICATION, name, Described(), None)
        groups.add(VERIFICATION, name, ids)
    Domain.on(store, object(), clock).delete(VERIFICATION, ids[0])
    assert list(store.groups.since("verification-text-independent:in")) == []


def test_a_group_that_others_keep_changing_is_a_conflict(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore()
    groups = Groups(store, clock)
    groups.put(VERIFICATION, "staff", Described(), None)
    rows, read = store.groups, store.groups.read

    def meddled(partition: str, name: str) -> Row | None:
        found = read(partition, name)
        if found:
            rows.put(found)
        return found

    monkeypatch.setattr(rows, "read", meddled)
    with pytest.raises(Conflict):
        groups.put(VERIFICATION, "staff", Described("mine"), None)
