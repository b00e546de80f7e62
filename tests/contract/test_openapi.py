"""The service answers what its own description promises: every operation, in every version and family."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from jsonschema import Draft202012Validator

from functions.contract.description import description
from functions.contract.operations import OPERATIONS, spoken
from shared.voices.families import FAMILIES, IDENTIFICATION, PASSPHRASE_VERIFICATION, VERIFICATION, Family
from tests import voices
from tests.contract.api import Api
from tests.operations import DESCRIBED

NOBODY = "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9"
CLIP = voices.seconds("anna", 6)
PHRASE = voices.phrase("anna", 5)
Json = dict[str, Any]


@dataclass
class Described:
    """A client that knows the service by its description alone, and holds every answer against it.

    Attributes:
        seen: (method, path) of the operations that were called.
    """

    api: Api
    description: Json
    seen: set[tuple[str, str]] = field(default_factory=set)

    def call(self, name: str, family: str, body: bytes | str = b"", **values: str) -> requests.Response:
        """Call an operation by its id; ``values`` go where its parameters say."""
        method, path, operation = self._operation(f"{name}-{family}")
        self.seen.add((method, path))
        defaults = {p["name"]: p["schema"]["const"] for p in operation["parameters"] if "const" in p["schema"]}
        query = {p["name"] for p in operation["parameters"] if p["in"] == "query"}
        given = {**defaults, **values}
        answer = self.api.request(
            method,
            self.description["servers"][0]["url"] + re.sub(r"\{(\w+)\}", lambda found: given[found[1]], path),
            params={name: value for name, value in given.items() if name in query},
            headers={"Ocp-Apim-Subscription-Key": self.api.key},
            data=body,
            timeout=60,
        )
        self._check(operation["responses"], answer)
        return answer

    def _operation(self, operation_id: str) -> tuple[str, str, Json]:
        for path, methods in self.description["paths"].items():
            for method, operation in methods.items():
                if operation["operationId"] == operation_id:
                    return method.upper(), path, operation
        raise LookupError(operation_id)

    def _check(self, responses: Json, answer: requests.Response) -> None:
        response = self._resolved(responses[str(answer.status_code)])
        if "content" not in response:
            assert answer.content == b""
            return
        assert answer.headers["content-type"] == "application/json"
        schema = response["content"]["application/json"]["schema"]
        components = {"components": self.description["components"]}
        Draft202012Validator({**schema, **components}).validate(answer.json())
        self._check_nothing_unsaid(self._resolved(schema), answer.json())

    def _check_nothing_unsaid(self, schema: Json, value: object) -> None:
        if isinstance(value, dict) and "properties" in schema:
            assert set(value) <= set(schema["properties"])
            for name, inner in value.items():
                self._check_nothing_unsaid(self._resolved(schema["properties"][name]), inner)
        elif isinstance(value, list):
            for inner in value:
                self._check_nothing_unsaid(self._resolved(schema["items"]), inner)

    def _resolved(self, schema: Json) -> Json:
        found: Json = schema
        if "$ref" in schema:
            found = self.description
            for step in schema["$ref"].removeprefix("#/").split("/"):
                found = found[step]
        return found


@pytest.fixture(scope="module")
def described(api: Api) -> Described:
    return Described(api, api.request("GET", f"{api.url}/openapi.json", timeout=10).json())


def test_the_description_is_served_without_a_key_and_names_the_host_that_was_asked(api: Api) -> None:
    url = f"{api.url}/openapi.json"
    assert api.request("GET", url, timeout=10).json() == description(api.url)
    forwarded = {"X-Forwarded-Host": "a.example", "X-Forwarded-Proto": "https"}
    assert api.request("GET", url, headers=forwarded, timeout=10).json()["servers"] == [{"url": api.url}]


def test_every_schema_of_it_is_one(described: Described) -> None:
    assert described.description["openapi"] == "3.1.0"
    for schema in _schemas(described.description):
        Draft202012Validator.check_schema(schema)


def test_every_reference_leads_somewhere(described: Described) -> None:
    for reference in _found(described.description, "$ref"):
        described._resolved({"$ref": reference})


@pytest.mark.wire
@pytest.mark.parametrize("version", ["", "V2"])
@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_a_profiles_whole_life_is_answered_as_described(described: Described, family: Family, version: str) -> None:
    def call(name: str, body: bytes | str = b"", **values: str) -> requests.Response:
        return described.call(name + version, family.name, body, **values)

    def enroll(profile_id: str) -> None:
        status = "Enrolling"
        while status != "Enrolled":
            answer = call("CreateEnrollment", clip, profileId=profile_id, ignoreMinLength="true", details="true")
            assert answer.status_code == 201
            status = answer.json()["enrollmentStatus"]

    clip = PHRASE if family == PASSPHRASE_VERIFICATION else CLIP

    ids = [call("CreateProfile", '{"locale":"en-us"}').json()["profileId"] for _ in range(2)]
    page_size = "$top" if version else "maxpagesize"
    assert call("ListProfiles", **{page_size: "1"}).status_code == 200
    assert call("ListProfiles").status_code == 200
    for profile_id in ids:
        enroll(profile_id)
    assert call("GetProfile", profileId=ids[0]).json()["enrollmentStatus"] == "Enrolled"
    assert call("ListProfiles").status_code == 200
    if family.mode == "verification":
        assert call("Verify", clip, profileId=ids[0]).json()["recognitionResult"] == "Accept"
        assert call("Verify", clip, profileId=ids[0], details="true").json()["details"]
    else:
        found = call("IdentifySingleSpeaker", clip, profileIds=",".join(ids)).json()
        assert found["identifiedProfile"]["profileId"] in ids
        if not version:
            turns = call("IdentifyRecording", clip, profileIds=",".join(ids), details="true").json()
            assert turns["value"]
    if not version:
        _decide(call, ids[0])
    if family.mode == "verification" and not version:
        assert call("Unlock", profileId=ids[0]).status_code == 200
        assert len(call("CreateChallenge", profileId=ids[1]).json()["phrase"]) == 15
    assert call("ResetProfile", profileId=ids[0]).ok
    assert call("DeleteProfile", profileId=ids[0]).status_code == 204
    assert call("DeleteProfiles", confirm="delete-all-profiles").json()["remaining"] is False
    assert call("GetProfile", profileId=ids[1]).status_code == 404
    if family == PASSPHRASE_VERIFICATION or not version:
        assert call("ListPhrases", locale="en-us").status_code == 200


def _decide(call: Callable[..., requests.Response], profile_id: str) -> None:
    """A speaker consents, opts out and opts in again."""
    consent = '{"version":"2026-01","givenDateTime":"2026-01-31T09:30:00.000Z","by":"web form"}'
    assert call("PutConsent", consent, profileId=profile_id).json()["consent"] == json.loads(consent)
    assert call("OptOut", profileId=profile_id, details="true").json()["details"]["standing"] == "optedOut"
    assert call("PutConsent", consent, profileId=profile_id, details="true").json()["details"]["reason"] == "optedOut"
    assert call("OptIn", profileId=profile_id).json()["enrollmentStatus"] == "Enrolling"


def test_a_recordings_whole_life_is_answered_as_described(described: Described) -> None:
    def call(name: str, body: bytes | str = b"", **values: str) -> requests.Response:
        return described.call(name, IDENTIFICATION.name, body, **values)

    profile = call("CreateProfile", '{"locale":"en-us"}').json()["profileId"]
    assert call("CreateEnrollment", CLIP, profileId=profile, ignoreMinLength="true").ok
    answer = call("CreateRecording", CLIP, profileIds=profile)
    job = answer.json()["recordingId"]
    assert answer.status_code == 202
    assert call("GetRecording", recordingId=job).json()["status"] in ("NotStarted", "Running")
    assert job in [each["recordingId"] for each in call("ListRecordings").json()["value"]]
    assert call("GetTurns", recordingId=job).status_code == 409
    assert call("EnrollSpeaker", recordingId=job, speaker="1", profileId=profile).status_code == 409
    assert call("DeleteRecording", recordingId=job).status_code == 204


_REFUSED_OF_GROUPS = {
    "PutGroup": (b"{}", 400),
    "ListGroups": (b"", 400),
    "GetGroup": (b"", 404),
    "DeleteGroup": (b"", 400),
    "AddToGroup": (f'{{"profileIds":["{NOBODY}"]}}'.encode(), 404),
    "RemoveFromGroup": (f'{{"profileIds":["{NOBODY}"]}}'.encode(), 404),
    "ListGroupProfiles": (b"", 400),
}
"""Bodies and statuses of what is refused."""


@pytest.mark.parametrize("family", [VERIFICATION, IDENTIFICATION], ids=lambda family: family.name)
def test_a_groups_whole_life_is_answered_as_described(described: Described, family: Family) -> None:
    def call(name: str, body: bytes | str = b"", **values: str) -> requests.Response:
        return described.call(name, family.name, body, groupId="staff", **values)

    profile_id = described.call("CreateProfile", family.name, '{"locale":"en-us"}').json()["profileId"]
    assert [call("PutGroup", '{"displayName":"Staff"}').status_code for _ in range(2)] == [201, 200]
    ids = f'{{"profileIds":["{profile_id}","{NOBODY}"]}}'
    assert call("AddToGroup", ids).json() == {"added": 1, "removed": 0, "unknown": [NOBODY]}
    assert call("GetGroup").json()["profilesCount"] == 1
    assert [profile["profileId"] for profile in call("ListGroupProfiles").json()["value"]] == [profile_id]
    assert "staff" in [group["groupId"] for group in call("ListGroups").json()["value"]]
    assert call("RemoveFromGroup", ids).json() == {"added": 0, "removed": 1, "unknown": [NOBODY]}
    assert call("DeleteGroup").status_code == 204
    assert call("GetGroup").status_code == 404


def _refused(call: Callable[..., requests.Response], name: str) -> Iterator[tuple[requests.Response, int]]:
    if name == "CreateProfile":
        yield call(b"{"), 400
    elif name in ("ListProfiles", "ListRecordings"):
        yield call(**{"$continuationToken": "x"}), 400
    elif name == "ListPhrases":
        yield call(locale="tl-hh"), 400
    elif name in ("IdentifySingleSpeaker", "IdentifyRecording", "CreateRecording"):
        yield call(CLIP, profileIds="x"), 400
        yield call(CLIP, profileIds=NOBODY), 404
    elif name == "DeleteProfiles":
        yield call(confirm="yes"), 400
    elif name in _REFUSED_OF_GROUPS:
        body, status = _REFUSED_OF_GROUPS[name]
        yield call(body, groupId="nobodys" if status == 404 else "No Body", **{"$continuationToken": "x"}), status
    elif name in ("DeleteProfile", "OptOut") or "{recordingId}" in OPERATIONS[name].resource:
        yield call(profileId="x", recordingId="x", speaker="1"), 404
    elif name in ("PutConsent", "OptIn"):
        yield call(b"{", profileId=NOBODY), 400
    elif name == "GetProfileAudit":
        yield call(profileId=NOBODY, since="yesterday"), 400
    else:
        yield call(CLIP, profileId=NOBODY), 404


def test_what_is_refused_is_refused_as_described(described: Described) -> None:
    for operation, dialect in spoken():
        for family in operation.families():

            def call(
                body: bytes = b"", name: str = operation.function(dialect), family: str = family.name, **values: str
            ) -> requests.Response:
                return described.call(name, family, body, **values)

            for answer, status in _refused(call, operation.name):
                assert answer.status_code == status


def test_nothing_is_described_that_was_not_called(described: Described) -> None:
    listed = {(method.upper(), path) for path, methods in described.description["paths"].items() for method in methods}
    assert described.seen == listed
    assert len(listed) == DESCRIBED


def test_a_parameter_that_is_not_heeded_is_not_described(described: Described) -> None:
    for path, methods in described.description["paths"].items():
        for operation in methods.values():
            named = {parameter["name"] for parameter in operation["parameters"]}
            waives = (
                operation["requestBody"]["content"].keys() >= {"audio/wav"} if "requestBody" in operation else False
            )
            clip = waives and "text-independent" in path and "/recordings" not in path
            assert ("ignoreMinLength" in named) == (clip or path.endswith("/speakers/{speaker}:enroll"))


def _schemas(description: Json) -> Iterator[Json]:
    yield from description["components"]["schemas"].values()
    yield from _found(description, "schema")


def _found(value: object, key: str) -> Iterator[Any]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == key:
                yield inner
            yield from _found(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _found(inner, key)
