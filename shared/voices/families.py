"""The families of profiles and what each allows: one table, read by every operation.

The numbers are the limits of the retired service.
"""

import math
from dataclasses import dataclass
from typing import Final

from shared.listening.limits import MIN_SPEECH_SEC, ClipLimits
from shared.words.scripts import ACTIVATION, PASSPHRASE, Script


@dataclass(frozen=True)
class Family:
    """One kind of profile; an id is only valid under the family that created it.

    Attributes:
        mode: first path word, ``verification`` or ``identification``.
        dependency: second path word.
        script: the phrases that are said in its clips.
        enrolling: limits of a clip that enrolls.
        recognizing: limits of a clip to verify or identify.
        clips_to_enroll: enrollments after which a profile is enrolled; 0 where speech counts.
        speech_to_enroll_sec: net speech after which a profile is enrolled; 0 where clips count.
        max_clips: enrollments that a profile may hold.
        max_audio_sec: audio that all enrollments of a profile may hold together.
        max_candidates: profiles that one identify request may name.
        max_ranking: profiles that the answer to it lists.
    """

    mode: str
    dependency: str
    script: Script
    enrolling: ClipLimits
    recognizing: ClipLimits
    clips_to_enroll: int = 0
    speech_to_enroll_sec: float = 0
    max_clips: float = math.inf
    max_audio_sec: float = math.inf
    max_candidates: int = 50
    max_ranking: int = 5

    @property
    def name(self) -> str:
        """The family's name in keys, blob paths and logs."""
        return f"{self.mode}-{self.dependency}"

    @property
    def minimum_can_be_waived(self) -> bool:
        """Whether ``ignoreMinLength`` means anything: it waives speech, not clips."""
        return self.clips_to_enroll == 0

    def waives_minimum(self, *, asked: bool) -> bool:
        """Whether the minimum of net speech is waived for a caller who may have asked for that."""
        return asked and self.minimum_can_be_waived

    def to_recognize(self, *, waive_minimum: bool) -> ClipLimits:
        """Limits of a clip to verify or identify, for a caller who may have asked to waive the minimum."""
        waived = self.waives_minimum(asked=waive_minimum)
        return self.recognizing.of_any_length() if waived else self.recognizing


def _text_independent(mode: str) -> Family:
    return Family(
        mode=mode,
        dependency="text-independent",
        script=ACTIVATION,
        enrolling=ClipLimits(min_sec=1, max_sec=120, min_speech_sec=MIN_SPEECH_SEC, min_snr_db=2),
        recognizing=ClipLimits(min_sec=1, max_sec=120, min_speech_sec=4, min_snr_db=2),
        speech_to_enroll_sec=20,
        max_audio_sec=300,
    )


PASSPHRASE_VERIFICATION: Final = Family(
    mode="verification",
    dependency="text-dependent",
    script=PASSPHRASE,
    enrolling=ClipLimits(min_sec=1, max_sec=10, min_speech_sec=MIN_SPEECH_SEC, min_snr_db=2),
    recognizing=ClipLimits(min_sec=1, max_sec=10, min_speech_sec=MIN_SPEECH_SEC, min_snr_db=10),
    clips_to_enroll=3,
    max_clips=50,
)
VERIFICATION: Final = _text_independent("verification")
IDENTIFICATION: Final = _text_independent("identification")
FAMILIES: Final = {family.name: family for family in (PASSPHRASE_VERIFICATION, VERIFICATION, IDENTIFICATION)}
"""Every family, by its name."""


def family_of(mode: str, dependency: str) -> Family | None:
    """The family that two words of a path name, in any case, if there is one."""
    return FAMILIES.get(f"{mode}-{dependency}".lower())
