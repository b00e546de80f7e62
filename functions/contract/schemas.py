"""JSON Schemas of what requests and responses carry, in each version's words (sections 3 and 4 of the contract)."""

from typing import Final

from functions.contract.wire import CONFIRMATION, MAX_PAGE_SIZE, Dialect, Json
from shared.voices.families import Family

GUID: Final[Json] = {"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}
SCORE: Final[Json] = {"type": "number", "minimum": 0, "maximum": 1}
SECONDS: Final[Json] = {"type": "number", "minimum": 0}
COUNT: Final[Json] = {"type": "integer", "minimum": 0}
MOMENT: Final[Json] = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}
LINK: Final[Json] = {"type": "string", "format": "uri-reference"}
TEXT: Final[Json] = {"type": "string"}

LOCALE: Final[Json] = {
    "type": "object",
    "required": ["locale"],
    "properties": {"locale": {"type": "string", "examples": ["en-us"]}},
}
FLAG: Final[Json] = {"type": "string", "pattern": "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$", "default": "false"}
PARAMETERS: Final[dict[str, Json]] = {
    "profileIds": {"type": "string", "description": "1 to 50 profile ids, divided by commas"},
    "ignoreMinLength": FLAG,
    "confirm": {"type": "string", "enum": [CONFIRMATION]},
    "details": {
        **FLAG,
        "description": "also say what was measured, what stands behind the score, or what audio is kept",
    },
}
PAGE_SIZE: Final[Json] = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": 100}
ERROR: Final[Json] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {"code": TEXT, "message": TEXT},
        }
    },
}

_PROGRESS: Final[dict[str, Json]] = {
    "profileId": GUID,
    "enrollmentStatus": {"enum": ["Enrolling", "Training", "Enrolled"]},
    "enrollmentsCount": COUNT,
    "enrollmentsLengthInSec": SECONDS,
    "enrollmentsSpeechLengthInSec": SECONDS,
}
_CLIP: Final[dict[str, Json]] = {"audioLengthInSec": SECONDS, "audioSpeechLengthInSec": SECONDS}
_DESCRIPTION: Final[dict[str, Json]] = {
    "locale": TEXT,
    "modelVersion": {"type": ["string", "null"]},
    "createdDateTime": MOMENT,
    "lastUpdatedDateTime": {**MOMENT, "type": ["string", "null"]},
}
_SCORED: Final[Json] = {
    "type": "object",
    "required": ["profileId", "score"],
    "properties": {"profileId": GUID, "score": SCORE},
}

_VERIFICATION: Final[dict[str, Json]] = {"recognitionResult": {"enum": ["Accept", "Reject"]}, "score": SCORE}
_IDENTIFICATION: Final[dict[str, Json]] = {
    "identifiedProfile": _SCORED,
    "profilesRanking": {"type": "array", "maxItems": 5, "items": _SCORED},
}
_DETAILS: Final[Json] = {"type": "object", "description": "only where details=true asks for it"}


def results(dialect: Dialect, family: Family) -> dict[str, Json]:
    """Schemas of successful responses, by the names that ``Operation.result`` uses."""
    progress = {**_PROGRESS, **_remaining(family)}
    return {
        "ProfileInfo": _detailed(_object(dialect, {**progress, **_DESCRIPTION, **_profile_only(dialect, family)})),
        "ProfileList": _page(dialect, family),
        "Cleared": _object(dialect, {"deleted": COUNT, "remaining": {"type": "boolean"}}),
        "EnrollmentInfo": _detailed(_object(dialect, {**progress, **_CLIP, **_passphrase(family)})),
        "Verification": _detailed(_object(dialect, _VERIFICATION)),
        "Identification": _detailed(_object(dialect, _IDENTIFICATION)),
        "Phrases": _phrases(dialect, family),
    }


def title(dialect: Dialect, family: Family, name: str) -> str:
    """The name of one of them among all: families that answer alike share it."""
    return f"{name}{'TextDependent' if family.script.every_clip else ''}{dialect.suffix}"


def reference(dialect: Dialect, family: Family, name: str) -> Json:
    """A reference to one of them."""
    return {"$ref": f"#/components/schemas/{title(dialect, family, name)}"}


def _remaining(family: Family) -> dict[str, Json]:
    if family.clips_to_enroll:
        return {"remainingEnrollmentsCount": COUNT}
    return {"remainingEnrollmentsSpeechLengthInSec": SECONDS}


def _passphrase(family: Family) -> dict[str, Json]:
    return {family.script.field: TEXT} if family.script.every_clip else {}


def _profile_only(dialect: Dialect, family: Family) -> dict[str, Json]:
    has_status = dialect.profile_status and not family.script.every_clip
    status: dict[str, Json] = {"profileStatus": {"enum": ["Active", "Inactive"]}} if has_status else {}
    return {**status, **dict.fromkeys(dialect.also.values(), SECONDS)}


def _phrases(dialect: Dialect, family: Family) -> Json:
    items: Json = {"type": "array", "items": _object(dialect, {family.script.field: TEXT})}
    return _object(dialect, {dialect.phrases: items}) if dialect.phrases else items


def _page(dialect: Dialect, family: Family) -> Json:
    items = {"type": "array", "items": reference(dialect, family, "ProfileInfo")}
    page = _object(dialect, {dialect.items: items, dialect.link: LINK})
    return {**page, "required": [dialect.items, *dialect.last_link]}


def _detailed(schema: Json) -> Json:
    return {**schema, "properties": {**schema["properties"], "details": _DETAILS}}


def _object(dialect: Dialect, properties: dict[str, Json]) -> Json:
    named = {dialect.field(name): schema for name, schema in properties.items()}
    return {"type": "object", "required": list(named), "properties": named}
