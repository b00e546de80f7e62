"""Between Azure Functions and the domain: what a handler may ask of a request, and how its outcome is answered."""

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit

import azure.functions as func

from functions.operations import OPERATIONS, Operation
from shared import service, wire
from shared.auth import check_key
from shared.errors import InvalidArgument, Misconfigured, NoSuchRoute, SpeakerError
from shared.families import FAMILIES, Family
from shared.wire import V2021, Dialect

logger = logging.getLogger("speaker")


@dataclass(frozen=True)
class Call:
    """A request that was routed to an operation and admitted.

    Attributes:
        family: the family that the path names.
        params: parameters of the route.
    """

    request: func.HttpRequest
    dialect: Dialect
    family: Family
    params: Mapping[str, str]

    @property
    def profile_id(self) -> str:
        """The profile that the path names, in canonical form.

        Raises:
            NotFound: the id is no GUID.
        """
        return wire.profile_id(self.params["profileId"])

    @property
    def body(self) -> bytes:
        """The request's body."""
        return self.request.get_body()

    @property
    def ignore_min_length(self) -> bool:
        """Whether the caller waives the minimum of net speech.

        Raises:
            InvalidArgument: neither true nor false.
        """
        return wire.flag("ignoreMinLength", self.query("ignoreMinLength"))

    def query(self, name: str) -> str | None:
        """A query parameter, or None."""
        value: str | None = self.request.params.get(name)
        return value

    def url(self, path: str = "", query: Mapping[str, str] | None = None) -> str:
        """An absolute URL below this request's path, as the caller sees this host."""
        parts = urlsplit(self.request.url)
        base = (
            f"{_forwarded(self.request, 'proto') or parts.scheme}://{_forwarded(self.request, 'host') or parts.netloc}"
        )
        return f"{base}{parts.path.rstrip('/')}{path}{'?' + urlencode(query) if query else ''}"


Handler = Callable[[Call], func.HttpResponse]
HANDLERS: Final[dict[str, Handler]] = {}
"""Handlers by operation name, filled as the blueprints are imported."""


def serves(blueprint: func.Blueprint, name: str) -> Callable[[Handler], Handler]:
    """Register a handler for an operation of ``OPERATIONS``."""
    operation = OPERATIONS[name]

    def register(handler: Handler) -> Handler:
        def entry(req: func.HttpRequest) -> func.HttpResponse:
            return answer(operation, V2021, req, req.route_params)

        HANDLERS[name] = handler
        routed = blueprint.route(
            route=operation.route(V2021), methods=[operation.method], auth_level=func.AuthLevel.ANONYMOUS
        )
        blueprint.function_name(name)(routed(entry))
        return handler

    return register


def answer(
    operation: Operation, dialect: Dialect, request: func.HttpRequest, params: Mapping[str, str]
) -> func.HttpResponse:
    """Admit the caller and let the operation's handler answer."""

    def handle() -> func.HttpResponse:
        family = _family(operation, params)
        _admit(request)
        _check_version(dialect, request)
        return HANDLERS[operation.name](Call(request, dialect, family, params))

    return guarded(operation.name, handle)


def guarded(name: str, handle: Callable[[], func.HttpResponse]) -> func.HttpResponse:
    """The handler's response, or the contract's error for whatever went wrong; one line in the log either way."""
    started = time.perf_counter()
    try:
        response = handle()
    except SpeakerError as failure:
        response = _failed(failure)
    except Exception:
        logger.exception("%s failed", name)
        response = _failed(SpeakerError())
    logger.info("%s %d %.0f ms", name, response.status_code, 1000 * (time.perf_counter() - started))
    return response


def announce_access() -> None:
    """Say in the log, once at start, when nobody or everybody may call."""
    try:
        settings = service.settings()
    except Misconfigured as problem:
        logger.critical("%s", problem)
        return
    if settings.open_to_all:
        logger.warning("NO KEY IS CONFIGURED: this local host answers everyone. Set SPEAKER_RECOGNITION_KEYS.")
    elif not settings.keys:
        logger.critical("No key is configured: every call will be refused. Set SPEAKER_RECOGNITION_KEYS.")


def reply(status: int, document: wire.Json, **headers: str) -> func.HttpResponse:
    """A JSON response."""
    return func.HttpResponse(json.dumps(document), status_code=status, headers=headers, mimetype="application/json")


def no_such_route() -> NoSuchRoute:
    """The error of a path that is no operation's."""
    return NoSuchRoute("Resource not found")


def _failed(failure: SpeakerError) -> func.HttpResponse:
    if failure.status >= 500:
        logger.error("%s: %s", type(failure).__name__, failure)
    return reply(failure.status, wire.error_of(failure), **{"x-ms-error-code": failure.code})


def _admit(request: func.HttpRequest) -> None:
    settings = service.settings()
    if not settings.open_to_all:
        check_key(request.headers.get("ocp-apim-subscription-key"), settings.keys)


def _family(operation: Operation, params: Mapping[str, str]) -> Family:
    family = FAMILIES.get((params["mode"].lower(), params["dependency"].lower()))
    if family is None or family.mode not in operation.modes:
        raise no_such_route()
    return family


def _check_version(dialect: Dialect, request: func.HttpRequest) -> None:
    version = request.params.get("api-version")
    if version != dialect.version:
        problem = f"is {version!r}" if version else "is missing"
        raise InvalidArgument(f"Query parameter api-version {problem}. Supported: {dialect.version}.")


def _forwarded(request: func.HttpRequest, what: str) -> str:
    """What a reverse proxy says of the caller's side; the first of several."""
    header: str = request.headers.get(f"x-forwarded-{what}", "")
    return header.split(",")[0].strip()
