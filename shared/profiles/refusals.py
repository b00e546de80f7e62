"""Enrollments that would spoil a profile: a part of the tree of ``shared/errors.py``."""

from shared.errors import ENROLL, InvalidRequest, SpeakerError


class TwoVoices(InvalidRequest):
    """Different people speak on two channels of the clip."""

    llr: float
    least: float
    first: str
    second: str
    says = "Different people speak on two channels: log-likelihood ratio {llr:.1f}, allowed from {least:g}."
    adds = "Send one of them alone, or choose it with channel={first} or channel={second}."
    where = ENROLL
    note = "2.0 has no `channel`"
    own = True


class VoiceDiffers(InvalidRequest):
    """The clip is another voice than the profile's."""

    llr: float
    least: float
    says = "The voice is not like the other enrollments of the profile."
    adds = (
        "Measured: a log-likelihood ratio of {llr:.1f}; at least {least:g} is needed. "
        "Send a recording of the same speaker, or reset the profile and enroll it anew."
    )
    where = ENROLL
    note = "only with `SPEAKER_ENROLLMENT_AGREEMENT=refuse`"
    own = True


class RepeatedRecording(InvalidRequest):
    """The profile holds the recording already."""

    number: int
    says = "The recording is enrolled already."
    adds = "It is enrollment {number} of the profile. Send another recording."
    where = ENROLL
    note = "only with `SPEAKER_REPEATED_AUDIO=refuse`"
    own = True


class SamePerson(SpeakerError):
    """Another profile is the same person."""

    status, code = 409, "Conflict"
    profile_ids: str
    says = "The speaker is enrolled already."
    adds = "These profiles are the same person: {profile_ids}. Nothing was added."
    where = ENROLL
    note = "only with `duplicates=refuse`"
    own = True
