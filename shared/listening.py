"""From a clip to a voice: check what was recorded, measure it, embed the speech in it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.audio import Clip, decode
from shared.embedder import Embedder
from shared.errors import InvalidAudio
from shared.families import ClipLimits
from shared.quality import Quality, SpeechDetector, quality, speech_only


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

    def __init__(self, detector: SpeechDetector, embedder: Embedder, *, any_format: bool = True) -> None:
        """Bind to the models; ``any_format`` as in ``decode``."""
        self._detector = detector
        self._embedder = embedder
        self._any_format = any_format

    def listen(self, body: bytes, limits: ClipLimits) -> Utterance:
        """Decode, check and embed one clip; the cheap checks come first.

        Raises:
            InvalidAudio: wrong format, too short, too long, too noisy, or too little speech; says what was measured.
        """
        clip = decode(body, any_format=self._any_format)
        _check_length(clip.seconds, limits)
        probability = self._detector.speech_probability(clip.samples)
        heard = quality(clip.samples, probability)
        _check_quality(heard, limits)
        return Utterance(clip, heard, self._embedder.embed(speech_only(clip.samples, probability)))


def _check_length(seconds: float, limits: ClipLimits) -> None:
    if seconds < limits.min_sec:
        raise _invalid_length("Minimum", limits.min_sec, f"The audio is {seconds:.2f} seconds long.")
    if seconds > limits.max_sec:
        raise _invalid_length("Maximum", limits.max_sec, f"The audio is {seconds:.2f} seconds long.")


def _check_quality(heard: Quality, limits: ClipLimits) -> None:
    if heard.snr_db is not None and heard.snr_db < limits.min_snr_db:
        raise InvalidAudio(
            "Audio is too noisy. The minimum allowed Signal-to-noise ratio (SNR) is "
            f"{limits.min_snr_db:g}dB. Measured: {heard.snr_db:.1f}dB."
        )
    if heard.speech_sec < limits.min_speech_sec:
        measured = f"The audio holds {heard.speech_sec:.2f} seconds of speech."
        raise _invalid_length("Minimum", limits.min_speech_sec, measured)


def _invalid_length(bound: str, allowed: float, measured: str) -> InvalidAudio:
    return InvalidAudio(f"Invalid audio length. {bound} allowed length is {allowed:g} second(s). {measured}")
