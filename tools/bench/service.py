"""Speed and memory of the whole service over HTTP, beside the same work done in this process."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Final

import psutil

from devhost.stack import Host, stack
from shared.listening.audio import from_pcm
from shared.listening.containers import SAMPLE_RATE
from shared.listening.declared import Recording
from shared.listening.listener import Listener
from shared.service import Service
from shared.settings import ROOT
from shared.voices.families import PASSPHRASE_VERIFICATION, VERIFICATION
from tools.bench import load
from tools.bench.cold import WITHOUT_QUEUES
from tools.bench.embedding import sherpa
from tools.bench.load import CLIP_SEC, GALLERY, KEY, clips, connection
from tools.bench.machine import resident_mib
from tools.bench.row import Row
from tools.bench.turns import Turns, in_turns
from tools.bundle.published import Published
from tools.client import Client
from tools.recordings import read, to_wav

TURNS: Final = 4
TURN_SEC: Final = 3
PHRASE_SEC: Final = 3
PHRASE: Final = ROOT / "tools" / "phrases" / "voices" / "anna" / "03.ogg"
MOST_MS: Final = 66
PEER_MS: Final = 74
"""What a verification may take where sherpa-onnx takes so long to embed its clip, as it did where that was
asked. A virtual machine may be a third slower an hour later; both are, then.
"""
LOCAL: Final = "local"
VERIFY: Final = "verify"
IDENTIFY: Final = "identify"
PEER: Final = "peer"
SAID: Final = "said"
TRANSCRIBER: Final = "libctranslate2"


@dataclass(frozen=True)
class Figures:
    """Throughput in requests per second, memory in MiB.

    Attributes:
        free: ``LOCAL`` work in this process, ``VERIFY``, ``IDENTIFY``, and what sherpa-onnx takes to embed, ``PEER``.
        words: ``SAID``, a passphrase, beside ``VERIFY``.
    """

    free: Turns
    words: Turns
    throughput_one: float
    throughput_two: float
    memory_after_first_verify: float
    memory_before_passphrases: float
    memory_at_end: float
    transcriber_loaded_before_passphrases: bool

    def rows(self) -> Iterator[Row]:
        """For the table."""
        yield from self._recognitions()
        ratio = self.throughput_two / self.throughput_one
        loaded = float(self.transcriber_loaded_before_passphrases)
        yield Row("verify, one caller", self.throughput_one, "/s")
        yield Row("verify, two callers against one", ratio, "times", f"{self.throughput_two:.1f} /s", least=1.85)
        yield Row("memory after the first verify", self.memory_after_first_verify, "MiB", most=200)
        yield Row("memory after free speech only", self.memory_before_passphrases, "MiB")
        yield Row("transcriber loaded by free speech", loaded, most=0)
        said, beside = f"verify a passphrase of {PHRASE_SEC} s against free speech", self.words.median(VERIFY)
        phrase = f"{self.words.median(SAID):.1f} ms, beside {beside:.1f}"
        yield Row(said, self.words.against(SAID, VERIFY), "times", phrase, most=2.5)
        yield Row("memory at the end", self.memory_at_end, "MiB")

    def _recognitions(self) -> Iterator[Row]:
        of, above = self.free.median, self.free.above
        peer, named = f"{of(PEER):.1f} ms", f"{of(IDENTIFY):.1f} ms in all"
        against = self.free.against(VERIFY, PEER)
        yield Row(f"embedding and detection of {CLIP_SEC} s, in process", of(LOCAL), "ms")
        yield Row(f"verify of {CLIP_SEC} s over HTTP", of(VERIFY), "ms", f"{MOST_MS} where sherpa-onnx takes {PEER_MS}")
        yield Row("verify over HTTP, above embedding and detection", above(VERIFY, LOCAL), "ms", most=8)
        most = round(MOST_MS / PEER_MS, 2)
        yield Row("verify over HTTP against sherpa-onnx's embedding alone", against, "times", peer, most=most)
        yield Row(f"identify among {GALLERY}, above verify", above(IDENTIFY, VERIFY), "ms", named, most=80)


def measure() -> Figures:
    """Run the service and measure it; takes about a minute."""
    (_, clip), listener = clips(), Service(os.environ).listener
    with stack({"SPEAKER_RECOGNITION_KEYS": KEY, **WITHOUT_QUEUES}) as running, closing(connection(running)) as line:
        verification = load.verification(running)
        memory, verify = resident_mib(running), partial(verification, line)
        identify = partial(load.identification(running), line)
        local, peer = partial(_hear, listener, clip), partial(sherpa(Published), from_pcm(clip[44:]).samples)
        free = in_turns({LOCAL: local, VERIFY: verify, IDENTIFY: identify, PEER: peer})
        one, two = _throughput(running, verification)
        before, loaded = resident_mib(running), _has_mapped(running, TRANSCRIBER)
        words = in_turns({VERIFY: verify, SAID: _passphrase(running)})
        return Figures(
            free=free,
            words=words,
            throughput_one=one,
            throughput_two=two,
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
