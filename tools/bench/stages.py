"""Where the time of a verification goes, and how many callers get how much; of the service in any folder, over HTTP."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from devhost.stack import stack
from shared.observing.trace import TOTAL
from shared.settings import ROOT
from tools.bench.load import CLIP_SEC, KEY, pushed, verification
from tools.bench.row import Row

CALLERS: Final = (1, 2, 4, 8, 16, 32)
EACH_SEC: Final = 5
STAGES: Final = {"embed": "embedding", "detect": "speech detection", "storage": "storage", "decode": "decoding"}
"""What they are called here, by their names in the log."""
REST: Final = "quality, scoring, JSON"
OUTSIDE: Final = "host, worker, client"
ALL: Final = f"verify of {CLIP_SEC} s, one caller"
_LINE: Final = re.compile(r"\{.*\"decision\":.*\"ms\":.*\}")


@dataclass(frozen=True)
class Verifying:
    """Verifications of one caller and of more.

    Attributes:
        all_ms: what one caller waits, median; ``stages_ms`` of it, by name.
        a_second: how many are served, by the number of callers.
    """

    all_ms: float
    stages_ms: Mapping[str, float]
    a_second: Mapping[int, float]

    def rows(self) -> Iterator[Row]:
        """For the table."""
        yield Row(ALL, self.all_ms, "ms")
        for stage, ms in self.stages_ms.items():
            yield Row(stage_row(stage), ms, "ms")
        for callers, goodput in self.a_second.items():
            yield Row(callers_row(callers), goodput, "/s")


def stage_row(stage: str) -> str:
    """What a row of ``stages_ms`` is called."""
    return f"verify of {CLIP_SEC} s, {stage}"


def callers_row(callers: int) -> str:
    """What a row of ``a_second`` is called."""
    return f"verifications a second, {callers} caller{'s'[: callers - 1]}"


def measure(root: Path = ROOT) -> Verifying:
    """Run the service of a folder, and measure it; takes half a minute."""
    settings = {"SPEAKER_RECOGNITION_KEYS": KEY, "SPEAKER_MAX_IN_FLIGHT": str(2 * max(CALLERS))}
    with stack(settings, root=root) as running:
        verify = verification(running)
        loads = {callers: pushed(running, verify, callers, EACH_SEC) for callers in CALLERS}
    alone = loads[1].served_sec
    lines = list(logged(running.log))[1 : 1 + len(alone)]  # the first one was to load everything
    a_second = {callers: load.goodput for callers, load in loads.items()}
    return Verifying(1000 * median(alone), stages(lines, 1000 * median(alone)), a_second)


def logged(log: Sequence[str]) -> Iterator[dict[str, float]]:
    """Milliseconds by stage of every verification in the log of a host, in its order."""
    for found in filter(None, map(_LINE.search, log)):
        line: dict[str, Any] = json.loads(found[0])
        yield line["ms"]


def stages(lines: Sequence[Mapping[str, float]], all_ms: float) -> dict[str, float]:
    """Median milliseconds by name, of what is logged and of what the log does not see."""
    known = {name: median(line.get(stage, 0) for line in lines) for stage, name in STAGES.items()}
    total = median(line[TOTAL] for line in lines)
    return {**known, REST: total - sum(known.values()), OUTSIDE: all_ms - total}
