"""The same recording is known again whatever carries it, and no other is taken for it."""

import io
from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray

from shared.listening.fingerprint import ALIKE, Prints, fingerprint, likeness, same_recording
from tests.recordings import Recordings
from tools.accuracy.channels import channels

type Samples = NDArray[np.float32]


def _encoded(kind: str, subtype: str, rate: int) -> Callable[[Samples], Samples]:
    def encode(samples: Samples) -> Samples:
        file = io.BytesIO()
        soundfile.write(file, soxr.resample(samples, 16_000, rate), rate, format=kind, subtype=subtype)
        file.seek(0)
        return np.asarray(soxr.resample(soundfile.read(file, dtype="float32")[0], rate, 16_000), np.float32)

    return encode


CHANGED: dict[str, Callable[[Samples], Samples]] = {
    "opus": _encoded("OGG", "OPUS", 16_000),
    "mp3": _encoded("MP3", "MPEG_LAYER_III", 16_000),
    "8 kHz": _encoded("WAV", "PCM_16", 8_000),
    "mu-law": _encoded("WAV", "ULAW", 8_000),
    "quieter": lambda samples: samples * np.float32(0.1),
    "half a hop later": lambda samples: np.concatenate([np.zeros(512, np.float32), samples]),
    "without its first second": lambda samples: samples[16_000 + 256 :],
    "within a longer one": lambda samples: np.concatenate([samples[::-1], samples]),
}


@pytest.fixture(scope="module")
def readings(recordings: Recordings) -> list[Samples]:
    return [recordings.read(file) for file in recordings.files(recordings.readers)[:12]]


@pytest.mark.parametrize("change", CHANGED.values(), ids=list(CHANGED))
def test_a_recording_is_known_again(change: Callable[[Samples], Samples], readings: list[Samples]) -> None:
    assert all(same_recording(Prints(change(reading)), fingerprint(reading)) for reading in readings)


@pytest.mark.parametrize("telephone", ["pcm-8k", "300-3400", "gsm"])
def test_a_telephone_call_of_half_of_it_is_known_again(telephone: str, readings: list[Samples]) -> None:
    heard = channels([])[telephone]
    for reading in readings:
        halves = np.array_split(reading, 2) if len(reading) >= 4 * 16_000 else [reading]
        assert all(same_recording(Prints(heard(half)), fingerprint(reading)) for half in halves)


def test_no_other_recording_is_taken_for_it(readings: list[Samples]) -> None:
    prints = [fingerprint(reading) for reading in readings]
    assert max(likeness(one, other) for one, other in combinations(prints, 2)) < ALIKE


def test_other_words_of_one_speaker_are_another_recording(readings: list[Samples]) -> None:
    for reading in readings:
        first, second = np.array_split(reading, 2)
        assert not same_recording(Prints(second), fingerprint(first))


def test_a_print_takes_little_room(readings: list[Samples]) -> None:
    assert all(len(fingerprint(reading)) <= 32 * len(reading) / 16_000 for reading in readings)


@pytest.mark.parametrize("length", [0, 1_000, 4_096, 8_000, 16_000])
def test_what_is_too_short_or_silent_is_like_nothing(length: int) -> None:
    prints = Prints(np.zeros(length, np.float32))
    assert not same_recording(prints, prints.first)
    assert not same_recording(prints, b"")
