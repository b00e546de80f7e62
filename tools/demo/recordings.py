"""The recordings of a demo: one folder, one sub-folder a speaker."""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from shared.listening.containers import SAMPLE_RATE

MAX_CLIP_SEC: Final = 120
MAX_ENROLLMENT_SEC: Final = 300


@dataclass(frozen=True)
class Speaker:
    """One speaker's clips as 16 kHz WAV files: some to enroll, one to test."""

    name: str
    enrollments: list[bytes]
    test: bytes


def read_speakers(folder: Path) -> list[Speaker]:
    """The speakers of a folder; the last file of each, by name, is the test clip.

    Raises:
        ValueError: the folder cannot be used; says which part of it and why.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder")
    speakers = [_speaker(place) for place in sorted(folder.iterdir()) if place.is_dir()]
    if len(speakers) < 3:
        raise ValueError(f"{folder} has {len(speakers)} speaker folder(s); at least 3 are needed")
    return speakers


def read_clip(file: Path) -> bytes:
    """A recording as a 16 kHz WAV file.

    Raises:
        ValueError: it cannot be read.
    """
    return to_wav(_read(file))


def to_wav(samples: NDArray[np.float32] | NDArray[np.int16]) -> bytes:
    """A 16-bit WAV file of samples at 16 kHz."""
    file = BytesIO()
    soundfile.write(file, samples, SAMPLE_RATE, format="WAV", subtype="PCM_16")
    return file.getvalue()


def _speaker(folder: Path) -> Speaker:
    files = sorted(file for file in folder.iterdir() if file.is_file() and not file.name.startswith("."))
    if len(files) < 2:
        raise ValueError(f"{folder} has {len(files)} file(s); at least 2 are needed, the last of them to test")
    *enroll, test = [_read(file) for file in files]
    lengths = np.cumsum([len(samples) for samples in enroll]) / SAMPLE_RATE
    within = [samples for samples, total in zip(enroll, lengths, strict=True) if total <= MAX_ENROLLMENT_SEC]
    return Speaker(folder.name, [to_wav(samples) for samples in within], to_wav(test))


def _read(file: Path) -> NDArray[np.float32]:
    try:
        samples, rate = soundfile.read(file, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as problem:
        raise ValueError(f"{file} cannot be read as audio: {problem.error_string}") from None
    mono = samples.mean(axis=1)
    resampled: NDArray[np.float32] = mono if rate == SAMPLE_RATE else soxr.resample(mono, rate, SAMPLE_RATE)
    return resampled[: MAX_CLIP_SEC * SAMPLE_RATE]
