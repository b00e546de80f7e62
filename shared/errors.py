"""Every way in which serving a request can fail: one class a cause, with what it answers and where.

What can go wrong in one room only is in its ``refusals.py``; ``functions/contract/catalogue.py`` draws the whole tree.
"""

from dataclasses import dataclass
from typing import ClassVar, Final, dataclass_transform

CREATE: Final = ("CreateProfile",)
ENROLL: Final = ("CreateEnrollment",)
VERIFY: Final = ("Verify",)
IDENTIFY: Final = ("IdentifySingleSpeaker",)
RECOGNIZE: Final = (*VERIFY, *IDENTIFY)
RECORDING: Final = ("IdentifyRecording",)
NEW_RECORDING: Final = ("CreateRecording",)
NAMED: Final = (*RECORDING, *NEW_RECORDING)
ENROLL_SPEAKER: Final = ("EnrollSpeaker",)
ONE_RECORDING: Final = ("GetRecording", "GetTurns", *ENROLL_SPEAKER, "DeleteRecording")
AUDIO: Final[tuple[str, ...]] = (*ENROLL, *RECOGNIZE, *NAMED)
OPT_IN: Final = ("OptIn",)
CHALLENGE: Final = ("CreateChallenge",)
CONSENT: Final = ("PutConsent", *OPT_IN)
DECIDE: Final = ("OptOut", *CONSENT)
KNOWN: Final = (
    "GetProfile",
    "FindDuplicates",
    "ResetProfile",
    *AUDIO,
    "PutConsent",
    *OPT_IN,
    "Unlock",
    "ExportProfile",
    *CHALLENGE,
)
"""Those that need a profile."""
TRY_LATER: Final = "Rate limit is exceeded. Try again in {wait_sec} seconds."
"""The contract's message of 429."""


@dataclass_transform()
class SpeakerError(Exception):
    """Something went wrong.

    A cause is a class of its own. Its annotated fields hold what was measured and what is allowed; it is raised with
    them, and its texts name them in braces.

    Attributes:
        status: HTTP status of the answer.
        code: the contract's ``error.code``.
        says: the contract's message, to the letter.
        adds: what follows it in the answer.
        where: the contract's names of the operations that answer it; empty for all.
        note: what else the documentation says of it.
        own: the contract has no such error.
        again_sec: when it is always worth trying again; with ``wait_sec`` among its fields, an error says it itself.
        reason: the same in a word, for callers who ask for details; empty where the message is all there is.
    """

    reason: ClassVar[str] = ""
    status: ClassVar[int] = 500
    code: ClassVar[str] = "InternalServerError"
    says: ClassVar[str] = ""
    adds: ClassVar[str] = ""
    where: ClassVar[tuple[str, ...]] = ()
    note: ClassVar[str] = ""
    own: ClassVar[bool] = False
    again_sec: ClassVar[int | None] = None

    def __init_subclass__(cls) -> None:
        """Make the annotated fields those of the class."""
        dataclass(eq=False, repr=False)(cls)

    @property
    def told(self) -> str:
        """What the caller reads."""
        return f"{self.says} {self.adds}".strip().format_map(vars(self))

    @property
    def retry_after_sec(self) -> int | None:
        """When it is worth trying again, if that is known."""
        wait_sec: int | None = vars(self).get("wait_sec", self.again_sec)
        return wait_sec

    @property
    def retry_after_ms(self) -> int | None:
        """The same to the millisecond, from an error with ``wait_ms`` among its fields."""
        wait_ms: int | None = vars(self).get("wait_ms")
        return wait_ms

    def __str__(self) -> str:
        """What the log says."""
        return self.told


class InvalidRequest(SpeakerError):
    """The request cannot be served as asked."""

    status, code = 400, "InvalidRequest"


class InvalidArgument(SpeakerError):
    """A named parameter has a value that is not allowed."""

    status, code = 400, "InvalidArgument"


class UnknownLocale(InvalidArgument):
    """There are no phrases for the locale."""

    supported: str
    why: str = ""
    says = "Invalid locale value. Supported locales are {supported}{why}."
    where = (*CREATE, "ListPhrases", *OPT_IN, *CHALLENGE)


class LocaleNotUnderstood(UnknownLocale):
    """The transcriber could not write down the locale's phrases."""

    why: str = ": those that the configured transcriber understands"
    where = (*CREATE, *ENROLL, *OPT_IN, *CHALLENGE)
    own = True


