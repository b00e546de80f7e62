"""A group: some profiles of a family under one name of the caller's, to be searched together."""

import re
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from shared.voices.families import Family

MAX_DISPLAY_NAME: Final = 128
"""Characters."""
MAX_USER_DATA: Final = 16 * 1024
"""Bytes in UTF-8."""

_NAME: Final = re.compile("[a-z0-9_-]{1,64}")


@dataclass(frozen=True)
class Described:
    """What a caller says of a group.

    Attributes:
        false_match_rate: how often, at most, a stranger may be named in it; None for the service's own rate.
    """

    display_name: str | None = None
    user_data: str | None = None
    false_match_rate: float | None = None


@dataclass(frozen=True)
class Group:
    """One group as it is stored.

    Attributes:
        id: the caller's name for it.
        key: names its members' place; a group that is deleted and made again has another, and nobody in it.
        etag: the store's version of this state; None before the first write.
    """

    family: Family
    id: str
    key: str
    created: datetime
    described: Described = Described()
    updated: datetime | None = None
    etag: str | None = field(default=None, compare=False)

    @classmethod
    def new(cls, family: Family, group_id: str, described: Described, now: datetime) -> "Group":
        """A group without members."""
        return cls(family, group_id, secrets.token_hex(8), now, described)

    def with_description(self, described: Described, now: datetime) -> "Group":
        """The group, described otherwise."""
        return replace(self, described=described, updated=now)


def is_group_id(text: str) -> bool:
    """Whether a text can be the id of a group: 1 to 64 of a to z, 0 to 9, - and _."""
    return _NAME.fullmatch(text) is not None
