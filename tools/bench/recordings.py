"""A long recording from end to end: handed in over HTTP, worked on over the queue, with Azurite."""

import io
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil
import requests
import soundfile

from devhost.stack import Host, stack
from shared.listening.bundle import Bundle
from shared.listening.containers import SAMPLE_RATE
from shared.listening.quality import SpeechDetector
from shared.settings import MODELS
from tools.accuracy.command import FOLDER, SHIPPED
from tools.bench.load import KEY, enrolled
from tools.bench.row import Row
from tools.client import API_VERSION, Client
from tools.recordings import Samples, to_wav
from tools.turns.der import Line, errors
from tools.turns.judging import judge, misnamed
from tools.turns.mixtures import Conversation, mixtures, readers
from tools.turns.saying import Manner

HOURS: Final = 2.0
SPEAKERS: Final = 6
COLLAR_SEC: Final = 0.25
LOOK_SEC: Final = 2.0
"""Between two looks at whether it is done."""
MB: Final = 1e6


@dataclass(frozen=True)
class Cost:
    """What it took.

    Attributes:
        body_mb: what was sent.
        wall_sec: from handing it in until its turns were there.
        processor_sec: of the host's process, which is the worker's as well, meanwhile.
        peak_mb: the most memory that the process ever had.
    """

    body_mb: float
    wall_sec: float
    processor_sec: float
    peak_mb: float


@dataclass(frozen=True)
class Long:
    """What became of it.

    Attributes:
        seconds: its length.
        error_rate: of who spoke when, as ``tools.turns.der`` counts it.
        off: speakers too many, or too few.
        named: share of the turns of enrolled people that have the right name; ``misnamed`` how many names are wrong.
    """

    seconds: float
    cost: Cost
    error_rate: float
    off: int
    named: float
    misnamed: int

    def rows(self) -> Iterator[Row]:
        """For the table."""
        of, cost = f"{self.seconds / 3600:.2g} h", self.cost
        took = f"{cost.processor_sec:.0f} s of processor, done after {cost.wall_sec:.0f} s"
        sent = f"{cost.body_mb:.0f} MB of Opus"
        yield Row(f"processor time of {of}", cost.processor_sec / self.seconds, "of its length", took, most=0.035)
        yield Row(f"peak memory of the host, {of}", cost.peak_mb, "MB", sent, most=700)
        yield Row(f"diarization error rate of {of}", 100 * self.error_rate, "%", f"collar {COLLAR_SEC} s", most=6)
        yield Row(f"speakers too many or too few, {of}", abs(self.off), "", f"of {SPEAKERS}", most=1)
        yield Row(f"named turns right, {of}", 100 * self.named, "%", least=90)
        yield Row(f"wrong names, {of}", self.misnamed, most=0)


def measure(hours: float = HOURS) -> Long:
    """Make a conversation, hand it in, wait; takes a tenth of its length, on Linux only."""
    conversation = _conversation(hours)
    body = _opus(conversation.samples)
    with stack({"SPEAKER_RECOGNITION_KEYS": KEY}) as running:
        client = Client(running.url, "identification", KEY)
        names = {enrolled(client, to_wav(samples)): name for name, samples in conversation.enrolled.items()}
        before, began = _processor_sec(running), time.perf_counter()
        told = _turns(running, body, names)
        wall, processor = time.perf_counter() - began, _processor_sec(running) - before
        cost = Cost(len(body) / MB, wall, processor, _peak_mb(running))
    return judged(conversation, told, names, cost)


def _conversation(hours: float) -> Conversation:
    manner = Manner(speakers=(SPEAKERS,), seconds=3600 * hours)
    detector = SpeechDetector(Bundle.load(MODELS / "silero-vad"))
    return next(mixtures(readers(FOLDER if FOLDER.is_dir() else SHIPPED), 1, detector, manner))


def _opus(samples: Samples) -> bytes:
    body = io.BytesIO()
    with soundfile.SoundFile(body, "w", SAMPLE_RATE, 1, format="OGG", subtype="OPUS") as sound:
        for start in range(0, len(samples), 60 * SAMPLE_RATE):  # libsndfile may crash where it is given hours at once
            sound.write(samples[start : start + 60 * SAMPLE_RATE])
    return body.getvalue()


def _turns(running: Host, body: bytes, names: Mapping[str, str]) -> dict[str, Any]:
    """Who spoke when, as the service says."""
    url = f"{running.url}/speaker-recognition/identification/text-independent/recordings"
    with requests.Session() as session:
        session.headers["Ocp-Apim-Subscription-Key"] = KEY
        session.params = {"api-version": API_VERSION}
        taken = session.post(url, params={"profileIds": ",".join(names)}, data=body, timeout=60)
        taken.raise_for_status()
        job = f"{url}/{taken.json()['recordingId']}"
        while (status := session.get(job, timeout=60).json())["status"] in ("NotStarted", "Running"):
            time.sleep(LOOK_SEC)
        if status["status"] != "Succeeded":
            raise RuntimeError(f"the recording has failed: {status}")
        told: dict[str, Any] = session.get(f"{job}/turns", timeout=60).json()
        return told


def judged(conversation: Conversation, told: Mapping[str, Any], names: Mapping[str, str], cost: Cost) -> Long:
    """What became of a conversation of which the service has told; ``names`` are those of the profiles."""
    found = [_line(turn) for turn in told["value"]]
    called = {str(each["speaker"]): names.get(each["profileId"]) for each in told["speakers"]}
    judged = judge(conversation.turns, found, conversation.enrolled, called)
    known = [each.is_right for each in judged if each.is_offered]
    return Long(
        conversation.seconds,
        cost,
        error_rate=errors(conversation.turns, found, conversation.seconds, COLLAR_SEC).rate,
        off=len(called) - len(conversation.speakers),
        named=sum(known) / len(known),
        misnamed=len(misnamed(conversation.turns, found, called)),
    )


def _line(turn: Mapping[str, Any]) -> Line:
    start = turn["offsetMs"] / 1000
    return Line(start, start + turn["durationMs"] / 1000, str(turn["speaker"]))


def _processor_sec(running: Host) -> float:
    times = psutil.Process(running.process.pid).cpu_times()
    return float(times.user + times.system)


def _peak_mb(running: Host) -> float:
    status = dict(line.split(":", 1) for line in Path(f"/proc/{running.process.pid}/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) * 1024 / MB
