"""Frames of a clip, as the detector of speech takes them, and masks over them."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.listening.containers import SAMPLE_RATE

FRAME: Final = 512
"""Samples in a frame (32 ms), as Silero VAD takes them."""
FRAME_SEC: Final = FRAME / SAMPLE_RATE
DIGITAL_SILENCE: Final = 2.0**-32
"""Variance of half a 16-bit step: a frame below it was never recorded, so it says nothing of the noise."""


def whole_frames(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """[n] samples, completed with silence to a multiple of ``FRAME``."""
    return np.pad(samples, (0, -len(samples) % FRAME))


def framed(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """[frames, ``FRAME``] The same, frame by frame."""
    return whole_frames(samples).reshape(-1, FRAME)


def recorded(frames: NDArray[np.float32]) -> NDArray[np.bool]:
    """Which of [frames, ``FRAME``] are more than digital silence."""
    return np.asarray(frames.var(axis=1) > DIGITAL_SILENCE)


def powers_of(frames: NDArray[np.float32]) -> NDArray[np.float64]:
    """[frames] mean square of each of [frames, ``FRAME``] without their constant offset; 0 for digital silence."""
    powers, heard = np.zeros(len(frames)), recorded(frames)
    if heard.any():
        sound = frames[heard]
        powers[heard] = np.mean(np.square(sound - sound.mean()), axis=1)
    return powers


def decibels(ratio: float) -> float:
    """A ratio of powers in dB; of nothing, a very small one."""
    return float(10 * np.log10(max(ratio, np.finfo(float).tiny)))


def runs(mask: NDArray[np.bool]) -> NDArray[np.intp]:
    """[runs, 2] start and stop of each run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]])))
    return edges.reshape(-1, 2)


def widened(mask: NDArray[np.bool], frames: int) -> NDArray[np.bool]:
    """The mask with every run of true values longer by ``frames`` on both sides."""
    if not len(mask):
        return mask
    near = np.convolve(mask, np.ones(2 * frames + 1))
    return near[frames : frames + len(mask)] > 0.5
