"""The speakers of a demo: one folder, one sub-folder a speaker."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from shared.listening.containers import SAMPLE_RATE
from tools.recordings import UnusableInput, read, to_wav

VOICES: Final = Path(__file__).parent / "voices"
"""The voices that come with the repository."""
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
        UnusableInput: the folder cannot be used; says which part of it and why.
    """
    if not folder.is_dir():
        raise UnusableInput(f"{folder} is not a folder")
    speakers = [_speaker(place) for place in sorted(folder.iterdir()) if place.is_dir()]
    if len(speakers) < 3:
        raise UnusableInput(f"{folder} has {len(speakers)} speaker folder(s); at least 3 are needed")
    return speakers


def _speaker(folder: Path) -> Speaker:
    files = sorted(file for file in folder.iterdir() if file.is_file() and not file.name.startswith("."))
    if len(files) < 2:
        raise UnusableInput(f"{folder} has {len(files)} file(s); at least 2 are needed, the last of them to test")
    *enroll, test = [read(file, at_most_sec=MAX_CLIP_SEC) for file in files]
    lengths = np.cumsum([len(samples) for samples in enroll]) / SAMPLE_RATE
    within = [samples for samples, total in zip(enroll, lengths, strict=True) if total <= MAX_ENROLLMENT_SEC]
    return Speaker(folder.name, [to_wav(samples) for samples in within], to_wav(test))
