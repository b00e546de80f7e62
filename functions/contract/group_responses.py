"""What callers read of groups."""

from collections.abc import Sequence
from typing import Final

from functions.contract.details import SCORED
from functions.contract.shapes import (
    COUNT,
    GUID,
    MOMENT,
    MOMENT_OR_NONE,
    NUMBER_OR_NONE,
    TEXT,
    Field,
    ListOf,
    Plain,
    Shape,
    page_of,
)
from shared.profiles.groups import Counted, Membership
from shared.recognition.outcomes import Candidate
from shared.voices.groups import Group

_TEXT_OR_NONE: Final = Plain({"type": ["string", "null"]})
_OF_GROUP: Final[tuple[Field[Group], ...]] = (
    Field("groupId", TEXT, lambda group: group.id),
    Field("displayName", _TEXT_OR_NONE, lambda group: group.described.display_name),
    Field("userData", _TEXT_OR_NONE, lambda group: group.described.user_data),
    Field(
        "falseMatchRate",
        NUMBER_OR_NONE,
        lambda group: group.described.false_match_rate,
        "how often, at most, a stranger may be named in it; null: the service's own rate",
    ),
    Field("createdDateTime", MOMENT, lambda group: group.created),
    Field("lastUpdatedDateTime", MOMENT_OR_NONE, lambda group: group.updated),
)


def _group_of(counted: Counted) -> Group:
    return counted.group


GROUP: Final = Shape[Group]("Group", _OF_GROUP, open_to_more=True)
COUNTED_GROUP: Final = Shape[Counted](
    "CountedGroup",
    (
        *(of.through(_group_of) for of in _OF_GROUP),
        Field("profilesCount", COUNT, lambda counted: counted.profiles, "profiles in it, enrolled or not"),
    ),
    open_to_more=True,
)
MEMBERSHIP: Final = Shape[Membership](
    "Membership",
    (
        Field("added", COUNT, lambda of: of.added, "profiles that were not in it before"),
        Field("removed", COUNT, lambda of: of.removed, "profiles that are in it no more"),
        Field("unknown", ListOf(GUID), lambda of: of.unknown, "ids of no profile, or of none that was in it"),
    ),
    open_to_more=True,
)
DUPLICATES: Final = Shape[Sequence[Candidate]](
    "Duplicates",
    (Field("value", ListOf(SCORED), lambda found: found, "from best to worst; empty where there is none"),),
    open_to_more=True,
)
GROUP_LIST: Final = page_of("GroupList", GROUP)