class NotEnrolled(InvalidRequest):
    """The profile holds no voice signature yet."""

    profile_id: str
    missing: str
    reason = "notEnrolled"
    says = "Profile is not enrolled."
    adds = "Profile {profile_id} needs {missing}."
    where = (*RECOGNIZE, *NAMED, "FindDuplicates", *CHALLENGE)


class TooManyCandidates(InvalidRequest):
    """One request names more profiles than it may."""

    allowed: int
    named: int
    says = "Maximum number of profiles allowed per request is {allowed}."
    adds = "The request names {named}."
    where = (*IDENTIFY, *NAMED)


class MixedLocales(InvalidRequest):
    """The candidates are of different locales."""

    says = "Invalid group of profiles. Profiles must have the same locale."
    where = IDENTIFY


class PhraseNotSaid(InvalidRequest):
    """The clip does not say what it has to."""

    heard: str
    adds = "{heard}"
    where = ENROLL


class WrongPassphrase(PhraseNotSaid):
    """The clip says no passphrase, or another than the profile's."""

    says = "Invalid passphrase."
    note = "text-dependent"


class NoActivationPhrase(PhraseNotSaid):
    """The first clip of a profile says no activation phrase."""

    says = "The first enrollment must match an activation phrase."
    note = "only with `SPEAKER_ACTIVE_ENROLLMENT`"


class Forbidden(SpeakerError):
    """A quota is used up."""

    status, code = 403, "InvalidRequest"


class ProfileFull(Forbidden):
    """The profile would hold more audio than it may."""

    allowed: float
    held: float
    offered: float
    says = "Maximum allowed length across all profile enrollments is {allowed:g} seconds."
    adds = "The profile holds {held:.2f} seconds and the clip has {offered:.2f}."
    where = ENROLL


class TooManyEnrollments(Forbidden):
    """The profile holds as many clips as it may."""

    code = "InvalidOperation"
    allowed: float
    says = "Maximum allowed number of enrollments per profile is {allowed}."
    adds = "Reset it to begin anew."
    where = ENROLL
    note = "text-dependent"


class QuotaExceeded(Forbidden):
    """The service holds as many profiles as it may."""

    code = "Forbidden"
    allowed: int
    held: int
    says = "Maximum allowed number of profiles is {allowed:,}."
    adds = "The service holds {held:,}."
    where = (*CREATE, *OPT_IN)
    note = "`SPEAKER_MAX_PROFILES`"


class NotFound(SpeakerError):
    """There is no such thing."""

    status, code = 404, "NotFound"


class UnknownProfile(NotFound):
    """No profile of the family has the id."""

    profile_id: str
    says = "Requested profile doesn't exist."
    adds = "Profile: {profile_id}."
    where = KNOWN
    note = "2.0 spells the code `Not Found`"


class Conflict(SpeakerError):
    """Another request changed the profile at the same time."""

    status, code = 409, "Conflict"
    says = "Sending concurrent requests on same profile is not allowed."
    note = "with `Retry-After: 1`"
    again_sec = 1
    where = (
        *ENROLL,
        "ResetProfile",
        "DeleteProfile",
        "DeleteProfiles",
        "PutGroup",
        "AddToGroup",
        "RemoveFromGroup",
        *DECIDE,
    )


class Fault(SpeakerError):
    """Nothing that the caller did; the cause is for the log only."""

    cause: str
    says = "Internal Server Error."
    note = "the cause is in the log only"

    def __str__(self) -> str:
        """What the log says."""
        return self.cause


class UnreadableProfile(Fault):
    """What is stored of a profile is damaged, or newer."""

    says = "The stored profile cannot be read. It can be deleted."
    where = (*KNOWN, "OptOut")
    own = True


class StorageUnavailable(Fault):
    """Tables or blobs did not answer."""

    status, code = 503, "ServiceUnavailable"
    says = "Storage is not available. Try again."
    note = "tables or blobs did not answer"
    own = True


class TranscriberUnavailable(Fault):
    """The service that writes down what is said did not answer."""

    status, code = 503, "ServiceUnavailable"
    says = "Speech recognition is not available. Try again."
    where = (*ENROLL, *VERIFY)
    note = "Azure AI Speech did not answer, where it is configured"
    own = True


class Misconfigured(Fault):
    """A setting is wrong; the operator has to act."""


class BadPhrase(Misconfigured):
    """A line in a file of phrases is wrong."""


class BundleError(Misconfigured):
    """A model bundle is missing, damaged or not what it says."""
