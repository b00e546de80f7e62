"""The operations of the API: one row each, from which come routes, matched paths, OpenAPI and the README's list."""

import re
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from functions.contract.catalogue import statuses
from functions.contract.dialects import DIALECTS, V2021, Dialect
from functions.contract.group_responses import COUNTED_GROUP, DUPLICATES, GROUP, GROUP_LIST, MEMBERSHIP
from functions.contract.recording_responses import TURNS
from functions.contract.responses import (
    CLEARED,
    ENROLLMENT,
    IDENTIFICATION_RESULT,
    PHRASES,
    PROFILE,
    PROFILE_LIST,
    VERIFICATION_RESULT,
)
from functions.contract.shapes import Kind
from shared.voices.families import FAMILIES, Family, family_of

BOTH: Final = ("verification", "identification")
EITHER: Final = ("text-dependent", "text-independent")
FREE_SPEECH: Final = ("text-independent",)

RECOGNIZE: Final = "recognize"
ENROLL: Final = "enroll"
MANAGE: Final = "manage"
SCOPES: Final = (RECOGNIZE, ENROLL, MANAGE)
"""What a key may be limited to."""


@dataclass(frozen=True)
class Operation:
    """One operation on a family of profiles.

    Attributes:
        name: the contract's name for it, also the name of its Azure function.
        summary: what it does, in one line.
        resource: what follows the family in its URL, up to the action.
        action: what is done with the resource, if its method does not say it.
        scopes: those of which a key needs one.
        modes: kinds of family that have it.
        dependencies: likewise.
        dialects: versions that have it.
        status: status of success; a reset's is the dialect's.
        other_status: another that it may have.
        body: what a request carries.
        result: what a response carries; None for 204.
        paged: takes a page size and a continuation token.
        query: other query parameters.
    """

    name: str
    summary: str
    method: str
    resource: str
    action: str = ""
    scopes: tuple[str, ...] = (MANAGE,)
    modes: tuple[str, ...] = BOTH
    dependencies: tuple[str, ...] = EITHER
    dialects: tuple[Dialect, ...] = DIALECTS
    status: int = 200
    other_status: int | None = None
    body: Literal["audio", "recording", "locale", "group", "members"] | None = None
    result: Kind | None = None
    paged: bool = False
    query: tuple[str, ...] = ()

    def route(self, dialect: Dialect) -> str:
        """Its route in the syntax of Azure Functions, without leading slash."""
        action = f"{dialect.action}{self.action}" if self.action else ""
        return f"{dialect.base}/{self.resource}{action}"

    def path(self, dialect: Dialect) -> str:
        """Its path below a family's, as it is documented: with every parameter."""
        return self.route(dialect).removeprefix(dialect.base).replace("?}", "}")

    def function(self, dialect: Dialect) -> str:
        """Name of the Azure function that serves it."""
        return self.name + dialect.suffix

    def success(self, dialect: Dialect) -> int:
        """Status of its success."""
        return dialect.reset_status if self.name == "ResetProfile" else self.status

    def successes(self, dialect: Dialect) -> list[int]:
        """Every status of success."""
        return [self.success(dialect), *([self.other_status] if self.other_status else [])]

    def errors(self) -> list[int]:
        """Statuses of its errors, ascending."""
        return statuses(self.name)

    def parameters(self, dialect: Dialect, family: Family) -> list[str]:
        """Its query parameters that mean something in a version and for a family."""
        means = {name: name in dialect.has for name in ("channel", "groupId", "$top")}
        means["ignoreMinLength"] = family.minimum_can_be_waived
        for name in ("watchlist", "duplicates"):
            means[name] = name in dialect.has and family.dependency in FREE_SPEECH
        return [name for name in self.query if means.get(name, True)]

    def is_meant_by(self, dialect: Dialect, path: str) -> bool:
        """Whether ``path`` is this operation's but for a slash before its action, as another version has it."""
        as_here = re.sub(rf"/(?={self.action}/?$)", dialect.action, path, flags=re.IGNORECASE)
        return bool(self.action) and self.match(dialect, as_here) is not None

    def match(self, dialect: Dialect, path: str) -> dict[str, str] | None:
        """Route parameters, if ``path`` (single slashes, decoded) is this operation's."""
        route = re.sub(r"/\\{(\w+)\\\?\\}", r"(?:/(?P<\1>[^/]+))?", re.escape(self.route(dialect)))
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", route)
        found = re.fullmatch(pattern, path.strip("/"), re.IGNORECASE)
        return found.groupdict() if found else None

    def families(self) -> list[Family]:
        """The families that have it."""
        return [family for family in FAMILIES.values() if self._is_for(family)]

    def _is_for(self, family: Family) -> bool:
        return family.mode in self.modes and family.dependency in self.dependencies

    def family(self, mode: str, dependency: str) -> Family | None:
        """The family that two words of a path name, in any case; None where the operation is not there for it."""
        family = family_of(mode, dependency)
        return family if family in self.families() else None


