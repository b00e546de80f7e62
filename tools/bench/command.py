"""Every figure in one run, on the screen and in ``out/bench.json``; or those of one part, on the screen."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Final

from shared.errors import BundleError
from shared.settings import ROOT
from tools.bench import embedding, everyone, formats, many, service, soak

PROBLEMS: Final = (BundleError,)
FILE: Final = ROOT / "out" / "bench.json"
NOT_SHOWN: Final = (
    "The dev host has no transport of the platform: on the Functions host a megabyte of body costs about 12 ms more "
    "(docs/performance.md)."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How much of it."""
    parser.add_argument("--embedding", action="store_true", help="embedding only, without the service")
    parser.add_argument("--many", action="store_true", help="storage with 100,000 profiles only")
    parser.add_argument("--everyone", type=int, nargs="*", metavar="SIZE", help="galleries of these sizes only")
    parser.add_argument("--soak", type=float, metavar="SECONDS", help="more than the service can do, for so long, only")
    parser.add_argument("--formats", action="store_true", help="decoding of each container only")


def run(options: argparse.Namespace) -> None:
    """Measure, print, write."""
    if options.formats:
        _print(formats.rows(formats.decodings()))
    elif options.soak:
        _soak(options.soak)
    elif options.many:
        _print(many.rows(many.measure()))
    elif options.everyone is not None:
        _print(everyone.rows(everyone.measure(options.everyone or everyone.SIZES)))
    elif options.embedding:
        print(*embedding.table(embedding.speeds(), embedding.footprint()), sep="\n")
    else:
        _everything()


def _everything() -> None:
    speeds, footprint = embedding.speeds(), embedding.footprint()
    decodings, figures, galleries = formats.decodings(), service.measure(), everyone.measure()
    print()
    _print([*_of_embedding(speeds, footprint), *formats.rows(decodings), *figures.rows(), *everyone.rows(galleries)])
    print(f"\n{NOT_SHOWN}")
    document = {
        "embedding": [asdict(s) for s in speeds],
        "footprint": asdict(footprint),
        "formats": [asdict(decoding) for decoding in decodings],
        "service": asdict(figures),
        "everyone": [asdict(gallery) for gallery in galleries],
    }
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(document, indent=2))
    print(f"\nwritten to {FILE.relative_to(ROOT)}")


def _soak(seconds: float) -> None:
    """Print what becomes of the service; a bound that is broken fails the command."""
    found = list(soak.measure(seconds).rows())
    _print((name, figure, bound if kept else f"{bound}: BROKEN") for name, figure, bound, kept in found)
    if not all(kept for *_, kept in found):
        sys.exit("soak: a bound is broken")


def _print(rows: Iterable[tuple[str, str, str]]) -> None:
    for name, figure, bound in rows:
        print(f"{name:48}{figure:>24}   {bound}")


def _of_embedding(speeds: list[embedding.Speed], footprint: embedding.Footprint) -> Iterator[tuple[str, str, str]]:
    for s in speeds:
        name = f"embedding {s.seconds} s (sherpa-onnx {s.sherpa_ms:.1f} ms)"
        yield name, f"{s.ours_ms:.1f} ms", f"x{s.ratio:.2f} faster"
    yield "models loaded and checked", f"{footprint.load_sec:.2f} s", ""
