"""Pure tones: the keys and signals of a telephone, and beeps. They are no voice, however close they stand to one.

A tone's power stands in one or two lines of the spectrum, which do not move; a vowel has its harmonics, and moves. The
detector of speech does not take tones for speech, but they stand between words, and would be embedded with them.
"""

from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

_LINES: Final = 2
"""Lines of the spectrum that a signal of the telephone has (ITU-T Q.23, E.180)."""
_WIDTH: Final = 2
"""Bins (16 Hz) on both sides of a line that its window, or its own end, spreads it over."""
_SHARE: Final = 0.97
"""Of the power that stands in its lines: two tones at 30 dB above noise, or by mu-law, have more."""
_LOWEST: Final = 43
"""Bin (336 Hz) of the lowest line: dial tones begin at 350 Hz, while a vowel has its pitch below."""
_SPAN: Final = 4
"""Frames (128 ms) that are looked at together: a key is pressed as long, and no vowel stands still for it."""
_LOUD: Final = 1e-4
"""Mean square (-40 dB of full scale) from which a tone matters; a hum below it is noise, and is measured as such."""


def tonal_frames(frames: NDArray[np.float32], among: NDArray[np.bool] | None = None) -> NDArray[np.bool]:
    """Which frames hold one or two pure tones, and nothing else.

    Args:
        frames: [frames, 512] at 16 kHz.
        among: [frames], those that are asked for; None for all.

    Returns:
        [frames].
    """
    tonal = np.zeros(len(frames), np.bool)
    loud = np.mean(np.square(frames), axis=1) > _LOUD
    asked = loud if among is None else loud & among
    if len(frames) < _SPAN:
        return tonal
    asked_in, loud_in = (sliding_window_view(mask, _SPAN).sum(axis=1) for mask in (asked, loud))
    for start in np.flatnonzero((asked_in > 0) & (loud_in >= _SPAN // 2)):
        span = slice(start, start + _SPAN)
        if _is_pure(frames[span].ravel()):
            tonal[span] = True
    return tonal & asked


def _is_pure(samples: NDArray[np.float32]) -> bool:
    """Whether nearly all the power stands in so few lines."""
    powers = np.abs(np.fft.rfft(samples * np.hanning(len(samples)).astype(np.float32))) ** 2
    powers[:_WIDTH] = 0  # a constant offset is no tone
    total = powers.sum()
    for _ in range(_LINES):
        line = _LOWEST + int(powers[_LOWEST:].argmax())
        powers[line - _WIDTH : line + _WIDTH + 1] = 0
    return bool(powers.sum() < (1 - _SHARE) * total)
