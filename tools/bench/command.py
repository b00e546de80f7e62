"""Measure the service, its parts, and peers in the same run: on the screen and in ``out/bench.json``.

A bound that is broken is named and fails the command. Bounds are those of a quiet machine.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from shared.errors import BundleError
from shared.settings import ROOT
from tools.bench import (
    cold,
    embedding,
    enrolling,
    everyone,
    formats,
    machine,
    many,
    mixed,
    recordings,
    service,
    soak,
    stages,
    trust,
)
from tools.bench.row import Row, lines

PROBLEMS: Final = (BundleError, OSError, json.JSONDecodeError)
FILE: Final = ROOT / "out" / "bench.json"
SOAK_SEC: Final = 600
MIXED_SEC: Final = 1800
NOT_SHOWN: Final = (
    "The dev host has no transport of the platform: on the Functions host a megabyte of body costs about 12 ms more "
    "(docs/performance.md)."
)

PARTS: Final[dict[str, Callable[[argparse.Namespace], Iterable[Row]]]] = {
    "embedding": lambda _: embedding.rows(),
    "formats": lambda _: formats.rows(formats.decodings()),
    "cold": lambda _: (start.row() for start in cold.measure()),
    "service": lambda _: service.measure().rows(),
    "stages": lambda _: stages.measure().rows(),
    "everyone": lambda options: everyone.rows(everyone.measure(options.sizes)),
    "trust": lambda _: trust.measure().rows(),
    "enrolling": lambda options: enrolling.measure(options.people).rows(),
    "recordings": lambda options: recordings.measure(options.hours).rows(),
    "many": lambda _: many.rows(many.measure()),
    "soak": lambda options: soak.measure(options.seconds or SOAK_SEC).rows(),
    "mixed": lambda options: mixed.measure(options.seconds or MIXED_SEC).rows(),
}
"""What can be measured, by name."""
USUAL: Final = ("embedding", "formats", "cold", "service", "stages", "everyone")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What of it, and beside which run."""
    named = ", ".join(PARTS)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {named} (default: {', '.join(USUAL)})")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="show how far the figures are from those of a run")
    parser.add_argument("--seconds", type=float, help=f"of soak (default {SOAK_SEC}) and mixed (default {MIXED_SEC})")
    parser.add_argument("--people", type=int, default=enrolling.PEOPLE, help="of enrolling (default %(default)s)")
    parser.add_argument("--hours", type=float, default=recordings.HOURS, help="of recordings (default %(default)s)")
    parser.add_argument("--sizes", type=int, nargs="*", default=everyone.SIZES, help="of everyone: voices in a gallery")


def run(options: argparse.Namespace) -> None:
    """Measure, print, write; ends badly where a bound is broken."""
    unknown = sorted(set(options.parts) - set(PARTS))
    if unknown:
        sys.exit(f"bench: no part is called {', '.join(unknown)}; there are {', '.join(PARTS)}")
    before = json.loads(options.compare.read_text())["figures"] if options.compare else {}
    began, pace, rows = machine.load(), machine.pace(), []
    for part in options.parts or USUAL:
        found = list(PARTS[part](options))
        print(f"\n{part}", *lines(found, before), sep="\n", flush=True)
        rows += found
    now = {"load before, after": f"{began}, {machine.load()}", "GFLOP/s before, after": f"{pace}, {machine.pace()}"}
    _tell(rows, {**machine.described(), **now})


def _tell(rows: list[Row], where: dict[str, str]) -> None:
    print(f"\n{', '.join(f'{name} {what}' for name, what in where.items())}\n{NOT_SHOWN}")
    document = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": where,
        "figures": {row.name: row.value for row in rows},
        "broken": [row.name for row in rows if not row.kept],
    }
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(document, indent=2))
    print(f"written to {FILE.relative_to(ROOT)}")
    if document["broken"]:
        sys.exit(f"bench: a bound is broken: {', '.join(row.name for row in rows if not row.kept)}")
