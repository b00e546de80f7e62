"""Where one voice takes over from another in what was heard as one: the segmenter misses changes between some voices.

What is long enough for two is embedded in parts. Their mean is the direction of the whole (cosine 0.97 and more), so it
costs nothing to look whether the parts on either side of a border are two voices.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.listening.scoring import unit
from shared.listening.segments import STEP, STEP_SEC
from shared.recordings.clustering import APART

PART_SEC: Final = 2.5
"""Of a part, about. Two sides of one voice had a cosine of 0.56 and more, where two voices met it was 0.47 and less in
seven of eight cases (on the conversations of seeds 100 to 109 in ``tools/turns/held_out.py``)."""
_NEAR: Final = 2
"""Parts of a side: somebody may speak on both sides of somebody else."""
_WINDOW: Final = 60
"""Frames (1 s) in which it is heard which of the two voices speaks."""
_HOP: Final = 15

type Samples = NDArray[np.float32]
type Direction = NDArray[np.float32]
type Embed = Callable[[Samples], Direction]


def by_voice(samples: Samples, frames: int, embed: Embed) -> Iterator[tuple[int, int, Direction]]:
    """Voices one after the other: first frame, the one after the last, and direction.

    Args:
        samples: [n] at 16 kHz of one voice, or of some that take turns.
        frames: of the samples; the last may hold fewer samples.
        embed: gives samples their direction.
    """
    whole = min(frames, len(samples) // STEP)
    borders = np.linspace(0, whole, 1 + max(1, round(whole * STEP_SEC / PART_SEC))).astype(int)
    parts = [embed(samples[start * STEP : stop * STEP]) for start, stop in pairwise(borders.tolist())]
    left, right, at = min(_sides(parts), key=lambda sides: sides[0] @ sides[1], default=(parts[0], parts[0], 0))
    if left @ right >= 1 - APART:
        yield 0, frames, unit(np.sum(parts, axis=0))
        return
    first, last = int(borders[at - 1]), int(borders[at + 1])
    border = first + _border(samples[first * STEP : last * STEP], embed, left - right)
    yield from by_voice(samples[: border * STEP], border, embed)
    for start, stop, direction in by_voice(samples[border * STEP :], frames - border, embed):
        yield border + start, border + stop, direction


def _sides(parts: Sequence[Direction]) -> Iterator[tuple[Direction, Direction, int]]:
    """Directions of what is before each border and after it."""
    for at in range(1, len(parts)):
        before, after = parts[max(0, at - _NEAR) : at], parts[at : at + _NEAR]
        yield unit(np.sum(before, axis=0)), unit(np.sum(after, axis=0)), at


def _border(samples: Samples, embed: Embed, leaning: Direction) -> int:
    """The frame at which one voice gives way to the other; ``leaning`` is from the second to the first."""
    starts = np.arange(0, len(samples) // STEP - _WINDOW + 1, _HOP)
    heard = [float(embed(samples[start * STEP : (start + _WINDOW) * STEP]) @ leaning) for start in starts]
    before = int(np.argmax(np.cumsum(heard)[:-1]))
    return int(starts[before] + starts[before + 1] + _WINDOW) // 2
