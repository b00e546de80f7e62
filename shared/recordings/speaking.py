"""What one speaker of a recording says alone, as a clip: for a profile to be enrolled with it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from shared.listening.containers import SAMPLE_RATE
from shared.listening.long import Samples, of_flac
from shared.recordings.refusals import AudioNotKept
from shared.recordings.shelf import Shelf, audio
from shared.recordings.turns import Turn


@dataclass(frozen=True, eq=False)
class Pieces:
    """The pieces of a recording, while they are kept.

    Attributes:
        length: of each but the last, in samples.
        first: number of the first; others are of other channels.
    """

    shelf: Shelf
    length: int
    first: int = 0

    def said(self, turns: Sequence[Turn], max_sec: float) -> Samples:
        """The longest of a speaker's turns that nobody talks into, in order, as many as are allowed.

        Raises:
            AudioNotKept: the recording is not there (any more).
        """
        chosen = list(_longest([turn for turn in turns if not turn.overlapped], max_sec))
        parts = [self._part(turn) for turn in sorted(chosen, key=lambda turn: turn.start)]
        return np.concatenate([np.zeros(0, np.float32), *parts])

    def _part(self, turn: Turn) -> Samples:
        start, stop = (round(each * SAMPLE_RATE) for each in (turn.start, turn.stop))
        numbers = range(start // self.length, -(-stop // self.length))
        samples = np.concatenate([self._piece(number) for number in numbers])
        return samples[start - numbers.start * self.length :][: stop - start]

    def _piece(self, number: int) -> Samples:
        file = self.shelf.get(audio(self.first + number))
        if file is None:
            raise AudioNotKept
        return of_flac(file)


def _longest(turns: Sequence[Turn], max_sec: float) -> Iterator[Turn]:
    left = max_sec
    for turn in sorted(turns, key=lambda turn: turn.start - turn.stop):
        if turn.stop - turn.start <= left:
            left -= turn.stop - turn.start
            yield turn
