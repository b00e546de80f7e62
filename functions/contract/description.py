"""The API's description in OpenAPI 3.1, made from the table of operations and from the shapes of what they answer."""

from typing import Final

from functions.contract.account_responses import ARCHIVE, MEDIA
from functions.contract.catalogue import causes
from functions.contract.dialects import DIALECTS, V2021, Context, Dialect, Json
from functions.contract.group_requests import MAX_MEMBERS
from functions.contract.operation import Operation
from functions.contract.operations import spoken
from functions.contract.recording_requests import MAX_NAME, MAX_URL, SEPARATE
from functions.contract.requests import CONFIRMATION, DEFAULT_PAGE_SIZE, DUPLICATES, MAX_PAGE_SIZE
from functions.contract.responses import ERROR
from functions.contract.shapes import TEXT
from functions.contract.version import VERSION
from functions.plumbing.repeats import FIRST_SENT, REQUEST_ID
from shared.errors import CREATE, ENROLL, NAMED
from shared.recognition.everyone import MAX_TOP
from shared.recordings.formats import FORMATS
from shared.recordings.jobs import HOURS_TO_LIVE, MAX_HOURS_TO_LIVE
from shared.settings.readers import MAX_FALSE_MATCH_RATE, MIN_FALSE_MATCH_RATE
from shared.voices.families import VERIFICATION, Family
from shared.voices.groups import MAX_DISPLAY_NAME, MAX_USER_DATA

_SECURITY: Final[Json] = {
    "key": {"type": "apiKey", "in": "header", "name": "Ocp-Apim-Subscription-Key"},
    "keyInQuery": {"type": "apiKey", "in": "query", "name": "subscription-key"},
    "token": {"type": "http", "scheme": "bearer", "description": "where App Service authentication is switched on"},
}


def _json(name: str, *, required: bool) -> Json:
    schema = {"$ref": f"#/components/schemas/{name}"}
    return {"required": required, "content": {"application/json": {"schema": schema}}}


