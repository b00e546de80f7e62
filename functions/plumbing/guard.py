"""What every request passes: it is traced, admitted and answered; what goes wrong is told in the contract's words."""

import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import azure.functions as func

from functions.contract.dialects import V2021, Context, Dialect
from functions.contract.operation import Operation
from functions.contract.operations import OPERATIONS
from functions.contract.refusals import NoSuchRoute, WrongVersion
from functions.contract.requests import flag, profile_id
from functions.contract.responses import error_of
from functions.plumbing.admission import Admission
from functions.plumbing.bounds import check_body
from functions.plumbing.call import Call, parameter, reply
from functions.plumbing.crowd import Crowd
from functions.plumbing.origin import origin
from functions.plumbing.repeats import REJECTED, RESULT
from functions.plumbing.threads import AT_ONCE, WORKING, beside
from shared.errors import Fault, Misconfigured, SpeakerError
from shared.observing.line import line_of
from shared.observing.telemetry import telemetry
from shared.observing.trace import Trace, current, mark, tracing
from shared.service import Service
from shared.service.part import part
from shared.voices.families import Family

logger = logging.getLogger("speaker")

CORRELATION_ID: Final = "apim-request-id"
"""Header by which callers and the retired service named a request."""

type Handler = Callable[[Call], func.HttpResponse]
HANDLERS: Final[dict[str, Handler]] = {}
"""Handlers by operation name, filled as the blueprints are imported."""


class App(Service):
    """The service behind this app's functions, and its door."""

    @part
    def admission(self) -> Admission:
        """Who may call."""
        return Admission(self.settings, time.monotonic)

    @part
    def crowd(self) -> Crowd:
        """How many are let in at once."""
        return Crowd(self.settings.max_in_flight, AT_ONCE, time.monotonic)


APP: Final = App(os.environ)


def serves(blueprint: func.Blueprint, name: str) -> Callable[[Handler], Handler]:
    """Register a handler for an operation of ``OPERATIONS``, in every version."""
    operation = OPERATIONS[name]

    def register(handler: Handler) -> Handler:
        HANDLERS[name] = handler
        for dialect in operation.dialects:
            _route(blueprint, operation, dialect)
        return handler

    return register


def answer(
    app: App, operation: Operation, dialect: Dialect, request: func.HttpRequest, params: Mapping[str, str]
) -> func.HttpResponse:
    """Admit the caller and let the operation's handler answer."""
    with guarding(operation.name, request, dialect) as answering:
        call = _admitted(app, operation, dialect, request, params)
        with app.crowd.place():
            answering.response = app.crowd.timed(partial(HANDLERS[operation.name], call))
    return answering.response


@dataclass
class Answering:
    """A request that is being answered; whatever goes wrong becomes its response."""

    response: func.HttpResponse = field(default_factory=func.HttpResponse)


@contextmanager
def guarding(name: str, request: func.HttpRequest, dialect: Dialect = V2021) -> Iterator[Answering]:
    """What is raised within is told in the contract's words; one line in the log either way."""
    answering = Answering()
    with tracing(name, request.headers.get(CORRELATION_ID), dialect.suffix) as trace:
        try:
            yield answering
        except SpeakerError as failure:
            answering.response = _failed(dialect, request, failure)
        except Exception as failure:
            logger.exception("an error that nobody expected")
            answering.response = _failed(dialect, request, Fault(type(failure).__name__))
        trace.status = answering.response.status_code
    answering.response.headers[CORRELATION_ID] = trace.correlation_id
    noted(trace)


def guarded(name: str, request: func.HttpRequest, handle: Callable[[], func.HttpResponse]) -> func.HttpResponse:
    """The handler's response, or the contract's error for whatever went wrong."""
    with guarding(name, request) as answering:
        answering.response = handle()
    return answering.response


def noted(trace: Trace) -> None:
    """Let the sinks read what has ended."""
    logger.log(logging.ERROR if trace.problem else logging.INFO, "%s", line_of(trace))
    telemetry()(trace)


def announce_access() -> None:
    """Say in the log, once at start, when nobody or everybody may call, or when every call will fail."""
    try:
        settings, _, _ = APP.settings, APP.phrases, APP.admission
    except Misconfigured as problem:
        logger.critical("%s", problem)
        return
    if settings.open_to_all:
        logger.warning("NO KEY IS CONFIGURED: this local host answers everyone. Set SPEAKER_RECOGNITION_KEYS.")
    elif not settings.keys:
        logger.critical("No key is configured: every call will be refused. Set SPEAKER_RECOGNITION_KEYS.")


def _route(blueprint: func.Blueprint, operation: Operation, dialect: Dialect) -> None:
    async def entry(req: func.HttpRequest) -> func.HttpResponse:
        """Refuse at once what is refused; the others wait for a thread that works."""
        with guarding(operation.name, req, dialect) as answering:
            call = _admitted(APP, operation, dialect, req, req.route_params)
            with APP.crowd.place():
                work = partial(APP.crowd.timed, partial(HANDLERS[operation.name], call))
                answering.response = await beside(WORKING, work)
        return answering.response

    routed = blueprint.route(
        route=operation.route(dialect), methods=[operation.method], auth_level=func.AuthLevel.ANONYMOUS
    )
    blueprint.function_name(operation.function(dialect))(routed(entry))


def _admitted(
    app: App, operation: Operation, dialect: Dialect, request: func.HttpRequest, params: Mapping[str, str]
) -> Call:
    """What the handler is called with; raises whatever the request is refused for before anything is done."""
    family = _family(operation, params)
    current().family = family.name
    app.admission.admit(request, operation)
    _check_version(dialect, request)
    check_body(operation, request)
    details = _wants_details(request) and "details" in operation.query
    context = Context(dialect, family, details, app.settings.score_decimals)
    here = origin(app.settings, request.url, request.headers)
    return Call(app, request, operation, context, here, _profile(params), params)


def _failed(dialect: Dialect, request: func.HttpRequest, failure: SpeakerError) -> func.HttpResponse:
    current().error = type(failure).__name__
    if failure.status >= 500:
        current().problem = str(failure)
    waits = {"retry-after": failure.retry_after_sec, "retry-after-ms": failure.retry_after_ms}
    headers = {"x-ms-error-code": dialect.code(failure), **{name: str(wait) for name, wait in waits.items() if wait}}
    if isinstance(failure, REJECTED):
        headers[RESULT] = "rejected"
    details = bool(failure.reason) and _wants_details(request)
    return reply(failure.status, error_of(dialect, failure, details=details), **headers)


def _family(operation: Operation, params: Mapping[str, str]) -> Family:
    family = operation.family(params["mode"], params["dependency"])
    if family is None:
        raise NoSuchRoute
    return family


def _check_version(dialect: Dialect, request: func.HttpRequest) -> None:
    version = parameter(request, "api-version")
    given = set((version or "").split(","))  # the host joins the values of a parameter that is given twice
    if dialect.api_version and given != {dialect.api_version}:
        raise WrongVersion(f"is {version!r}" if version else "is missing", dialect.api_version)


def _wants_details(request: func.HttpRequest) -> bool:
    """Asked for in the query or in a header; refused before anything is done, if asked unclearly."""
    return flag("details", parameter(request, "details") or request.headers.get("x-speaker-details"))


def _profile(params: Mapping[str, str]) -> str:
    """The profile that a path names, if it names one; the trace knows it by its mark."""
    if "profileId" not in params:
        return ""
    named = profile_id(params["profileId"])
    current().profile = mark(named)
    return named
