"""Function keys and authorisation levels."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from devhost.errors import SetupError
from devhost.heads import Head
from devhost.paths import parse_query


@dataclass(frozen=True, slots=True)
class Keys:
    """The key of functions (the host key) and the master key, which opens everything."""

    function: str
    master: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read FUNCTIONS_KEY and FUNCTIONS_MASTER_KEY; without the latter nothing opens the admin level."""
        function = environment.get("FUNCTIONS_KEY", "")
        if not function:
            raise SetupError("--enable-auth needs FUNCTIONS_KEY in the environment or in local.settings.json")
        return cls(function, environment.get("FUNCTIONS_MASTER_KEY", ""))

    def admit(self, head: Head, level: str) -> bool:
        """Whether the caller may use a function of this level: anonymous, function or admin."""
        if level == "anonymous":
            return True
        given = _given_key(head)
        return _same(given, self.master) or (level == "function" and _same(given, self.function))


def _given_key(head: Head) -> str:
    """Return the caller's key; the header wins over the query, even when it is wrong."""
    if head.values("x-functions-key"):
        return head.get("x-functions-key")
    return {name.lower(): value for name, value in parse_query(head.query[1:]).items()}.get("code", "")


def _same(given: str, key: str) -> bool:
    return bool(key) and hmac.compare_digest(given.encode(errors="replace"), key.encode())
