"""What one operation of the API is: from it come its route, matched paths, OpenAPI and its line in the docs."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from functions.contract.catalogue import statuses
from functions.contract.dialects import DIALECTS, V2021, Dialect
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
    body: Literal["audio", "recording", "job", "locale", "group", "members", "consent", "optIn"] | None = None
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
        """Every status of success; the contract knows one of each."""
        return [self.success(dialect), *([self.other_status] if self.other_status and dialect is V2021 else [])]

    def errors(self) -> list[int]:
        """Statuses of its errors, ascending."""
        return statuses(self.name)

    def parameters(self, dialect: Dialect, family: Family) -> list[str]:
        """Its query parameters that mean something in a version and for a family."""
        means = {name: name in dialect.has for name in ("channel", "challenge", "groupId", "$top", "receipt")}
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
