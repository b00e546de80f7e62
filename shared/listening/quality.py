"""How much speech a clip holds, where it is, and how far it stands out of the noise."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.listening.bundle import Bundle, golden_signal
from shared.listening.containers import SAMPLE_RATE
from shared.listening.frames import (
    FRAME,
    FRAME_SEC,
    decibels,
    framed,
    powers_of,
    recorded,
    runs,
    whole_frames,
    widened,
)
from shared.listening.model import Model
from shared.listening.noise import clip_snr_db
from shared.listening.sides import Sides
from shared.listening.tones import tonal_frames

_CONTEXT: Final = 64
"""Samples of the previous frame that the model sees before each frame."""
_STATE: Final = (1, 1, 128)
_BLOCK: Final = 256
"""Frames (8.2 s) that go through the model at once, to bound memory."""

_LOUD: Final = 0.3
"""Root mean square to which the loudest frames are raised before the detector hears them."""
_MAX_GAIN: Final = 31.6
"""30 dB: the noise of 16 bits is not raised to anything that could be heard."""
_PITCH_SAMPLES: Final = (40, 266)
"""A 400th and a 60th of a second: between these frequencies a voice has its pitch."""
_SPEECH_FROM: Final = 0.5
_SPEECH_WHILE: Final = 0.35
"""Speech begins at the first probability and lasts while the second is kept (Silero's defaults)."""
_MIN_GAP: Final = 3
"""Frames (0.1 s) of a pause; a shorter one is a stop consonant and counts as speech (Silero's default)."""
_MIN_SPEECH: Final = 8
"""Frames (0.25 s) of speech; anything shorter is a click or a cough (Silero's default)."""

_CONTEXT_OF_SPEECH: Final = 8
"""Frames (0.25 s) kept before and after speech when pauses are dropped."""
_LONG_PAUSE: Final = 32
"""Frames (1 s) from which a pause is dropped."""

_FULL_SCALE: Final = 0.999
_CLIPPED_RUN: Final = 3
"""Samples in a row at full scale from which a recorder was overdriven; one or two are the crest of a wave."""
_AUDIBLE_DB: Final = 55
"""Below its loudest frequency, how deep a clip's spectrum is still sound: human recordings at 16 kHz stay above it
nearly everywhere, while upsampled ones fall 60 dB and more at the end of their band."""
_NARROWBAND_HZ: Final = 4_100
"""Half of 8 kHz, and what slopes of filters and ``_SMOOTHED`` add; recordings at 16 kHz reach 4.5 kHz and more."""
_SPECTRA: Final = 300
"""Frames, evenly spread over the clip, from which its spectrum is taken."""
_SMOOTHED: Final = 5
"""Frequencies (156 Hz) over which a spectrum is averaged before it is judged."""


@dataclass(frozen=True)
class Quality:
    """What a clip is good for.

    Attributes:
        speech_sec: net speech, in seconds.
        total_sec: length, in seconds.
        snr_db: signal-to-noise ratio in dB, within ``SNR_RANGE_DB``; None for digital silence.
        clipped: share of samples that overdriving cut off, from 0 to 1.
        bandwidth_hz: frequency up to which there is sound; None for digital silence.
        level_db: mean power of its speech, in dB below full scale; None where there is none.
        louder: the channel that alone was heard because the mean of all cancels, as a caller names it.
        announced_sec: how long another voice speaks before the one that is heard.
        sides: two channels on which different people speak.
    """

    speech_sec: float
    total_sec: float
    snr_db: float | None
    clipped: float = 0.0
    bandwidth_hz: float | None = None
    level_db: float | None = None
    louder: str | None = None
    sides: Sides | None = None
    announced_sec: float = 0.0

    @property
    def is_narrowband(self) -> bool:
        """Whether there is no more in it than in a recording made at 8 kHz, at whatever rate it comes."""
        return is_narrow(self.bandwidth_hz)


def is_narrow(hertz: float | None) -> bool:
    """Whether a bandwidth is that of a recording made at 8 kHz; nothing is known of digital silence."""
    return hertz is not None and hertz <= _NARROWBAND_HZ


class SpeechDetector:
    """Finds speech with Silero VAD; safe to use from several threads.

    Raises:
        BundleError: the bundle is missing or damaged, or its model does not give its golden output.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._model = Model(bundle)
        bundle.check_output(self._probability(golden_signal()))

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
        return self._probability(audible(samples)) if len(samples) else np.zeros(0, np.float32)

    def _probability(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """As the model says of samples as they are."""
        frames = _frames_with_context(samples)
        hidden = cell = np.zeros(_STATE, np.float32)
        blocks = []
        for start in range(0, len(frames), _BLOCK):
            block, hidden, cell = self._model.run(input=frames[start : start + _BLOCK], h=hidden, c=cell)
            blocks.append(block)
        return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)

    def measure(self, samples: NDArray[np.float32]) -> Quality:
        """Net speech, length and SNR of a clip ([n] in [-1, 1] at 16 kHz)."""
        return Spoken(samples, self.speech_probability(samples)).quality()


class Spoken:
    """A clip, and where in it somebody speaks.

    Attributes:
        samples: [n] in [-1, 1] at 16 kHz.
        speech: [frames], which are speech.
    """

    def __init__(self, samples: NDArray[np.float32], probability: NDArray[np.float32]) -> None:
        """Find the speech by its probability in each frame."""
        self.samples, self.speech = samples, speech_frames(probability)

    @cached_property
    def used(self) -> NDArray[np.bool]:
        """[frames], which are speech or stand beside it, in no long pause and no tone; all if there is no speech."""
        if not self.speech.any():
            return np.ones(len(self.speech), np.bool)
        keep = widened(self.speech, _CONTEXT_OF_SPEECH)
        for start, stop in runs(~keep):
            if stop - start < _LONG_PAUSE - 2 * _CONTEXT_OF_SPEECH:
                keep[start:stop] = True
        return keep & ~tonal_frames(framed(self.samples), ~self.speech)

    def quality(self) -> Quality:
        """What it is good for."""
        total_sec = len(self.samples) / SAMPLE_RATE
        speech_sec = min(float(self.speech.sum()) * FRAME_SEC, total_sec)
        powers = powers_of(framed(self.samples))
        snr, band = clip_snr_db(powers, self.speech, self.used), bandwidth_hz(self.samples, powers > 0)
        return Quality(speech_sec, total_sec, snr, clipped(self.samples), band, _level_db(powers[self.speech]))

    def without_pauses(self) -> NDArray[np.float32]:
        """The clip without its long pauses and the tones between words, or all of it if it holds no speech.

        Of a pause of a second or more, 0.25 s beside the speech remain; shorter ones stay as they are. An ordinary
        recording is hardly touched, but silence cannot drown the voice: of a few seconds of speech in a minute of
        silence, the embedding of the whole clip is useless, that of the speech nearly as good as without the silence.
        """
        if self.used.all():
            return self.samples
        return self.samples[np.repeat(self.used, FRAME)[: len(self.samples)]]


def speech_frames(probability: NDArray[np.float32]) -> NDArray[np.bool]:
    """Which frames are speech: with hysteresis, without pauses and outbursts too short to be any."""
    speech = np.zeros(len(probability), np.bool)
    for start, stop in runs(probability >= _SPEECH_WHILE):
        speech[start:stop] = probability[start:stop].max() >= _SPEECH_FROM
    for start, stop in runs(~speech):
        if stop - start < _MIN_GAP and start > 0 and stop < len(speech):
            speech[start:stop] = True
    for start, stop in runs(speech):
        speech[start:stop] = stop - start >= _MIN_SPEECH
    return speech


def clipped(samples: NDArray[np.float32]) -> float:
    """Share of samples that stand in runs at full scale."""
    lengths = np.diff(runs(np.abs(samples) >= _FULL_SCALE), axis=1)
    return float(lengths[lengths >= _CLIPPED_RUN].sum()) / max(1, len(samples))


def bandwidth_hz(samples: NDArray[np.float32], among: NDArray[np.bool] | None = None) -> float | None:
    """Frequency up to which there is sound: above the loudest, the first that stays ``_AUDIBLE_DB`` below it.

    A recording made at 8 kHz has nothing above 4 kHz, whoever upsampled it and to which rate; images that poor
    interpolation leaves up there do not count, as a gap at 4 kHz comes before them. None for digital silence.

    Args:
        among: [frames], those that were recorded, where that is known.
    """
    frames = framed(samples)
    heard = np.flatnonzero(recorded(frames) if among is None else among)
    if not len(heard):
        return None
    some = frames[heard[:: -(-len(heard) // _SPECTRA)]]
    powers = np.abs(np.fft.rfft(some * np.hanning(FRAME).astype(np.float32), axis=1)) ** 2
    loud = np.percentile(np.sort(powers, axis=0), 95, axis=0)  # in order, a third is saved
    levels = 10 * np.log10(loud + np.finfo(np.float32).tiny)
    smooth = np.convolve(np.pad(levels, _SMOOTHED // 2, mode="edge"), np.full(_SMOOTHED, 1 / _SMOOTHED), "valid")
    loudest = int(smooth.argmax())
    silent = np.flatnonzero(smooth[loudest:] < smooth[loudest] - _AUDIBLE_DB)
    last = loudest + silent[0] if len(silent) else FRAME // 2
    return float(last * SAMPLE_RATE / FRAME)


def _level_db(powers: NDArray[np.float64]) -> float | None:
    return decibels(powers.mean()) if powers.any() else None


def audible(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The clip as the detector hears it best: loud, and with the pitch that a telephone cut off.

    What a telephone passes of a voice still beats with its pitch: rectified, it has that frequency again. With it the
    detector finds 60 % of spoken digits through 300 to 3400 Hz, where it found 20 %, and loud what it missed in quiet
    ones; of noise, hum, clicks and music it finds nothing either way.
    """
    powers = np.square(framed(samples)).mean(axis=1)
    gain = np.float32(np.clip(_LOUD / max(float(np.percentile(powers, 95)) ** 0.5, 1e-9), 1, _MAX_GAIN))
    heard = np.empty_like(samples)
    for start in range(0, len(samples), _BLOCK * FRAME):  # to bound memory
        before = min(start, _PITCH_SAMPLES[1])
        stop = start + _BLOCK * FRAME
        louder = samples[start - before : stop + _PITCH_SAMPLES[1]] * gain
        shortest, longest = _averages(np.abs(louder), _PITCH_SAMPLES)
        louder += shortest - longest
        heard[start:stop] = np.clip(louder, -1, 1)[before : before + _BLOCK * FRAME]
    return heard


def _averages(samples: NDArray[np.float32], lengths: Sequence[int]) -> list[NDArray[np.float32]]:
    """[n] each: the mean of so many samples around each, put together from sums of 1, 2, 4 and so on."""
    most, count = max(lengths), len(samples)
    sums = np.pad(samples, (most // 2, most - most // 2))
    totals = [np.zeros(count, np.float32) for _ in lengths]
    for power in range(most.bit_length()):
        several = 1 << power
        for length, total in zip(lengths, totals, strict=True):
            if length & several:
                first = most // 2 - length // 2 + length % several
                total += sums[first : first + count]
        sums = sums[:-several] + sums[several:]
    return [total / np.float32(length) for length, total in zip(lengths, totals, strict=True)]


def _frames_with_context(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """[frames, 64 + 512] view: each frame after the end of the one before, the first after silence."""
    padded = np.pad(whole_frames(samples), (_CONTEXT, 0))
    if len(padded) == _CONTEXT:
        return np.empty((0, _CONTEXT + FRAME), np.float32)
    return np.lib.stride_tricks.sliding_window_view(padded, _CONTEXT + FRAME)[::FRAME]
