"""What somebody has to say, cut into turns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.listening.containers import SAMPLE_RATE
from shared.listening.frames import FRAME, runs, widened
from shared.listening.quality import SpeechDetector, speech_frames
from tools.recordings import Samples

_PAUSE: Final = 15
"""Frames (0.5 s) of a pause; during a shorter one somebody still speaks."""
_PAD: Final = 1
"""Frames (30 ms) that belong to speech on both sides (Silero's default)."""
_BREATH: Final = 5
"""Frames (0.16 s) from which a pause is long enough to be cut in."""
_LOG_DEVIATION = 0.6
_WORD_SEC: Final = (0.4, 0.9)
_FADE_SEC: Final = 0.02


@dataclass(frozen=True)
class Manner:
    """How people talk with each other.

    Attributes:
        turn_sec: of a turn, shortest, usual and longest; the length is log-normal around the usual.
        overlapped: share of the changes where the next speaker does not wait.
        words: share of the turns, but short ones, during which somebody else says a word.
        speakers: how many they are, one conversation after the other.
        seconds: for which they talk at least; 0 for what they have to say.
    """

    turn_sec: tuple[float, float, float] = (1.5, 4.0, 15.0)
    overlapped: float = 0.25
    words: float = 0.0
    speakers: Sequence[int] = (2, 3, 4, 5, 6)
    seconds: float = 0.0


ORDINARY: Final = Manner()


@dataclass(frozen=True, eq=False)
class Piece:
    """What is said at a time, and where in it there is speech, in frames."""

    samples: Samples
    speech: NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Said:
    """Everything that somebody says, and where in it there is speech, in frames.

    Attributes:
        speech: [runs, 2]
    """

    samples: Samples
    speech: NDArray[np.intp]

    @classmethod
    def of(cls, samples: Samples, detector: SpeechDetector) -> "Said":
        """A recording, cut in pauses that are long enough."""
        speech = speech_frames(detector.speech_probability(samples))
        for first, last in runs(~speech):
            speech[first:last] |= last - first < _BREATH
        return cls(samples, runs(widened(speech, _PAD)))

    def pieces(self, random: np.random.Generator, manner: Manner) -> list[Piece]:
        """All of it in turns, without the silence around them."""
        pieces, begun = [], list[NDArray[np.intp]]()
        length = _turn_frames(random, manner)
        for run in self.speech:
            begun.append(run)
            if run[1] - begun[0][0] >= length:
                pieces.append(_piece(self.samples, begun))
                begun, length = [], _turn_frames(random, manner)
        return [*pieces, _piece(self.samples, begun)] if begun else pieces

    def word(self, random: np.random.Generator) -> Piece:
        """The beginning of something, as long as a word."""
        run = self.speech[random.integers(len(self.speech))]
        last = min(run[1], run[0] + int(random.uniform(*_WORD_SEC) * SAMPLE_RATE / FRAME))
        word = _piece(self.samples, [np.array([run[0], last])])
        faded = word.samples.copy()
        fade = int(_FADE_SEC * SAMPLE_RATE)
        faded[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
        return Piece(faded, word.speech)


def _piece(said: Samples, speech: list[NDArray[np.intp]]) -> Piece:
    first, last = speech[0][0], speech[-1][1]
    joined = [speech[0] - first]
    for run in speech[1:]:
        if run[0] - first - joined[-1][1] < _PAUSE:
            joined[-1] = np.array([joined[-1][0], run[1] - first])
        else:
            joined.append(run - first)
    return Piece(said[first * FRAME : last * FRAME], np.stack(joined))


def _turn_frames(random: np.random.Generator, manner: Manner) -> int:
    shortest, usual, longest = manner.turn_sec
    length = np.clip(random.lognormal(np.log(usual), _LOG_DEVIATION), shortest, longest)
    return int(length * SAMPLE_RATE / FRAME)
