"""Paths that no route of the host takes: what a client meant all the same, or the contract's 404."""

import re
from functools import partial
from urllib.parse import unquote

import azure.functions as func

from functions.contract.operations import spoken
from functions.contract.refusals import NoSuchRoute, OtherSign
from functions.plumbing.guard import APP, App, answer, guarded
from functions.plumbing.origin import path_of

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
    return routed(APP, req)


def routed(app: App, request: func.HttpRequest) -> func.HttpResponse:
    """The answer of the operation that a request names, or 404."""
    path = re.sub("/+", "/", unquote(path_of(request.url)))
    for operation, dialect in spoken():
        params = operation.match(dialect, path)
        if params is not None and operation.method == request.method:
            return answer(app, operation, dialect, request, params)
    return guarded("WithoutRoute", request, partial(_not_found, path))


def _not_found(path: str) -> func.HttpResponse:
    for operation, dialect in spoken():
        if operation.is_meant_by(dialect, path):
            raise OtherSign(operation.route(dialect))
    raise NoSuchRoute
