"""Stands between the app and its storage, counts the calls, and misbehaves on one of them."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiohttp import ClientSession, web
from yarl import URL

type Hook = Callable[[int, web.BaseRequest], web.Response | None]
"""Asked with the number of a call; may answer in storage's place, or raise."""


@dataclass
class Proxy:
    """A reverse proxy in front of one storage endpoint after the other.

    Attributes:
        calls: method and path of every call since ``watch``.
        before: asked before a call is passed on, with its number; may answer instead of storage, or raise.
        after: asked once storage has answered, before the app reads it.
    """

    ports: dict[str, int] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    before: Hook | None = None
    after: Hook | None = None

    def watch(
        self,
        before: Hook | None = None,
        after: Hook | None = None,
    ) -> None:
        """Count from here on, and let these misbehave."""
        self.calls.clear()
        self.before, self.after = before, after


class CutOffError(Exception):
    """Raised by a hook: the connection breaks without an answer, before a call in the middle of what it sends."""


class SilenceError(Exception):
    """Raised by a hook: the call is taken and never answered."""


@contextmanager
def proxied(connection_string: str) -> Iterator[tuple[Proxy, str]]:
    """A proxy, and the connection string that leads through it; signatures do not cover the host, so they hold."""
    proxy, ready, loop = Proxy(), threading.Event(), asyncio.new_event_loop()
    targets = dict(part.split("=", 1) for part in connection_string.split(";"))
    endpoints = {name: url for name, url in targets.items() if name.endswith("Endpoint")}
    stop = asyncio.Event()

    async def serve() -> None:
        async with ClientSession(auto_decompress=False) as session:
            runners = [await _start(proxy, name, url, session, stop) for name, url in endpoints.items()]
            ready.set()
            await stop.wait()
            for runner in runners:
                await runner.cleanup()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    ready.wait()
    through = {name: f"http://127.0.0.1:{proxy.ports[name]}/local" for name in endpoints}
    try:
        yield proxy, ";".join(f"{name}={value}" for name, value in {**targets, **through}.items())
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


async def _start(proxy: Proxy, name: str, url: str, session: ClientSession, stop: asyncio.Event) -> web.ServerRunner:
    origin = url.rsplit("/", 1)[0]

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        proxy.calls.append(f"{request.method} {request.raw_path.split('?')[0]}")
        number = len(proxy.calls)
        try:
            answer = _ask(proxy.before, number, request)
            body = await request.read()
            answer = answer or await _pass_on(session, origin, request, body)
            return _ask(proxy.after, number, request) or answer
        except SilenceError:
            await stop.wait()
            return web.Response(status=500)

    runner = web.ServerRunner(web.Server(handle))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    proxy.ports[name] = runner.addresses[0][1]
    return runner


def _ask(hook: Hook | None, number: int, request: web.BaseRequest) -> web.Response | None:
    try:
        return hook(number, request) if hook else None
    except CutOffError:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)


async def _pass_on(session: ClientSession, origin: str, request: web.BaseRequest, body: bytes) -> web.Response:
    headers = {name: value for name, value in request.headers.items() if name.lower() != "host"}
    url = URL(f"{origin}{request.raw_path}", encoded=True)
    async with session.request(
        request.method, url, headers=headers, data=body, skip_auto_headers=("Content-Type", "Accept")
    ) as answer:
        content = await answer.read()
        kept = {
            name: value
            for name, value in answer.headers.items()
            if name.lower() not in ("transfer-encoding", "content-length", "connection", "date")
        }
        return web.Response(status=answer.status, headers=kept, body=content)
