"""Pages of other origins, as Core Tools let them in: in Azure it is the platform that answers for the app."""

from dataclasses import replace

from devhost.heads import Head
from devhost.serving import Handler, Request, Response


def with_cors(handle: Handler, origins: frozenset[str]) -> Handler:
    """The handler, which also lets pages of these origins read its answers; `*` is every page."""

    async def answer(request: Request) -> Response:
        head = request.head
        origin = head.get("origin")
        if not origin or origins.isdisjoint((origin, "*")):
            return await handle(request)
        response = _permission(head) if _asks_for_permission(head) else await handle(request)
        allowed = ("access-control-allow-origin", origin if origin in origins else "*")
        return replace(response, headers=(*response.headers, allowed))

    return answer


def _asks_for_permission(head: Head) -> bool:
    return head.method == "OPTIONS" and bool(head.values("access-control-request-method"))


def _permission(head: Head) -> Response:
    """Whatever the page is going to send."""
    asked = {name: head.get(f"access-control-request-{name}") for name in ("headers", "method")}
    allowed = {"access-control-allow-headers": asked["headers"], "access-control-allow-methods": asked["method"]}
    return Response(204, tuple((name, value) for name, value in allowed.items() if value))
