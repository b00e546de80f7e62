"""The error catalogue: what callers may be told, from which docs/errors.md is written and every row is tested.

A message is the contract's text (its section 10) as far as the row gives it; what was measured and what is allowed
follows it in the answer.
"""

from dataclasses import dataclass
from typing import Final

from shared.errors import (
    AccessDenied,
    Conflict,
    Forbidden,
    InvalidArgument,
    InvalidAudio,
    InvalidRequest,
    NoSuchRoute,
    NotEnrolled,
    NotFound,
    QuotaExceeded,
    RateLimited,
    SpeakerError,
    StorageUnavailable,
    TooManyEnrollments,
    TranscriberUnavailable,
    Unauthorized,
    UnsupportedMediaType,
)

ALL: Final = ()
CREATE: Final = ("CreateProfile",)
LIST: Final = ("ListProfiles",)
IDENTIFY: Final = ("IdentifySingleSpeaker",)
RECOGNITION: Final = ("Verify", *IDENTIFY)
ENROLL: Final = ("CreateEnrollment",)
AUDIO: Final = (*ENROLL, *RECOGNITION)


@dataclass(frozen=True)
class Row:
    """One error that is answered.

    Attributes:
        key: short name.
        error: class that carries status and code.
        message: how the answer's message begins.
        where: operations that answer it; empty for all.
        adds: what follows the message, or when it is answered.
        own: the contract has no such row.
    """

    key: str
    error: type[SpeakerError]
    message: str
    where: tuple[str, ...]
    adds: str = ""
    own: bool = False


@dataclass(frozen=True)
class Unused:
    """A row of the contract that is not answered, and why."""

    status: int
    code: str
    message: str
    why: str


