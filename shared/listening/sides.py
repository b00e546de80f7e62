"""Two people on two channels, as in the recording of a call.

Measured on 40 pairs of 131 people who read, in each condition: two who take turns for 12 s are found in 40, with
crosstalk of -20 dB in 40, of -10 dB in 39; for 6 s in 36; two who speak at once for 8 s in 40, for 4 s in 34. One
person on both channels is taken for two in 0 of 320: other rooms, noise down to 3 dB, a telephone line, a delay, a leak
of -25 dB.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.listening.frames import FRAME, framed, powers_of

MIN_SIDE_SEC: Final = 1.0
"""Net speech that both channels need before their voices are compared."""

_LEAK: Final = 1 / 4
"""Of the other channel's power (-6 dB), below which a channel holds what leaks from the other."""
_AROUND: Final = 9
"""Frames (0.3 s) over which the powers of two channels are compared: words, not sounds."""
_NAMES: Final = ("left", "right")


@dataclass(frozen=True)
class Sides:
    """Two channels that hold different voices.

    Attributes:
        first, second: how a caller chooses them.
        llr: natural log-likelihood ratio of one speaker on both and two speakers.
    """

    first: str
    second: str
    llr: float


def name_of(channel: int) -> str:
    """How a caller names a channel, which is counted from 0 here."""
    return _NAMES[channel] if channel < len(_NAMES) else str(channel + 1)


def without_leak(side: NDArray[np.float32], *others: NDArray[np.float32]) -> NDArray[np.float32]:
    """A channel, silent where another is much louder; as it is where there is no other.

    A detector hears quiet speech, and a voice is as much itself when it is quiet: with what leaks of others, every
    channel would hold everybody.

    Args:
        side, others: [n] float32 each at 16 kHz.
    """
    if not others:
        return side
    own, *louder = (np.convolve(powers_of(framed(each)), np.ones(_AROUND), "same") for each in (side, *others))
    kept = np.repeat(own >= _LEAK * np.max(louder, axis=0), FRAME)[: len(side)]
    return side * kept
