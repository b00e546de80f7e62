"""The operations of the API: one row each, from which routes are registered and odd paths are matched."""

import re
from dataclasses import dataclass
from typing import Final

from shared.wire import V2021, Dialect


@dataclass(frozen=True)
class Operation:
    """One operation on a family of profiles.

    Attributes:
        name: the contract's name for it, also the name of its Azure function.
        path: what follows the family in its URL.
        modes: kinds of family that have it.
    """

    name: str
    method: str
    path: str
    modes: tuple[str, ...] = ("verification", "identification")

    def route(self, dialect: Dialect) -> str:
        """Its route in the syntax of Azure Functions, without leading slash."""
        return f"{dialect.base}/{self.path}"

    def match(self, dialect: Dialect, path: str) -> dict[str, str] | None:
        """Route parameters, if ``path`` (single slashes, decoded) is this operation's."""
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(self.route(dialect)))
        found = re.fullmatch(pattern, path.strip("/"), re.IGNORECASE)
        return found.groupdict() if found else None


OPERATIONS: Final = {
    operation.name: operation
    for operation in (
        Operation("CreateProfile", "POST", "profiles"),
        Operation("ListProfiles", "GET", "profiles"),
        Operation("GetProfile", "GET", "profiles/{profileId}"),
        Operation("DeleteProfile", "DELETE", "profiles/{profileId}"),
        Operation("ResetProfile", "POST", "profiles/{profileId}:reset"),
        Operation("CreateEnrollment", "POST", "profiles/{profileId}/enrollments"),
        Operation("Verify", "POST", "profiles/{profileId}:verify", modes=("verification",)),
        Operation("IdentifySingleSpeaker", "POST", "profiles:identifySingleSpeaker", modes=("identification",)),
    )
}
DIALECTS: Final = (V2021,)
