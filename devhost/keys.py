"""Function keys and authorisation levels."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qsl

from aiohttp import web

from devhost.errors import SetupError


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

    def admit(self, request: web.BaseRequest, level: str) -> bool:
        """Whether the caller may use a function of this level: anonymous, function or admin."""
        if level == "anonymous":
            return True
        given = _given_key(request)
        return _same(given, self.master) or (level == "function" and _same(given, self.function))


def _given_key(request: web.BaseRequest) -> str:
    """Return the caller's key; the header wins over the query, even when it is wrong."""
    header: str | None = request.headers.get("x-functions-key")
    if header is not None:
        return header
    return dict(parse_qsl(request.raw_path.partition("?")[2])).get("code", "")


def _same(given: str, key: str) -> bool:
    return bool(key) and hmac.compare_digest(given.encode(errors="replace"), key.encode())
