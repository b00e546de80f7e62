"""Connections: heads and bodies come in, answers go out, on `asyncio` streams."""

import asyncio
import logging
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import Final

from devhost.heads import MAX_HEADERS, MAX_LINE, Head, RefusedError, parse_head

_BUFFER: Final = 1 << 18
_LINGER_SECONDS: Final = 5  # so long does Kestrel read on what a caller still sends
_WITHOUT_BODY: Final = frozenset((204, 205, 304))
_CHUNK_SIZE: Final = re.compile(rb"([0-9a-fA-F]{1,8})[\t ]*(?:;[^\r\n]*)?\r\n")

_log = logging.getLogger("devhost")


class BodyError(Exception):
    """The request's body is over the limit, or not in proper chunks."""


@dataclass(frozen=True, slots=True)
class Response:
    """An answer; the server adds its length and the date."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class Request:
    """A request whose body may still be under way."""

    def __init__(self, head: Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.head = head
        self.is_read = not (head.length or head.chunked)
        self._reader = reader
        self._writer = writer

    async def body(self, limit: int) -> bytes:
        """The body; empty if it has no Content-Length, since the host hands over only what has one.

        Raises:
            BodyError: it is longer than the limit, in bytes, or not in proper chunks.
        """
        if self.head.length > limit:
            raise BodyError
        if not self.is_read and self.head.get("expect").lower() == "100-continue":
            self._writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await self._reader.readexactly(self.head.length)
        if self.head.chunked:
            await self._skip_chunks(limit)
        self.is_read = True
        return body

    async def _skip_chunks(self, limit: int) -> None:
        async for size in self._chunk_sizes():
            limit -= size
            if limit < 0:
                raise BodyError
            if not (await self._reader.readexactly(size + 2)).endswith(b"\r\n"):
                raise BodyError
        while (await self._line()).strip():
            pass  # trailers

    async def _chunk_sizes(self) -> AsyncIterator[int]:
        while match := _CHUNK_SIZE.fullmatch(await self._line()):
            size = int(match[1], 16)
            if not size:
                return
            yield size
        raise BodyError

    async def _line(self) -> bytes:
        try:
            return await self._reader.readuntil(b"\n")
        except asyncio.LimitOverrunError as error:
            raise BodyError from error


type Handler = Callable[[Request], Awaitable[Response]]


class Server:
    """Serves a socket until it is stopped."""

    def __init__(self, handle: Handler) -> None:
        self._handle = handle
        self._stopping = False
        self._connections: set[asyncio.Task[None]] = set()
        self._idle: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def start(self, server_socket: socket.socket) -> None:
        """Take connections."""
        self._server = await asyncio.start_server(self._accept, sock=server_socket, limit=_BUFFER)

    async def stop(self, grace: float) -> None:
        """Take no more connections, and let requests in flight end within so many seconds."""
        self._stopping = True
        if self._server:
            self._server.close()
        for writer in self._idle:
            writer.close()
        if self._connections:
            _, late = await asyncio.wait(self._connections, timeout=grace)
            for task in late:
                task.cancel()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection: socket.socket = writer.get_extra_info("socket")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # an answer is written in two parts
        task = asyncio.create_task(self._converse(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, asyncio.IncompleteReadError):  # the caller left
                while await self._exchange(reader, writer):
                    pass
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether another may follow."""
        self._idle.add(writer)
        try:
            head = await _read_head(reader)
        except RefusedError as refused:
            allow = (("Allow", refused.allow),) if refused.allow else ()
            await _write(writer, Response(refused.status, allow), keep_alive=False)
            await _linger(reader, writer)
            return False
        finally:
            self._idle.discard(writer)
        request = Request(head, reader, writer)
        response = await self._answer(request)
        keep_alive = head.keep_alive and request.is_read and not self._stopping
        await _write(writer, response, keep_alive=keep_alive, with_body=head.method != "HEAD")
        if not request.is_read:
            await _linger(reader, writer)
        return keep_alive

    async def _answer(self, request: Request) -> Response:
        try:
            return await self._handle(request)
        except (ConnectionError, asyncio.IncompleteReadError):
            raise
        except Exception:
            _log.exception("500 for %s: a fault of devhost itself", request.head.path)
            return Response(500)


async def _read_head(reader: asyncio.StreamReader) -> Head:
    request_line = await _read_line(reader, MAX_LINE, too_long=414)
    header_lines, left = [], MAX_HEADERS
    while line := await _read_line(reader, left, too_long=431):
        header_lines.append(line)
        left -= len(line) + 2
    return parse_head(request_line, header_lines)


async def _read_line(reader: asyncio.StreamReader, limit: int, *, too_long: int) -> bytes:
    try:
        line = await reader.readuntil(b"\n")
    except asyncio.LimitOverrunError as error:
        raise RefusedError(too_long) from error
    except asyncio.IncompleteReadError as error:
        raise RefusedError(400) if error.partial else error from None
    if len(line) > limit:
        raise RefusedError(too_long)
    return line[:-1].removesuffix(b"\r")


async def _write(writer: asyncio.StreamWriter, response: Response, *, keep_alive: bool, with_body: bool = True) -> None:
    has_body = response.status not in _WITHOUT_BODY
    framing = {"Date": formatdate(usegmt=True)}
    if has_body and response.status >= HTTPStatus.OK:
        framing["Content-Length"] = str(len(response.body))
    if not keep_alive:
        framing["Connection"] = "close"
    lines = [f"HTTP/1.1 {response.status} {_phrase(response.status)}"]
    lines += [f"{name}: {value}" for name, value in (*response.headers, *framing.items())]
    writer.write("\r\n".join((*lines, "", "")).encode("latin-1"))
    if has_body and with_body:
        writer.write(response.body)
    await writer.drain()


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus else ""


async def _linger(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Let a caller that is still sending read its answer: a connection closed at once would be reset."""
    writer.write_eof()
    with suppress(TimeoutError):
        async with asyncio.timeout(_LINGER_SECONDS):
            while await reader.read(_BUFFER):
                pass
