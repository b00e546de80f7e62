"""Time and memory that it takes to decode each container, each in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shared.settings import ROOT
from tools.bench.row import Row

CLIPS: Final = ROOT / "tests" / "shared" / "listening" / "clips"
ROUNDS: Final = 15

# Memory is counted from before the first clip, so that it holds the decoder's libraries as well.
_CHILD: Final = """
import json, statistics, sys, time
from pathlib import Path
from shared.listening.audio import decode
def resident(kind):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(kind))
body, before = Path(sys.argv[1]).read_bytes(), resident("VmRSS")
def took():
    began = time.perf_counter()
    clip = decode(body, any_format=True)
    return (time.perf_counter() - began) * 1000, clip.seconds
first_ms, seconds = took()
ms = statistics.median(took()[0] for _ in range(int(sys.argv[2])))
print(json.dumps({"seconds": seconds, "first_ms": first_ms, "ms": ms, "more_mb": resident("VmHWM") - before}))
"""


@dataclass(frozen=True)
class Decoding:
    """A clip of a container.

    Attributes:
        name: of the file.
        seconds: of audio in it.
        first_ms: to decode it the first time, with what is imported for it.
        ms: to decode it again, median.
        more_mb: largest resident memory above what the process held before.
    """

    name: str
    seconds: float
    first_ms: float
    ms: float
    more_mb: float

    @property
    def ms_a_second(self) -> float:
        """Milliseconds for a second of audio."""
        return self.ms / self.seconds


def decodings(rounds: int = ROUNDS) -> list[Decoding]:
    """Every clip that can be decoded here: without PyAV, those that need it are left out."""
    return [found for clip in sorted(CLIPS.iterdir()) if (found := _decoding(clip, rounds)) is not None]


def rows(measured: Iterable[Decoding]) -> Iterator[Row]:
    """For the table."""
    for each in measured:
        first = f"first {each.first_ms:.0f} ms, {each.more_mb:.0f} MB more"
        yield Row(f"a second of {each.name}", each.ms_a_second, "ms", first)


def _decoding(clip: Path, rounds: int) -> Decoding | None:
    command = [sys.executable, "-c", _CHILD, str(clip), str(rounds)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return Decoding(clip.name, **json.loads(done.stdout))
    if "it is read where PyAV is installed" in done.stderr:
        return None
    raise RuntimeError(done.stderr)
