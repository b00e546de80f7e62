"""What becomes of the service when far more is asked of it than it can do: bounded, and on loopback only."""

import statistics
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from typing import Final
from urllib.parse import urlsplit

import requests

from devhost.stack import Host, stack
from functions.plumbing.threads import AT_ONCE
from shared.listening.containers import SAMPLE_RATE
from tools.bench.machine import resident_mib
from tools.bench.row import Row
from tools.client import Client
from tools.demo.speakers import VOICES, read_speakers

KEY: Final = "bench"
CLIP_SEC: Final = 5
CAPACITY_SEC: Final = 20
TIMES: Final = 4
"""As many times more is asked than can be done, and as many service times may pass."""
IN_FLIGHT: Final = 3
"""For each thread: whoever is let in waits for two others, and for what the machine does besides."""
MONITOR_SEC: Final = 0.5


@dataclass
class Load:
    """What callers met in so many seconds.

    Attributes:
        served_sec: how long each served request took; ``refused_sec`` each refused one.
        others: statuses that are neither.
    """

    seconds: float
    served_sec: list[float] = field(default_factory=list)
    refused_sec: list[float] = field(default_factory=list)
    others: list[int] = field(default_factory=list)

    @property
    def goodput(self) -> float:
        """Requests served a second."""
        return len(self.served_sec) / self.seconds


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
            _p99(each) for each in (self.beyond.served_sec, self.beyond.refused_sec, self.health_sec)
        )
        beyond, refusals = f"{self.beyond.goodput:.1f} /s of {self.callers} callers", len(self.beyond.refused_sec)
        yield Row("capacity", self.within.goodput, "/s")
        yield Row("goodput beyond capacity", 100 * share, "%", beyond, least=95)
        yield Row("p99 of what is served", waits / service, "service times", f"{1000 * waits:.0f} ms", most=TIMES)
        yield Row("p99 of a refusal", 1000 * refused, "ms", f"{refusals} of them", most=100)
        yield Row("p99 of /health", 1000 * health, "ms", most=100)
        yield Row("answers that are neither", len(self.beyond.others), most=0)
        yield Row("memory afterwards", self.after_mib, "MiB", f"{self.before_mib:.0f} MiB before")


def measure(seconds: float) -> Soak:
    """Push for so long; the callers share the machine with the service, and cost it some of its capacity."""
    anna = read_speakers(VOICES)[0]
    clip = anna.enrollments[0][: 44 + 2 * CLIP_SEC * SAMPLE_RATE]
    with stack({"SPEAKER_RECOGNITION_KEYS": KEY, "SPEAKER_MAX_IN_FLIGHT": str(IN_FLIGHT * AT_ONCE)}) as running:
        client = Client(running.url, "verification", KEY)
        profile_id = client.create()
        client.enroll(profile_id, anna.enrollments[1], ignoreMinLength="true")
        verify = _verification(profile_id, clip)
        within = _pushed(running, verify, AT_ONCE, CAPACITY_SEC)
        before, callers = resident_mib(running), round(TIMES * within.goodput)
        with ThreadPoolExecutor(1) as monitors:
            done = threading.Event()
            monitoring = monitors.submit(_monitor, running, done)
            beyond = _pushed(running, verify, callers, seconds)
            done.set()
            return Soak(within, beyond, callers, monitoring.result(), before, resident_mib(running))


def _verification(profile_id: str, clip: bytes) -> Callable[[HTTPConnection], HTTPResponse]:
    """Sends one, over a plain connection: what callers work is taken from the service, and ``requests`` works a lot."""
    path = f"/speaker-recognition/verification/text-independent/profiles/{profile_id}:verify?api-version=2021-09-05"

    def verify(connection: HTTPConnection) -> HTTPResponse:
        connection.request("POST", path, clip, {"Ocp-Apim-Subscription-Key": KEY})
        answer = connection.getresponse()
        answer.read()
        return answer

    return verify


def _pushed(running: Host, call: Callable[[HTTPConnection], HTTPResponse], callers: int, seconds: float) -> Load:
    """So many callers at once, of whom each comes back when it is told to."""
    load, until = Load(seconds), time.perf_counter() + seconds

    def push(_: int) -> None:
        with closing(HTTPConnection(urlsplit(running.url).netloc, timeout=60)) as connection:
            while (began := time.perf_counter()) < until:
                _note(load, call(connection), began)

    with ThreadPoolExecutor(callers) as pool:
        list(pool.map(push, range(callers)))
    return load


def _note(load: Load, answer: HTTPResponse, began: float) -> None:
    took = time.perf_counter() - began
    if answer.status == 200:
        load.served_sec.append(took)
    elif answer.status == 429:
        load.refused_sec.append(took)
        time.sleep(float(answer.headers["retry-after"]))
    else:
        load.others.append(answer.status)


def _monitor(running: Host, done: threading.Event) -> list[float]:
    waited: list[float] = []
    while not done.wait(MONITOR_SEC):
        began = time.perf_counter()
        requests.get(f"{running.url}/health", timeout=60).raise_for_status()
        waited.append(time.perf_counter() - began)
    return waited


def _p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[-1] if len(values) > 1 else sum(values)
