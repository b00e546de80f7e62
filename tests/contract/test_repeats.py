"""Requests that are sent again: one profile, one enrollment, and the first answer."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import requests

from tests import voices
from tests.contract.api import IDENTIFICATION, TEXT_DEPENDENT, VERIFICATION, Api, error_of

CLIP = voices.seconds("anna", 6)
OTHER = voices.seconds("anna", 7)
PHRASE = voices.phrase("anna", 5)
BODY = b'{"locale":"en-us"}'
FIXDATE = "%a, %d %b %Y %H:%M:%S GMT"


def _sent(api: Api, path: str, body: bytes, request_id: str, **more: str) -> requests.Response:
    """The answer to a request under an id, to a version of the API that the path names."""
    query = "" if "/v2.0/" in path else "api-version=2021-09-05"
    joined = f"{api.url}/{path}{'&' if '?' in path else '?'}{query}"
    headers = {"Ocp-Apim-Subscription-Key": api.key, "Repeatability-Request-ID": request_id}
    return api.request("POST", joined, headers=headers | {k.replace("_", "-"): v for k, v in more.items()}, data=body)


def _profiles(family: str) -> str:
    return f"speaker-recognition/{family}/profiles"


def _enrollments(profile_id: str, family: str = VERIFICATION) -> str:
    return f"{_profiles(family)}/{profile_id}/enrollments"


def _said(answer: requests.Response) -> tuple[int, bytes, str | None]:
    return answer.status_code, answer.content, answer.headers.get("location")


def _at(**ago: float) -> str:
    return (datetime.now(UTC) - timedelta(**ago)).strftime(FIXDATE)


@pytest.mark.parametrize("path", [_profiles(VERIFICATION), "speaker/identification/v2.0/text-independent/profiles"])
def test_a_profile_is_created_once_and_answered_as_at_first(api: Api, path: str) -> None:
    request_id = str(uuid.uuid4())
    first = _sent(api, path, BODY, request_id)
    assert first.status_code == 201
    assert first.headers["location"].endswith(first.json()["profileId"])
    assert first.headers["repeatability-result"] == "accepted"
    again = _sent(api, path, BODY, request_id.upper().replace("-", ""), Repeatability_First_Sent=_at(hours=23))
    assert _said(again) == _said(first)
    assert _sent(api, path, BODY, str(uuid.uuid4())).json()["profileId"] != first.json()["profileId"]


@pytest.mark.parametrize(("family", "clip"), [(IDENTIFICATION, CLIP), (TEXT_DEPENDENT, PHRASE)])
def test_an_enrollment_counts_once_and_is_answered_as_at_first_whatever_came_after_it(
    api: Api, family: str, clip: bytes
) -> None:
    profile_id, request_id = api.create(family), str(uuid.uuid4())
    path = f"{_enrollments(profile_id, family)}?details=true&"
    first = _sent(api, path, clip, request_id)
    assert (first.status_code, first.json()["enrollmentsCount"]) == (201, 1)
    assert api.enroll(profile_id, clip, family).json()["enrollmentsCount"] == 2
    assert _said(_sent(api, path, clip, request_id)) == _said(first)
    assert api.profile(profile_id, family)["enrollmentsCount"] == 2
    assert api("POST", f"{family}/profiles/{profile_id}:reset").ok
    assert _said(_sent(api, path, clip, request_id)) == _said(first)
    assert api.profile(profile_id, family)["enrollmentsCount"] == 0


@pytest.mark.wire
def test_fifty_at_once_are_one_profile_and_one_enrollment(api: Api) -> None:
    made, added = str(uuid.uuid4()), str(uuid.uuid4())

    def fifty(path: str, body: bytes, request_id: str) -> requests.Response:
        with ThreadPoolExecutor(50) as callers:
            answers = list(callers.map(lambda _: _patient(lambda: _sent(api, path, body, request_id)), range(50)))
        assert len({_said(answer) for answer in answers}) == 1
        return answers[0]

    profile = fifty(_profiles(VERIFICATION), BODY, made).json()
    enrolled = fifty(_enrollments(profile["profileId"]), CLIP, added).json()
    assert enrolled["enrollmentsCount"] == api.profile(profile["profileId"])["enrollmentsCount"] == 1
    assert api.profile(profile["profileId"])["enrollmentsLengthInSec"] == 6


def _patient(send: Callable[[], requests.Response]) -> requests.Response:
    """The answer, once there is a place for the request."""
    answer = send()
    while answer.status_code in (429, 503):
        answer = send()
    return answer


def test_another_request_under_the_same_id_is_refused_and_changes_nothing(api: Api) -> None:
    profile_id, request_id = api.create(), str(uuid.uuid4())
    path = _enrollments(profile_id)
    assert _sent(api, path, CLIP, request_id).status_code == 201
    others = [
        _sent(api, path, OTHER, request_id),
        _sent(api, f"{path}?ignoreMinLength=true&", CLIP, request_id),
        _sent(api, _enrollments(api.create()), CLIP, request_id),
        _sent(api, _profiles(VERIFICATION), BODY, request_id),
    ]
    refused = 400, "InvalidRequest", f"Repeatability-Request-ID {request_id} was used for another request."
    for answer in others:
        status, code, message = error_of(answer)
        assert (status, code, message[: len(refused[2])]) == refused
        assert answer.headers["repeatability-result"] == "rejected"
    assert api.profile(profile_id)["enrollmentsCount"] == 1


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"Repeatability-Request-ID": ""}, "Invalid Repeatability-Request-ID header. It should be a GUID such as"),
        ({"Repeatability-Request-ID": "42"}, "Invalid Repeatability-Request-ID header."),
        ({"Repeatability-Request-ID": f"{uuid.UUID(int=1)}, {uuid.UUID(int=2)}"}, "Invalid Repeatability-Request-ID"),
        ({"Repeatability-First-Sent": _at()}, "Invalid Repeatability-Request-ID header."),
        ({"Repeatability-First-Sent": "2026-11-26T02:14:36Z"}, "Invalid Repeatability-First-Sent header. It should be"),
        ({"Repeatability-First-Sent": _at(hours=-2)}, "Invalid Repeatability-First-Sent header. It should be in the p"),
    ],
)
def test_headers_that_mean_nothing_are_named(api: Api, headers: dict[str, str], message: str) -> None:
    named = {} if message.startswith("Invalid Repeatability-Req") else {"Repeatability-Request-ID": str(uuid.uuid4())}
    url = f"{api.url}/{_profiles(VERIFICATION)}?api-version=2021-09-05"
    key = {"Ocp-Apim-Subscription-Key": api.key}
    status, code, told = error_of(api.request("POST", url, headers=key | named | headers, data=BODY))
    assert (status, code, told[: len(message)]) == (400, "InvalidArgument", message)


def test_a_request_that_may_be_older_than_what_is_known_is_not_served(api: Api) -> None:
    answer = _sent(api, _profiles(VERIFICATION), BODY, str(uuid.uuid4()), Repeatability_First_Sent=_at(hours=25))
    assert error_of(answer)[:2] == (412, "PreconditionFailed")
    assert "known for 24 hours" in answer.text


def test_what_was_refused_may_be_sent_again_as_it_was(api: Api) -> None:
    path, request_id = _enrollments(api.create()), str(uuid.uuid4())
    first = error_of(_sent(api, path, voices.silence(2), request_id))
    assert error_of(_sent(api, path, voices.silence(2), request_id)) == first


def test_a_form_is_the_same_request_under_another_boundary(api: Api) -> None:
    path, request_id = _enrollments(api.create()), str(uuid.uuid4())

    def form(boundary: str) -> requests.Response:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="audio"; filename="a.wav"\r\n\r\n'.encode()
        body, kind = head + CLIP + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
        return _sent(api, path, body, request_id, Content_Type=kind)

    assert _said(form("one")) == _said(form("another"))


def test_who_sends_no_such_header_is_told_nothing_of_it(api: Api) -> None:
    answer = api("POST", f"{VERIFICATION}/profiles", BODY)
    assert "repeatability-result" not in answer.headers
