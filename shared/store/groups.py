"""How groups and their members are written as rows.

A group is a row under its family. Who is in it stands on each profile, which is the commit point; beside that, a row a
member says whom to ask when a group is listed. As long as both are being written, another row says that they may not
agree: it stays where the process is killed in between. A group that was deleted leaves a row until its members are
cleared.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.store.rows import Row, Rows
from shared.voices.families import Family
from shared.voices.groups import Described, Group


@dataclass(frozen=True)
class Doubt:
    """Whether the list of a group and a profile agree.

    Attributes:
        by: tells apart those who doubt it at the same time.
    """

    key: str
    profile_id: str
    by: str
    since: datetime

    @property
    def name(self) -> str:
        """Of its row."""
        return f"{self.key}:{self.profile_id}:{self.by}"


@dataclass(frozen=True, eq=False)
class GroupTable:
    """Groups of all families. Every method may raise ``StorageUnavailable``."""

    rows: Rows

    def get(self, family: Family, group_id: str) -> Group | None:
        """The group, or None."""
        row = self.rows.read(_groups_of(family), group_id)
        return _group(family, row) if row else None

    def page(self, family: Family, *, after: str, size: int) -> list[Group]:
        """At most ``size`` groups whose ids follow ``after``, ascending."""
        return [_group(family, row) for row in self.rows.page(_groups_of(family), after=after, size=size)]

    def insert(self, group: Group) -> Group:
        """Write a new group; returns it with its etag.

        Raises:
            Conflict: there is one.
        """
        return replace(group, etag=self.rows.insert(_row(group)).etag)

    def replace(self, group: Group) -> Group:
        """Write a group over the state that its etag names; returns it with its new etag.

        Raises:
            Conflict: it has changed since, or is gone.
        """
        return replace(group, etag=self.rows.replace(_row(group)).etag)

    def remove(self, group: Group, now: datetime) -> None:
        """Remove a group; its members' rows are left to be cleared."""
        self.rows.put(Row(_gone_from(group.family), group.key, {"Deleted": now}))
        self.rows.remove(_groups_of(group.family), group.id)

    def gone(self, family: Family) -> Iterator[tuple[str, datetime]]:
        """Keys of groups that were deleted and may have rows of members left, and when they were."""
        return ((row.name, row.values["Deleted"]) for row in self.rows.page(_gone_from(family)))

    def forget(self, family: Family, key: str) -> None:
        """Nothing is left of a group that was deleted."""
        self.rows.remove(_gone_from(family), key)

    def list_member(self, family: Family, key: str, profile_id: str) -> None:
        """Note whom to ask whether they are in a group."""
        self.rows.put(Row(_members_of(family, key), profile_id))

    def unlist_member(self, family: Family, key: str, profile_id: str) -> None:
        """Forget that."""
        self.rows.remove(_members_of(family, key), profile_id)

    def members(self, family: Family, key: str, *, after: str = "", size: int | None = None) -> list[str]:
        """Ids of those who may be in a group, ascending, which follow ``after``."""
        return [row.name for row in self.rows.page(_members_of(family, key), after=after, size=size)]

    def doubt(self, family: Family, doubt: Doubt) -> None:
        """Note that the list of a group and a profile may not agree."""
        self.rows.put(Row(_doubts_of(family), doubt.name, {"Since": doubt.since}))

    def trust(self, family: Family, doubt: Doubt) -> None:
        """They do agree."""
        self.rows.remove(_doubts_of(family), doubt.name)

    def doubts(self, family: Family) -> Iterator[Doubt]:
        """All that are noted."""
        for row in self.rows.page(_doubts_of(family)):
            key, profile_id, by = row.name.split(":")
            yield Doubt(key, profile_id, by, row.values["Since"])


def _groups_of(family: Family) -> str:
    return f"{family.name}:groups"


def _gone_from(family: Family) -> str:
    return f"{family.name}:gone"


def _doubts_of(family: Family) -> str:
    return f"{family.name}:doubts"


def _members_of(family: Family, key: str) -> str:
    return f"{family.name}:in:{key}"


def _row(group: Group) -> Row:
    told = group.described
    values: dict[str, Any] = {
        "Members": group.key,
        "Created": group.created,
        "Updated": group.updated,
        "DisplayName": told.display_name,
        "UserData": told.user_data,
        "FalseMatchRate": told.false_match_rate,
    }
    there = {name: value for name, value in values.items() if value is not None}
    return Row(_groups_of(group.family), group.id, there, group.etag)


def _group(family: Family, row: Row) -> Group:
    told = row.values
    described = Described(told.get("DisplayName"), told.get("UserData"), told.get("FalseMatchRate"))
    return Group(family, row.name, told["Members"], told["Created"], described, told.get("Updated"), row.etag)