_CHANNEL: Final[Json] = {
    "type": "string",
    "description": f"left, right or a number from 1: which channel is heard; or {SEPARATE}: each is one speaker's",
}
_CONSENT: Final[Json] = {"$ref": "#/components/schemas/Consent"}
_OF_RECORDINGS: Final[dict[str, Json]] = {
    "displayName": {"type": "string", "maxLength": MAX_NAME, "description": "what the recording is called in lists"},
    "minSpeakers": {"type": "integer", "minimum": 1, "maximum": 100, "default": 1},
    "maxSpeakers": {"type": "integer", "minimum": 1, "maximum": 100, "default": 100},
    "exclusive": {"type": "boolean", "default": True, "description": "a profile is one speaker at most"},
    "falseMatchRate": {
        "type": "number",
        "minimum": MIN_FALSE_MATCH_RATE,
        "maximum": MAX_FALSE_MATCH_RATE,
        "description": "how often, at most, a stranger is given any name; without it the service's own rate",
    },
    "timeToLiveHours": {
        "type": "integer",
        "minimum": 1,
        "maximum": MAX_HOURS_TO_LIVE,
        "default": HOURS_TO_LIVE,
        "description": "how long the turns are kept",
    },
    "keepAudioHours": {
        "type": "integer",
        "minimum": 0,
        "maximum": MAX_HOURS_TO_LIVE,
        "default": 0,
        "description": "how long the audio is kept once the turns are there",
    },
}
"""What may be asked of a recording, in the query or in JSON."""
_MATCHING: Final = ("exclusive", "falseMatchRate")
_SENT: Final[dict[str, Json]] = {
    "NewProfile": {
        "type": "object",
        "required": ["locale"],
        "properties": {"locale": {"type": "string", "examples": ["en-us"]}, "consent": _CONSENT},
    },
    "OptIn": {
        "type": "object",
        "properties": {
            "locale": {
                "type": "string",
                "description": "needed where the speaker opted out before there was a profile",
            },
            "consent": _CONSENT,
        },
    },
    "NewGroup": {
        "type": "object",
        "properties": {
            "displayName": {"type": ["string", "null"], "maxLength": MAX_DISPLAY_NAME},
            "userData": {"type": ["string", "null"], "description": f"at most {MAX_USER_DATA:,} bytes in UTF-8"},
            "falseMatchRate": {
                "type": ["number", "null"],
                "minimum": MIN_FALSE_MATCH_RATE,
                "maximum": MAX_FALSE_MATCH_RATE,
                "description": "how often, at most, a stranger may be named in it; null for the service's own rate",
            },
        },
    },
    "NewRecording": {
        "type": "object",
        "required": ["contentUrl"],
        "properties": {
            "contentUrl": {"type": "string", "maxLength": MAX_URL, "description": "https, of a host that is known"},
            "profileIds": {"type": "array", "minItems": 1, "items": {"type": "string"}, "description": 'or "*"'},
            "groupId": {"type": "string", "maxLength": 64, "description": "instead of profileIds"},
            "channel": _CHANNEL,
            **{name: form for name, form in _OF_RECORDINGS.items() if name not in _MATCHING},
            "matching": {"$ref": "#/components/schemas/Matching"},
        },
    },
    "Matching": {"type": "object", "properties": {name: _OF_RECORDINGS[name] for name in _MATCHING}},
    "Members": {
        "type": "object",
        "required": ["profileIds"],
        "properties": {
            "profileIds": {
                "type": "array",
                "minItems": 1,
                "maxItems": MAX_MEMBERS,
                "items": {"type": "string", "format": "uuid"},
            }
        },
    },
}
"""What bodies in JSON hold."""
_BODIES: Final[Json] = {
    "audio": {
        "required": True,
        "description": "Audio, of whatever Content-Type: WAV with 16 kHz, 16 bits, one channel, or headerless PCM "
        "of that format; other formats where the service decodes them.",
        "content": {"audio/wav": {"schema": {"type": "string", "format": "binary"}}},
    },
    "recording": {
        "required": True,
        "description": "Audio, of whatever Content-Type, as for other operations; of up to five minutes and 16 MiB.",
        "content": {"audio/wav": {"schema": {"type": "string", "format": "binary"}}},
    },
    "job": {
        "required": True,
        "description": "Audio, of whatever Content-Type, as for other operations; of up to four hours and 32 MiB. Or "
        "JSON that says where it is; then the options are there as well, and not in the query.",
        "content": {
            "audio/wav": {"schema": {"type": "string", "format": "binary"}},
            "application/json": {"schema": {"$ref": "#/components/schemas/NewRecording"}},
        },
    },
    "locale": _json("NewProfile", required=True),
    "group": _json("NewGroup", required=False),
    "members": _json("Members", required=True),
    "consent": _json("Consent", required=True),
    "optIn": _json("OptIn", required=False),
}
_PARAMETERS: Final[dict[str, Json]] = {
    "profileId": {"type": "string"},
    "groupId": {"type": "string", "maxLength": 64, "description": "1 to 64 of a to z, 0 to 9, - and _"},
    "recordingId": {"type": "string"},
    "speaker": {"type": "integer", "minimum": 1, "description": "number of a speaker, as turns give it"},
    "locale": {"type": "string"},
    **_OF_RECORDINGS,
    "format": {"type": "string", "enum": ["json", *FORMATS], "default": "json"},
    "profileIds": {
        "type": "string",
        "description": "1 to 50 profile ids, divided by commas; in 2021-09-05 * for everybody, or groupId instead",
    },
    "$top": {"type": "integer", "minimum": 1, "maximum": MAX_TOP, "default": 5, "description": "how many are ranked"},
    "watchlist": {"type": "string", "description": "a group: whom of it the voice may be is answered as well"},
    "duplicates": {
        "type": "string",
        "enum": list(DUPLICATES),
        "description": "whether other profiles of the same person are reported in details, or refused",
    },
    "challenge": {"type": "string", "description": "the clip has to say what this one asks for"},
    "channel": {"type": "string", "description": "left, right or a number from 1: which channel is heard"},
    "ignoreMinLength": {"type": "boolean", "default": False, "description": "waive the minimum of net speech"},
    "receipt": {"type": "boolean", "default": False, "description": "answer 200 with what was deleted"},
    "since": {"type": "string", "format": "date", "description": "the first day that is answered"},
    "confirm": {"type": "string", "const": CONFIRMATION},
    "details": {
        "type": "boolean",
        "default": False,
        "description": "also say what was measured, what stands behind the score, or what audio is kept",
    },
}
_OWN: Final[dict[tuple[str, str], Json]] = {(name, "channel"): _CHANNEL for name in NAMED}
"""Parameters that mean more to an operation than to others."""
_REPEATED: Final[dict[str, Json]] = {
    REQUEST_ID: {"type": "string", "format": "uuid", "description": "the same one again: the first answer again"},
    FIRST_SENT: {"type": "string", "description": "when it was first sent, as HTTP writes dates"},
}
"""Headers of requests that may be sent again."""
_NEEDED: Final = frozenset({"profileId", "locale", "profileIds", "confirm", "api-version"})
"""Parameters without which a request is refused."""
_PAGE_SIZE: Final[Json] = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": DEFAULT_PAGE_SIZE}
_REFUSED: Final[Json] = {"$ref": "#/components/responses/Error"}


