"""From a recording to who spoke when: heard piece by piece, put together at the end."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.listening.bundle import Bundle
from shared.listening.containers import SAMPLE_RATE
from shared.listening.listener import Listener
from shared.listening.quality import bandwidth_hz, is_narrow
from shared.listening.segments import STEP, Segmenter
from shared.listening.views import Band
from shared.observing.trace import current, stage
from shared.recordings.clustering import ANY, Bounds
from shared.recordings.runs import Stretch, stretches
from shared.recordings.turns import Channel, Diarized, diarized, diarized_by_channel

PIECE: Final = 600 * SAMPLE_RATE // STEP * STEP
"""Samples (10 min) of a piece: what a queue does again after a crash, and what memory holds."""

type Told = Callable[[float], None]


@dataclass(frozen=True, eq=False)
class Heard:
    """What was heard in one piece of a recording, and all that is kept of it."""

    stretches: Sequence[Stretch]
    seconds: float
    band: Band


class Diarizer:
    """Hears who speaks when. The model is loaded when it is first needed; safe to use from several threads."""

    def __init__(self, listener: Listener, segmentation: Bundle) -> None:
        """Bind to models: the listener's current one embeds."""
        self._listener = listener
        self._bundle = segmentation
        self._loading = threading.Lock()
        self._segmenter: Segmenter | None = None

    def hear(self, samples: NDArray[np.float32], begin: int = 0, told: Told = lambda _: None) -> Heard:
        """Everything that is said in a piece.

        Args:
            samples: [n] in [-1, 1] at 16 kHz.
            begin: frame of the recording at which the piece begins: of piece k, k * ``PIECE`` / ``STEP``.
            told: is told the share that is done.

        Raises:
            BundleError: a model is missing or damaged.
        """
        current().models.add(self._listener.version)
        with stage("segment"):
            speaking = self._segment().speaking(samples, lambda done: told(done / 2))
        with stage("embed"):
            heard = list(stretches(speaking, samples, self._listener.direction, begin))
        told(1.0)
        band = Band.NARROW if is_narrow(bandwidth_hz(samples)) else Band.WIDE
        return Heard(heard, len(samples) / SAMPLE_RATE, band)

    def _segment(self) -> Segmenter:
        with self._loading:
            self._segmenter = self._segmenter or Segmenter(self._bundle)
            return self._segmenter


def together(pieces: Sequence[Heard], bounds: Bounds = ANY) -> Diarized:
    """Turns of a recording of which every piece was heard, in order."""
    return diarized(_every_stretch(pieces), _seconds(pieces), bounds, band_of(pieces))


def apart(channels: Sequence[Sequence[Heard]]) -> Diarized:
    """Turns of a recording of which every channel is one speaker's, and every piece of it was heard, in order."""
    heard = [Channel(number, _every_stretch(pieces), band_of(pieces)) for number, pieces in enumerate(channels)]
    return diarized_by_channel(heard, _seconds(channels[0]))


def band_of(pieces: Sequence[Heard]) -> Band:
    """What the channel of a recording passed: a quiet piece may seem narrow."""
    return Band.WIDE if any(piece.band is Band.WIDE for piece in pieces) else Band.NARROW


def _every_stretch(pieces: Sequence[Heard]) -> list[Stretch]:
    return [stretch for piece in pieces for stretch in piece.stretches]


def _seconds(pieces: Sequence[Heard]) -> float:
    return sum(piece.seconds for piece in pieces)
