"""The process is killed before and after every storage call of a change of groups: lists and profiles agree afterwards,
what was answered holds, and whoever looks finds the same."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from shared.profiles.groups import SURE, Groups
from shared.recognition.compaction import Compaction
from shared.recognition.gallery import FRESH, Gallery
from shared.store.groups import Doubt, GroupTable
from shared.store.memory import MemoryStore
from shared.voices.families import IDENTIFICATION, Family
from shared.voices.groups import Described
from shared.voices.records import Profile
from shared.voices.refusals import UnknownGroup
from tests.clock import Clock
from tests.galleries import elsewhere, enrolled, names
from tests.killing import Life, every_death, living

if TYPE_CHECKING:
    from collections.abc import Callable

SOON = datetime.max.replace(tzinfo=UTC)
ADD, REMOVE, DELETE = "add", "remove", "delete"


class World:
    """A group with a member, somebody who is in none, and another instance that has looked already."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.store = clock, MemoryStore()
        self.groups = Groups(self.store, clock)
        self.key = self.groups.put(IDENTIFICATION, "staff", Described(), None)[0].key
        self.inside, self.outside = enrolled(self.store).id, enrolled(self.store).id
        self.groups.add(IDENTIFICATION, "staff", [self.inside])
        self.other = Gallery(elsewhere(self.store), clock)
        assert names(self.other, self.key) == {self.inside}

    @property
    def truth(self) -> set[str]:
        """Who is in the group, by the profiles."""
        return {profile.id for profile in self.store.scan() if self.key in profile.groups}

    @property
    def listed(self) -> list[str]:
        return GroupTable(self.store.groups).members(IDENTIFICATION, self.key)

    def change(self, how: str, life: Life) -> None:
        groups = Groups(living(self.store, life), self.clock)
        if how == DELETE:
            groups.delete(IDENTIFICATION, "staff", until=SOON)
        else:
            change = groups.add if how == ADD else groups.remove
            change(IDENTIFICATION, "staff", [self.outside if how == ADD else self.inside])

    def let_the_timer_run(self) -> None:
        self.clock.let_pass(seconds=max(SURE, FRESH).total_seconds() + 1)
        Compaction(self.store, Gallery(elsewhere(self.store), self.clock), self.clock).run()
        self.groups.settle(SOON)
        self.groups.clear_deleted(SOON)
        self.clock.let_pass(seconds=FRESH.total_seconds())


@pytest.mark.parametrize(("how", "then"), [(ADD, 2), (REMOVE, 0), (DELETE, 0)])
def test_a_kill_at_any_storage_call_leaves_lists_that_agree_with_profiles(clock: Clock, how: str, then: int) -> None:
    worlds: list[World] = []

    def live(life: Life) -> None:
        worlds.append(World(clock))
        worlds[-1].change(how, life)

    deaths = every_death(live)
    assert deaths >= 10
    for world in worlds:
        world.let_the_timer_run()
        assert set(world.listed) == world.truth == names(world.other, world.key)
        assert list(GroupTable(world.store.groups).doubts(IDENTIFICATION)) == []
        _check_the_group_is_whole_or_gone(world, how)
    assert len(worlds[-1].truth) == then


def _check_the_group_is_whole_or_gone(world: World, how: str) -> None:
    try:
        counted = world.groups.counted(IDENTIFICATION, "staff").profiles
    except UnknownGroup:
        assert how == DELETE
        assert world.truth == set()
        return
    assert counted == len(world.truth)
    before = {world.inside}
    assert world.truth in (before, before ^ {world.outside if how == ADD else world.inside})


def test_what_is_listed_and_is_no_member_is_set_right_once_it_was_listed(clock: Clock) -> None:
    world = World(clock)
    GroupTable(world.store.groups).list_member(IDENTIFICATION, world.key, world.outside)
    page = world.groups.members(IDENTIFICATION, "staff", after="", size=10)
    assert [profile.id for profile in page.profiles] == [world.inside]
    world.groups.settle(SOON)
    assert len(world.listed) == 2, "somebody may be writing it just now"
    world.let_the_timer_run()
    assert world.listed == [world.inside]


def test_settling_ends_with_its_time(clock: Clock) -> None:
    world = World(clock)
    table = GroupTable(world.store.groups)
    table.doubt(IDENTIFICATION, Doubt(world.key, world.inside, "x", clock() - timedelta(hours=1)))
    world.groups.settle(clock())
    assert list(table.doubts(IDENTIFICATION)) != []


class Racing(MemoryStore):
    """A store on which somebody else does something right after a profile was read."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: list[Callable[[], object]] = []

    def get(self, family: Family, profile_id: str) -> Profile | None:
        found = super().get(family, profile_id)
        if self.meanwhile:
            self.meanwhile.pop()()
        return found


@pytest.mark.parametrize("reads", range(4))
@pytest.mark.parametrize(("first", "second"), [(ADD, REMOVE), (REMOVE, ADD)])
def test_who_is_added_and_removed_at_once_is_listed_as_he_is(clock: Clock, first: str, second: str, reads: int) -> None:
    store = Racing()
    groups = Groups(store, clock)
    key = groups.put(IDENTIFICATION, "staff", Described(), None)[0].key
    profile = store.insert(Profile.new(IDENTIFICATION, "en-us", clock()))
    does = {ADD: groups.add, REMOVE: groups.remove}
    does[second](IDENTIFICATION, "staff", [profile.id])
    store.meanwhile = [lambda: does[second](IDENTIFICATION, "staff", [profile.id]), *[lambda: None] * reads]
    does[first](IDENTIFICATION, "staff", [profile.id])
    listed = GroupTable(store.groups).members(IDENTIFICATION, key)
    assert listed == [known.id for known in store.scan() if key in known.groups]