def description(server: str) -> Json:
    """The description of the service at ``server``."""
    paths: dict[str, Json] = {}
    schemas = {**_SENT, **dict(ERROR.named(Context(V2021, VERIFICATION)))}
    for operation, dialect in spoken():
        for family in operation.families():
            path = paths.setdefault(_path(operation, dialect, family), {})
            path[operation.method.lower()] = _described(operation, dialect, family)
            if operation.result and operation.successes(dialect) != [204]:
                schemas |= dict(operation.result.named(Context(dialect, family)))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Speaker Recognition",
            "version": VERSION,
            "description": f"Answers the API of versions {' and '.join(dialect.version for dialect in DIALECTS)}.",
        },
        "servers": [{"url": server}],
        "security": [{name: []} for name in _SECURITY],
        "paths": paths,
        "components": {"schemas": schemas, "responses": {"Error": _error()}, "securitySchemes": _SECURITY},
    }


def _path(operation: Operation, dialect: Dialect, family: Family) -> str:
    base = dialect.base.format(mode=family.mode, dependency=family.dependency)
    return f"/{base}{operation.path(dialect)}"


def _described(operation: Operation, dialect: Dialect, family: Family) -> Json:
    return {
        "operationId": f"{operation.function(dialect)}-{family.name}",
        "summary": operation.summary,
        "tags": [family.name],
        "parameters": _parameters(operation, dialect, family),
        **({"requestBody": _BODIES[operation.body]} if operation.body else {}),
        "responses": {
            **{
                str(each): _response(operation, each, Context(dialect, family)) for each in operation.successes(dialect)
            },
            **{str(status): _REFUSED for status in operation.errors()},
        },
    }


def _parameters(operation: Operation, dialect: Dialect, family: Family) -> list[Json]:
    in_path = [
        name
        for name in ("profileId", "groupId", "recordingId", "speaker", "locale")
        if f"{{{name}}}" in operation.path(dialect)
    ]
    paged = {dialect.page_size: _PAGE_SIZE, dialect.token: TEXT.form} if operation.paged else {}
    asked = {
        name: _OWN.get((operation.name, name), _PARAMETERS[name]) for name in operation.parameters(dialect, family)
    }
    version = {"api-version": {"type": "string", "const": dialect.api_version}} if dialect.api_version else {}
    needed = _NEEDED - {"profileIds"} if "groupId" in asked else _NEEDED
    return [
        *(_parameter(name, _PARAMETERS[name], "path", needed=True) for name in in_path),
        *(
            _parameter(name, form, "query", needed=name in needed)
            for name, form in {**paged, **asked, **version}.items()
        ),
        *(_parameter(name, form, "header", needed=False) for name, form in _headers(operation).items()),
    ]


def _headers(operation: Operation) -> dict[str, Json]:
    return _REPEATED if operation.name in {*CREATE, *ENROLL} else {}


def _parameter(name: str, schema: Json, where: str, *, needed: bool) -> Json:
    return {"name": name, "in": where, **({"required": True} if needed else {}), "schema": schema}


def _response(operation: Operation, status: int, context: Context) -> Json:
    if operation.result is None or status == 204:
        return {"description": "Done"}
    media = MEDIA if operation.result is ARCHIVE else "application/json"
    content = {media: {"schema": operation.result.schema(context)}}
    return {"description": operation.summary, "content": content}


def _error() -> Json:
    codes = sorted({dialect.code(cause) for dialect in DIALECTS for cause in causes()})
    return {
        "description": "What is wrong, what was measured, and what is allowed: see docs/errors.md",
        "headers": {"x-ms-error-code": {"schema": {"type": "string", "examples": codes}}},
        "content": {"application/json": {"schema": ERROR.schema(Context(V2021, VERIFICATION))}},
    }
