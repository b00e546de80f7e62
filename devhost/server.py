"""What the Functions host answers: routes, keys, limits, failures with empty bodies, and the admin API."""

import asyncio
import logging
import time
from contextlib import AbstractAsyncContextManager, nullcontext

from aiohttp import web

from devhost.background import Background
from devhost.errors import FunctionFailedError
from devhost.keys import Keys
from devhost.routes import Route, Router
from devhost.settings import Settings
from devhost.templates import Values, parse_template
from devhost.wire import BodyTooLargeError, decode_path, read_body, to_response, to_rpc_http
from devhost.worker import Function, Worker

logger = logging.getLogger("devhost")

_HOMEPAGE = "<!doctype html><title>devhost</title><p>Your function app is up and running on devhost.</p>\n"


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

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        path = _without_leading_slashes(decode_path(request.raw_path.partition("?")[0]))
        if f"{path}/".lower().startswith("/admin/"):  # an app's route cannot take these
            return self._admin(request, path.rstrip("/"))
        found = self.router.match(request.method, path)
        if found is not None:
            return await self._call(request, path, *found)
        return web.Response(text=_HOMEPAGE, content_type="text/html") if path == "/" else _empty(404)

    async def _call(self, request: web.BaseRequest, path: str, route: Route, params: Values) -> web.Response:
        function = self._functions[route.function]
        if not self._admits(request, str(function.trigger.get("authLevel", "function")).lower()):
            return _empty(401)
        if self._outstanding >= (self._settings.max_outstanding or self._outstanding + 1):
            return _empty(429)
        self._outstanding += 1
        try:
            async with self._slots:
                return await self._answer(request, path, function, params)
        finally:
            self._outstanding -= 1

    async def _answer(self, request: web.BaseRequest, path: str, function: Function, params: Values) -> web.Response:
        try:
            body = await read_body(request, self._settings.body_limit)
            http = to_rpc_http(request, path, params, body)
            return to_response(await self._worker.invoke(function, http, request.headers.get("traceparent", "")))
        except BodyTooLargeError:
            return _empty(413)
        except (ConnectionResetError, web.RequestPayloadError):  # the caller left, or sent no proper chunks
            return _empty(400)
        except FunctionFailedError:
            return _empty(500)

    def _admits(self, request: web.BaseRequest, level: str) -> bool:
        return self._keys is None or self._keys.admit(request, level)

    def _admin(self, request: web.BaseRequest, path: str) -> web.Response:
        operation = path.lower()
        if operation == "/admin/host/ping":
            return _empty(200)
        if not self._admits(request, "admin"):
            return _empty(401)
        if operation == "/admin/host/status":
            return web.json_response(self._status())
        return _empty(202 if self._runs_by_hand(request.method, path) else 404)

    def _runs_by_hand(self, method: str, path: str) -> bool:
        folder, _, name = path.rpartition("/")
        return method == "POST" and folder.lower() == "/admin/functions" and self._background.run(name)

    def _status(self) -> dict[str, object]:
        uptime = int((time.monotonic() - self._started) * 1000)
        return {"id": "devhost", "state": "Running", "version": "devhost", "processUptime": uptime}


def _without_leading_slashes(path: str) -> str:
    """A path with one slash before its first word.

    Here the dev host is kinder than the Functions host, whose router takes no empty first segment and answers 404:
    a client whose endpoint ends in a slash would otherwise need a front end that merges slashes even on this machine.
    """
    if not path.startswith("//"):
        return path
    logger.warning("%s begins with two slashes: the Functions host needs a front end that merges them", path)
    return "/" + path.lstrip("/")


def _route(function: Function, prefix: str) -> Route:
    text = str(function.trigger.get("route") or function.name)
    methods = function.trigger.get("methods")
    allowed = frozenset(str(method).upper() for method in methods) if isinstance(methods, list) else None
    return Route(function.name, parse_template(f"{prefix}/{text}" if prefix else text), allowed)


def _empty(status: int) -> web.Response:
    return web.Response(status=status)
