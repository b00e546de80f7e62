"""What enrolling a thousand people costs beyond the bare work, by the clock: command and storage on the same cores."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Final

import numpy as np
import psutil
from tqdm import tqdm

from devhost.stack import Host, stack
from shared.listening.audio import Clip, decode
from shared.listening.containers import SAMPLE_RATE
from shared.listening.declared import Recording
from shared.profiles.enrolling import voice_of
from shared.service import Service
from shared.settings import ROOT
from shared.voices.families import VERIFICATION
from tools.bench.load import KEY
from tools.bench.row import Row
from tools.demo.speakers import VOICES, read_speakers
from tools.enroll.command import AT_ONCE

PEOPLE: Final = 1_000
CLIP_SEC: Final = 20
BARE: Final = 100
"""People whose bare work is done before, and once more after."""
MOST: Final = 1.15


@dataclass(frozen=True)
class Enrolled:
    """Seconds by the clock that people took.

    Attributes:
        command: ``python -m tools enroll`` from its start to its end.
        bare: speech found, and every view embedded, as many people at once, in one process.
        storage: of processor, that is Azurite's.
    """

    people: int
    command: float
    bare: float
    storage: float

    def rows(self) -> list[Row]:
        """For the table."""
        each = f"{1000 * self.command / self.people:.0f} ms a person, against {1000 * self.bare / self.people:.0f}"
        share = f"Azurite took {self.storage / self.command:.1%} of a core meanwhile"
        name = f"enrolling {self.people:,} people of {CLIP_SEC} s, over the bare work"
        return [Row(name, self.command / self.bare, "times", f"{each}; {share}", most=MOST)]


def measure(people: int = PEOPLE) -> Enrolled:
    """Enroll people through the API; takes some minutes."""
    with tempfile.TemporaryDirectory() as folder, stack({"SPEAKER_RECOGNITION_KEYS": KEY}) as running:
        clips = _clips(Path(folder))
        _enroll(running, _table(Path(folder), "first", clips[:AT_ONCE]))  # and so everything is loaded
        work = _Bare()
        before, used = work.seconds(clips), _storage_sec(running)
        took = _enroll(running, _table(Path(folder), "all", list(islice(cycle(clips), people))))
        used = _storage_sec(running) - used
        return Enrolled(people, took, people * (before + work.seconds(clips)) / 2, used)


class _Bare:
    """What is done with a recording in any case."""

    def __init__(self) -> None:
        self._listener = Service({"AZURE_FUNCTIONS_ENVIRONMENT": "Development"}).listener
        self._listener.warm_up()

    def seconds(self, clips: Sequence[Path]) -> float:
        """Of a person, on average."""
        began = time.perf_counter()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(tqdm(pool.map(self._embed, islice(cycle(clips), BARE)), desc="bare", total=BARE))
        return (time.perf_counter() - began) / BARE

    def _embed(self, clip: Path) -> None:
        heard = self._listener.listen(Recording(clip.read_bytes()), VERIFICATION.enrolling)
        voice_of(self._listener, heard, self._listener.version)


def _clips(folder: Path) -> list[Path]:
    """A recording of every voice that ships, as long as it has to be."""
    files = []
    for speaker in read_speakers(VOICES):
        samples = np.concatenate([decode(clip).samples for clip in speaker.enrollments])
        file = folder / f"{speaker.name}.wav"
        file.write_bytes(Clip(np.resize(samples, CLIP_SEC * SAMPLE_RATE)).to_wav())
        files.append(file)
    return files


def _table(folder: Path, name: str, clips: Sequence[Path]) -> Path:
    table = folder / f"{name}.csv"
    people = (f"{number},{clip},en-us" for number, clip in enumerate(clips))
    table.write_text("\n".join(("externalId,files,locale", *people)))
    return table


def _enroll(running: Host, table: Path) -> float:
    """How long the command took."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "tools", "enroll", str(table), running.url]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "SPEAKER_KEY": KEY}, check=False, stdout=sys.stderr)
    return time.perf_counter() - began


def _storage_sec(running: Host) -> float:
    """Processor that Azurite has used so far."""
    of_host = psutil.Process(running.process.pid)
    others = (child for child in psutil.Process().children() if child.pid != of_host.pid)
    return sum(sum(child.cpu_times()[:2]) for child in others)
