"""Memory of the service while four callers do everything that it does: what grows would end an instance."""

import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Final

import numpy as np

from devhost.stack import Host, stack
from shared.listening.containers import SAMPLE_RATE
from shared.voices.families import PASSPHRASE_VERIFICATION
from tools.bench.load import KEY
from tools.bench.machine import resident_mib
from tools.bench.row import Row
from tools.bench.service import PHRASE
from tools.client import Client
from tools.demo.speakers import VOICES, Speaker, read_speakers
from tools.recordings import read, to_wav

CALLERS: Final = 4
SETTLED_MIN: Final = 2
"""Minutes after which everything has been loaded."""
NOISE: Final = 3
"""Percent that memory differs by from minute to minute, with what is in flight."""
SAMPLE_SEC: Final = 2
SHORTEST_SEC: Final = 8


@dataclass(frozen=True)
class Mixed:
    """The service under mixed work.

    Attributes:
        rounds: of every operation that were done.
        memory_mib: resident memory of the host: of each minute, the median.
    """

    rounds: int
    memory_mib: Sequence[float]

    def rows(self) -> Iterator[Row]:
        """For the table."""
        minutes = len(self.memory_mib)
        settled, end = self.memory_mib[min(SETTLED_MIN, minutes - 1)], self.memory_mib[-1]
        said = f"{settled:.0f} MiB, {end:.0f} after {minutes} minutes, {self.rounds} rounds"
        yield Row("growth of memory under mixed work", 100 * (end / settled - 1), "%", said, most=NOISE)
        yield Row("memory under mixed work", max(self.memory_mib), "MiB", "of the largest minute")


class _Caller:
    """Somebody who does everything in turn, with clips of all lengths."""

    def __init__(self, url: str, speaker: Speaker) -> None:
        self._verification, self._identification = (
            Client(url, mode, KEY) for mode in ("verification", "identification")
        )
        self._passphrases = Client(url, "verification", KEY, "text-dependent")
        self._speaker, self._random = speaker, np.random.default_rng(1)

    def rounds(self, done: threading.Event) -> int:
        """Until there is enough; how many were done."""
        rounds = 0
        while not done.is_set():
            self._verify(self._verification)
            self._identify(self._identification)
            self._say(self._passphrases)
            rounds += 1
        return rounds

    def _verify(self, client: Client) -> None:
        profile_id = self._enrolled(client)
        client.verify(profile_id, self._clip())
        client.page()
        client.reset(profile_id)
        client.delete(profile_id)

    def _identify(self, client: Client) -> None:
        profile_id = self._enrolled(client)
        client.identify([profile_id], self._clip())
        client.turns([profile_id], self._clip())
        client.delete(profile_id)

    def _say(self, client: Client) -> None:
        profile_id, clip = client.create(), to_wav(read(PHRASE))
        for _ in range(PASSPHRASE_VERIFICATION.clips_to_enroll):
            client.enroll(profile_id, clip)
        client.verify(profile_id, clip)
        client.delete(profile_id)

    def _enrolled(self, client: Client) -> str:
        profile_id = client.create()
        for clip in self._speaker.enrollments:
            client.enroll(profile_id, clip, ignoreMinLength="true")
        return profile_id

    def _clip(self) -> bytes:
        """The beginning of a recording, at least so much of it as is enough."""
        whole = self._speaker.enrollments[self._random.integers(len(self._speaker.enrollments))]
        return whole[: 44 + 2 * int(self._random.integers(SHORTEST_SEC * SAMPLE_RATE, len(whole) // 2))]


def measure(seconds: float) -> Mixed:
    """Work for so long, and print memory minute by minute.

    Raises:
        requests.HTTPError: the service refused something.
    """
    done = threading.Event()
    with stack({"SPEAKER_RECOGNITION_KEYS": KEY}) as running, ThreadPoolExecutor(CALLERS) as pool:
        speakers = read_speakers(VOICES)[:CALLERS]
        callers = [pool.submit(_Caller(running.url, speaker).rounds, done) for speaker in speakers]
        try:
            memory = list(_minutes(running, callers, seconds))
        finally:
            done.set()
        return Mixed(sum(caller.result() for caller in callers), memory)


def _minutes(running: Host, callers: Sequence[Future[int]], seconds: float) -> Iterator[float]:
    """Memory of each minute, until the end or until a caller has failed."""
    minutes = max(1, round(seconds / 60))
    for minute in range(1, minutes + 1):
        found = statistics.median(_samples(running, callers, seconds / minutes))
        print(f"minute {minute:2}   {found:.0f} MiB", flush=True)
        yield found
        if any(caller.done() for caller in callers):
            return


def _samples(running: Host, callers: Sequence[Future[int]], seconds: float) -> Iterator[float]:
    until, failed = time.perf_counter() + seconds, False
    while not failed and time.perf_counter() < until:
        failed = bool(wait(callers, SAMPLE_SEC, FIRST_COMPLETED).done)
        yield resident_mib(running)
