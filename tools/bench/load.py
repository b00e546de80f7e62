"""Callers who verify over HTTP, as many at once as are wanted, and what they meet."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from typing import Final
from urllib.parse import urlsplit

from tqdm import tqdm

from devhost.stack import Host
from shared.listening.containers import SAMPLE_RATE
from tools.client import API_VERSION, Client
from tools.demo.speakers import VOICES, read_speakers

KEY: Final = "bench"
CLIP_SEC: Final = 5
GALLERY: Final = 50

type Call = Callable[[HTTPConnection], HTTPResponse]
"""Sends a request over a plain connection: ``requests`` would work much, on the cores of the service."""


@dataclass
class Load:
    """What callers met in so many seconds; what was answered after them is left out.

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

    def note(self, status: int, took: float) -> None:
        """An answer."""
        if status == 200:
            self.served_sec.append(took)
        elif status == 429:
            self.refused_sec.append(took)
        else:
            self.others.append(status)


def pooled(loads: Iterable[Load]) -> Load:
    """What callers met in several stretches of time, as if they were one."""
    together = Load(0)
    for load in loads:
        together.seconds += load.seconds
        together.served_sec += load.served_sec
        together.refused_sec += load.refused_sec
        together.others += load.others
    return together


def clips() -> tuple[bytes, bytes]:
    """A recording of somebody to enroll, and ``CLIP_SEC`` of another to verify."""
    tested, voice, *_ = read_speakers(VOICES)[0].enrollments
    return voice, tested[: 44 + 2 * CLIP_SEC * SAMPLE_RATE]


def enrolled(client: Client, clip: bytes) -> str:
    """A profile with a recording; its id."""
    profile_id = client.create()
    client.enroll(profile_id, clip, ignoreMinLength="true")
    return profile_id


def connection(running: Host) -> HTTPConnection:
    """One to a host, for a caller."""
    return HTTPConnection(urlsplit(running.url).netloc, timeout=60)


def verification(running: Host) -> Call:
    """Verification of a clip of five seconds by somebody who is enrolled; done once, so that everything is loaded."""
    voice, clip = clips()
    client = Client(running.url, "verification", KEY)
    profile_id = enrolled(client, voice)
    client.verify(profile_id, clip)
    return _posted(f"verification/text-independent/profiles/{profile_id}:verify?api-version={API_VERSION}", clip)


def identification(running: Host) -> Call:
    """Identification of a clip of five seconds among ``GALLERY`` profiles, done once."""
    _, clip = clips()
    client = Client(running.url, "identification", KEY)
    ids = [enrolled(client, clip) for _ in tqdm(range(GALLERY), desc=f"enrolling {GALLERY}")]
    client.identify(ids, clip)
    query = f"api-version={API_VERSION}&profileIds={','.join(ids)}"
    return _posted(f"identification/text-independent/profiles:identifySingleSpeaker?{query}", clip)


def _told_sec(refusal: HTTPResponse) -> float:
    """After how long a caller may come back; read as clients of Azure's do, the finer header first."""
    if wait_ms := refusal.headers.get("retry-after-ms"):
        return float(wait_ms) / 1000
    return float(refusal.headers.get("retry-after", 1))


def _posted(path: str, clip: bytes) -> Call:
    def post(line: HTTPConnection) -> HTTPResponse:
        line.request("POST", f"/speaker-recognition/{path}", clip, {"Ocp-Apim-Subscription-Key": KEY})
        answer = line.getresponse()
        answer.read()
        return answer

    return post


def pushed(running: Host, call: Call, callers: int, seconds: float, coming_sec: float = 0) -> Load:
    """So many callers at once, of whom each comes back when it is told to.

    Args:
        coming_sec: within which they come, one after the other.
    """
    load, until = Load(seconds), time.perf_counter() + seconds

    def push(number: int) -> None:
        if coming_sec:
            time.sleep(coming_sec * number / callers)
        with closing(connection(running)) as line:
            while (began := time.perf_counter()) < until:
                answer = call(line)
                if (ended := time.perf_counter()) < until:
                    load.note(answer.status, ended - began)
                if answer.status == 429:
                    time.sleep(max(0, min(_told_sec(answer), until - ended)))

    with ThreadPoolExecutor(callers) as pool:
        list(pool.map(push, range(callers)))
    return load
