"""The JSON that callers read, in every version of the API, and what details add to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from functions.contract.details import (
    ENROLLMENT_DETAILS,
    IDENTIFICATION_DETAILS,
    PROFILE_DETAILS,
    SCORED,
    VERIFICATION_DETAILS,
)
from functions.contract.dialects import Context, Dialect, Json
from functions.contract.shapes import (
    COUNT,
    GUID,
    MOMENT,
    MOMENT_OR_NONE,
    SCORE,
    SECONDS,
    TEXT,
    YES_OR_NO,
    Either,
    Field,
    ListOf,
    Plain,
    Shape,
    page_of,
)
from shared.errors import SpeakerError
from shared.profiles.enrolling import Enrolled
from shared.profiles.lifecycle import Cleared
from shared.recognition.everyone import MAX_TOP
from shared.recognition.outcomes import Identified, Verified, Watched
from shared.voices.challenge import Challenge
from shared.voices.consent import Consent
from shared.voices.families import VERIFICATION
from shared.voices.records import Profile

NOBODY: Final = "00000000-0000-0000-0000-000000000000"
"""The profile id of an identification that found none of the candidates."""


def words(name: str, *values: str) -> Plain:
    """One of a few words."""
    return Plain({"type": "string", "enum": list(values)}, name=name)


VERSION: Final = Plain({"type": ["string", "null"]})
ENROLLMENT_STATUS: Final = words("EnrollmentStatus", "Enrolling", "Training", "Enrolled")
PROFILE_STATUS: Final = words("ProfileStatus", "Active", "Inactive")
RESULT: Final = words("RecognitionResult", "Accept", "Reject")


def says_phrases(context: Context) -> bool:
    """Whether each clip of the family is a passphrase."""
    return context.family.script.every_clip


def counts_clips(context: Context) -> bool:
    """Whether a number of clips enrolls, and not their speech."""
    return context.family.clips_to_enroll > 0


_PROGRESS: Final[tuple[Field[Profile], ...]] = (
    Field("enrollmentStatus", ENROLLMENT_STATUS, lambda profile: "Enrolled" if profile.enrolled else "Enrolling"),
    Field("enrollmentsCount", COUNT, lambda profile: len(profile.enrollments)),
    Field("enrollmentsLengthInSec", SECONDS, lambda profile: profile.audio_sec),
    Field("enrollmentsSpeechLengthInSec", SECONDS, lambda profile: profile.speech_sec),
    Field("remainingEnrollmentsCount", COUNT, lambda profile: profile.remaining_clips, when=counts_clips),
    Field(
        "remainingEnrollmentsSpeechLengthInSec",
        SECONDS,
        lambda profile: profile.remaining_speech_sec,
        when=lambda context: not counts_clips(context),
    ),
)


_CONSENT: Final = Shape[Consent](
    "Consent",
    (
        Field("version", TEXT, lambda of: of.version, "of the text that the speaker agreed to, by your own name"),
        Field("givenDateTime", MOMENT, lambda of: of.given),
        Field("by", TEXT, lambda of: of.by, "who, or what, took it down"),
    ),
)
PROFILE: Final = Shape[Profile](
    "ProfileInfo",
    (
        Field("profileId", GUID, lambda profile: profile.id),
        Field("locale", TEXT, lambda profile: profile.locale),
        Field(
            "profileStatus",
            PROFILE_STATUS,
            lambda profile: "Active" if profile.active else "Inactive",
            when=lambda context: "profileStatus" in context.dialect.has and not says_phrases(context),
        ),
        *_PROGRESS,
        Field("modelVersion", VERSION, lambda profile: profile.signature.model_version if profile.signature else None),
        Field("createdDateTime", MOMENT, lambda profile: profile.created),
        Field("lastUpdatedDateTime", MOMENT_OR_NONE, lambda profile: profile.updated),
        Field(
            "enrollmentSpeechLengthInSec",
            SECONDS,
            lambda profile: profile.speech_sec,
            when=lambda context: "enrollmentSpeechLengthInSec" in context.dialect.has,
        ),
        Field("lockedUntilDateTime", MOMENT, lambda profile: profile.locked_until, "not verified until", optional=True),
        Field("consent", _CONSENT, lambda profile: profile.consent, "the speaker's, where it was noted", optional=True),
    ),
    details=PROFILE_DETAILS,
)


def _profile_of(enrolled: Enrolled) -> Profile:
    return enrolled.profile


ENROLLMENT: Final = Shape[Enrolled](
    "EnrollmentInfo",
    (
        Field("profileId", GUID, lambda enrolled: enrolled.profile.id),
        *(of.through(_profile_of) for of in _PROGRESS),
        Field("passPhrase", TEXT, lambda enrolled: enrolled.profile.phrase, when=says_phrases),
        Field("audioLengthInSec", SECONDS, lambda enrolled: enrolled.enrollment.audio_sec),
        Field("audioSpeechLengthInSec", SECONDS, lambda enrolled: enrolled.enrollment.speech_sec),
    ),
    details=ENROLLMENT_DETAILS,
)


@dataclass(frozen=True)
class _Nobody:
    profile_id: str = NOBODY
    score: float = 0.0


_WATCHED: Final = Shape[Watched](
    "Watchlist",
    (
        Field("groupId", TEXT, lambda of: of.group_id),
        Field("matches", ListOf(SCORED), lambda of: of.matches, "from best to worst; empty where there is none"),
    ),
    open_to_more=True,
)
VERIFICATION_RESULT: Final = Shape[Verified](
    "Verification",
    (
        Field("recognitionResult", RESULT, lambda verified: verified.candidate.decision.word),
        Field("score", SCORE, lambda verified: verified.candidate.score),
        Field(
            "watchlist",
            _WATCHED,
            lambda verified: verified.watchlist,
            "whom of the group it may be, where that was asked",
            when=lambda context: "watchlist" in context.dialect.has and not says_phrases(context),
            optional=True,
        ),
    ),
    details=VERIFICATION_DETAILS,
)
IDENTIFICATION_RESULT: Final = Shape[Identified](
    "Identification",
    (
        Field("identifiedProfile", SCORED, lambda identified: identified.speaker or _Nobody()),
        Field(
            "profilesRanking",
            Either(lambda context: ListOf(SCORED, most=MAX_TOP if "$top" in context.dialect.has else 5)),
            lambda identified: identified.ranking,
        ),
    ),
    details=IDENTIFICATION_DETAILS,
)
CHALLENGE: Final = Shape[Challenge](
    "SpeakerChallenge",
    (
        Field("challenge", TEXT, lambda of: of.token, "to be sent with the clip that answers it"),
        Field("phrase", TEXT, lambda of: of.phrase, "what is to be said: digits, in the profile's language"),
        Field("expiresDateTime", MOMENT, lambda of: of.expires),
    ),
)
CLEARED: Final = Shape[Cleared](
    "Cleared",
    (
        Field("deleted", COUNT, lambda cleared: cleared.deleted, "profiles that are gone"),
        Field("remaining", YES_OR_NO, lambda cleared: cleared.remaining, "whether to call again"),
    ),
)

PROFILE_LIST: Final = page_of("ProfileList", PROFILE)
_PHRASE: Final = Shape[str](
    "Phrase",
    (
        Field("passPhrase", TEXT, lambda phrase: phrase, when=says_phrases),
        Field("activationPhrase", TEXT, lambda phrase: phrase, when=lambda context: not says_phrases(context)),
    ),
)
_PHRASE_LIST: Final = Shape[Sequence[str]]("PhraseList", (Field("value", ListOf(_PHRASE), lambda phrases: phrases),))
PHRASES: Final = Either(lambda context: ListOf(_PHRASE) if context.dialect.bare_lists else _PHRASE_LIST)


@dataclass(frozen=True)
class _Failure:
    code: str
    message: str
    reason: str


_ERROR: Final = Shape[_Failure](
    "Error",
    (
        Field("code", TEXT, lambda failure: failure.code),
        Field("message", TEXT, lambda failure: failure.message, "what is wrong, what was measured, what is allowed"),
    ),
)
_ERROR_DETAILS: Final = Shape[_Failure](
    "ErrorDetails",
    (Field("reason", TEXT, lambda failure: failure.reason, "where the profile stands, in a word"),),
    open_to_more=True,
)
ERROR: Final = Shape[_Failure](
    "ErrorResponse", (Field("error", _ERROR, lambda failure: failure),), details=_ERROR_DETAILS
)


def error_of(dialect: Dialect, failure: SpeakerError, *, details: bool = False) -> Json:
    """The envelope of a typed error; what is only for the log stays out of it.

    Args:
        details: also say the reason.
    """
    context = Context(dialect, VERIFICATION, details)
    return ERROR.write(context, _Failure(dialect.code(failure), failure.told, failure.reason))
