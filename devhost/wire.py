"""Requests and responses, between the wire and the worker's messages."""

import ipaddress
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final
from urllib.parse import quote

from devhost.heads import Head
from devhost.messages import Message
from devhost.paths import encode_path, joined, parse_query
from devhost.serving import Response

_FRAMING_HEADERS: Final = frozenset(("connection", "content-length", "date", "transfer-encoding"))
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE: Final = re.compile(r"[\t\x20-\x7e]*")
_URI_HOST: Final = re.compile(
    r"(?:\[(.+)\]|[a-z0-9][a-z0-9_-]*(?:\.[a-z0-9][a-z0-9_-]*)*\.?)(?::(\d+))?", re.IGNORECASE
)
_LAST_PORT: Final = 65_535


class InvalidResponseError(Exception):
    """A function answered with a header that cannot be sent; the message says which."""


def names_a_host(head: Head) -> bool:
    """Whether a URL can be made of the Host header: of its characters, Kestrel lets more through than a URL holds."""
    match = _URI_HOST.fullmatch(head.get("host"))
    if match is None or int(match[2] or 0) > _LAST_PORT:
        return False
    return match[1] is None or _is_ipv6(match[1])


def to_rpc_http(head: Head, params: dict[str, str], body: bytes) -> Message:
    """Build the message that the host sends to the worker (GrpcMessageConversionExtensions.ToRpcHttp)."""
    http = Message(
        method=head.method,
        url=f"http://{head.get('host')}{encode_path(head.path)}{head.query.replace('#', '%23')}",
        headers=joined((name.lower(), value) for name, value in head.headers),
        query=parse_query(head.query[1:]),
        params=params,
        body=Message(bytes=body),
    )
    return Message(http=http)


def to_response(returned: Message | None) -> Response:
    """Build the response from a function's return value: an HttpResponse or a plain string.

    Raises:
        InvalidResponseError: it has a header that Kestrel does not send.
    """
    http: Message | None = getattr(returned, "http", None)
    if http is None:
        text: str = getattr(returned, "string", None) or ""
        return Response(200, (("Content-Type", "text/plain; charset=utf-8"),), text.encode())
    given: dict[str, str] = http.headers
    headers = [(name, value) for name, value in given.items() if name.lower() not in _FRAMING_HEADERS]
    headers += [("Set-Cookie", _cookie(cookie)) for cookie in http.cookies or ()]
    for name, value in headers:
        if not (_HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value)):
            raise InvalidResponseError(f"header {name!r} holds what cannot be sent")
    return Response(int(http.status_code), tuple(headers), http.body.bytes)


def _is_ipv6(text: str) -> bool:
    try:
        return bool(ipaddress.IPv6Address(text))
    except ValueError:
        return False


def _cookie(cookie: Message) -> str:
    """Write a cookie as SetCookieHeaderValue of ASP.NET Core does: parts in its order, in lower case."""
    return "; ".join((f"{cookie.name}={quote(cookie.value, safe='')}", *_cookie_parts(cookie)))


def _cookie_parts(cookie: Message) -> Iterator[str]:
    if cookie.expires is not None:
        yield f"expires={format_datetime(datetime.fromtimestamp(cookie.expires.value.seconds, UTC), usegmt=True)}"
    if cookie.max_age is not None:
        yield f"max-age={int(cookie.max_age.value)}"
    yield f"domain={cookie.domain.value}"
    yield f"path={cookie.path.value}"
    if cookie.secure.value:
        yield "secure"
    if cookie.same_site:
        yield f"samesite={cookie.same_site}"
    if cookie.http_only.value:
        yield "httponly"
