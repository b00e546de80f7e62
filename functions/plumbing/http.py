"""Between Azure Functions and the domain: what a handler may ask of a request, and how its outcome is answered."""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

import azure.functions as func

from functions.contract import wire
from functions.contract.operations import OPERATIONS, Operation
from functions.contract.wire import DIALECTS, V2021, Dialect
from functions.plumbing.keys import check_key
from functions.plumbing.multipart import audio_in
from functions.plumbing.origin import origin
from shared import service
from shared.errors import InvalidArgument, Misconfigured, NoSuchRoute, SpeakerError, UnsupportedMediaType
from shared.observing import trace
from shared.observing.telemetry import telemetry
from shared.voices.families import Family

logger = logging.getLogger("speaker")

CORRELATION_ID: Final = "apim-request-id"
"""Header by which callers and the retired service named a request."""


@dataclass(frozen=True)
class Call:
    """A request that was routed to an operation and admitted.

    Attributes:
        family: the family that the path names.
        params: parameters of the route.
        details: whether the caller asks for more than the contract gives.
    """

    request: func.HttpRequest
    dialect: Dialect
    family: Family
    params: Mapping[str, str]
    details: bool

    @property
    def profile_id(self) -> str:
        """The profile that the path names, in canonical form.

        Raises:
            NotFound: the id is no GUID.
        """
        profile_id = wire.profile_id(self.params["profileId"])
        trace.current().profile = trace.mark(profile_id)
        return profile_id

    @property
    def body(self) -> bytes:
        """The request's body."""
        return self.request.get_body()

    @property
    def audio(self) -> bytes:
        """The audio in the request's body."""
        return audio_in(self.request.headers.get("content-type", ""), self.body)

    @property
    def ignore_min_length(self) -> bool:
        """Whether the caller waives the minimum of net speech; not heeded where there is none to waive.

        Raises:
            InvalidArgument: neither true nor false.
        """
        return self.family.minimum_can_be_waived and wire.flag("ignoreMinLength", self.query("ignoreMinLength"))

    def with_details(self, document: wire.Json, details: wire.Json) -> wire.Json:
        """The document, with ``details`` in it if the caller asks for them."""
        return {**document, "details": details} if self.details else document

    def query(self, name: str) -> str | None:
        """A query parameter, whose name may be written in any case, or None."""
        return _parameter(self.request, name)

    def url(self, profile_id: str = "", query: Mapping[str, str] | None = None) -> str:
        """Absolute URL of the family's profiles, or of one of them, as the caller sees this host."""
        base = self.dialect.base.format(mode=self.family.mode, dependency=self.family.dependency)
        path = "/".join((base, "profiles", profile_id)).rstrip("/")
        marked = "?" + urlencode(query, safe="$") if query else ""
        return f"{origin(self.request.url, self.request.headers)}/{path}{marked}"


Handler = Callable[[Call], func.HttpResponse]
HANDLERS: Final[dict[str, Handler]] = {}
"""Handlers by operation name, filled as the blueprints are imported."""


def serves(blueprint: func.Blueprint, name: str) -> Callable[[Handler], Handler]:
    """Register a handler for an operation of ``OPERATIONS``, in every version."""
    operation = OPERATIONS[name]

    def register(handler: Handler) -> Handler:
        HANDLERS[name] = handler
        for dialect in DIALECTS:
            _route(blueprint, operation, dialect)
        return handler

    return register


def answer(
    operation: Operation, dialect: Dialect, request: func.HttpRequest, params: Mapping[str, str]
) -> func.HttpResponse:
    """Admit the caller and let the operation's handler answer."""

    def handle() -> func.HttpResponse:
        family = _family(operation, dialect, params)
        trace.current().family = family.name
        _admit(request)
        _check_version(dialect, request)
        _check_encoding(operation, request)
        return HANDLERS[operation.name](Call(request, dialect, family, params, _wants_details(request)))

    return guarded(operation.function(dialect), request, handle, dialect)


def guarded(
    name: str, request: func.HttpRequest, handle: Callable[[], func.HttpResponse], dialect: Dialect = V2021
) -> func.HttpResponse:
    """The handler's response, or the contract's error for whatever went wrong; one line in the log either way."""
    with trace.tracing(name, request.headers.get(CORRELATION_ID)) as facts:
        response = _outcome(handle, dialect)
    facts.status = response.status_code
    response.headers[CORRELATION_ID] = facts.correlation_id
    logger.log(logging.ERROR if facts.problem else logging.INFO, "%s", facts.line())
    telemetry().request(name, response.status_code, facts.seconds["total"])
    return response


