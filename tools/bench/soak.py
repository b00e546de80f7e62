"""What becomes of the service when far more is asked of it than it can do: bounded, and on loopback only."""

import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import requests

from devhost.stack import Host, stack
from functions.plumbing.threads import AT_ONCE
from shared.settings import ROOT
from tools.bench.load import KEY, Load, pushed, verification
from tools.bench.machine import resident_mib
from tools.bench.row import Row

SERVED: Final = "served"
REFUSED: Final = "refused"
PERCENTILES: Final = (50, 95, 99)
CAPACITY_SEC: Final = 20
TIMES: Final = 4
"""As many times more is asked than can be done, and as many service times may pass."""
IN_FLIGHT: Final = 3
"""For each thread: whoever is let in waits for two others, and for what the machine does besides."""
MONITOR_SEC: Final = 0.5


@dataclass(frozen=True)
class Soak:
    """The service within its capacity, and beyond it.

    Attributes:
        health_sec: how long a monitor waited beyond capacity.
        before_mib: resident memory of the host before, ``after_mib`` once the callers have left.
    """

    within: Load
    beyond: Load
    callers: int
    health_sec: list[float]
    before_mib: float
    after_mib: float

    def rows(self) -> Iterator[Row]:
        """For the table."""
        share = self.beyond.goodput / self.within.goodput
        service = statistics.median(self.within.served_sec)
        waits, refused, health = (
            _percentile(99, each) for each in (self.beyond.served_sec, self.beyond.refused_sec, self.health_sec)
        )
        beyond, refusals = f"{self.beyond.goodput:.1f} /s of {self.callers} callers", len(self.beyond.refused_sec)
        yield Row("capacity", self.within.goodput, "/s")
        yield Row("goodput beyond capacity", 100 * share, "%", beyond, least=95)
        yield Row("p99 of what is served", waits / service, "service times", f"{1000 * waits:.0f} ms", most=TIMES)
        yield Row("p99 of a refusal", 1000 * refused, "ms", f"{refusals} of them", most=100)
        yield Row("p99 of /health", 1000 * health, "ms", most=100)
        yield Row("answers that are neither", len(self.beyond.others), most=0)
        for name, took in ((SERVED, self.beyond.served_sec), (REFUSED, self.beyond.refused_sec)):
            for percent in PERCENTILES if took else ():
                yield Row(waited_row(name, percent), 1000 * _percentile(percent, took), "ms")
        yield Row("memory afterwards", self.after_mib, "MiB", f"{self.before_mib:.0f} MiB before")


def waited_row(what: str, percent: int) -> str:
    """What the row of a percentile is called; of ``SERVED`` or ``REFUSED``."""
    return f"{what} beyond capacity, p{percent}"


def measure(seconds: float, root: Path = ROOT) -> Soak:
    """Push for so long; the callers share the machine with the service, and cost it some of its capacity.

    Args:
        root: folder of the service.
    """
    settings = {"SPEAKER_RECOGNITION_KEYS": KEY, "SPEAKER_MAX_IN_FLIGHT": str(IN_FLIGHT * AT_ONCE)}
    with stack(settings, root=root) as running:
        verify = verification(running)
        within = pushed(running, verify, AT_ONCE, min(CAPACITY_SEC, seconds))
        before, callers = resident_mib(running), round(TIMES * within.goodput)
        with ThreadPoolExecutor(1) as monitors:
            done = threading.Event()
            monitoring = monitors.submit(_monitor, running, done)
            beyond = pushed(running, verify, callers, seconds)
            done.set()
            return Soak(within, beyond, callers, monitoring.result(), before, resident_mib(running))


def _monitor(running: Host, done: threading.Event) -> list[float]:
    waited: list[float] = []
    while not done.wait(MONITOR_SEC):
        began = time.perf_counter()
        requests.get(f"{running.url}/health", timeout=60).raise_for_status()
        waited.append(time.perf_counter() - began)
    return waited


def _percentile(percent: int, values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=100)[percent - 1] if len(values) > 1 else sum(values)
