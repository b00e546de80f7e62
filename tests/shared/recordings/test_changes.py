"""Where one voice takes over from another without a pause."""

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.listening.scoring import unit
from shared.listening.segments import STEP, STEP_SEC
from shared.recordings.changes import by_voice

type Samples = NDArray[np.float32]


def said(*turns: tuple[int, float]) -> Samples:
    """Voices by number for so many seconds each: samples that tell whose they are."""
    return np.concatenate([np.full(round(sec / STEP_SEC) * STEP, voice, np.float32) for voice, sec in turns])


def embed(samples: Samples) -> Samples:
    """A direction that has something of everybody who is heard."""
    return unit(np.array([(samples == voice).mean() for voice in range(3)], np.float32))


def voices(samples: Samples, frames: int | None = None) -> list[tuple[float, int]]:
    """When each voice ends, in seconds, and whose it mostly is."""
    found = list(by_voice(samples, frames or len(samples) // STEP, embed))
    assert [start for start, _, _ in found] == [0, *(stop for _, stop, _ in found[:-1])]
    return [(stop * STEP_SEC, int(direction.argmax())) for _, stop, direction in found]


@pytest.mark.parametrize("seconds", [0.3, 2.0, 5.0, 60.0])
def test_one_voice_stays_one(seconds: float) -> None:
    [(stop, voice)] = voices(said((1, seconds)))
    assert stop == pytest.approx(seconds, abs=STEP_SEC)
    assert voice == 1


@pytest.mark.parametrize("first", [2.5, 3.4, 6.0, 7.5])
def test_two_are_parted_where_one_takes_over(first: float) -> None:
    [(change, left), (stop, right)] = voices(said((0, first), (1, 10 - first)))
    assert [change, stop] == pytest.approx([first, 10], abs=0.3)
    assert (left, right) == (0, 1)


def test_who_speaks_again_is_parted_again() -> None:
    found = voices(said((0, 5), (2, 4), (0, 6)))
    assert [voice for _, voice in found] == [0, 2, 0]
    assert [stop for stop, _ in found] == pytest.approx([5, 9, 15], abs=0.3)


def test_the_last_frame_may_be_cut_short() -> None:
    samples = said((0, 5), (1, 5))[:-100]
    assert [stop for stop, _ in voices(samples, len(samples) // STEP + 1)] == pytest.approx([5, 10], abs=0.3)
