"""Pages of other origins, as Core Tools let them in: in Azure it is the platform that answers for the app."""

from collections.abc import Awaitable, Callable

from aiohttp import web

type Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def with_cors(handle: Handler, origins: frozenset[str]) -> Handler:
    """The handler, which also lets pages of these origins read its answers; `*` is every page."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        origin = request.headers.get("origin", "")
        if not origin or origins.isdisjoint((origin, "*")):
            return await handle(request)
        response = _permission(request) if _asks_for_permission(request) else await handle(request)
        response.headers["access-control-allow-origin"] = origin if origin in origins else "*"
        return response

    return answer


def _asks_for_permission(request: web.BaseRequest) -> bool:
    return request.method == "OPTIONS" and "access-control-request-method" in request.headers


def _permission(request: web.BaseRequest) -> web.Response:
    """Whatever the page is going to send."""
    asked = {name: request.headers.get(f"access-control-request-{name}", "") for name in ("headers", "method")}
    allowed = {"access-control-allow-headers": asked["headers"], "access-control-allow-methods": asked["method"]}
    return web.Response(status=204, headers={name: value for name, value in allowed.items() if value})
