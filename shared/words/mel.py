"""What Whisper hears: the log-mel spectrogram on which its models were trained (Radford et al. 2022)."""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.listening.containers import SAMPLE_RATE

_WINDOW: Final = 400
_HOP: Final = 160
_FLOOR: Final = 1e-10
_RANGE: Final = 8.0
"""Decades below the loudest that are kept."""

_LINEAR_HZ: Final = 200 / 3
_BREAK_HZ: Final = 1000.0
_LOG_STEP: Final = np.log(6.4) / 27
"""Slaney's mel scale: linear below 1 kHz, logarithmic above."""


def log_mel(samples: NDArray[np.float32], bands: int) -> NDArray[np.float32]:
    """The spectrogram of a clip.

    Args:
        samples: [n] in [-1, 1] at 16 kHz, longer than half a window.
        bands: of the mel scale; 80, or 128 for the newest models.

    Returns:
        [bands, n // 160] about within [-1, 1].
    """
    padded = np.pad(samples, _WINDOW // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP][: len(samples) // _HOP]
    window = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
    power = np.abs(np.fft.rfft(frames * window, axis=1)) ** 2
    levels = np.log10(np.maximum(_filters(bands) @ power.T, _FLOOR))
    return np.asarray((np.maximum(levels, levels.max() - _RANGE) + 4) / 4, np.float32)


@cache
def _filters(bands: int) -> NDArray[np.float32]:
    """[bands, bins] triangles of equal area, evenly spread over the mel scale up to the Nyquist frequency."""
    bins = np.fft.rfftfreq(_WINDOW, 1 / SAMPLE_RATE)
    edges = _hz(np.linspace(0, _mel(SAMPLE_RATE / 2), bands + 2))[:, np.newaxis]
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    triangles = np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre))
    return np.asarray(np.maximum(triangles, 0) * 2 / (high - low), np.float32)


def _mel(hz: float) -> float:
    return float(_BREAK_HZ / _LINEAR_HZ + np.log(hz / _BREAK_HZ) / _LOG_STEP)


def _hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    above = mel - _BREAK_HZ / _LINEAR_HZ
    return np.where(above < 0, mel * _LINEAR_HZ, _BREAK_HZ * np.exp(above * _LOG_STEP))
