"""Files of every container, changed at random and read: by themselves, so that a crash or a leak is seen from outside.

``python -m tests.fuzz.mutated 20000`` reads so many and prints what became of them, and how much memory it took.
"""

import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from shared.listening.audio import decode
from shared.listening.refusals import InvalidAudio
from tests.shared.listening.hostile import FILES
from tests.shared.listening.test_wrapping import HEAD, PACKETS, WRAPS

CLIPS: Final = Path(__file__).parent.parent / "shared" / "listening" / "clips"
EDGES: Final = (0, 1, 0x7F, 0x80, 0xFE, 0xFF)
HEADER: Final = 700
STATUS: Final = Path("/proc/self/status")


def corpus() -> list[bytes]:
    """Whole files: written by libsndfile, wrapped by the tests, and recorded by others."""
    wrapped = [wrap(HEAD, PACKETS) for wrap in WRAPS.values()]
    chained = FILES["OGG OPUS"] * 2
    return [*FILES.values(), chained, *wrapped, *(clip.read_bytes() for clip in sorted(CLIPS.iterdir()))]


def mutations(seed: int) -> Iterator[bytes]:
    """Files without end: other bytes, most in the header, the largest numbers, parts that are cut off or doubled."""
    chance = random.Random(seed)  # noqa: S311  the same files every time
    files = corpus()
    while True:
        body = bytearray(chance.choice(files))
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(min(len(body), chance.choice((64, HEADER, len(body)))))
            body[at : at + chance.choice((1, 1, 1, 4))] = bytes([chance.choice((*EDGES, chance.randrange(256)))])
        if chance.random() < 0.3:
            at, size = chance.randrange(len(body)), chance.choice((4, 8, 200))
            body[at : at + size] = b"\xff" * 4 if chance.random() < 0.5 else body[at : at + size] * 2
        yield bytes(body[: chance.choice((len(body), len(body), chance.randrange(len(body) + 1)))])


def resident_mb(kind: str) -> float:
    """``VmRSS`` or ``VmHWM`` of this process."""
    status = dict(line.split(":", 1) for line in STATUS.read_text().splitlines())
    return int(status[kind].split()[0]) / 1024


def main(count: int, seed: int = 1) -> None:
    """Read them all, and print the outcomes as JSON."""
    for body in corpus():  # decoders are loaded before the count begins
        decode(body, any_format=True)
    start, slowest, outcomes = resident_mb("VmRSS"), 0.0, Counter[str]()
    for body, _ in zip(mutations(seed), range(count), strict=False):
        began = time.perf_counter()
        try:
            decode(body, any_format=True)
            outcomes["heard"] += 1
        except InvalidAudio as refusal:
            outcomes[type(refusal).__name__] += 1
        slowest = max(slowest, time.perf_counter() - began)
    more = resident_mb("VmHWM") - start
    print(
        json.dumps({"read": count, "outcomes": outcomes, "slowest_sec": round(slowest, 3), "more_mb": round(more, 1)})
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
