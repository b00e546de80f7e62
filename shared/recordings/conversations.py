"""Who speaks when in a recording that is answered at once, by name among the profiles that are offered."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from shared.listening.audio import Clip, decode
from shared.listening.declared import Recording, declared
from shared.listening.limits import ClipLimits
from shared.observing.trace import current, stage
from shared.profiles.changes import present, signature_of
from shared.recognition.recognizer import Recognizer, check_count
from shared.recordings.clustering import ANY, Bounds
from shared.recordings.diarizer import Diarizer, Heard, band_of, together
from shared.recordings.naming import Known, Named, Naming
from shared.recordings.turns import Diarized
from shared.store.outbox import Deed, Outbox
from shared.voices.families import Family
from shared.voices.records import Profile

LIMITS: Final = ClipLimits(min_sec=1, max_sec=300, min_speech_sec=0, min_snr_db=0)
"""Of such a recording: five minutes take five to six seconds of processor, and a caller waits."""
MAX_BYTES: Final = 16 * 1024 * 1024
"""Of its body: five minutes at 16 kHz in 16 bits are 9.6 MB, in stereo at 8 kHz as well."""


@dataclass(frozen=True)
class Told:
    """Who spoke when, and who that is.

    Attributes:
        version: of the model that compared the voices.
    """

    diarized: Diarized
    speakers: Sequence[Named]
    version: str


@dataclass(frozen=True, eq=False)
class Conversations:
    """Answers at once. Every method may raise ``StorageUnavailable``.

    Attributes:
        any_format: as in ``decode``.
    """

    recognizer: Recognizer
    diarizer: Diarizer
    any_format: bool = True

    def identify(self, family: Family, profile_ids: Sequence[str], audio: Recording) -> Told:
        """Turns of a recording, and which of the profiles its speakers are.

        Raises:
            TooManyCandidates: more profiles than can be compared in one request.
            UnknownProfile: no profile of the family has one of the ids.
            NotEnrolled, OutdatedSignature: one of the profiles cannot be compared.
            InvalidAudio: not readable, too short or too long; says what was measured.
        """
        profiles = self.offered(family, profile_ids)
        told = self.told([self.diarizer.hear(self._decoded(audio).samples)], profiles)
        self.note(family, profile_ids, profiles, told)
        return told

    def note(self, family: Family, profile_ids: Sequence[str], profiles: Sequence[Profile], told: Told) -> None:
        """Note that profiles were used, and tell of each speaker who is known, or that nobody is."""
        self.recognizer.note_uses(profiles, {speaker.profile_id for speaker in told.speakers})
        outbox, among = Outbox.of(self.recognizer.store), tuple(profile_ids)
        for known in [speaker.profile_id for speaker in told.speakers if speaker.profile_id] or [""]:
            outbox.tell(Deed.RECORDING, family, known, "Accept" if known else "Reject", told.version, among)

    def offered(self, family: Family, profile_ids: Sequence[str]) -> list[Profile]:
        """Profiles that may speak in a recording.

        Raises:
            TooManyCandidates, UnknownProfile, NotEnrolled: as ``identify`` does.
        """
        current().candidates = len(profile_ids)
        check_count(family, profile_ids)
        self.recognizer.cohorts.expect(family)
        profiles = self._profiles(family, profile_ids)
        for profile in profiles:
            signature_of(profile)
        return profiles

    def still_offered(self, family: Family, profile_ids: Sequence[str]) -> list[Profile]:
        """Those that may still be compared: who was deleted or reset meanwhile is nobody in the recording."""
        self.recognizer.cohorts.expect(family)
        found = self.recognizer.store.get_many(family, profile_ids)
        return [profile for profile in found if profile and profile.enrolled and profile.signature]

    def told(
        self,
        heard: Sequence[Heard],
        profiles: Sequence[Profile],
        bounds: Bounds = ANY,
        *,
        exclusive: bool = True,
        false_match_rate: float | None = None,
    ) -> Told:
        """Who spoke when in a recording of which every piece was heard, and which of the profiles that is.

        Raises:
            OutdatedSignature: another model made a profile's signature.
        """
        listener = self.recognizer.listener
        rate = false_match_rate or self.recognizer.false_match_rate
        naming = Naming(listener.version, listener.calibration(listener.version), rate, exclusive)
        found, known = together(heard, bounds), [self._known(profile) for profile in profiles]
        return Told(found, naming.named(found.voices, known, band_of(heard)), naming.version)

    def _profiles(self, family: Family, profile_ids: Sequence[str]) -> list[Profile]:
        found = self.recognizer.store.get_many(family, profile_ids)
        return [present(profile, name) for profile, name in zip(found, profile_ids, strict=True)]

    def _known(self, profile: Profile) -> Known:
        signature = signature_of(profile)
        others = partial(self.recognizer.cohorts.others, profile, version=signature.model_version)
        return Known(profile.id, signature, others)

    def _decoded(self, audio: Recording) -> Clip:
        with stage("decode"):
            clip = decode(
                audio.body,
                declared=declared(audio.content_type),
                channel=audio.channel,
                any_format=self.any_format,
                max_sec=LIMITS.max_sec,
                max_bytes=MAX_BYTES,
            )
        LIMITS.check_length(clip.seconds)
        return clip
