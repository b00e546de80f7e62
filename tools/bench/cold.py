"""From the start of the process to the first verification that is answered, on two cores and on one.

As in Azure, all modules have been compiled (``make package``, and pip those of others), and nothing is written.
"""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from tqdm import tqdm

from devhost.azurite import azurite
from devhost.stack import Host, host
from tools.bench.load import KEY, clips, enrolled
from tools.bench.row import Row
from tools.client import Client

STARTS: Final = 5
BOUNDS: Final = {2: 1.2, 1: 1.5}
"""Seconds to the first answer, by the number of cores."""
WITHOUT_QUEUES: Final = {f"AzureWebJobs.{name}.Disabled": "true" for name in ("RecordingStep", "RecordingGivenUp")}
"""The Functions host reads queues in a process of its own; the dev host would load a client for them in the app's."""


@dataclass(frozen=True)
class Cold:
    """Medians in seconds, from the start of the process.

    Attributes:
        ready: the host listens.
        answered: the first verification has been answered.
    """

    cores: int
    ready: float
    answered: float

    def row(self) -> Row:
        """For the table."""
        split = f"ready after {self.ready:.2f} s, {self.answered - self.ready:.2f} s more"
        name = f"start to first answer, {self.cores} core{'s'[: self.cores - 1]}"
        return Row(name, self.answered, "s", split, most=BOUNDS[self.cores])


def measure() -> Iterator[Cold]:
    """Start the service again and again, each time with a voice that is enrolled already."""
    voice, clip = clips()
    with TemporaryDirectory() as bytecode, azurite() as storage:
        settings = {
            "SPEAKER_STORAGE_CONNECTION_STRING": storage,
            "AzureWebJobsStorage": storage,
            "SPEAKER_RECOGNITION_KEYS": KEY,
            **WITHOUT_QUEUES,
            "PYTHONPYCACHEPREFIX": bytecode,
        }
        profile = _enrolled({**settings, "PYTHONDONTWRITEBYTECODE": ""}, voice)
        for cores in BOUNDS:
            starts = [_start(cores, settings, profile, clip) for _ in tqdm(range(STARTS), desc=f"{cores} cores")]
            ready, answered = (median(times) for times in zip(*starts, strict=True))
            yield Cold(cores, ready, answered)


def _start(cores: int, settings: Mapping[str, str], profile: str, clip: bytes) -> tuple[float, float]:
    """Seconds until the host listens, and until it has answered a verification."""
    with _cores(cores):
        began = time.perf_counter()
        with host(settings) as running:
            ready = time.perf_counter() - began
            _client(running).verify(profile, clip)
            return ready, time.perf_counter() - began


@contextmanager
def _cores(number: int) -> Iterator[None]:
    """Processes that are started meanwhile run on so many cores, this one too."""
    all_of_them = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(all_of_them)[:number])
    try:
        yield
    finally:
        os.sched_setaffinity(0, all_of_them)


def _enrolled(settings: Mapping[str, str], clip: bytes) -> str:
    with host(settings) as running:
        return enrolled(_client(running), clip)


def _client(running: Host) -> Client:
    return Client(running.url, "verification", KEY)
