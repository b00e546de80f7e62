"""How much speech a clip holds, where it is, and how far it stands out of the noise."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.bundle import Bundle, Model, golden_signal

SAMPLE_RATE: Final = 16_000
FRAME: Final = 512
"""Samples in a frame (32 ms), as Silero VAD takes them."""
FRAME_SEC: Final = FRAME / SAMPLE_RATE

_CONTEXT: Final = 64
"""Samples of the previous frame that the model sees before each frame."""
_STATE: Final = (1, 1, 128)
_BLOCK: Final = 256
"""Frames (8.2 s) that go through the model at once, to bound memory."""

_SPEECH_FROM: Final = 0.5
_SPEECH_WHILE: Final = 0.35
"""Speech begins at the first probability and lasts while the second is kept (Silero's defaults)."""
_MIN_GAP: Final = 3
"""Frames (0.1 s) of a pause; a shorter one is a stop consonant and counts as speech (Silero's default)."""
_MIN_SPEECH: Final = 8
"""Frames (0.25 s) of speech; anything shorter is a click or a cough (Silero's default)."""

_CONTEXT_OF_SPEECH: Final = 8
"""Frames (0.25 s) kept before and after speech when pauses are dropped."""
_GUARD: Final = 3
"""Frames (0.1 s) next to speech that hold its reverberation rather than noise."""
_MIN_PAUSES: Final = 8
"""Frames (0.25 s) of pause from which its noise can be told."""
_DIGITAL_SILENCE: Final = 2.0**-32
"""Power of half a 16-bit step; what is below was never recorded, so it says nothing of the noise."""
SNR_RANGE_DB: Final = (-20.0, 60.0)


@dataclass(frozen=True)
class Quality:
    """What a clip is good for.

    Attributes:
        speech_sec: net speech, in seconds.
        total_sec: length, in seconds.
        snr_db: signal-to-noise ratio in dB, within ``SNR_RANGE_DB``; None for digital silence.
    """

    speech_sec: float
    total_sec: float
    snr_db: float | None


class SpeechDetector:
    """Finds speech with Silero VAD; safe to use from several threads.

    Raises:
        BundleError: the bundle is missing or damaged, or its model does not give its golden output.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._model = Model(bundle)
        bundle.check_output(self.speech_probability(golden_signal()))

    def speech_probability(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probability of speech in each 32 ms frame.

        Args:
            samples: [n] in [-1, 1] at 16 kHz.

        Returns:
            [ceil(n / 512)]; the last frame is completed with silence.

        Raises:
            ValueError: not one channel.
        """
        if samples.ndim != 1:
            raise ValueError(f"samples must be one channel, not of shape {samples.shape}")
        frames = _frames_with_context(samples)
        hidden = cell = np.zeros(_STATE, np.float32)
        blocks = []
        for start in range(0, len(frames), _BLOCK):
            block, hidden, cell = self._model.run(input=frames[start : start + _BLOCK], h=hidden, c=cell)
            blocks.append(block)
        return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)

    def measure(self, samples: NDArray[np.float32]) -> Quality:
        """Net speech, length and SNR of a clip ([n] in [-1, 1] at 16 kHz)."""
        return quality(samples, self.speech_probability(samples))


def quality(samples: NDArray[np.float32], probability: NDArray[np.float32]) -> Quality:
    """``SpeechDetector.measure`` for a clip whose speech probability is known."""
    speech = speech_frames(probability)
    total_sec = len(samples) / SAMPLE_RATE
    speech_sec = min(float(speech.sum()) * FRAME_SEC, total_sec)
    return Quality(speech_sec, total_sec, snr_db(_powers(samples), speech))


def speech_frames(probability: NDArray[np.float32]) -> NDArray[np.bool]:
    """Which frames are speech: with hysteresis, without pauses and outbursts too short to be any."""
    speech = np.zeros(len(probability), np.bool)
    for start, stop in _runs(probability >= _SPEECH_WHILE):
        speech[start:stop] = probability[start:stop].max() >= _SPEECH_FROM
    for start, stop in _runs(~speech):
        if stop - start < _MIN_GAP and start > 0 and stop < len(speech):
            speech[start:stop] = True
    for start, stop in _runs(speech):
        speech[start:stop] = stop - start >= _MIN_SPEECH
    return speech


def speech_only(samples: NDArray[np.float32], probability: NDArray[np.float32]) -> NDArray[np.float32]:
    """The clip without its long pauses: speech and 0.25 s around it. All of the clip, if it holds no speech."""
    keep = _widened(speech_frames(probability), _CONTEXT_OF_SPEECH)
    return samples[np.repeat(keep, FRAME)[: len(samples)]] if keep.any() else samples


def snr_db(powers: NDArray[np.float64], speech: NDArray[np.bool]) -> float | None:
    """Signal-to-noise ratio of frames, the lower of two estimates; None if nothing was recorded.

    Speech against pauses, 10 log10((P_speech - P_pause) / P_pause), is within about 1 dB for a steady noise, but blind
    to other people talking, which are speech to any detector. Loud against quiet frames, 10 log10(P_95 / P_10), sees
    those.

    Args:
        powers: [frames] mean squares.
        speech: [frames], which of them are speech.
    """
    recorded = powers > _DIGITAL_SILENCE
    if not recorded.any():
        return None
    estimates = [_loud_over_quiet(powers[recorded])]
    if speech.any():
        pauses = recorded & ~_widened(speech, _GUARD)
        estimates.append(_speech_over_pauses(powers[speech], powers[pauses]))
    return float(np.clip(min(estimates), *SNR_RANGE_DB))


def _loud_over_quiet(powers: NDArray[np.float64]) -> float:
    loud, quiet = np.percentile(powers, [95, 10])
    return _decibels(loud / quiet)


def _speech_over_pauses(speech: NDArray[np.float64], pauses: NDArray[np.float64]) -> float:
    if len(pauses) < _MIN_PAUSES:
        return float("inf")
    noise = np.median(pauses)  # unlike the mean, it does not mind the syllable that the detector missed
    return _decibels(max(speech.mean() - noise, 0) / noise)


def _decibels(ratio: float) -> float:
    return float(10 * np.log10(max(ratio, np.finfo(float).tiny)))


def _powers(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """[frames] mean square of each frame, without the constant offset of a bad converter."""
    centred = samples - np.float32(samples.mean(dtype=np.float64)) if len(samples) else samples
    return np.mean(np.square(_whole_frames(centred)).reshape(-1, FRAME), axis=1, dtype=np.float64)


def _whole_frames(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.pad(samples, (0, -len(samples) % FRAME))


def _frames_with_context(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """[frames, 64 + 512] view: each frame after the end of the one before, the first after silence."""
    padded = np.pad(_whole_frames(samples), (_CONTEXT, 0))
    if len(padded) == _CONTEXT:
        return np.empty((0, _CONTEXT + FRAME), np.float32)
    return np.lib.stride_tricks.sliding_window_view(padded, _CONTEXT + FRAME)[::FRAME]


def _runs(mask: NDArray[np.bool]) -> NDArray[np.intp]:
    """[runs, 2] start and stop of each run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]])))
    return edges.reshape(-1, 2)


def _widened(mask: NDArray[np.bool], frames: int) -> NDArray[np.bool]:
    """The mask with every run of true values longer by ``frames`` on both sides."""
    near = np.convolve(mask, np.ones(2 * frames + 1))
    return near[frames : frames + len(mask)] > 0.5
