"""Who speaks when in a recording that is answered at once, by name among the profiles that are offered."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.listening.audio import Clip, decode
from shared.listening.containers import check_each
from shared.listening.declared import Recording, declared
from shared.listening.limits import ClipLimits
from shared.listening.sides import without_leak
from shared.observing.trace import current, stage
from shared.profiles.changes import present, signature_of
from shared.recognition.everyone import Everyone
from shared.recognition.recognizer import Recognizer, check_count
from shared.recordings.diarizer import Diarizer, apart, together
from shared.recordings.naming import Named, Naming, Spoken
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


@dataclass(frozen=True)
class Among:
    """Who may speak in a recording: some profiles, those of a group, or everybody where neither is named."""

    profile_ids: tuple[str, ...] = ()
    group_id: str | None = None


@dataclass(frozen=True)
class Matching:
    """How names are given.

    Attributes:
        exclusive: whether a profile is one speaker at most.
        false_match_rate: how often, at most, a stranger gets any name; None for that of the group, or of the service.
    """

    exclusive: bool = True
    false_match_rate: float | None = None


@dataclass(frozen=True, eq=False)
class Conversations:
    """Answers at once. Every method may raise ``StorageUnavailable``.

    Attributes:
        any_format: as in ``decode``.
    """

    everyone: Everyone
    diarizer: Diarizer
    any_format: bool = True

    @property
    def recognizer(self) -> Recognizer:
        """What compares voices."""
        return self.everyone.recognizer

    def identify(self, family: Family, among: Among, audio: Recording, *, separate: bool = False) -> Told:
        """Turns of a recording, and which of the profiles its speakers are.

        Args:
            separate: whether every channel is one speaker's.

        Raises:
            TooManyCandidates, UnknownProfile, NotEnrolled, UnknownGroup: as ``check`` does.
            OutdatedSignature: a profile that was named cannot be compared.
            InvalidAudio: not readable, too short or too long, or of one channel where each is to be one speaker's; says
            what was measured.
        """
        self.check(family, among)
        found = self._parties(audio) if separate else together([self.diarizer.hear(self._decoded(audio).samples)])
        return self.told(family, among, found)

    def check(self, family: Family, among: Among) -> None:
        """Refuse candidates that are none.

        Raises:
            TooManyCandidates: more profiles are named than can be compared in one request.
            UnknownProfile, UnknownGroup: the family has no such profile or group.
            NotEnrolled: one of the profiles cannot be compared.
        """
        if not among.profile_ids:
            self.everyone.each_of(family, among.group_id, [])
            return
        current().candidates = len(among.profile_ids)
        check_count(family, among.profile_ids)
        found = self.recognizer.store.get_many(family, among.profile_ids)
        for profile, name in zip(found, among.profile_ids, strict=True):
            signature_of(present(profile, name))

    def told(self, family: Family, among: Among, found: Diarized, matching: Matching = Matching()) -> Told:
        """Who spoke when in a recording, and who that is.

        Who was deleted or reset meanwhile is nobody in it.

        Raises:
            OutdatedSignature: another model made the signature of a profile that was named.
            UnknownGroup: the group was deleted meanwhile.
        """
        listener = self.recognizer.listener
        rate = matching.false_match_rate or self.recognizer.false_match_rate
        naming = Naming(listener.version, listener.calibration(listener.version), rate, matching.exclusive)
        if among.profile_ids:
            profiles = self._still_there(family, among.profile_ids)
            speakers = naming.named(found.voices, list(map(self.recognizer.judge.known, profiles)))
        else:
            probes = [Spoken(voice, naming.version) for voice in found.voices]
            searched = self.everyone.each_of(family, among.group_id, probes, matching.false_match_rate)
            profiles = [profile for each in searched for profile in each.there]
            speakers = naming.chosen(found.voices, [each.ranking for each in searched])
        told = Told(found, speakers, naming.version)
        self._note(family, among, profiles, told)
        return told

    def _note(self, family: Family, among: Among, profiles: Sequence[Profile], told: Told) -> None:
        """Note that profiles were used, and tell of each speaker who is known, or that nobody is."""
        known = {speaker.profile_id for speaker in told.speakers if speaker.profile_id}
        used = [profile for profile in profiles if among.profile_ids or profile.id in known]
        self.recognizer.note_uses({profile.id: profile for profile in used}.values(), known)
        outbox = Outbox.of(self.recognizer.store)
        for name in sorted(known) or [""]:
            outbox.tell(Deed.RECORDING, family, name, "Accept" if name else "Reject", told.version, among.profile_ids)

    def _still_there(self, family: Family, profile_ids: Sequence[str]) -> list[Profile]:
        self.recognizer.cohorts.expect(family)
        found = self.recognizer.store.get_many(family, profile_ids)
        return [profile for profile in found if profile and profile.enrolled and profile.signature]

    def _parties(self, audio: Recording) -> Diarized:
        channels = self._channels(audio)
        heard = (
            self.diarizer.hear(without_leak(each, *channels[:number], *channels[number + 1 :]))
            for number, each in enumerate(channels)
        )
        return apart([[each] for each in heard])

    def _channels(self, audio: Recording) -> list[NDArray[np.float32]]:
        first = self._decoded(replace(audio, channel=0))
        check_each(first.channels)
        others = (self._decoded(replace(audio, channel=number)) for number in range(1, first.channels))
        return [clip.samples for clip in (first, *others)]

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
