"""What only a request over HTTP can do wrong: the part of the tree of ``shared/errors.py`` that knows requests."""

from typing import Final

from shared.errors import (
    AUDIO,
    CREATE,
    ENROLL,
    IDENTIFY,
    KNOWN,
    NAMED,
    TRY_LATER,
    VERIFY,
    Forbidden,
    InvalidArgument,
    InvalidRequest,
    NotFound,
    SpeakerError,
    UnknownProfile,
)
from shared.voices.refusals import CHANGE_MEMBERS, PUT_GROUP

LIST: Final = ("ListProfiles",)
LISTS: Final = (*LIST, "ListGroups", "ListGroupProfiles", "ListRecordings")
JSON: Final = (*CREATE, *PUT_GROUP, *CHANGE_MEMBERS, "PutConsent", "OptIn")


class NoBody(InvalidRequest):
    """A profile is created without a body."""

    says = "Request body is missing."
    where = CREATE


class NoJson(InvalidRequest):
    """The body is no JSON object, or not one that is understood."""

    expected: str
    says = "Invalid JSON format."
    adds = "{expected}"
    where = (*JSON, "CreateRecording")


class TooMuchJson(InvalidRequest):
    """The body is larger than any that is understood."""

    held: int
    allowed: int
    says = NoJson.says
    adds = "The body holds {held:,} bytes; at most {allowed:,} are allowed."
    where = (*JSON, "CreateRecording")
    own = True


class TooManyParts(InvalidRequest):
    """A form has more parts than one that wraps audio."""

    allowed: int
    says = "Invalid multipart body. At most {allowed} parts are read."
    where = AUDIO
    own = True


class SeveralRecordings(InvalidRequest):
    """A form has more than one part that is audio."""

    names: str
    says = "Invalid multipart body. More than one part is audio: {names}. Send one recording a request."
    where = AUDIO
    own = True


class MalformedHost(InvalidRequest):
    """The Host header names no host."""

    says = "Invalid Host header."
    adds = "It names no host that could stand in a link."
    own = True


class NoLocale(InvalidRequest):
    """Nothing says which locale."""

    says = "Locale parameter is missing."
    where = (*CREATE, "ListPhrases")


class NoCandidates(InvalidRequest):
    """An identification names nobody."""

    says = "profileIds parameter is missing. It should be comma-delimited list of IDs containing at least one ID."
    where = (*IDENTIFY, *NAMED)


class BadCandidates(InvalidArgument):
    """An identification names something that is no id, or nobody."""

    says = "Invalid profileIds parameter value. It should be comma-delimited list of IDs containing at least one ID."
    where = (*IDENTIFY, *NAMED)


class BothCandidates(InvalidArgument):
    """An identification names profiles and a group."""

    says = "Name either profileIds or groupId, not both."
    where = (*IDENTIFY, *NAMED)
    own = True


class BadPageSize(InvalidArgument):
    """The page size is no number in its range."""

    name: str
    most: int
    says = "Invalid {name} parameter value. Value should be positive integer in the range [1, {most}]."
    where = (*LISTS, *IDENTIFY)
    note = "`maxpagesize`; 2.0 says `$top`; `$top` of an identification"


class BadToken(InvalidArgument):
    """The token that continues a list is none of ours."""

    name: str
    says = "Invalid {name} value. {name} must be generated form a prior API call."
    where = LISTS


class UnsupportedParameter(InvalidArgument):
    """A parameter means nothing here, and must not be passed over."""

    name: str
    says = "{name} parameter is not supported."
    where = (*LIST, *ENROLL, *VERIFY)
    note = "in 2.0: `$filter`, `$skip`, `$orderBy`, `$delta`; `watchlist` and `duplicates` where words count"


class BadFlag(InvalidArgument):
    """A switch is none of the words that it may be."""

    name: str
    allowed: str = '"true" and "false"'
    says = "Invalid {name} parameter value. Valid values are {allowed}."
    where = ("GetProfile", "GetTurns", *AUDIO)
    note = '`ignoreMinLength` ("true" and "false"), and two that the contract does not have: `details`, `duplicates`'


class BadChannel(InvalidArgument):
    """A channel is none that audio can have."""

    most: int
    says = 'Invalid channel parameter value. Valid values are "left", "right" and numbers from 1 to {most}.'
    where = AUDIO
    own = True


class Unconfirmed(InvalidArgument):
    """All profiles would be deleted, and nobody confirms it."""

    required: str
    says = "Invalid confirm parameter value. All profiles are deleted only with confirm={required}."
    where = ("DeleteProfiles",)
    own = True


class WrongVersion(InvalidArgument):
    """Another version of the API is asked for, or none."""

    problem: str
    supported: str
    says = "Query parameter api-version {problem}. Supported: {supported}."
    note = "not in 2.0"
    own = True


class Unauthorized(SpeakerError):
    """No subscription key was presented."""

    status, code = 401, "Unauthorized"
    says = "Request is not authorized. Make sure subscription key is included and valid."


class AccessDenied(Unauthorized):
    """A subscription key was presented and is wrong."""

    code = "401"
    says = (
        "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an "
        "active subscription and use a correct regional API endpoint for your resource."
    )


class NoGuid(NotFound):
    """The id is no GUID, so no profile can have it."""

    says = UnknownProfile.says
    adds = "The id is not a GUID."
    where = (*KNOWN, "DeleteProfile", "OptOut", "GetProfileAudit")


class NoSuchRoute(NotFound):
    """No operation has the path and the method."""

    code = "404"
    says = "Resource not found"
    where = ("any other path or method",)


class OtherSign(NoSuchRoute):
    """The path names an action as another version of the API does."""

    route: str
    says = "Resource not found."
    adds = "In this version it is POST /{route}."
    own = True


class WrongScope(Forbidden):
    """The key is right, but not for this operation."""

    code = "Forbidden"
    held: str
    needed: str
    says = "The key may not do this."
    adds = "Its scope is {held}; {needed} is needed."
    note = "only with keys that have a scope"
    own = True


class LengthRequired(SpeakerError):
    """The body comes in chunks, which never arrive."""

    status, code = 411, "LengthRequired"
    says = "The length of the body is not known. Send Content-Length."
    where = (*JSON, *AUDIO)
    note = "for `Transfer-Encoding: chunked`"
    own = True


class UnsupportedMediaType(SpeakerError):
    """The body is compressed."""

    status, code = 415, "UnsupportedMediaType"
    accepted: str
    encoding: str
    says = "Unsupported media type. Only '{accepted}' is accepted."
    adds = "The body is compressed: {encoding!r}."
    where = (*JSON, *AUDIO)
    note = "only for a compressed body (`content-encoding`), never for a content type: clients label as they like"


class RateLimited(SpeakerError):
    """This instance is called more often than it may be."""

    status, code = 429, "RateLimit"
    wait_sec: int
    says = TRY_LATER
    note = "also as `Retry-After`; only with `SPEAKER_RATE_LIMIT`"


class TooManyGuesses(RateLimited):
    """Wrong keys come faster than anybody mistypes them."""

    says = "Too many wrong keys were presented. Try again in {wait_sec} seconds."
    note = "also as `Retry-After`"
    own = True