ROWS: Final = (
    Row("no-body", InvalidRequest, "Request body is missing.", CREATE),
    Row("no-json", InvalidRequest, "Invalid JSON format.", CREATE, "what was expected"),
    Row("no-locale", InvalidRequest, "Locale parameter is missing.", (*CREATE, "ListPhrases")),
    Row(
        "locale",
        InvalidArgument,
        "Invalid locale value. Supported locales are",
        (*CREATE, "ListPhrases"),
        "the locales",
    ),
    Row(
        "page-size",
        InvalidArgument,
        "Invalid maxpagesize parameter value. Value should be positive integer in the range [1, 500].",
        LIST,
        "2.0 says `$top`",
    ),
    Row(
        "token",
        InvalidArgument,
        "Invalid $continuationToken value. $continuationToken must be generated form a prior API call.",
        LIST,
    ),
    Row(
        "list-parameter",
        InvalidArgument,
        "$filter parameter is not supported.",
        LIST,
        "or another such parameter, in 2.0",
    ),
    Row(
        "too-short",
        InvalidAudio,
        "Invalid audio length. Minimum allowed length is 1 second(s).",
        AUDIO,
        "length of the audio; also for a body that is empty or no audio",
    ),
    Row(
        "too-little-speech",
        InvalidAudio,
        "Invalid audio length. Minimum allowed length is 4 second(s).",
        RECOGNITION,
        "speech in the audio; 0.5 with `ignoreMinLength=true` and for enrollment",
    ),
    Row(
        "too-long",
        InvalidAudio,
        "Invalid audio length. Maximum allowed length is 120 second(s).",
        AUDIO,
        "length of the audio",
    ),
    Row(
        "too-long-for-a-phrase",
        InvalidAudio,
        "Invalid audio length. Maximum allowed length is 10 second(s).",
        (*ENROLL, "Verify"),
        "length of the audio; text-dependent",
    ),
    Row(
        "too-large", InvalidAudio, "Invalid audio length. The request holds", AUDIO, "bytes held and allowed", own=True
    ),
    Row(
        "too-much-to-decode",
        InvalidAudio,
        "Invalid audio length. At most 163.84 seconds are decoded;",
        AUDIO,
        "length of the audio, of another format than the contract's",
        own=True,
    ),
    Row(
        "format",
        InvalidAudio,
        "Invalid audio format. Supported format is WAV 16Khz 16bit Mono PCM.",
        AUDIO,
        "the format found; rarer with `SPEAKER_DECODE_ANY=true`",
    ),
    Row(
        "noisy",
        InvalidAudio,
        "Audio is too noisy. The minimum allowed Signal-to-noise ratio (SNR) is 2dB.",
        AUDIO,
        "SNR of the audio",
    ),
    Row(
        "noisy-phrase",
        InvalidAudio,
        "Audio is too noisy. The minimum allowed Signal-to-noise ratio (SNR) is 10dB.",
        ("Verify",),
        "SNR of the audio; text-dependent",
    ),
    Row(
        "passphrase",
        InvalidRequest,
        "Invalid passphrase.",
        ENROLL,
        "the nearest passphrase and how much of it was heard otherwise, or the profile's; text-dependent",
    ),
    Row(
        "activation",
        InvalidRequest,
        "The first enrollment must match an activation phrase.",
        ENROLL,
        "the nearest phrase and how much of it was heard otherwise; only with `SPEAKER_ACTIVE_ENROLLMENT`",
    ),
    Row(
        "not-enrolled",
        NotEnrolled,
        "Profile is not enrolled.",
        RECOGNITION,
        "profile, seconds of speech or enrollments missing",
    ),
    Row(
        "flag",
        InvalidArgument,
        'Invalid ignoreMinLength parameter value. Valid values are "true" and "false".',
        AUDIO,
    ),
    Row(
        "details",
        InvalidArgument,
        'Invalid details parameter value. Valid values are "true" and "false".',
        ("GetProfile", *AUDIO),
        own=True,
    ),
    Row(
        "confirm",
        InvalidArgument,
        "Invalid confirm parameter value. All profiles are deleted only with confirm=delete-all-profiles.",
        ("DeleteProfiles",),
        own=True,
    ),
    Row(
        "no-candidates",
        InvalidRequest,
        "profileIds parameter is missing. It should be comma-delimited list of IDs containing at least one ID.",
        IDENTIFY,
    ),
    Row(
        "candidates",
        InvalidArgument,
        "Invalid profileIds parameter value. It should be comma-delimited list of IDs containing at least one ID.",
        IDENTIFY,
    ),
    Row("locales", InvalidRequest, "Invalid group of profiles. Profiles must have the same locale.", IDENTIFY),
    Row(
        "too-many-candidates",
        InvalidRequest,
        "Maximum number of profiles allowed per request is 50.",
        IDENTIFY,
        "how many the request names",
    ),
    Row("version", InvalidArgument, "Query parameter api-version", ALL, "what is supported; not in 2.0", own=True),
    Row(
        "no-key",
        Unauthorized,
        "Request is not authorized. Make sure subscription key is included and valid.",
        ALL,
    ),
    Row(
        "wrong-key",
        AccessDenied,
        "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an "
        "active subscription and use a correct regional API endpoint for your resource.",
        ALL,
    ),
    Row(
        "profiles",
        QuotaExceeded,
        "Maximum allowed number of profiles is",
        CREATE,
        "`SPEAKER_MAX_PROFILES`, profiles held",
    ),
    Row(
        "profile-full",
        Forbidden,
        "Maximum allowed length across all profile enrollments is 300 seconds.",
        ENROLL,
        "lengths held and offered",
    ),
    Row(
        "too-many-enrollments",
        TooManyEnrollments,
        "Maximum allowed number of enrollments per profile is 50.",
        ENROLL,
        "text-dependent",
    ),
    Row(
        "unknown-profile",
        NotFound,
        "Requested profile doesn't exist",
        ("GetProfile", "ResetProfile", "DeleteProfile", *AUDIO),
        "the profile; 2.0 spells the code `Not Found`; from DeleteProfile only where the id is no GUID",
    ),
    Row("unknown-route", NoSuchRoute, "Resource not found", ("any other path or method",)),
    Row(
        "conflict",
        Conflict,
        "Sending concurrent requests on same profile is not allowed.",
        (*ENROLL, "ResetProfile", "DeleteProfile", "DeleteProfiles"),
    ),
    Row(
        "json-type",
        UnsupportedMediaType,
        "Unsupported media type. Only 'application/JSON' is accepted.",
        CREATE,
        "only for a compressed body (`content-encoding`), never for a content type: clients label bodies as they like",
    ),
    Row(
        "audio-type",
        UnsupportedMediaType,
        "Unsupported media type. Only 'audio/wav; codecs=audio/pcm' is accepted.",
        AUDIO,
        "as above",
    ),
    Row(
        "rate",
        RateLimited,
        "Rate limit is exceeded. Try again in",
        ALL,
        "seconds, also as `Retry-After`; only with `SPEAKER_RATE_LIMIT`",
    ),
    Row("internal", SpeakerError, "Internal Server Error.", ALL, "the cause is in the log only"),
    Row(
        "storage",
        StorageUnavailable,
        "Storage is not available. Try again.",
        ALL,
        "tables or blobs did not answer",
        own=True,
    ),
    Row(
        "transcriber",
        TranscriberUnavailable,
        "Speech recognition is not available. Try again.",
        (*ENROLL, "Verify"),
        "Azure AI Speech did not answer, where it is configured",
        own=True,
    ),
)

NEVER: Final = (
    Unused(
        401,
        "401",
        "The Create Profile Operation under Speaker Identification API is not supported with the current subscription "
        "key and pricing tier CognitiveServices.S0.",
        "there are no pricing tiers here",
    ),
)
"""Rows that have no meaning here."""
