"""Every figure in one run, on the screen and in ``out/bench.json``; or those of embedding alone, on the screen."""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Final

from shared.errors import BundleError
from shared.settings import ROOT
from tools.bench import embedding, service

PROBLEMS: Final = (BundleError,)
FILE: Final = ROOT / "out" / "bench.json"
NOT_SHOWN: Final = (
    "The dev host has no transport of the platform: on the Functions host a megabyte of body costs about 12 ms more "
    "(docs/performance.md)."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How much of it."""
    parser.add_argument("--embedding", action="store_true", help="embedding only, without the service")


def run(options: argparse.Namespace) -> None:
    """Measure, print, write."""
    speeds, footprint = embedding.speeds(), embedding.footprint()
    if options.embedding:
        print(*embedding.table(speeds, footprint), sep="\n")
        return
    figures = service.measure()
    print()
    for name, figure, bound in [*_of_embedding(speeds, footprint), *figures.rows()]:
        print(f"{name:48}{figure:>24}   {bound}")
    print(f"\n{NOT_SHOWN}")
    document = {"embedding": [asdict(s) for s in speeds], "footprint": asdict(footprint), "service": asdict(figures)}
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(document, indent=2))
    print(f"\nwritten to {FILE.relative_to(ROOT)}")


def _of_embedding(speeds: list[embedding.Speed], footprint: embedding.Footprint) -> Iterator[tuple[str, str, str]]:
    for s in speeds:
        name = f"embedding {s.seconds} s (sherpa-onnx {s.sherpa_ms:.1f} ms)"
        yield name, f"{s.ours_ms:.1f} ms", f"x{s.ratio:.2f} faster"
    yield "models loaded and checked", f"{footprint.load_sec:.2f} s", ""
