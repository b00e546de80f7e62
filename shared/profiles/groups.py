"""Groups of profiles: made, described, filled, listed and deleted."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from shared.errors import Conflict, UnknownProfile, UnreadableProfile
from shared.profiles.changes import change
from shared.store import Store
from shared.store.groups import GroupTable
from shared.store.outbox import Deed, Outbox
from shared.voices.families import FAMILIES, Family
from shared.voices.groups import Described, Group
from shared.voices.records import Profile
from shared.voices.refusals import GroupChanged, UnknownGroup

CLEARED_FOR: Final = timedelta(hours=1)
"""For so long a deleted group is looked at again: whoever was filling it has ended by then."""

_ATTEMPTS: Final = 5
_TOGETHER: Final = 16
_BITE: Final = 100
"""Members that are cleared between two looks at the clock."""


@dataclass(frozen=True)
class GroupPage:
    """Some groups in id order; ``more`` when others follow."""

    groups: list[Group]
    more: bool


@dataclass(frozen=True)
class Counted:
    """A group and how many profiles are in it."""

    group: Group
    profiles: int


@dataclass(frozen=True)
class MemberPage:
    """Some profiles of a group in id order; the id after which others follow, if any do."""

    profiles: list[Profile]
    last: str | None


@dataclass(frozen=True)
class Membership:
    """What became of ids that were to be added to a group, or removed from it.

    Attributes:
        unknown: no profile has them; of those to be removed, nobody in the group.
    """

    added: int = 0
    removed: int = 0
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Groups:
    """Keeps groups. Every method may raise ``StorageUnavailable``."""

    store: Store
    now: Callable[[], datetime]

    @property
    def table(self) -> GroupTable:
        """Where they are."""
        return GroupTable(self.store.groups)

    def put(self, family: Family, group_id: str, described: Described, expected: str | None) -> tuple[Group, bool]:
        """The group as it is described now, and whether it is new.

        Args:
            expected: etag of the state that it is to be in before, ``*`` for any; None if it may be missing.

        Raises:
            GroupChanged: it is in another state.
            Conflict: other requests kept changing it.
        """
        for _ in range(_ATTEMPTS):
            known = self.table.get(family, group_id)
            _check_state(known, expected)
            try:
                if known:
                    return self.table.replace(known.with_description(described, self.now())), False
                return self.table.insert(Group.new(family, group_id, described, self.now())), True
            except Conflict:
                continue
        raise Conflict

    def get(self, family: Family, group_id: str) -> Group:
        """The group.

        Raises:
            UnknownGroup: no group of the family has the id.
        """
        group = self.table.get(family, group_id)
        if group is None:
            raise UnknownGroup(group_id)
        return group

    def counted(self, family: Family, group_id: str) -> Counted:
        """The group, and how many are in it; raises as ``get``."""
        group = self.get(family, group_id)
        return Counted(group, len(self.table.members(family, group.key)))

    def page(self, family: Family, *, after: str, size: int) -> GroupPage:
        """At most ``size`` groups whose ids follow ``after``, ascending."""
        found = self.table.page(family, after=after, size=size + 1)
        return GroupPage(found[:size], more=len(found) > size)

    def delete(self, family: Family, group_id: str, *, until: datetime) -> None:
        """Remove a group: gone with the first write. Profiles stay, and forget it ``until`` then, or by the timer."""
        group = self.table.get(family, group_id)
        if group is not None:
            self.table.remove(group, self.now())
            self._clear(family, group.key, until)

    def clear_deleted(self, until: datetime) -> None:
        """Let profiles forget groups that were deleted, as many as is done ``until`` then."""
        for family in FAMILIES.values():
            for key, deleted in list(self.table.gone(family)):
                done = self._clear(family, key, until)
                if done and self.now() - deleted >= CLEARED_FOR:
                    self.table.forget(family, key)

    def add(self, family: Family, group_id: str, profile_ids: Sequence[str]) -> Membership:
        """Let profiles be in a group; those that are already, stay.

        Raises:
            UnknownGroup: no group of the family has the id, or it was deleted meanwhile.
            TooManyGroups: a profile is in as many groups as it may be; those before it may be added.
            Conflict: other requests kept changing a profile.
        """
        group = self.get(family, group_id)
        outcomes = self._each(partial(self._join, family, group.key), profile_ids)
        if (there := self.table.get(family, group_id)) is None or there.key != group.key:
            self._each(partial(self._leave, family, group.key), profile_ids)
            raise UnknownGroup(group_id)
        Outbox.of(self.store).tell(Deed.JOINED, family, "", "done", among=tuple(profile_ids))
        return Membership(added=outcomes.count(True), unknown=_unknown(profile_ids, outcomes))

    def remove(self, family: Family, group_id: str, profile_ids: Sequence[str]) -> Membership:
        """Let profiles be in a group no more; raises as ``add``."""
        group = self.get(family, group_id)
        outcomes = self._each(partial(self._leave, family, group.key), profile_ids)
        Outbox.of(self.store).tell(Deed.LEFT, family, "", "done", among=tuple(profile_ids))
        return Membership(removed=outcomes.count(True), unknown=_unknown(profile_ids, outcomes))

    def members(self, family: Family, group_id: str, *, after: str, size: int) -> MemberPage:
        """At most ``size`` profiles of a group whose ids follow ``after``, ascending; raises as ``get``."""
        group = self.get(family, group_id)
        listed = self.table.members(family, group.key, after=after, size=size + 1)
        found = self.store.get_many(family, listed[:size])
        there = [profile for profile in found if profile and _is_in(profile, group.key)]
        return MemberPage(there, listed[size - 1] if len(listed) > size else None)

    def _join(self, family: Family, key: str, profile_id: str) -> bool | None:
        """Whether a profile is new in a group; None if there is none. It is listed first: a list may say too much."""
        self.table.list_member(family, key, profile_id)
        try:
            before, after = change(self.store, family, profile_id, lambda profile: profile.joining(key))
        except (UnknownProfile, UnreadableProfile):
            self.table.unlist_member(family, key, profile_id)
            return None
        return after is not before

    def _leave(self, family: Family, key: str, profile_id: str) -> bool | None:
        """Whether a profile has left a group; None if it was not in it."""
        left = False
        with suppress(UnknownProfile, UnreadableProfile):
            before, after = change(self.store, family, profile_id, lambda profile: profile.leaving(key))
            left = after is not before
        self.table.unlist_member(family, key, profile_id)
        return left or None

    def _clear(self, family: Family, key: str, until: datetime) -> bool:
        """Let everybody leave a group that is gone, ``until`` then; whether nobody is left."""
        while listed := self.table.members(family, key, size=_BITE):
            if self.now() >= until:
                return False
            self._each(partial(self._leave, family, key), listed)
        return True

    def _each(self, do: Callable[[str], bool | None], profile_ids: Iterable[str]) -> list[bool | None]:
        with ThreadPoolExecutor(_TOGETHER, "members") as together:
            return list(together.map(do, profile_ids))


def _check_state(known: Group | None, expected: str | None) -> None:
    if expected is None or (known and expected == "*"):
        return
    if known is None or known.etag not in [each.strip() for each in expected.split(",")]:
        raise GroupChanged


def _is_in(profile: Profile, key: str) -> bool:
    return key in profile.groups and profile.is_readable and not profile.deleting


def _unknown(profile_ids: Sequence[str], outcomes: Sequence[bool | None]) -> tuple[str, ...]:
    return tuple(name for name, outcome in zip(profile_ids, outcomes, strict=True) if outcome is None)
