"""The families of profiles and what each allows: one table, read by every operation.

Numbers are section 5 of the wire contract; locales its section 7.
"""

from dataclasses import dataclass, replace
from typing import Final

MIN_SPEECH_SEC: Final = 0.5
"""Net speech below which no clip is used, even with ``ignoreMinLength``: there is no voice to speak of."""

TEXT_INDEPENDENT_LOCALES: Final = (
    "en-US", "zh-CN", "en-AU", "en-CA", "en-IN", "en-GB", "fr-CA",
    "fr-FR", "de-DE", "it-IT", "ja-JP", "pt-BR", "es-MX", "es-ES",
)  # fmt: skip


@dataclass(frozen=True)
class ClipLimits:
    """What one clip must be. Lengths in seconds, ``min_snr_db`` in decibels."""

    min_sec: float
    max_sec: float
    min_speech_sec: float
    min_snr_db: float

    def of_any_length(self) -> "ClipLimits":
        """These limits under ``ignoreMinLength=true``."""
        return replace(self, min_speech_sec=min(self.min_speech_sec, MIN_SPEECH_SEC))


@dataclass(frozen=True)
class Family:
    """One kind of profile; an id is only valid under the family that created it.

    Attributes:
        mode: first path word, ``verification`` or ``identification``.
        dependency: second path word.
        enrolling: limits of a clip that enrolls.
        recognizing: limits of a clip to verify or identify.
        speech_to_enroll_sec: net speech after which a profile is enrolled.
        max_audio_sec: audio that all enrollments of a profile may hold together.
        max_candidates: profiles that one identify request may name.
        max_ranking: profiles that the answer to it lists.
    """

    mode: str
    dependency: str
    enrolling: ClipLimits
    recognizing: ClipLimits
    speech_to_enroll_sec: float
    max_audio_sec: float
    locales: tuple[str, ...]
    max_candidates: int = 50
    max_ranking: int = 5

    @property
    def name(self) -> str:
        """The family's name in keys, blob paths and logs."""
        return f"{self.mode}-{self.dependency}"

    def locale(self, text: str) -> str | None:
        """The supported locale that ``text`` names (any case, dash optional), or None."""
        wanted = text.replace("-", "").lower()
        return next((known for known in self.locales if known.replace("-", "").lower() == wanted), None)


def _text_independent(mode: str) -> Family:
    return Family(
        mode=mode,
        dependency="text-independent",
        enrolling=ClipLimits(min_sec=1, max_sec=120, min_speech_sec=MIN_SPEECH_SEC, min_snr_db=2),
        recognizing=ClipLimits(min_sec=1, max_sec=120, min_speech_sec=4, min_snr_db=2),
        speech_to_enroll_sec=20,
        max_audio_sec=300,
        locales=TEXT_INDEPENDENT_LOCALES,
    )


VERIFICATION: Final = _text_independent("verification")
IDENTIFICATION: Final = _text_independent("identification")
FAMILIES: Final = {(family.mode, family.dependency): family for family in (VERIFICATION, IDENTIFICATION)}
