"""Requests that a caller may send again, by the headers of OASIS Repeatable Requests 1.0."""

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import azure.functions as func

from functions.contract.refusals import NoGuid
from functions.contract.requests import profile_id as canonical_guid
from functions.plumbing.call import Call
from functions.plumbing.refusals import BadRepeatability, SentTooLongAgo
from shared.errors import SpeakerError
from shared.trust.refusals import UsedForAnother
from shared.trust.repeats import KEPT, Repeatable

REQUEST_ID: Final = "Repeatability-Request-ID"
FIRST_SENT: Final = "Repeatability-First-Sent"
RESULT: Final = "Repeatability-Result"

REJECTED: Final[tuple[type[SpeakerError], ...]] = (BadRepeatability, SentTooLongAgo, UsedForAnother)
"""What is answered to a request that cannot be one to repeat."""
AHEAD: Final = timedelta(minutes=15)
"""By so much a caller's clock may be ahead of ours."""

_IMF_FIXDATE: Final = "%a, %d %b %Y %H:%M:%S GMT"


def once(call: Call, content: bytes, work: Callable[[str | None], func.HttpResponse]) -> func.HttpResponse:
    """The answer to a request: the first one again, where its caller says that it may be repeated.

    Args:
        content: what the request carries.
        work: does what is asked, and answers; is called with the id of what it makes, or None where any will do.

    Raises:
        BadRepeatability, SentTooLongAgo, UsedForAnother: it cannot be told whether the request was sent before.
    """
    request = _repeatable(call, content)
    if request is None:
        return work(None)
    repeats = call.service.repeats
    claim = repeats.claim(request)
    return _read(claim.answer or repeats.keep(claim, _written(work(request.makes))))


def _repeatable(call: Call, content: bytes) -> Repeatable | None:
    """The request, if its caller names it; names and times that mean nothing are refused."""
    named, sent = (call.request.headers.get(name.lower()) for name in (REQUEST_ID, FIRST_SENT))
    if named is None and sent is None:
        return None
    request_id = _request_id(named or "")
    if sent is not None:
        _check_sent(sent, call.service.now())
    query = {name: call.query(name) for name in call.operation.parameters(call.dialect, call.family)}
    place = (call.operation.name, call.dialect.version, call.family.name, call.profile_id)
    return Repeatable.of(request_id, *place, json.dumps(query), content)


def _request_id(text: str) -> str:
    try:
        return canonical_guid(text)
    except NoGuid:
        raise BadRepeatability(REQUEST_ID, f"a GUID such as {uuid.UUID(int=0x5EED << 96, version=4)}") from None


def _check_sent(text: str, now: datetime) -> None:
    try:
        sent = datetime.strptime(text, _IMF_FIXDATE).replace(tzinfo=UTC)
    except ValueError:
        raise BadRepeatability(FIRST_SENT, f"a date such as {now.strftime(_IMF_FIXDATE)}") from None
    if sent > now + AHEAD:
        raise BadRepeatability(FIRST_SENT, f"in the past; it is {now.strftime(_IMF_FIXDATE)} here")
    if sent < now - KEPT:
        raise SentTooLongAgo(text, int(KEPT / timedelta(hours=1)))


def _written(answer: func.HttpResponse) -> str:
    return json.dumps([answer.status_code, dict(answer.headers), answer.get_body().decode()])


def _read(kept: str) -> func.HttpResponse:
    status, headers, body = json.loads(kept)
    return func.HttpResponse(
        body, status_code=status, headers={**headers, RESULT: "accepted"}, mimetype="application/json"
    )
