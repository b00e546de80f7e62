"""Who speaks to the console: people where there are recordings of them, synthetic voices otherwise."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tests import voices
from tests.conftest import PEOPLE
from tests.recordings import HUMAN, RATE

LONG_SEC = 24
SHORT_SEC = 7


@dataclass(frozen=True)
class Person:
    """Two WAV files of one speaker, of different words.

    Attributes:
        long: enough to enroll.
        short: enough to verify.
    """

    long: bytes
    short: bytes


@cache
def people() -> tuple[Person, Person]:
    """Two speakers."""
    found = _humans() if PEOPLE else [voices.speech(name) for name in ("anna", "david")]
    first, second = (_person(speech) for speech in found[:2])
    return first, second


def _humans() -> list[NDArray[np.int16]]:
    by_speaker: dict[str, list[NDArray[np.int16]]] = {}
    for file in HUMAN.files("librispeech-other"):
        by_speaker.setdefault(file.parent.name, []).append((HUMAN.read(file) * 32767).astype(np.int16))
    return [np.concatenate(clips) for clips in by_speaker.values()]


def _person(speech: NDArray[np.int16]) -> Person:
    parted = len(speech) - SHORT_SEC * RATE
    wanted = min(parted, LONG_SEC * RATE)
    return Person(voices.to_wav(speech[:wanted]), voices.to_wav(speech[parted:]))
