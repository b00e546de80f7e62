"""What a clip must be before it is used."""

from dataclasses import dataclass, replace
from typing import Final

from shared.listening.quality import Quality
from shared.listening.refusals import TooLittleSpeech, TooLong, TooNoisy, TooShort

MIN_SPEECH_SEC: Final = 0.5
"""Net speech below which no clip is used, even with ``ignoreMinLength``: there is no voice to speak of."""


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

    def check_length(self, seconds: float) -> None:
        """Refuse a clip by its length, pauses included.

        Raises:
            TooShort, TooLong: with what was measured and what is allowed.
        """
        if seconds < self.min_sec:
            raise TooShort(self.min_sec, seconds)
        if seconds > self.max_sec:
            raise TooLong(self.max_sec, seconds)

    def check_quality(self, heard: Quality) -> None:
        """Refuse a clip by what is heard in it.

        Raises:
            TooNoisy, TooLittleSpeech: with what was measured and what is allowed.
        """
        if heard.snr_db is not None and heard.snr_db < self.min_snr_db:
            raise TooNoisy(self.min_snr_db, heard.snr_db)
        if heard.speech_sec < self.min_speech_sec:
            raise TooLittleSpeech(self.min_speech_sec, heard.speech_sec)
