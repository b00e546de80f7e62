"""Turns: who speaks from when to when, the speakers numbered in the order in which they are first heard."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.listening.containers import SAMPLE_RATE
from shared.listening.frames import runs
from shared.listening.segments import OFFSET, STEP_SEC
from shared.listening.views import Band
from shared.recordings.clustering import ANY, Bounds, Groups, group, parted
from shared.recordings.runs import Run, Stretch, every_run

_JOINED: Final = 18
"""Frames (0.3 s) of a pause within a turn, where nobody else speaks."""
_SHORTEST: Final = 6
"""Frames (0.1 s) of a turn; what is shorter is a click."""


@dataclass(frozen=True)
class Turn:
    """A speaker, by number from 1, from ``start`` to ``stop`` in seconds.

    Attributes:
        overlapped: whether others speak meanwhile.
    """

    start: float
    stop: float
    speaker: int
    overlapped: bool = False


@dataclass(frozen=True, eq=False)
class Voice:
    """One speaker of a recording.

    Attributes:
        number: from 1, in order of appearance.
        embedding: [dimension] of unit length: the mean of the runs in which the voice is alone.
        alone_sec: how much that is.
        speech_sec: all that the speaker says.
        band: what the channel passed.
        channel: the one, from 0, on which nobody else speaks; None where all share what there is.
    """

    number: int
    embedding: NDArray[np.float32]
    alone_sec: float
    speech_sec: float
    band: Band = Band.WIDE
    channel: int | None = None


@dataclass(frozen=True)
class Channel:
    """What is heard on a channel of which everything is said by one speaker."""

    number: int
    heard: Sequence[Stretch]
    band: Band


@dataclass(frozen=True, eq=False)
class Diarized:
    """A recording's speakers and turns; neither where nobody speaks.

    Attributes:
        seconds: length of the recording.
        turns: by their start.
    """

    seconds: float
    voices: list[Voice] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)

    @property
    def exclusive(self) -> list[Turn]:
        """The turns with one speaker at a time: whoever speaks first goes on, the others wait."""
        alone: list[Turn] = []
        for turn in self.turns:
            start = max(turn.start, alone[-1].stop) if alone else turn.start
            if turn.stop - start >= _SHORTEST * STEP_SEC:
                alone.append(Turn(start, turn.stop, turn.speaker))
        return alone


def diarized(heard: Sequence[Stretch], seconds: float, bounds: Bounds = ANY, band: Band = Band.WIDE) -> Diarized:
    """Turns of everything that was heard in a recording, whose speakers are told apart by their voices."""
    alone = every_run(heard)
    if not alone:
        return Diarized(seconds)
    groups = group(_directions(alone), _lengths(alone), bounds)
    return _numbered(heard, seconds, groups, [(band, None)] * len(groups.centres))


def diarized_by_channel(channels: Sequence[Channel], seconds: float) -> Diarized:
    """Turns of a recording of which every channel is one speaker's, who is nobody else's; silent ones are nobody's."""
    spoken = [each for each in channels if every_run(each.heard)]
    if not spoken:
        return Diarized(seconds)
    heard = [replace(stretch, slot=at) for at, each in enumerate(spoken) for stretch in each.heard]
    alone, of = every_run(heard), np.array([stretch.slot for stretch in heard for _ in stretch.runs], np.intp)
    groups = parted(_directions(alone), _lengths(alone), of)
    return _numbered(heard, seconds, groups, [(each.band, each.number) for each in spoken])


def _directions(alone: Sequence[Run]) -> NDArray[np.float32]:
    return np.stack([run.embedding for run in alone])


def _lengths(alone: Sequence[Run]) -> NDArray[np.float64]:
    return np.array([run.seconds for run in alone])


def _numbered(
    heard: Sequence[Stretch], seconds: float, groups: Groups, came: Sequence[tuple[Band, int | None]]
) -> Diarized:
    """Turns of groups of runs, of which it is known through what each came."""
    lengths, active = _lengths(every_run(heard)), _active(heard, groups)
    order = [int(each) for each in np.argsort(active.argmax(axis=1), kind="stable") if active[each].any()]
    turns = [turn for number, each in enumerate(order, 1) for turn in _turns(active, each, number, seconds)]
    spoken, alone = active.sum(axis=1) * STEP_SEC, np.bincount(groups.of, lengths, len(active))
    voices = [
        Voice(number, groups.centres[each], float(alone[each]), float(spoken[each]), *came[each])
        for number, each in enumerate(order, 1)
    ]
    return Diarized(seconds, voices, _overlapping(sorted(turns, key=lambda turn: (turn.start, turn.stop))))


def _active(heard: Sequence[Stretch], groups: Groups) -> NDArray[np.bool]:
    """[groups, frames] Who speaks when."""
    active = np.zeros((len(groups.centres), max(stretch.stop for stretch in heard)), np.bool)
    labels = iter(groups.of.tolist())
    by_slot: dict[int, list[tuple[int, int]]] = {}
    for stretch in heard:
        own = [(run, next(labels)) for run in stretch.runs]
        by_slot.setdefault(stretch.slot, []).extend((run.start, label) for run, label in own)
        for start, stop, label in _shared_out(stretch, own):
            active[label, start:stop] = True
    for stretch in heard:
        if not stretch.runs and by_slot[stretch.slot]:  # never alone: whoever had the slot nearby
            label = min(by_slot[stretch.slot], key=lambda at: abs(at[0] - stretch.start))[1]
            active[label, stretch.start : stretch.stop] = True
    return _joined(_sounding(active))


def _shared_out(stretch: Stretch, own: Sequence[tuple[Run, int]]) -> Iterable[tuple[int, int, int]]:
    """A stretch goes to the voices of its runs, up to the middle between two."""
    middles = [(left.stop + right.start) // 2 for (left, _), (right, _) in pairwise(own)]
    borders = [stretch.start, *middles, stretch.stop]
    return zip(borders, borders[1:], (label for _, label in own), strict=False)


def _sounding(active: NDArray[np.bool]) -> NDArray[np.bool]:
    for row in active:
        for start, stop in runs(row):
            row[start:stop] = stop - start >= _SHORTEST
    return active


def _joined(active: NDArray[np.bool]) -> NDArray[np.bool]:
    silent = ~active.any(axis=0)
    for row in active:
        for start, stop in runs(~row):
            if start > 0 and stop < len(row) and stop - start < _JOINED and silent[start:stop].all():
                row[start:stop] = True
    return active


def _turns(active: NDArray[np.bool], row: int, number: int, seconds: float) -> Iterable[Turn]:
    begin = OFFSET / SAMPLE_RATE
    for start, stop in runs(active[row]):
        if start * STEP_SEC + begin < seconds:
            yield Turn(start * STEP_SEC + begin, min(stop * STEP_SEC + begin, seconds), number)


def _overlapping(turns: list[Turn]) -> list[Turn]:
    """The turns, each with whether another one shares some of its time."""
    latest, shared = -1, set[int]()
    for at, turn in enumerate(turns):
        if latest >= 0 and turn.start < turns[latest].stop:
            shared |= {latest, at}
        if latest < 0 or turn.stop > turns[latest].stop:
            latest = at
    return [replace(turn, overlapped=at in shared) for at, turn in enumerate(turns)]
