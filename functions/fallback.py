"""Paths that no route of the host takes: what a client meant all the same, or the contract's 404."""

import re
from urllib.parse import unquote, urlsplit

import azure.functions as func

from functions.contract.operations import spoken
from functions.plumbing.http import answer, guarded, no_such_route

blueprint = func.Blueprint()


# The Functions host tries routes in the order of function names, so this one has to come last.
@blueprint.function_name("WithoutRoute")
@blueprint.route(
    route="{*path}",
    methods=["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
def fallback(req: func.HttpRequest) -> func.HttpResponse:
    """The operation that a path names once its slashes are collapsed, or 404."""
    path = re.sub("/+", "/", unquote(urlsplit(req.url).path))
    for operation, dialect in spoken():
        params = operation.match(dialect, path)
        if params is not None and operation.method == req.method:
            return answer(operation, dialect, req, params)
    return guarded("WithoutRoute", req, _not_found)


def _not_found() -> func.HttpResponse:
    raise no_such_route()