_of_groups: Final = partial(Operation, dependencies=FREE_SPEECH, dialects=(V2021,))
GROUPS: Final = (
    _of_groups(
        "FindDuplicates",
        "Which other profiles are the same person?",
        "POST",
        "profiles/{profileId}",
        action="findDuplicates",
        scopes=(RECOGNIZE, MANAGE),
        result=DUPLICATES,
    ),
    _of_groups(
        "PutGroup",
        "Make a group of profiles, or describe it otherwise",
        "PUT",
        "groups/{groupId}",
        status=200,
        other_status=201,
        body="group",
        result=GROUP,
    ),
    _of_groups("ListGroups", "List groups in id order", "GET", "groups", result=GROUP_LIST, paged=True),
    _of_groups("GetGroup", "Read a group, and how many are in it", "GET", "groups/{groupId}", result=COUNTED_GROUP),
    _of_groups("DeleteGroup", "Delete a group; its profiles stay", "DELETE", "groups/{groupId}", status=204),
    _of_groups(
        "AddToGroup",
        "Add up to 100 profiles to a group",
        "POST",
        "groups/{groupId}/profiles",
        action="add",
        scopes=(ENROLL, MANAGE),
        body="members",
        result=MEMBERSHIP,
    ),
    _of_groups(
        "RemoveFromGroup",
        "Remove up to 100 profiles from a group",
        "POST",
        "groups/{groupId}/profiles",
        action="remove",
        body="members",
        result=MEMBERSHIP,
    ),
    _of_groups(
        "ListGroupProfiles",
        "List the profiles of a group in id order",
        "GET",
        "groups/{groupId}/profiles",
        result=PROFILE_LIST,
        paged=True,
    ),
)
"""Those of groups, which the contract does not have."""
OPERATIONS: Final = {
    operation.name: operation
    for operation in (
        Operation(
            "CreateProfile",
            "Create a profile",
            "POST",
            "profiles",
            scopes=(ENROLL, MANAGE),
            status=201,
            body="locale",
            result=PROFILE,
        ),
        Operation("ListProfiles", "List profiles in id order", "GET", "profiles", result=PROFILE_LIST, paged=True),
        Operation(
            "GetProfile",
            "Read a profile",
            "GET",
            "profiles/{profileId}",
            scopes=(ENROLL, MANAGE),
            result=PROFILE,
            query=("details",),
        ),
        Operation(
            "DeleteProfile",
            "Delete a profile, its voice signature and its audio",
            "DELETE",
            "profiles/{profileId}",
            status=204,
        ),
        Operation(
            "DeleteProfiles",
            "Delete all profiles of a family; again while `remaining` is true",
            "DELETE",
            "profiles",
            result=CLEARED,
            query=("confirm",),
        ),
        Operation(
            "ResetProfile",
            "Take a profile back to its creation",
            "POST",
            "profiles/{profileId}",
            action="reset",
            result=PROFILE,
        ),
        Operation(
            "CreateEnrollment",
            "Add speech to a profile",
            "POST",
            "profiles/{profileId}/enrollments",
            scopes=(ENROLL,),
            status=201,
            body="audio",
            result=ENROLLMENT,
            query=("ignoreMinLength", "channel", "duplicates", "details"),
        ),
        Operation(
            "Verify",
            "Is this the enrolled speaker?",
            "POST",
            "profiles/{profileId}",
            action="verify",
            scopes=(RECOGNIZE,),
            modes=("verification",),
            body="audio",
            result=VERIFICATION_RESULT,
            query=("ignoreMinLength", "channel", "watchlist", "details"),
        ),
        Operation(
            "IdentifySingleSpeaker",
            "Which of these enrolled speakers is this, or none of them?",
            "POST",
            "profiles",
            action="identifySingleSpeaker",
            scopes=(RECOGNIZE,),
            modes=("identification",),
            body="audio",
            result=IDENTIFICATION_RESULT,
            query=("profileIds", "groupId", "$top", "ignoreMinLength", "channel", "details"),
        ),
        Operation(
            "ListPhrases",
            "The passphrases, or the phrases with which an active enrollment begins",
            "GET",
            "phrases/{locale?}",
            scopes=SCOPES,
            result=PHRASES,
        ),
        *GROUPS,
        Operation(
            "IdentifyRecording",
            "Who speaks when in a recording of up to five minutes, and which of these profiles are they?",
            "POST",
            "recordings",
            action="identify",
            scopes=(RECOGNIZE,),
            modes=("identification",),
            dialects=(V2021,),
            body="recording",
            result=TURNS,
            query=("profileIds", "channel", "details"),
        ),
    )
}


def spoken() -> list[tuple[Operation, Dialect]]:
    """Every operation in every version, version by version."""
    return [(operation, dialect) for dialect in DIALECTS for operation in _of(dialect)]


def _of(dialect: Dialect) -> list[Operation]:
    return [operation for operation in OPERATIONS.values() if dialect in operation.dialects]
