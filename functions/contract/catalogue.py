"""The error catalogue: every cause, read off the classes; docs/errors.md and the OpenAPI are written from it.

SpeakerError                    500 InternalServerError  Something went wrong.
├── InvalidRequest              400 InvalidRequest       The request cannot be served as asked.
│   ├── NotEnrolled             400 InvalidRequest       The profile holds no voice signature yet.
│   ├── TooManyCandidates       400 InvalidRequest       One request names more profiles than it may.
│   ├── MixedLocales            400 InvalidRequest       The candidates are of different locales.
│   ├── PhraseNotSaid           400 InvalidRequest       The clip does not say what it has to.
│   │   ├── WrongPassphrase     400 InvalidRequest       The clip says no passphrase, or another than the profile's.
│   │   └── NoActivationPhrase  400 InvalidRequest       The first clip of a profile says no activation phrase.
│   ├── TwoVoices               400 InvalidRequest       Different people speak on two channels of the clip.
│   ├── VoiceDiffers            400 InvalidRequest       The clip is another voice than the profile's.
│   ├── RepeatedRecording       400 InvalidRequest       The profile holds the recording already.
│   ├── NobodyEnrolled          400 InvalidRequest       There is nobody to compare with.
│   ├── Expired                 400 InvalidRequest       The voice was not heard for too long.
│   ├── OptedOut                400 InvalidRequest       The speaker has opted out: there is no voice to compare with.
│   ├── ChallengeOver           400 InvalidRequest       The challenge cannot be answered any more.
│   ├── UsedForAnother          400 InvalidRequest       A request comes under the id of another one.
│   ├── InvalidAudio            400 InvalidRequest       The audio cannot be used.
│   │   ├── WrongFormat         400 InvalidRequest       The audio is in a format that is not read, or damaged.
│   │   ├── NoAudio             400 InvalidRequest       The body is no audio.
│   │   ├── Undeclared          400 InvalidRequest       Samples without a header are not what they are taken for.
│   │   ├── TooNoisy            400 InvalidRequest       The voice does not stand out of the noise.
│   │   └── InvalidLength       400 InvalidRequest       There is more or less audio than a clip may hold.
│   │       ├── TooShort        400 InvalidRequest       The audio is shorter than a clip may be.
│   │       ├── TooLittleSpeech 400 InvalidRequest       The audio holds less speech than is needed.
│   │       ├── TooLong         400 InvalidRequest       The audio is longer than a clip may be.
│   │       ├── TooLarge        400 InvalidRequest       The body holds more bytes than are read.
│   │       └── TooMuchToDecode 400 InvalidRequest       A file of another format holds more audio than is decoded.
│   ├── OutdatedSignature       400 InvalidRequest       Another model than today's made a profile's signature.
│   ├── NoBody                  400 InvalidRequest       A profile is created without a body.
│   ├── NoJson                  400 InvalidRequest       The body is no JSON object, or not one that is understood.
│   ├── TooMuchJson             400 InvalidRequest       The body is larger than any that is understood.
│   ├── TooManyParts            400 InvalidRequest       A form has more parts than one that wraps audio.
│   ├── SeveralRecordings       400 InvalidRequest       A form has more than one part that is audio.
│   ├── MalformedHost           400 InvalidRequest       The Host header names no host.
│   ├── NoLocale                400 InvalidRequest       Nothing says which locale.
│   └── NoCandidates            400 InvalidRequest       An identification names nobody.
├── InvalidArgument             400 InvalidArgument      A named parameter has a value that is not allowed.
│   ├── UnknownLocale           400 InvalidArgument      There are no phrases for the locale.
│   │   └── LocaleNotUnderstood 400 InvalidArgument      The transcriber could not write down the locale's phrases.
│   ├── BadRecording            400 InvalidArgument      What is asked of a recording is not allowed.
│   ├── BadCandidates           400 InvalidArgument      An identification names something that is no id, or nobody.
│   ├── BothCandidates          400 InvalidArgument      An identification names profiles and a group.
│   ├── BadPageSize             400 InvalidArgument      The page size is no number in its range.
│   ├── BadToken                400 InvalidArgument      The token that continues a list is none of ours.
│   ├── UnsupportedParameter    400 InvalidArgument      A parameter means nothing here, and must not be passed over.
│   ├── BadFlag                 400 InvalidArgument      A switch is none of the words that it may be.
│   ├── BadChannel              400 InvalidArgument      A channel is none that audio can have.
│   ├── Unconfirmed             400 InvalidArgument      All profiles would be deleted, and nobody confirms it.
│   ├── WrongVersion            400 InvalidArgument      Another version of the API is asked for, or none.
│   ├── BadConsent              400 InvalidArgument      What is said of a consent is not allowed.
│   ├── BadGroupId              400 InvalidArgument      The id of a group is none that it can have.
│   ├── BadGroup                400 InvalidArgument      What is said of a group is not allowed.
│   ├── BadMembers              400 InvalidArgument      A body does not list ids of profiles, or too many.
│   ├── BadDay                  400 InvalidArgument      A day is none of the calendar.
│   └── BadRepeatability        400 InvalidArgument      A header of a repeatable request means nothing.
├── Forbidden                   403 InvalidRequest       A quota is used up.
│   ├── ProfileFull             403 InvalidRequest       The profile would hold more audio than it may.
│   ├── TooManyEnrollments      403 InvalidOperation     The profile holds as many clips as it may.
│   ├── QuotaExceeded           403 Forbidden            The service holds as many profiles as it may.
│   ├── TooManyGroups           403 InvalidRequest       A profile is in as many groups as it may be.
│   ├── EnrollingOptedOut       403 InvalidOperation     The speaker has opted out: no voice is taken.
│   ├── NoConsent               403 InvalidOperation     Nobody has noted that the speaker consents.
│   └── WrongScope              403 Forbidden            The key is right, but not for this operation.
├── NotFound                    404 NotFound             There is no such thing.
│   ├── UnknownProfile          404 NotFound             No profile of the family has the id.
│   ├── UnknownGroup            404 NotFound             No group of the family has the id.
│   ├── UnknownRecording        404 NotFound             No recording has the id, or not any more.
│   ├── UnknownSpeaker          404 NotFound             A recording has no such speaker.
│   ├── AudioNotKept            404 NotFound             The audio of a recording is not kept, or not any more.
│   ├── NoGuid                  404 NotFound             The id is no GUID, so no profile can have it.
│   └── NoSuchRoute             404 404                  No operation has the path and the method.
│       └── OtherSign           404 404                  The path names an action as another version of the API does.
├── Conflict                    409 Conflict             Another request changed the profile at the same time.
├── Fault                       500 InternalServerError  Nothing that the caller did; the cause is for the log only.
│   ├── UnreadableProfile       500 InternalServerError  What is stored of a profile is damaged, or newer.
│   ├── StorageUnavailable      503 ServiceUnavailable   Tables or blobs did not answer.
│   ├── TranscriberUnavailable  503 ServiceUnavailable   The service that writes down what is said did not answer.
│   ├── Misconfigured           500 InternalServerError  A setting is wrong; the operator has to act.
│   │   ├── BadPhrase           500 InternalServerError  A line in a file of phrases is wrong.
│   │   └── BundleError         500 InternalServerError  A model bundle is missing, damaged or not what it says.
│   └── TopicUnavailable        500 InternalServerError  The topic did not take events; no request waits for it.
├── SamePerson                  409 Conflict             Another profile is the same person.
├── GroupChanged                412 PreconditionFailed   The group is not in the state that the caller knows.
├── Locked                      429 RateLimit            Too many verifications of the profile failed in a row.
├── NotTold                     409 RecordingNotReady    The turns of a recording are not there yet.
├── NeverTold                   409 RecordingFailed      A recording has failed, and has no turns.
├── GalleryNotReady             503 ServiceUnavailable   The voices of a family are still being read into memory.
├── Unauthorized                401 Unauthorized         No subscription key was presented.
│   └── AccessDenied            401 401                  A subscription key was presented and is wrong.
├── LengthRequired              411 LengthRequired       The body comes in chunks, which never arrive.
├── UnsupportedMediaType        415 UnsupportedMediaType The body is compressed.
├── RateLimited                 429 RateLimit            This instance is called more often than it may be.
│   ├── TooManyGuesses          429 RateLimit            Wrong keys come faster than anybody mistypes them.
│   └── Busy                    429 RateLimit            The instance has as many requests in flight as it may.
├── Starting                    503 ServiceUnavailable   So many requests are in flight, and none has been served yet.
└── SentTooLongAgo              412 PreconditionFailed   The request may be a repeated one, and nobody knows any more.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from functions.contract import account_refusals, choice_refusals, group_refusals, refusals
from functions.plumbing import refusals as refusals_of_plumbing
from shared import errors
from shared.errors import SpeakerError
from shared.listening import refusals as refusals_of_audio
from shared.profiles import refusals as refusals_of_profiles
from shared.recognition import refusals as refusals_of_recognition
from shared.recordings import refusals as refusals_of_recordings
from shared.trust import refusals as refusals_of_trust
from shared.voices import refusals as refusals_of_voices


@dataclass(frozen=True)
class Unused:
    """An error of the contract that is not answered, and why."""

    status: int
    code: str
    message: str
    why: str


NEVER: Final = (
    Unused(
        401,
        "401",
        "The Create Profile Operation under Speaker Identification API is not supported with the current subscription "
        "key and pricing tier CognitiveServices.S0.",
        "there are no pricing tiers here",
    ),
)
"""Errors that have no meaning here."""

ROOMS: Final = tuple(
    room.__name__
    for room in (
        errors,
        refusals_of_profiles,
        refusals_of_voices,
        refusals_of_trust,
        refusals_of_audio,
        refusals_of_recordings,
        refusals_of_recognition,
        refusals,
        choice_refusals,
        group_refusals,
        account_refusals,
        refusals_of_plumbing,
    )
)
"""Where the classes are."""


def causes(below: type[SpeakerError] = SpeakerError) -> Iterator[type[SpeakerError]]:
    """Every class with an answer of its own, in order of status."""
    own = (each for each in _below(below) if each.says and {"says", "adds", "where"} & vars(each).keys())
    yield from sorted(own, key=lambda each: each.status)


def statuses(operation: str) -> list[int]:
    """Statuses of the errors of an operation, ascending."""
    return sorted({cause.status for cause in causes() if not cause.where or operation in cause.where})


def tree(root: type[SpeakerError] = SpeakerError) -> str:
    """The classes as a tree, with status, code and what they mean."""
    return "\n".join(_branch(root, "", ""))


def _below(root: type[SpeakerError]) -> Iterator[type[SpeakerError]]:
    for child in _children(root):
        yield child
        yield from _below(child)


def _children(root: type[SpeakerError]) -> list[type[SpeakerError]]:
    children = (child for child in root.__subclasses__() if child.__module__ in ROOMS)
    return sorted(children, key=lambda child: ROOMS.index(child.__module__))


def _branch(error: type[SpeakerError], before: str, below: str) -> Iterator[str]:
    meaning = (error.__doc__ or "").split("\n")[0]
    yield f"{before + error.__name__:<32}{error.status} {error.code:<21}{meaning}"
    children = _children(error)
    for child in children:
        last = child is children[-1]
        yield from _branch(child, below + ("└── " if last else "├── "), below + ("    " if last else "│   "))
