"""A recording through the diarizer and the naming of the service, on this machine, without a server."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
import soxr

from shared.listening.audio import Clip
from shared.listening.bundle import Bundle
from shared.listening.comparing import NOBODY
from shared.listening.containers import SAMPLE_RATE
from shared.listening.segments import STEP
from shared.profiles.enrolling import voice_of
from shared.recognition.judging import Known
from shared.recordings.clustering import ANY, Bounds
from shared.recordings.diarizer import PIECE, Diarizer, Heard, together
from shared.recordings.naming import Named, Naming
from shared.recordings.turns import Diarized
from shared.settings import MODELS
from shared.voices.signatures import Signature
from tools.accuracy.heard import service_listener
from tools.recordings import Samples, UnusableInput

MAX_HOURS: Final = 4
FALSE_MATCH_RATE: Final = 0.001
_BLOCK_SEC: Final = 10

type Told = Callable[[float], object]


@dataclass(frozen=True)
class Result:
    """Who spoke when, and who that is."""

    diarized: Diarized
    speakers: Sequence[Named]


class Ears:
    """The service's models, loaded once."""

    def __init__(self) -> None:
        """Load nothing yet."""
        self.listener = service_listener()
        self.diarizer = Diarizer(self.listener, Bundle.load(MODELS / "pyannote-segmentation"))

    def turns(
        self, pieces: Iterator[Samples], known: Sequence[Known], bounds: Bounds = ANY, told: Told = lambda _: None
    ) -> Result:
        """Turns of a recording that comes in pieces; ``told`` of the seconds that are done."""
        heard: list[Heard] = []
        for number, piece in enumerate(pieces):
            seconds, before = len(piece) / SAMPLE_RATE, number * PIECE / SAMPLE_RATE
            heard.append(self.diarizer.hear(piece, number * PIECE // STEP, partial(_tell, told, before, seconds)))
        found = together(heard, bounds)
        naming = Naming(self.listener.version, self.listener.calibration(self.listener.version), FALSE_MATCH_RATE)
        return Result(found, naming.named(found.voices, known))

    def known(self, name: str, recordings: Sequence[Samples]) -> Known:
        """Somebody who was recorded before."""
        version = self.listener.version
        made = (voice_of(self.listener, self.listener.hear(Clip(each)), version) for each in recordings)
        return Known(name, reduce(Signature.joined_by, made), lambda _: NOBODY)


def pieces(file: Path) -> Iterator[Samples]:
    """A recording in pieces of ten minutes at 16 kHz, whatever its length.

    Raises:
        UnusableInput: it cannot be read, holds samples that are no numbers, or is longer than ``MAX_HOURS``.
    """
    waiting: list[Samples] = []
    for block in _blocks(file):
        waiting.append(block)
        if sum(map(len, waiting)) >= PIECE:
            joined = np.concatenate(waiting)
            yield joined[:PIECE]
            waiting = [joined[PIECE:]]
    if sum(map(len, waiting)):
        yield np.concatenate(waiting)


def _blocks(file: Path) -> Iterator[Samples]:
    try:
        with soundfile.SoundFile(file) as sound:
            if sound.frames > MAX_HOURS * 3600 * sound.samplerate:
                raise UnusableInput(f"{file} is longer than {MAX_HOURS} hours")
            resampler = soxr.ResampleStream(sound.samplerate, SAMPLE_RATE, 1, dtype="float32")
            for block in sound.blocks(_BLOCK_SEC * sound.samplerate, dtype="float32", always_2d=True):
                if not np.isfinite(block).all():
                    raise UnusableInput(f"{file} cannot be read as audio: it holds samples that are no numbers")
                yield np.clip(resampler.resample_chunk(block.mean(axis=1)), -1, 1)
            yield np.clip(resampler.resample_chunk(np.zeros(0, np.float32), last=True), -1, 1)
    except (OSError, soundfile.LibsndfileError) as problem:
        raise UnusableInput(f"{file} cannot be read as audio: {getattr(problem, 'error_string', problem)}") from None


def _tell(told: Told, before: float, seconds: float, done: float) -> None:
    told(before + done * seconds)
