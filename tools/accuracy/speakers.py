"""Speakers with a folder of recordings each, and the stretches of them that are enrolled and tested."""

import hashlib
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from shared.listening.containers import SAMPLE_RATE
from tools.recordings import Samples, UnusableInput, read

ENROLLED_SEC: Final = (8.0, 20.0)
"""Lengths of audio that are enrolled, where a speaker has so much."""
TEST_SEC: Final = (1.5, 2.0, 3.0, 4.0, 6.0, 10.0)
"""Lengths of audio that are tested."""
TESTS_OF_A_LENGTH: Final = 4
"""Most tests of one speaker and one length."""
SUFFIXES: Final = frozenset((".aif", ".aiff", ".au", ".caf", ".flac", ".mp3", ".oga", ".ogg", ".opus", ".wav", ".w64"))
"""Files that are recordings; others, such as transcripts, are passed over."""
ENROLLED_SHARE: Final = 0.6
"""Part of a speaker's only recording that is enrolled; the rest is tested."""

_MIN_CLIP_SEC: Final = 3.0
"""Shorter recordings are joined to clips of this length before they are enrolled."""


@dataclass(frozen=True)
class Speaker:
    """A directory that directly holds recordings.

    Attributes:
        set: the path from the root to the directory's parent, or the root's own name.
        name: of the directory.
        files: the recordings, sorted by name.
    """

    set: str
    name: str
    files: tuple[Path, ...]


def find_speakers(folder: Path) -> list[Speaker]:
    """Every speaker below a folder; hidden files and directories are passed over."""
    speakers = []
    for place, inner, names in folder.walk():
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        files = sorted(place / name for name in names if _is_recording(name))
        if files:
            above = place.parent.relative_to(folder) if place != folder else Path()
            kind = folder.resolve().name if above == Path() else above.as_posix()
            speakers.append(Speaker(kind, place.resolve().name, tuple(files)))
    return speakers


def _is_recording(name: str) -> bool:
    return not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES


def check(speakers: list[Speaker]) -> tuple[list[Speaker], list[str]]:
    """The speakers with each recording once, and what was dropped, a line each.

    All is read before anything is embedded, so that a bad file does not show after an hour's work only.

    Raises:
        UnusableInput: a recording cannot be read, or two speakers have the same.
    """
    first: dict[bytes, Path] = {}
    doubles = []
    for file in (file for speaker in speakers for file in speaker.files):
        other = first.setdefault(hashlib.sha256(read(file).tobytes()).digest(), file)
        if other.parent != file.parent:
            raise UnusableInput(f"{other} and {file} are the same recording under two speakers")
        if other != file:
            doubles.append(f"{file.name} of {file.parent.name} is the same recording as {other.name}")
    kept = set(first.values())
    return [replace(speaker, files=tuple(filter(kept.__contains__, speaker.files))) for speaker in speakers], doubles


def halves(recordings: list[Samples]) -> tuple[list[Samples], list[Samples]]:
    """What is enrolled, and what is tested."""
    if len(recordings) == 1:
        at = int(ENROLLED_SHARE * len(recordings[0]))
        return [recordings[0][:at]], [recordings[0][at:]]
    middle = (len(recordings) + 1) // 2
    return recordings[:middle], recordings[middle:]


def _joined(recordings: Iterable[Samples], seconds: float) -> Iterator[Samples]:
    """The recordings, short ones joined with those after them until they have so many seconds."""
    pending: Samples = np.zeros(0, np.float32)
    for recording in recordings:
        pending = np.concatenate([pending, recording])
        if len(pending) >= seconds * SAMPLE_RATE:
            yield pending
            pending = pending[:0]
    if len(pending):
        yield pending


def cuts(recordings: list[Samples], seconds: float) -> list[Samples]:
    """Up to ``TESTS_OF_A_LENGTH`` stretches of so many seconds, spread evenly."""
    size = round(seconds * SAMPLE_RATE)
    stretches = [
        clip[start : start + size]
        for clip in _joined(recordings, seconds)
        for start in range(0, len(clip) - size + 1, size)
    ]
    chosen = np.linspace(0, len(stretches) - 1, min(len(stretches), TESTS_OF_A_LENGTH)).round().astype(int)
    return [stretches[at] for at in chosen]


def beginning(recordings: list[Samples], seconds: float) -> list[Samples]:
    """The recordings up to a total of so many seconds, as clips to enroll."""
    clips = list(_joined(recordings, _MIN_CLIP_SEC))
    ends = itertools.accumulate((len(clip) for clip in clips), initial=0)
    room = [round(seconds * SAMPLE_RATE) - end for end in ends]
    return [clip[:left] for clip, left in zip(clips, room, strict=False) if left > 0]


def enrolled_lengths(available_sec: float) -> list[float]:
    """Those of ``ENROLLED_SEC`` that there is audio for, or else all there is."""
    return [length for length in ENROLLED_SEC if length <= available_sec] or [available_sec]
