"""The description is one that generators of clients can use: each rule here is one that stopped one of them."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from functions.contract.description import description
from functions.contract.operations import spoken

type Json = dict[str, Any]

DESCRIBED: Final = description("https://voice.example.org")
SCHEMAS: Final[dict[str, Json]] = DESCRIBED["components"]["schemas"]
OPERATIONS: Final[dict[str, Json]] = {
    operation["operationId"]: operation for path in DESCRIBED["paths"].values() for operation in path.values()
}
TYPES: Final = {str: "string", bool: "boolean", int: "integer", float: "number"}
AUDIO: Final = {"audio/wav": {"schema": {"type": "string", "format": "binary"}}}
ARCHIVE: Final = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
HEARS: Final = ("CreateEnrollment", "Verify", "IdentifySingleSpeaker", "IdentifyRecording", "CreateRecording")
NAMED: Final = {"EnrollmentStatus", "ProfileStatus", "RecognitionResult", "ScoredProfile", "NewProfile", "Phrase"}
DETAILED: Final = {
    "ProfileInfo": "ProfileDetails",
    "EnrollmentInfo": "EnrollmentDetails",
    "Verification": "VerificationDetails",
    "Identification": "IdentificationDetails",
    "Turns": "TurnsDetails",
}


def _objects(value: object) -> Iterator[Json]:
    """Every JSON object within a value, itself included."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _objects(inner)


def _bodies() -> Iterator[Json]:
    """What every request and every response may hold, by media type."""
    for operation in OPERATIONS.values():
        if "requestBody" in operation:
            yield operation["requestBody"]["content"]
        yield from (response["content"] for response in operation["responses"].values() if "content" in response)
    yield from (response["content"] for response in DESCRIBED["components"]["responses"].values())


def test_it_is_valid_openapi() -> None:
    assert list(OpenAPIV31SpecValidator(DESCRIBED).iter_errors()) == []


def test_every_operation_is_there_once_under_a_name_of_its_own() -> None:
    listed = [operation["operationId"] for path in DESCRIBED["paths"].values() for operation in path.values()]
    there = sum(len(operation.families()) for operation, dialect in spoken())
    assert len(set(listed)) == len(listed) == there == 96


def test_every_enum_and_const_says_of_which_type_it_is() -> None:
    closed = [found for found in _objects(DESCRIBED) if "enum" in found or "const" in found]
    assert closed
    for found in closed:
        values = found["enum"] if "enum" in found else [found["const"]]
        assert {TYPES[type(value)] for value in values} == {found.get("type")}


def test_every_schema_says_of_which_type_it_is() -> None:
    for found in _objects(list(SCHEMAS.values())):
        for schema in found.get("properties", {}).values():
            assert ("$ref" in schema) != ("type" in schema)


def test_no_schema_is_there_that_nothing_refers_to() -> None:
    referred = {found["$ref"] for found in _objects(DESCRIBED) if "$ref" in found}
    assert {f"#/components/schemas/{name}" for name in SCHEMAS} <= referred


def test_objects_and_words_have_names_and_are_referred_to() -> None:
    assert set(SCHEMAS) >= NAMED
    nested = [found for schema in SCHEMAS.values() for found in _objects(schema) if found is not schema]
    assert not [found for found in nested if found.get("type") == "object" or "enum" in found]


def test_a_body_is_a_name_or_a_list_of_names_or_audio() -> None:
    for content in _bodies():
        assert content.keys() in ({"application/json"}, AUDIO.keys(), ARCHIVE.keys(), {"application/json", *AUDIO})
        for media, body in content.items():
            schema = body["schema"]
            assert media in (*AUDIO, *ARCHIVE) or "$ref" in schema.get("items", schema)


def test_audio_is_binary_and_of_one_type() -> None:
    hearing = {name for name in OPERATIONS if name.startswith(HEARS)}
    bodies = {name: operation["requestBody"]["content"] for name, operation in OPERATIONS.items() if name in hearing}
    assert len(hearing) == 14
    elsewhere = bodies.pop("CreateRecording-identification-text-independent")
    assert elsewhere == {**AUDIO, "application/json": {"schema": {"$ref": "#/components/schemas/NewRecording"}}}
    assert all(content == AUDIO for content in bodies.values())
    assert all("whatever Content-Type" in OPERATIONS[name]["requestBody"]["description"] for name in hearing)
    assert not [content for content in _bodies() if any("*" in media for media in content)]


def test_no_schema_is_named_like_one_of_its_own_properties() -> None:
    for name, schema in SCHEMAS.items():
        assert name.lower() not in {field.lower() for field in schema.get("properties", {})}


def test_there_is_one_error_to_which_every_other_response_refers() -> None:
    error = {"$ref": "#/components/responses/Error"}
    for operation in OPERATIONS.values():
        refusals = [response for status, response in operation["responses"].items() if int(status) >= 400]
        assert refusals
        assert all(response == error for response in refusals)
    content = DESCRIBED["components"]["responses"]["Error"]["content"]
    assert content == {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorResponse"}}}
    assert SCHEMAS["ErrorResponse"]["properties"] == {
        "error": {"$ref": "#/components/schemas/Error"},
        "details": {"$ref": "#/components/schemas/ErrorDetails"},
    }
    assert SCHEMAS["ErrorResponse"]["required"] == ["error"]


def test_nothing_is_a_uri_reference_and_dates_are_no_patterns() -> None:
    assert not [found for found in _objects(DESCRIBED) if found.get("format") == "uri-reference" or "pattern" in found]
    for schema in SCHEMAS.values():
        for name, field in schema.get("properties", {}).items():
            assert name.endswith(("DateTime", "AsOf")) == (field.get("format") == "date-time")


@pytest.mark.parametrize("name", ["details", "ignoreMinLength"])
def test_what_is_asked_for_is_yes_or_no(name: str) -> None:
    asked = [found["schema"] for found in _objects(DESCRIBED) if found.get("name") == name and "schema" in found]
    assert asked
    assert {schema["type"] for schema in asked} == {"boolean"}


def test_a_parameter_without_which_a_request_is_refused_is_required() -> None:
    parameters = [parameter for operation in OPERATIONS.values() for parameter in operation["parameters"]]
    required = {parameter["name"] for parameter in parameters if parameter.get("required")}
    assert required == {
        "profileId",
        "groupId",
        "recordingId",
        "speaker",
        "locale",
        "profileIds",
        "confirm",
        "api-version",
    }
    optional = {parameter["name"] for parameter in parameters if not parameter.get("required")}
    assert required & optional == {"profileIds", "groupId"}, "either of them, where a version has both"


def test_details_are_typed_and_open_to_more() -> None:
    for name, details in DETAILED.items():
        assert SCHEMAS[name]["properties"]["details"]["$ref"] == f"#/components/schemas/{details}"
        assert SCHEMAS[details]["additionalProperties"] is True
        assert "details" not in SCHEMAS[name]["required"]
    assert SCHEMAS["VerificationDetails"]["properties"]["modelVersion"]["type"] == "string"
