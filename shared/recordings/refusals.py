"""What a long recording can be refused for: the part of the tree of ``shared/errors.py`` that belongs to this room."""

from typing import Final

from shared.errors import (
    ENROLL_SPEAKER,
    NAMED,
    NEW_RECORDING,
    ONE_RECORDING,
    InvalidArgument,
    InvalidRequest,
    NotFound,
    SpeakerError,
)

TURNS: Final = ("GetTurns", *ENROLL_SPEAKER)
RETRY_AFTER_SEC: Final = 5
"""Between two looks at a job: a minute of audio takes two seconds."""


class OutdatedSignature(InvalidRequest):
    """Another model than today's made a profile's signature."""

    profile_id: str
    says = "The profile's signature was made by another model."
    adds = "Profile {profile_id} is re-extracted by upkeep; try again after that, or enroll it anew."
    where = NAMED
    own = True


class UnknownRecording(NotFound):
    """No recording has the id, or not any more."""

    says = "Requested recording doesn't exist."
    adds = "It may have expired."
    where = ONE_RECORDING
    own = True


class UnknownSpeaker(NotFound):
    """A recording has no such speaker."""

    speakers: int
    says = "Requested speaker doesn't exist."
    adds = "The recording has {speakers}."
    where = ENROLL_SPEAKER
    own = True


class AudioNotKept(NotFound):
    """The audio of a recording is not kept, or not any more."""

    says = "The audio of the recording is not kept."
    adds = "Hand it in with keepAudioHours."
    where = ENROLL_SPEAKER
    own = True


class NotTold(SpeakerError):
    """The turns of a recording are not there yet."""

    status, code = 409, "RecordingNotReady"
    recording: str
    says = "The recording has no turns yet."
    adds = "It is {recording}."
    where = TURNS
    note = "with `Retry-After`"
    own = True
    again_sec = RETRY_AFTER_SEC


class NeverTold(SpeakerError):
    """A recording has failed, and has no turns."""

    status, code = 409, "RecordingFailed"
    why: str
    says = "The recording has failed."
    adds = "{why}"
    where = TURNS
    own = True


class BadRecording(InvalidArgument):
    """What is asked of a recording is not allowed."""

    name: str
    allowed: str
    says = "Invalid value of {name}. It should be {allowed}."
    where = (*NEW_RECORDING, *TURNS)
    own = True
