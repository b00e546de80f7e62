"""Consent, opt-out and opting in again, as callers see them."""

import json
import uuid
from typing import Final

import pytest

from tests import voices
from tests.contract.api import IDENTIFICATION, TEXT_DEPENDENT, VERIFICATION, BackedApi, error_of

CLIP: Final = voices.seconds("anna", 6)
CONSENT: Final = {"version": "2026-01", "givenDateTime": "2026-01-31T09:30:00.000Z", "by": "web form"}
IDENTIFY: Final = f"{IDENTIFICATION}/profiles:identifySingleSpeaker"


def _of(api: BackedApi, name: str, act: str, body: str | None = None, family: str = VERIFICATION) -> dict[str, object]:
    answer = api("POST", f"{family}/profiles/{name}:{act}", body)
    assert answer.status_code == 200, answer.text
    told: dict[str, object] = answer.json()
    return told


def _left_of(api: BackedApi, name: str) -> dict[str, object]:
    return {key: value for key, value in api.stored().items() if name in key}


def test_opting_out_forgets_the_voice_and_its_audio_and_nothing_brings_them_back(alone: BackedApi) -> None:
    name = alone.enrolled(CLIP)
    assert any("Signature" in key for key in _left_of(alone, name))
    assert _of(alone, name, "optOut")["enrollmentStatus"] == "Enrolling"
    left = _left_of(alone, name)
    assert not [
        key for key, value in left.items() if "Signature" in key or key.endswith(".wav") or "print" in str(value)
    ]
    assert error_of(alone.enroll(name, CLIP))[:2] == (403, "InvalidOperation")
    assert alone("POST", f"{VERIFICATION}/profiles/{name}:reset").status_code == 200
    assert error_of(alone.verify(name, CLIP))[:2] == (400, "InvalidRequest")
    assert _left_of(alone, name) == left


def test_who_opts_in_begins_anew(alone: BackedApi) -> None:
    name = alone.enrolled(CLIP)
    for _ in range(2):
        _of(alone, name, "optOut")
    fresh = _of(alone, name, "optIn")
    assert (fresh["enrollmentsCount"], fresh["profileStatus"]) == (0, "Active")
    assert alone.enroll(name, CLIP, ignoreMinLength="true").json()["enrollmentStatus"] == "Enrolled"
    assert _of(alone, name, "optIn")["enrollmentStatus"] == "Enrolled"


@pytest.mark.parametrize("family", [VERIFICATION, TEXT_DEPENDENT, IDENTIFICATION])
def test_who_has_no_profile_can_opt_out_beforehand(alone: BackedApi, family: str) -> None:
    name = str(uuid.uuid4())
    assert _of(alone, name, "optOut", family=family)["profileId"] == name
    assert error_of(alone.enroll(name, CLIP, family))[0] == 403
    assert error_of(alone("POST", f"{family}/profiles/{name}:optIn"))[1] == "InvalidArgument"
    assert _of(alone, name, "optIn", '{"locale":"en-us"}', family)["locale"] == "en-us"
    assert alone("DELETE", f"{family}/profiles/{name}").status_code == 204
    assert alone("GET", f"{family}/profiles/{name}").status_code == 404


def test_among_others_they_are_absent_and_named_the_answer_says_so(alone: BackedApi) -> None:
    anna, boris = (alone.enrolled(voices.seconds(name, 12), IDENTIFICATION) for name in ("anna", "boris"))
    group = f"{IDENTIFICATION}/groups/both"
    assert alone("PUT", group, "{}").ok
    assert alone("POST", f"{group}/profiles:add", json.dumps({"profileIds": [anna, boris]})).json()["added"] == 2
    _of(alone, anna, "optOut", family=IDENTIFICATION)
    for query in ({"profileIds": "*"}, {"groupId": "both"}):
        answer = alone("POST", IDENTIFY, CLIP, **query)
        assert answer.status_code == 200
        assert anna not in answer.text
        assert boris in answer.text
    named = alone("POST", IDENTIFY, CLIP, profileIds=f"{anna},{boris}", details="true")
    assert (named.status_code, named.json()["details"]) == (400, {"reason": "optedOut"})
    assert anna in named.json()["error"]["message"]


def test_consent_is_shown_wherever_the_profile_is_until_it_is_withdrawn(alone: BackedApi) -> None:
    body = json.dumps({"locale": "en-us", "consent": CONSENT})
    created = alone("POST", f"{VERIFICATION}/profiles", body).json()
    name = created["profileId"]
    assert created["consent"] == CONSENT
    newer = {**CONSENT, "version": "2026-02"}
    assert alone("PUT", f"{VERIFICATION}/profiles/{name}/consent", json.dumps(newer)).json()["consent"] == newer
    assert alone.profile(name)["consent"] == newer
    assert newer in [each.get("consent") for each in alone("GET", f"{VERIFICATION}/profiles").json()["value"]]
    assert "consent" not in _of(alone, name, "optOut")
    assert _of(alone, name, "optIn", json.dumps({"consent": CONSENT}))["consent"] == CONSENT


def test_where_consent_is_required_nothing_is_enrolled_without_it(strict: BackedApi) -> None:
    name = strict.create()
    refused = strict.enroll(name, CLIP, details="true")
    assert (refused.status_code, refused.json()["details"]) == (403, {"reason": "noConsent"})
    assert strict.profile(name)["enrollmentsCount"] == 0
    assert strict("PUT", f"{VERIFICATION}/profiles/{name}/consent", json.dumps(CONSENT)).ok
    assert strict.enroll(name, CLIP).status_code == 201


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("version", ""),
        ("version", 1),
        ("version", "x" * 129),
        ("by", "\ud800"),
        ("by", None),
        ("givenDateTime", "2026-01-31T09:30:00"),
        ("givenDateTime", "9999-01-31T09:30:00Z"),
        ("givenDateTime", "yesterday"),
        ("givenDateTime", 0),
    ],
)
def test_a_consent_that_says_nothing_is_refused_and_changes_nothing(
    alone: BackedApi, field: str, value: object
) -> None:
    name, bad = alone.create(), {**CONSENT, field: value}
    answers = [
        alone("PUT", f"{VERIFICATION}/profiles/{name}/consent", json.dumps(bad)),
        alone("POST", f"{VERIFICATION}/profiles", json.dumps({"locale": "en-us", "consent": bad})),
    ]
    for answer in answers:
        assert error_of(answer)[:2] == (400, "InvalidArgument")
        assert field in error_of(answer)[2]
    assert "consent" not in alone.profile(name)


@pytest.mark.parametrize("consent", ["yes", [], 1])
def test_a_consent_that_is_no_object_is_refused(alone: BackedApi, consent: object) -> None:
    answer = alone("POST", f"{VERIFICATION}/profiles", json.dumps({"locale": "en-us", "consent": consent}))
    assert error_of(answer)[:2] == (400, "InvalidArgument")


def test_a_caller_who_always_asks_for_details_may_create_and_list(alone: BackedApi) -> None:
    headers = {"Ocp-Apim-Subscription-Key": alone.key, "X-Speaker-Details": "true"}
    url = f"{alone.url}/speaker-recognition/{VERIFICATION}/profiles?api-version=2021-09-05"
    for method, body in (("POST", '{"locale":"en-us"}'), ("GET", None)):
        assert alone.request(method, url, headers=headers, data=body, timeout=10).ok
