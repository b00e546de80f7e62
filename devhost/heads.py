"""The head of a request, read and judged as Kestrel does, the web server below the Functions host.

Source: HttpParser, Http1Connection, HttpRequestHeaders, HttpUtilities and HttpCharacters of ASP.NET Core. No HTTP
library for Python draws the line between a good and a bad request where Kestrel draws it: aiohttp refuses unknown
methods and a length beside chunks, and takes requests without a host.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, NoReturn

from devhost.paths import decode_path

MAX_LINE: Final = 8192
"""Bytes of a request line with its end (KestrelServerLimits.MaxRequestLineSize)."""
MAX_HEADERS: Final = 32 * 1024
"""Bytes of all header fields together, with their line ends (MaxRequestHeadersTotalSize)."""
MAX_HEADER_COUNT: Final = 100

_REQUEST_LINE: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([^ ?%\0][^ \0]*) +([^\0]{8})")
_HEADER: Final = re.compile(rb"([^:\t \r\0]+):([^\r\0]*)")
_VERSIONS: Final = {b"HTTP/1.1": (1, 1), b"HTTP/1.0": (1, 0)}
_HOST: Final = re.compile(r"|[A-Za-z0-9!$&'()._~-]+(:\d+)?|\[[0-9A-Fa-f:.]{3,}\](:\d+)?", re.ASCII)
_ABSOLUTE: Final = re.compile(r"https?://([^/?#]*)([^?]*)(.*)", re.DOTALL)
_LENGTH: Final = re.compile(r"\+?0*(\d{1,19})|-0+", re.ASCII)
_DEFAULT_PORT: Final = ":80"


class RefusedError(Exception):
    """Kestrel answers without asking the app, and closes the connection.

    Attributes:
        status: of the answer, which has no body.
        allow: method that the answer names, with 405.
    """

    def __init__(self, status: int, allow: str = "") -> None:
        super().__init__(status)
        self.status = status
        self.allow = allow


@dataclass(frozen=True, slots=True)
class Head:
    """A request without its body.

    Attributes:
        method: as sent, whatever its case.
        path: decoded; empty where the target names none.
        query: as sent, with its question mark, or empty.
        version: of HTTP, 1.0 or 1.1.
        headers: names as sent, with their values.
        length: bytes of the body, 0 if it says nothing of it.
        chunked: whether the body comes in chunks.
    """

    method: str
    path: str
    query: str
    version: tuple[int, int]
    headers: tuple[tuple[str, str], ...]
    length: int = 0
    chunked: bool = False

    def values(self, name: str) -> list[str]:
        """The values of a header, given in lower case."""
        return [value for key, value in self.headers if key.lower() == name]

    def get(self, name: str, default: str = "") -> str:
        """The values of a header, given in lower case, joined by commas, or the default if there are none."""
        values = self.values(name)
        return ",".join(filter(None, values)) if values else default

    @property
    def keep_alive(self) -> bool:
        """Whether the caller may send another request on this connection."""
        options = {option.strip().lower() for option in self.get("connection").split(",")}
        return "keep-alive" in options or (self.version == (1, 1) and "close" not in options)


def parse_head(request_line: bytes, header_lines: Iterable[bytes]) -> Head:
    """Read the lines of a head, given without their ends.

    Raises:
        RefusedError: Kestrel would not take it.
    """
    method, target, version = _request_line(request_line)
    headers = tuple(map(_header, header_lines))
    if len(headers) > MAX_HEADER_COUNT:
        raise RefusedError(431)
    path, query, authority = _split_target(method, target)
    head = Head(method, path, query, version, headers)
    _check_host(head, authority)
    return _framed(head)


def _bad() -> NoReturn:
    raise RefusedError(400)


def _request_line(line: bytes) -> tuple[str, str, tuple[int, int]]:
    match = _REQUEST_LINE.fullmatch(line)
    if match is None or not match[2].isascii():
        _bad()
    if match[3] not in _VERSIONS:
        raise RefusedError(505)
    return match[1].decode(), match[2].decode(), _VERSIONS[match[3]]


def _header(line: bytes) -> tuple[str, str]:
    match = _HEADER.fullmatch(line)
    try:
        return (match[1].decode("ascii"), match[2].strip(b" \t").decode()) if match else _bad()
    except UnicodeDecodeError:
        _bad()


def _split_target(method: str, target: str) -> tuple[str, str, str | None]:
    """Path and query of a target, and the host that it names if it is not in origin form."""
    if target.startswith("/"):
        path, mark, query = target.partition("?")
        return _decoded(path), mark + query, None
    if target == "*":
        return ("", "", None) if method == "OPTIONS" else _not_allowed("OPTIONS")
    if match := _ABSOLUTE.fullmatch(target):
        return _decoded(match[2] or "/"), match[3], match[1].lower().removesuffix(_DEFAULT_PORT)
    if not re.fullmatch(r"[A-Za-z0-9!$&'()*+,;=:@\[\]._~%-]+", target):
        _bad()
    return ("", "", target.removesuffix(_DEFAULT_PORT)) if method == "CONNECT" else _not_allowed("CONNECT")


def _not_allowed(method: str) -> NoReturn:
    raise RefusedError(405, allow=method)


def _decoded(path: str) -> str:
    decoded = decode_path(path)
    return _bad() if "\0" in decoded else decoded


def _check_host(head: Head, authority: str | None) -> None:
    """One Host, which HTTP/1.0 may leave out, of the right characters, and the one that the target names."""
    hosts = head.values("host")
    if not hosts and head.version == (1, 0):
        return
    if len(hosts) != 1 or not _HOST.fullmatch(hosts[0]):
        _bad()
    if authority is not None and hosts[0].removesuffix(_DEFAULT_PORT) != authority:
        _bad()


def _framed(head: Head) -> Head:
    """The head with what it says of the body's length, and with what Kestrel changes in it."""
    length = _length(head.values("content-length"))
    codings = head.values("transfer-encoding")
    if codings and codings[-1].rpartition(",")[2].strip().lower() != "chunked":
        _bad()
    if length is None and not codings and head.version == (1, 0) and head.method in ("POST", "PUT"):
        _bad()
    name = "X-Content-Length" if codings else "Content-Length"  # beside chunks it counts for nothing
    headers = tuple(
        (name, str(length)) if key.lower() == "content-length" else (key, value) for key, value in head.headers
    )
    return replace(head, headers=headers, length=0 if codings else length or 0, chunked=bool(codings))


def _length(given: list[str]) -> int | None:
    if not given:
        return None
    match = _LENGTH.fullmatch(given[0])
    if len(given) > 1 or match is None or int(match[1] or 0) >= 1 << 63:
        _bad()
    return int(match[1] or 0)
