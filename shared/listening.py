"""From a clip to a voice: check what was recorded, measure it, embed the speech in it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.audio import Clip, decode
from shared.embedder import Embedder
from shared.errors import InvalidAudio
from shared.families import ClipLimits
from shared.quality import Quality, SpeechDetector


@dataclass(frozen=True, eq=False)
class Utterance:
    """A clip that was fit for use.

    Attributes:
        clip: the audio.
        quality: its net speech and signal-to-noise ratio.
        embedding: [dimension] float32 of unit length.
    """

    clip: Clip
    quality: Quality
    embedding: NDArray[np.float32]


class Listener:
    """Turns the audio of a request into an utterance; safe to use from several threads."""

    def __init__(self, detector: SpeechDetector, embedder: Embedder) -> None:
        self._detector = detector
        self._embedder = embedder

    def listen(self, body: bytes, limits: ClipLimits) -> Utterance:
        """Decode, check and embed one clip; the cheap checks come first.

        Raises:
            InvalidAudio: wrong format, too short, too long, too noisy, or too little speech; says what was measured.
        """
        clip = decode(body)
        _check_length(clip.seconds, limits)
        quality = self._detector.measure(clip.samples)
        _check_quality(quality, limits)
        return Utterance(clip, quality, self._embedder.embed(clip.samples))


def _check_length(seconds: float, limits: ClipLimits) -> None:
    if seconds < limits.min_sec:
        raise _invalid_length("Minimum", limits.min_sec, f"The audio is {seconds:.2f} seconds long.")
    if seconds > limits.max_sec:
        raise _invalid_length("Maximum", limits.max_sec, f"The audio is {seconds:.2f} seconds long.")


def _check_quality(quality: Quality, limits: ClipLimits) -> None:
    if quality.snr_db is not None and quality.snr_db < limits.min_snr_db:
        raise InvalidAudio(
            "Audio is too noisy. The minimum allowed Signal-to-noise ratio (SNR) is "
            f"{limits.min_snr_db:g}dB. Measured: {quality.snr_db:.1f}dB."
        )
    if quality.speech_sec < limits.min_speech_sec:
        heard = f"The audio holds {quality.speech_sec:.2f} seconds of speech."
        raise _invalid_length("Minimum", limits.min_speech_sec, heard)


def _invalid_length(bound: str, allowed: float, measured: str) -> InvalidAudio:
    return InvalidAudio(f"Invalid audio length. {bound} allowed length is {allowed:g} second(s). {measured}")