def announce_access() -> None:
    """Say in the log, once at start, when nobody or everybody may call, or when every call will fail."""
    try:
        settings = service.settings()
        service.phrases()
    except Misconfigured as problem:
        logger.critical("%s", problem)
        return
    if settings.open_to_all:
        logger.warning("NO KEY IS CONFIGURED: this local host answers everyone. Set SPEAKER_RECOGNITION_KEYS.")
    elif not settings.keys:
        logger.critical("No key is configured: every call will be refused. Set SPEAKER_RECOGNITION_KEYS.")


def reply(status: int, document: wire.Json | list[wire.Json] | None = None, **headers: str) -> func.HttpResponse:
    """A JSON response; of 204 only the headers."""
    if status == 204:
        return func.HttpResponse(status_code=status, headers=headers)
    return func.HttpResponse(json.dumps(document), status_code=status, headers=headers, mimetype="application/json")


def no_such_route() -> NoSuchRoute:
    """The error of a path that is no operation's."""
    return NoSuchRoute("Resource not found")


def _route(blueprint: func.Blueprint, operation: Operation, dialect: Dialect) -> None:
    def entry(req: func.HttpRequest) -> func.HttpResponse:
        return answer(operation, dialect, req, req.route_params)

    routed = blueprint.route(
        route=operation.route(dialect), methods=[operation.method], auth_level=func.AuthLevel.ANONYMOUS
    )
    blueprint.function_name(operation.function(dialect))(routed(entry))


def _outcome(handle: Callable[[], func.HttpResponse], dialect: Dialect) -> func.HttpResponse:
    try:
        return handle()
    except SpeakerError as failure:
        return _failed(dialect, failure)
    except Exception as failure:
        logger.exception("an error that nobody expected")
        return _failed(dialect, SpeakerError(type(failure).__name__))


def _failed(dialect: Dialect, failure: SpeakerError) -> func.HttpResponse:
    trace.current().error = type(failure).__name__
    if failure.status >= 500:
        trace.current().problem = str(failure)
    headers = {"x-ms-error-code": dialect.code(failure)}
    if failure.retry_after_sec:
        headers["retry-after"] = str(failure.retry_after_sec)
    return reply(failure.status, wire.error_of(dialect, failure), **headers)


def _admit(request: func.HttpRequest) -> None:
    settings = service.settings()
    if not (settings.open_to_all or (settings.platform_signs_in and _signed_in(request))):
        key = request.headers.get("ocp-apim-subscription-key") or _parameter(request, "subscription-key")
        check_key(key, settings.keys)
    service.rate_limit().admit()


def _signed_in(request: func.HttpRequest) -> bool:
    """Whether App Service authentication has accepted the request's token: it then names the principal."""
    token = request.headers.get("authorization", "").lower().startswith("bearer ")
    return token and bool(request.headers.get("x-ms-client-principal-id"))


def _family(operation: Operation, dialect: Dialect, params: Mapping[str, str]) -> Family:
    family = operation.family(dialect, params["mode"], params["dependency"])
    if family is None:
        raise no_such_route()
    return family


def _check_version(dialect: Dialect, request: func.HttpRequest) -> None:
    version = _parameter(request, "api-version")
    if dialect.api_version and version != dialect.api_version:
        problem = f"is {version!r}" if version else "is missing"
        raise InvalidArgument(f"Query parameter api-version {problem}. Supported: {dialect.api_version}.")


def _check_encoding(operation: Operation, request: func.HttpRequest) -> None:
    """Types are never refused: real clients label audio as they like. A compressed body could not be read."""
    encoding = request.headers.get("content-encoding", "identity")
    if operation.body and encoding.strip().lower() not in ("", "identity"):
        accepted = "audio/wav; codecs=audio/pcm" if operation.body == "audio" else "application/JSON"
        raise UnsupportedMediaType(
            f"Unsupported media type. Only '{accepted}' is accepted. The body is compressed: {encoding!r}."
        )


def _wants_details(request: func.HttpRequest) -> bool:
    """Asked for in the query or in a header; refused before anything is done, if asked unclearly."""
    return wire.flag("details", _parameter(request, "details") or request.headers.get("x-speaker-details"))


def _parameter(request: func.HttpRequest, name: str) -> str | None:
    return next((value for key, value in request.params.items() if key.lower() == name.lower()), None)
