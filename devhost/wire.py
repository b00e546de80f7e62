"""Requests and responses, between aiohttp's objects and the worker's messages."""

import codecs
import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, unquote_to_bytes

from aiohttp import web

from devhost.messages import Message

_ENCODED = re.compile(r"(?:%(?!2[fF])[0-9a-fA-F]{2})+")
_STRAY_PERCENT = re.compile(r"%(?![0-9a-fA-F]{2})")
_PLAIN_PATH = re.compile(r"[\w/:@.~-]*", re.ASCII)
_PATH_SAFE = "/:@!$&'()*+,;=~%"
_FRAMING_HEADERS = frozenset(("connection", "content-length", "transfer-encoding"))


class BodyTooLargeError(Exception):
    """The request's body is over the limit."""


def decode_path(target: str) -> str:
    """Percent-decode a path as Kestrel does: all but %2F and what is not UTF-8; then resolve `.` and `..`."""
    path = _ENCODED.sub(_decode, target) if "%" in target else target
    return _without_dots(path) if "/." in path else path


async def read_body(request: web.BaseRequest, limit: int) -> bytes:
    """Read the whole body, or raise BodyTooLargeError as soon as it is known to be over the limit."""
    if not request.can_read_body:
        return b""
    if (request.content_length or 0) > limit:
        raise BodyTooLargeError
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the interim response is not part of the response
    chunks, size = [], 0
    async for chunk in request.content.iter_any():
        size += len(chunk)
        if size > limit:
            raise BodyTooLargeError
        chunks.append(chunk)
    return b"".join(chunks)


def to_rpc_http(request: web.BaseRequest, path: str, params: dict[str, str], body: bytes) -> Message:
    """Build the message that the host sends to the worker (GrpcMessageConversionExtensions.ToRpcHttp)."""
    _, mark, query = request.raw_path.partition("?")
    url = f"{request.scheme}://{request.headers.get('Host', '')}{_encode_path(path)}{mark}{query}"
    http = Message(
        method=request.method,
        url=url,
        headers=_joined((name.lower(), value) for name, value in request.headers.items()),
        query=_joined(parse_qsl(query)) if query else {},
        params=params,
        body=Message(bytes=body),
    )
    return Message(http=http)


def to_response(value: Message | None) -> web.Response:
    """Build the response from a function's return value: an HttpResponse or a plain string."""
    http: Message | None = getattr(value, "http", None)
    if http is None:
        return web.Response(text=getattr(value, "string", None) or "")
    headers = {name: value for name, value in http.headers.items() if name.lower() not in _FRAMING_HEADERS}
    return web.Response(status=int(http.status_code), headers=headers, body=http.body.bytes)


def _decode(match: re.Match[str]) -> str:
    return unquote_to_bytes(match[0]).decode(errors=_KEEP)


def _keep_encoded(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return quote(error.object[error.start : error.end]), error.end


_KEEP = "devhost.keep_encoded"
codecs.register_error(_KEEP, _keep_encoded)


def _without_dots(path: str) -> str:
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments[1:]:
        if segment == "..":
            kept = kept[:-1]
        elif segment != ".":
            kept.append(segment)
    closing = [""] if segments[-1] in (".", "..") else []
    return "/" + "/".join(kept + closing)


def _encode_path(path: str) -> str:
    """Encode a decoded path as PathString.ToUriComponent does."""
    if _PLAIN_PATH.fullmatch(path):
        return path
    return _STRAY_PERCENT.sub("%25", quote(path, safe=_PATH_SAFE))


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Join the values of repeated names, which are case-insensitive, with a comma."""
    values: dict[str, str] = {}
    spelling: dict[str, str] = {}
    for name, value in pairs:
        first = spelling.setdefault(name.lower(), name)
        values[first] = f"{values[first]},{value}" if first in values else value
    return values
