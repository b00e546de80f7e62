"""Speed and memory of the whole service over HTTP, beside the same work done in this process."""

import os
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Final

import psutil
from tqdm import tqdm

from devhost.stack import Host, stack
from shared.listening.containers import SAMPLE_RATE
from shared.listening.declared import Recording
from shared.listening.listener import Listener
from shared.service import Service
from shared.settings import ROOT
from shared.voices.families import PASSPHRASE_VERIFICATION, VERIFICATION
from tools.bench import load
from tools.bench.cold import WITHOUT_QUEUES
from tools.bench.load import CLIP_SEC, GALLERY, KEY, clips, connection
from tools.bench.machine import resident_mib
from tools.bench.row import Row
from tools.client import Client
from tools.recordings import read, to_wav

ROUNDS: Final = 30
TURNS: Final = 4
TURN_SEC: Final = 3
PHRASE_SEC: Final = 3
PHRASE: Final = ROOT / "tools" / "phrases" / "voices" / "anna" / "03.ogg"
TRANSCRIBER: Final = "libctranslate2"


@dataclass(frozen=True)
class Figures:
    """Medians in milliseconds, throughput in requests per second, memory in MiB."""

    embedding_and_vad_ms: float
    verify_ms: float
    identify_ms: float
    throughput_one: float
    throughput_two: float
    passphrase_ms: float
    verify_beside_passphrase_ms: float
    memory_after_first_verify: float
    memory_before_passphrases: float
    memory_at_end: float
    transcriber_loaded_before_passphrases: bool

    def rows(self) -> list[Row]:
        """For the table."""
        over = self.verify_ms - self.embedding_and_vad_ms
        more = self.identify_ms - self.verify_ms
        ratio = self.throughput_two / self.throughput_one
        longer = self.passphrase_ms / self.verify_beside_passphrase_ms
        loaded = float(self.transcriber_loaded_before_passphrases)
        phrase = f"{self.passphrase_ms:.1f} ms, beside {self.verify_beside_passphrase_ms:.1f}"
        return [
            Row(f"embedding and detection of {CLIP_SEC} s, in process", self.embedding_and_vad_ms, "ms"),
            Row(f"verify of {CLIP_SEC} s over HTTP", self.verify_ms, "ms", most=66),
            Row("verify over HTTP, above embedding and detection", over, "ms", most=8),
            Row(f"identify among {GALLERY}, above verify", more, "ms", f"{self.identify_ms:.1f} ms in all", most=80),
            Row("verify, one caller", self.throughput_one, "/s"),
            Row("verify, two callers against one", ratio, "times", f"{self.throughput_two:.1f} /s", least=1.85),
            Row("memory after the first verify", self.memory_after_first_verify, "MiB", most=200),
            Row("memory after free speech only", self.memory_before_passphrases, "MiB"),
            Row("transcriber loaded by free speech", loaded, most=0),
            Row(f"verify a passphrase of {PHRASE_SEC} s against free speech", longer, "times", phrase, most=2.5),
            Row("memory at the end", self.memory_at_end, "MiB"),
        ]


def measure() -> Figures:
    """Run the service and measure it; takes about a minute."""
    (_, clip), listener = clips(), Service(os.environ).listener
    with stack({"SPEAKER_RECOGNITION_KEYS": KEY, **WITHOUT_QUEUES}) as running, closing(connection(running)) as line:
        verification = load.verification(running)
        memory, verify = resident_mib(running), partial(verification, line)
        identify = partial(load.identification(running), line)
        free = medians({"local": partial(_hear, listener, clip), "verify": verify, "identify": identify})
        one, two = _throughput(running, verification)
        before, loaded = resident_mib(running), _has_mapped(running, TRANSCRIBER)
        words = medians({"verify": verify, "passphrase": _passphrase(running)})
        return Figures(
            embedding_and_vad_ms=free["local"],
            verify_ms=free["verify"],
            identify_ms=free["identify"],
            throughput_one=one,
            throughput_two=two,
            passphrase_ms=words["passphrase"],
            verify_beside_passphrase_ms=words["verify"],
            memory_after_first_verify=memory,
            memory_before_passphrases=before,
            memory_at_end=resident_mib(running),
            transcriber_loaded_before_passphrases=loaded,
        )


def _hear(listener: Listener, clip: bytes) -> None:
    """What a request does apart from HTTP and storage."""
    listener.embed(listener.listen(Recording(clip), VERIFICATION.recognizing), listener.version)


def _throughput(running: Host, call: load.Call) -> list[float]:
    """Requests a second of one caller and of two, in turns."""
    turns = [[load.pushed(running, call, callers, TURN_SEC) for callers in (1, 2)] for _ in range(TURNS)]
    return [load.pooled(each).goodput for each in zip(*turns, strict=True)]


def _passphrase(running: Host) -> Callable[[], object]:
    """Verification of a passphrase, ready to be called."""
    client = Client(running.url, "verification", KEY, "text-dependent")
    clip = to_wav(read(PHRASE))[: 44 + 2 * PHRASE_SEC * SAMPLE_RATE]
    profile_id = client.create()
    for _ in range(PASSPHRASE_VERIFICATION.clips_to_enroll):
        client.enroll(profile_id, clip)
    return lambda: client.verify(profile_id, clip)


def _has_mapped(running: Host, library: str) -> bool:
    return any(library in mapped.path for mapped in psutil.Process(running.process.pid).memory_maps())


def medians(work: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Median milliseconds of each, measured in turns so that a busy moment hits all alike."""
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in tqdm(range(ROUNDS), desc="measuring"):
        for name, call in work.items():
            started = time.perf_counter()
            call()
            times[name].append(1000 * (time.perf_counter() - started))
    return {name: median(values) for name, values in times.items()}
