"""Stretches in which one voice is heard, and the runs of them in which it is heard alone.

A run of one speaker alone is embedded as a whole: its length is what the conversation gives, not what a window cuts.
Windows of a fixed length look best on conversations that were mixed, and fail on real ones (docs/recordings.md).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.listening.containers import SAMPLE_RATE
from shared.listening.frames import runs
from shared.listening.segments import LOCAL, OFFSET, STEP, STEP_SEC
from shared.recordings.changes import by_voice

SPEAKING: Final = 0.5
"""Probability from which a voice is heard."""
MIN_RUN_SEC: Final = 0.3
"""A shorter run says nothing of a voice."""


@dataclass(frozen=True, eq=False)
class Run:
    """One voice alone, in frames of the recording, and its direction.

    Attributes:
        embedding: [dimension] of unit length.
    """

    start: int
    stop: int
    embedding: NDArray[np.float32]

    @property
    def seconds(self) -> float:
        """Its length."""
        return (self.stop - self.start) * STEP_SEC


@dataclass(frozen=True, eq=False)
class Stretch:
    """One voice without a break, in frames of the recording; others may speak as well.

    Attributes:
        slot: neighbouring stretches with the same one are likely the same voice.
        runs: where it is alone, in order; none where it never is.
    """

    start: int
    stop: int
    slot: int
    runs: tuple[Run, ...]


def stretches(
    speaking: NDArray[np.float32],
    samples: NDArray[np.float32],
    embed: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    begin: int = 0,
) -> Iterator[Stretch]:
    """Everything that is said in a piece of a recording, voice by voice.

    Args:
        speaking: [frames, local speakers] as the segmenter heard the piece.
        samples: [n] at 16 kHz, the piece.
        embed: gives a run its direction.
        begin: frame of the recording at which the piece begins.
    """
    active = speaking >= SPEAKING
    for slot in range(LOCAL):
        alone = active[:, slot] & (active.sum(axis=1) == 1)
        for start, stop in runs(active[:, slot]):
            own = [(start + first, start + last) for first, last in runs(alone[start:stop])]
            heard = (
                Run(begin + first + since, begin + first + until, direction)
                for first, last in own
                if _is_enough(last - first, len(samples) - OFFSET - first * STEP)
                for since, until, direction in by_voice(_samples(samples, first, last), last - first, embed)
            )
            yield Stretch(begin + start, begin + stop, slot, tuple(heard))


def every_run(heard: Sequence[Stretch]) -> list[Run]:
    """All runs, stretch by stretch."""
    return [run for stretch in heard for run in stretch.runs]


def _is_enough(frames: int, left: int) -> bool:
    return min(frames * STEP, left) >= MIN_RUN_SEC * SAMPLE_RATE


def _samples(samples: NDArray[np.float32], first: int, last: int) -> NDArray[np.float32]:
    return samples[first * STEP + OFFSET : last * STEP + OFFSET]
