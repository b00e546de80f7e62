"""The operations of the API: one row each, from which come routes, matched paths, OpenAPI and the README's list."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from functions.contract.catalogue import ROWS
from functions.contract.wire import DIALECTS, Dialect
from shared.voices.families import FAMILIES, Family

BOTH: Final = ("verification", "identification")


@dataclass(frozen=True)
class Operation:
    """One operation on a family of profiles.

    Attributes:
        name: the contract's name for it, also the name of its Azure function.
        summary: what it does, in one line.
        resource: what follows the family in its URL, up to the action.
        action: what is done with the resource, if its method does not say it.
        modes: kinds of family that have it.
        status: status of success; a reset's is the dialect's.
        body: what a request carries.
        result: schema of what a response carries; None for 204.
        paged: takes a page size and a continuation token.
        query: other query parameters.
    """

    name: str
    summary: str
    method: str
    resource: str
    action: str = ""
    modes: tuple[str, ...] = BOTH
    status: int = 200
    body: Literal["audio", "locale"] | None = None
    result: str | None = None
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

    def errors(self) -> list[int]:
        """Statuses of its errors, ascending."""
        rows = (row for row in ROWS if not row.where or self.name in row.where)
        return sorted({row.error.status for row in rows})

    def match(self, dialect: Dialect, path: str) -> dict[str, str] | None:
        """Route parameters, if ``path`` (single slashes, decoded) is this operation's."""
        route = re.sub(r"/\\{(\w+)\\\?\\}", r"(?:/(?P<\1>[^/]+))?", re.escape(self.route(dialect)))
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", route)
        found = re.fullmatch(pattern, path.strip("/"), re.IGNORECASE)
        return found.groupdict() if found else None

    def families(self, dialect: Dialect) -> list[Family]:
        """The families that have it in a version."""
        return [
            family
            for family in FAMILIES.values()
            if family.mode in self.modes and (self.name, family.dependency) not in dialect.lacks
        ]

    def family(self, dialect: Dialect, mode: str, dependency: str) -> Family | None:
        """The family that two words of a path name, in any case; None where the operation is not there for it."""
        family = FAMILIES.get((mode.lower(), dependency.lower()))
        return family if family in self.families(dialect) else None


OPERATIONS: Final = {
    operation.name: operation
    for operation in (
        Operation(
            "CreateProfile", "Create a profile", "POST", "profiles", status=201, body="locale", result="ProfileInfo"
        ),
        Operation("ListProfiles", "List profiles in id order", "GET", "profiles", result="ProfileList", paged=True),
        Operation(
            "GetProfile", "Read a profile", "GET", "profiles/{profileId}", result="ProfileInfo", query=("details",)
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
            result="Cleared",
            query=("confirm",),
        ),
        Operation(
            "ResetProfile",
            "Take a profile back to its creation",
            "POST",
            "profiles/{profileId}",
            action="reset",
            result="ProfileInfo",
        ),
        Operation(
            "CreateEnrollment",
            "Add speech to a profile",
            "POST",
            "profiles/{profileId}/enrollments",
            status=201,
            body="audio",
            result="EnrollmentInfo",
            query=("ignoreMinLength", "details"),
        ),
        Operation(
            "Verify",
            "Is this the enrolled speaker?",
            "POST",
            "profiles/{profileId}",
            action="verify",
            modes=("verification",),
            body="audio",
            result="Verification",
            query=("ignoreMinLength", "details"),
        ),
        Operation(
            "IdentifySingleSpeaker",
            "Which of these enrolled speakers is this, or none of them?",
            "POST",
            "profiles",
            action="identifySingleSpeaker",
            modes=("identification",),
            body="audio",
            result="Identification",
            query=("profileIds", "ignoreMinLength", "details"),
        ),
        Operation(
            "ListPhrases",
            "The passphrases, or the phrases with which an active enrollment begins",
            "GET",
            "phrases/{locale?}",
            result="Phrases",
        ),
    )
}


def spoken() -> list[tuple[Operation, Dialect]]:
    """Every operation in every version, version by version."""
    return [(operation, dialect) for dialect in DIALECTS for operation in OPERATIONS.values()]
