"""What the Functions host answers: routes, keys, limits, failures with empty bodies, and the admin API."""

import asyncio
import json
import logging
import time
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Final

from devhost.background import Background
from devhost.errors import FunctionFailedError
from devhost.heads import Head
from devhost.keys import Keys
from devhost.routes import Route, Router
from devhost.serving import BodyError, Request, Response
from devhost.settings import Settings
from devhost.templates import Values, parse_template
from devhost.wire import InvalidResponseError, names_a_host, to_response, to_rpc_http
from devhost.worker import Function, Worker

_log = logging.getLogger("devhost")

_RESERVED: Final = ("/admin/", "/runtime/")
_HOMEPAGE: Final = (
    b"<!doctype html><title>devhost</title><p>Your function app is up and running on devhost, a local stand-in.</p>\n"
)
_JSON: Final = (("Content-Type", "application/json; charset=utf-8"),)


class Host:
    """Answers requests by invoking the app's functions."""

    def __init__(self, worker: Worker, background: Background, settings: Settings, keys: Keys | None) -> None:
        self._worker = worker
        self._background = background
        self._settings = settings
        self._keys = keys
        self._functions = {function.name: function for function in worker.functions}
        self._started = time.monotonic()
        self._outstanding = 0
        self._slots: AbstractAsyncContextManager[object] = (
            asyncio.Semaphore(settings.max_concurrent) if settings.max_concurrent else nullcontext()
        )
        self.router = Router(_route(f, settings.route_prefix) for f in worker.functions if f.kind == "httpTrigger")

    async def handle(self, request: Request) -> Response:
        """Answer one request."""
        head = request.head
        if f"{head.path}/".lower().startswith(_RESERVED):  # an app's route cannot take these
            return self._admin(head)
        found = self.router.match(head.method, head.path)
        if found is not None:
            return await self._call(request, *found)
        if head.path.startswith("//"):
            _log.warning("404 for %s: the Functions host matches no path that begins with two slashes", head.path)
        return _home() if head.path == "/" else Response(404)

    async def _call(self, request: Request, route: Route, params: Values) -> Response:
        function = self._functions[route.function]
        if not self._admits(request.head, str(function.trigger.get("authLevel", "function")).lower()):
            return Response(401)
        if self._outstanding >= (self._settings.max_outstanding or self._outstanding + 1):
            return Response(429)
        self._outstanding += 1
        try:
            async with self._slots:
                return await self._answer(request, function, params)
        finally:
            self._outstanding -= 1

    async def _answer(self, request: Request, function: Function, params: Values) -> Response:
        head = request.head
        if not names_a_host(head):
            _log.error("500 for %s: no URL can be made of the host %r", head.path, head.get("host"))
            return Response(500)
        try:
            http = to_rpc_http(head, params, await request.body(self._settings.body_limit))
            return to_response(await self._worker.invoke(function, http, head.get("traceparent")))
        except BodyError:
            _log.error("500 for %s: the body is over the limit, or not in proper chunks", head.path)
        except InvalidResponseError as error:
            _log.error("500 for %s: %s", head.path, error)
        except FunctionFailedError:
            pass  # the worker has logged it
        return Response(500)

    def _admits(self, head: Head, level: str) -> bool:
        return self._keys is None or self._keys.admit(head, level)

    def _admin(self, head: Head) -> Response:
        path = head.path.rstrip("/")
        operation = path.lower()
        if operation == "/admin/host/ping":
            return Response(200)
        if not self._admits(head, "admin"):
            return Response(401)
        if operation == "/admin/host/status":
            return Response(200, _JSON, json.dumps(self._status()).encode())
        return Response(202 if self._runs_by_hand(head.method, path) else 404)

    def _runs_by_hand(self, method: str, path: str) -> bool:
        folder, _, name = path.rpartition("/")
        return method == "POST" and folder.lower() == "/admin/functions" and self._background.run(name)

    def _status(self) -> dict[str, object]:
        uptime = int((time.monotonic() - self._started) * 1000)
        return {"id": "devhost", "state": "Running", "version": "devhost", "processUptime": uptime}


def _route(function: Function, prefix: str) -> Route:
    text = str(function.trigger.get("route") or function.name)
    methods = function.trigger.get("methods")
    allowed = frozenset(str(method).upper() for method in methods) if isinstance(methods, list) else None
    return Route(function.name, parse_template(f"{prefix}/{text}" if prefix else text), allowed)


def _home() -> Response:
    return Response(200, (("Content-Type", "text/html"),), _HOMEPAGE)
