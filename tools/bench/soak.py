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
from tqdm import tqdm

from devhost.stack import Host, stack
from functions.plumbing.threads import AT_ONCE
from shared.settings import ROOT
from tools.bench.load import KEY, Call, Load, pooled, pushed, verification
from tools.bench.machine import resident_mib
from tools.bench.row import Row

SERVED: Final = "served"
REFUSED: Final = "refused"
PERCENTILES: Final = (50, 95, 99)
CAPACITY_SEC: Final = 10
ROUND_SEC: Final = 60
"""Before and after every minute beyond it capacity is measured: a machine does not keep its pace for long."""
COMING_SEC: Final = 1
"""Within which the callers come."""
TIMES: Final = 4
"""As many times more is asked than can be done, and as many service times may pass."""
MONITOR_SEC: Final = 0.5


@dataclass(frozen=True)
class Round:
    """The service beyond its capacity, and ``within`` it right before and right after.

    Attributes:
        callers: how many there were beyond capacity.
        health_sec: how long a monitor waited meanwhile.
    """

    callers: int
    within: Load
    beyond: Load
    health_sec: list[float]

    @property
    def waits(self) -> list[float]:
        """How long each waited who was served beyond capacity, in service times."""
        service_sec = statistics.median(self.within.served_sec)
        return [sec / service_sec for sec in self.beyond.served_sec]


@dataclass(frozen=True)
class Soak:
    """What was found, round by round.

    Attributes:
        before_mib: resident memory of the host before, ``after_mib`` once the callers have left.
    """

    rounds: Sequence[Round]
    before_mib: float
    after_mib: float

    def rows(self) -> Iterator[Row]:
        """For the table."""
        within, beyond = pooled(each.within for each in self.rounds), pooled(each.beyond for each in self.rounds)
        monitored = [sec for each in self.rounds for sec in each.health_sec]
        p99 = _percentile(99, [wait for each in self.rounds for wait in each.waits])
        waits, refused, health = (
            1000 * _percentile(99, took) for took in (beyond.served_sec, beyond.refused_sec, monitored)
        )
        said = f"{beyond.goodput:.1f} /s of up to {max(each.callers for each in self.rounds)} callers"
        yield Row("capacity", within.goodput, "/s")
        yield Row("goodput beyond capacity", 100 * beyond.goodput / within.goodput, "%", said, least=95)
        yield Row("p99 of what is served", p99, "service times", f"{waits:.0f} ms", most=TIMES)
        yield Row("p99 of a refusal", refused, "ms", f"{len(beyond.refused_sec)} of them", most=100)
        yield Row("p99 of /health", health, "ms", most=100)
        yield Row("answers that are neither", len(beyond.others), most=0)
        for name, took in ((SERVED, beyond.served_sec), (REFUSED, beyond.refused_sec)):
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
    rounds, count = list[Round](), max(1, round(seconds / ROUND_SEC))
    with stack({"SPEAKER_RECOGNITION_KEYS": KEY}, root=root) as running:
        verify = verification(running)
        within = pushed(running, verify, AT_ONCE, CAPACITY_SEC)
        before = resident_mib(running)
        for _ in tqdm(range(count), desc="beyond capacity", unit="round"):
            callers = round(TIMES * within.goodput)
            beyond, health_sec = _beyond(running, verify, callers, seconds / count)
            earlier, within = within, pushed(running, verify, AT_ONCE, CAPACITY_SEC)
            rounds.append(Round(callers, pooled([earlier, within]), beyond, health_sec))
        return Soak(rounds, before, resident_mib(running))


def _beyond(running: Host, verify: Call, callers: int, seconds: float) -> tuple[Load, list[float]]:
    """What so many callers meet, and how long a monitor waits meanwhile."""
    with ThreadPoolExecutor(1) as monitors:
        done = threading.Event()
        monitoring = monitors.submit(_monitor, running, done)
        load = pushed(running, verify, callers, seconds, COMING_SEC)
        done.set()
        return load, monitoring.result()


def _monitor(running: Host, done: threading.Event) -> list[float]:
    waited: list[float] = []
    while not done.wait(MONITOR_SEC):
        began = time.perf_counter()
        requests.get(f"{running.url}/health", timeout=60).raise_for_status()
        waited.append(time.perf_counter() - began)
    return waited


def _percentile(percent: int, values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=100)[percent - 1] if len(values) > 1 else sum(values)
