"""Diarization error rate: missed speech, false alarms, and speech under another name, over all that was said.

As in NIST's md-eval: speakers are mapped one to one so that most time agrees, and a collar around each reference
boundary is not judged. Overlapped speech counts, once for each speaker.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

STEP_SEC: Final = 0.01


class Turn(Protocol):
    """Somebody speaks, from ``start`` to ``stop`` in seconds."""

    @property
    def start(self) -> float:
        """When it begins."""

    @property
    def stop(self) -> float:
        """When it ends."""

    @property
    def speaker(self) -> object:
        """Who it is."""


@dataclass(frozen=True)
class Line:
    """A turn of somebody with a name."""

    start: float
    stop: float
    speaker: str


@dataclass(frozen=True)
class Errors:
    """Seconds of speakers' time.

    Attributes:
        missed: reference speakers beyond those that were found.
        false_alarm: found ones beyond those of the reference.
        confused: found, but somebody else.
        total: of the reference.
    """

    missed: float
    false_alarm: float
    confused: float
    total: float

    def __add__(self, other: "Errors") -> "Errors":
        """Of two recordings together."""
        return Errors(*(mine + its for mine, its in zip(vars(self).values(), vars(other).values(), strict=True)))

    @property
    def rate(self) -> float:
        """The diarization error rate."""
        return (self.missed + self.false_alarm + self.confused) / max(self.total, STEP_SEC)


def errors(reference: Sequence[Turn], found: Sequence[Turn], seconds: float, collar: float) -> Errors:
    """How far ``found`` is from ``reference``, but within ``collar`` seconds of either side of its boundaries."""
    judged = ~_near_boundaries(reference, seconds, collar)
    true, said = (_active(turns, seconds)[:, judged].astype(np.int64) for turns in (reference, found))
    truly, saying = true.sum(axis=0), said.sum(axis=0)
    agreed = _agreed(true, said)
    both = np.minimum(truly, saying).sum()
    counts = (np.maximum(truly - saying, 0).sum(), np.maximum(saying - truly, 0).sum(), both - agreed, truly.sum())
    return Errors(*(float(count) * STEP_SEC for count in counts))


def _agreed(true: NDArray[np.int64], said: NDArray[np.int64]) -> int:
    together = true @ said.T
    return int(together[linear_sum_assignment(together, maximize=True)].sum())


def _active(turns: Sequence[Turn], seconds: float) -> NDArray[np.bool]:
    """[speakers, steps]"""
    names = list(dict.fromkeys(turn.speaker for turn in turns))
    active = np.zeros((len(names), _step(seconds) + 1), np.bool)
    for turn in turns:
        active[names.index(turn.speaker), _step(turn.start) : _step(turn.stop)] = True
    return active


def _near_boundaries(turns: Iterable[Turn], seconds: float, collar: float) -> NDArray[np.bool]:
    near = np.zeros(_step(seconds) + 1, np.bool)
    for turn in turns:
        for at in (turn.start, turn.stop):
            near[max(0, _step(at - collar)) : _step(at + collar)] = True
    return near


def _step(seconds: float) -> int:
    return round(seconds / STEP_SEC)
