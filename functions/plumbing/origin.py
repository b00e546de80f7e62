"""Where the caller believes the service to be."""

import re
from collections.abc import Mapping
from typing import Final

from functions.contract.refusals import MalformedHost
from shared.settings import Settings

_URL: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(?P<port>:[0-9]{1,5})?(?P<path>[/?#].*)?",
    re.IGNORECASE | re.ASCII | re.DOTALL,
)
_LOOPBACK: Final = re.compile(r"localhost|127(\.[0-9]{1,3}){3}|\[::1\]", re.IGNORECASE | re.ASCII)


def origin(settings: Settings, url: str, headers: Mapping[str, str]) -> str:
    """Scheme and host of the caller's side: the operator's word, or else those that the request was sent to.

    A caller can write whatever it likes into forwarding headers, and would find it in the links of answers. So none is
    believed but X-Forwarded-Proto in Azure, whose front end replaces it.

    Raises:
        MalformedHost: the Host header names none.
    """
    found = _URL.fullmatch(url)
    if not found:
        raise MalformedHost
    if settings.public_origin:
        return settings.public_origin
    forwarded = headers.get("x-forwarded-proto", "").lower() if settings.in_azure else ""
    scheme = forwarded if forwarded in ("http", "https") else found["scheme"].lower()
    return f"{scheme}://{found['host']}{found['port'] or ''}"


def path_of(url: str) -> str:
    """The path of a request's URL, whatever its host."""
    after = re.sub(r"^[a-z]+://[^/?#]*", "", url, flags=re.IGNORECASE)
    return re.split("[?#]", after, maxsplit=1)[0]


def is_loopback(url: str) -> bool:
    """Whether a request was sent to this machine by one of its own names."""
    found = _URL.fullmatch(url)
    return found is not None and _LOOPBACK.fullmatch(found["host"]) is not None
