"""How accurate the service is on recordings, or on a table of comparisons.

Prints tables; writes ``results.json`` and pictures into ``out/accuracy/``.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from shared.errors import SpeakerError
from shared.listening.bundle import Bundle
from shared.listening.scoring import Calibration
from shared.settings import ROOT
from tools.accuracy import channel_tables, owners, page
from tools.accuracy.by_channel import WIDE, by_channel, failures, strangers_named
from tools.accuracy.channels import missing
from tools.accuracy.comparison import PEERS, compare, peer
from tools.accuracy.crossvalidation import held_out
from tools.accuracy.extraction import service_extractor
from tools.accuracy.heard import hear_through
from tools.accuracy.identification import identify
from tools.accuracy.measure import DEFAULT_RATE, REFERENCE_TEST_SEC, digest, measure
from tools.accuracy.pictures import draw, draw_scores, draw_trade_off
from tools.accuracy.sources import from_folder
from tools.accuracy.tables import Result, notes, sections
from tools.accuracy.trial_table import read_csv
from tools.accuracy.trials import Trials
from tools.accuracy.unheard import unheard
from tools.recordings import UnusableInput

PROBLEMS: Final = (UnusableInput, SpeakerError, OSError)
FOLDER: Final = ROOT.parent / "shared" / "speech"
TRIALS: Final = ROOT.parent / "shared" / "golden" / "trials.csv.gz"
SHIPPED: Final = ROOT / "tests" / "golden" / "speech"
"""Synthetic voices, where there are no people."""
OUT: Final = ROOT / "out" / "accuracy"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """On what, at which rate, beside whom."""
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--folder", type=Path, help="recordings, one sub-folder a speaker (default: ../shared/speech)")
    source.add_argument("--trials", type=Path, help="table of comparisons, .csv or .csv.gz")
    source.add_argument("--write-docs", action="store_true", help="measure again what docs/accuracy*.md show")
    parser.add_argument("--compare", choices=PEERS, help="take another embedder through the same comparisons")
    parser.add_argument("--channels", nargs="*", help="judge through channels (default: all that can be simulated)")
    parser.add_argument("--owners", action="store_true", help="what galleries of up to a million cost owners")
    parser.add_argument("--rate", type=_rate, default=DEFAULT_RATE, help="false-match rate of the operator's choice")
    parser.add_argument("--model", default="campplus", help="bundle under models/")
    parser.add_argument("--out", type=Path, default=OUT, help="folder for JSON and pictures")


def run(options: argparse.Namespace) -> None:
    """Return once everything is written; nothing is written otherwise."""
    bundle = Bundle.load(ROOT / "models" / options.model)
    calibration = bundle.calibration
    if calibration is None:
        raise UnusableInput(f"{bundle.folder} has no calibration; `make calibrate` fits one")
    if options.owners:
        folder = options.folder or (FOLDER if FOLDER.is_dir() else SHIPPED)
        print(owners.table(list(owners.owners(folder, calibration, options.rate))))
    elif options.channels is not None:
        _report_channels(bundle, calibration, options)
    elif options.write_docs:
        _write_docs(bundle, calibration)
    else:
        _report(*_judged(options, bundle, calibration), calibration, options)


def _report_channels(bundle: Bundle, calibration: Calibration, options: argparse.Namespace) -> None:
    folder = options.folder or (FOLDER if FOLDER.is_dir() else SHIPPED)
    result = channels_result(folder, bundle, calibration, options.rate, options.channels)
    print(
        f"on {folder.name} of {folder.resolve().parent.name}\n\n{channel_tables.shown(result)}\n\n"
        + "\n".join(missing())
    )
    if options.write_docs:
        channel_tables.write(result)


def channels_result(
    folder: Path, bundle: Bundle, calibration: Calibration, rate: float, names: Sequence[str] = ()
) -> dict[str, Any]:
    """What recordings tell that come through channels, before galleries."""
    heard = hear_through(folder, names, model=bundle.folder.name)
    if WIDE not in heard:
        raise UnusableInput(f"one of the channels must be {WIDE}: every other is judged against it")
    return {
        "source": folder.resolve().name,
        "model": bundle.version,
        "calibration": digest(calibration),
        "rate": rate,
        "verification": by_channel(heard, calibration, rate, REFERENCE_TEST_SEC),
        "identification": strangers_named(heard, calibration, rate, REFERENCE_TEST_SEC),
        "unheard": unheard(heard, calibration, rate, REFERENCE_TEST_SEC),
        "failures": failures(heard, REFERENCE_TEST_SEC),
        "missing": missing(),
    }


def _rate(text: str) -> float:
    rate = float(text)
    if not 0 < rate < 1:
        raise argparse.ArgumentTypeError(f"must be between 0 and 1, not {text}")
    return rate


def _judged(options: argparse.Namespace, bundle: Bundle, calibration: Calibration) -> tuple[Trials, Result]:
    if options.trials:
        if options.compare:
            raise UnusableInput("another embedder can be compared on recordings only: a table holds our cosines")
        return table_result(options.trials, bundle, calibration, options.rate)
    return folder_result(options.folder or FOLDER, bundle, calibration, options.rate, options.compare)


def table_result(
    file: Path, bundle: Bundle, calibration: Calibration, rate: float
) -> tuple[Trials, dict[str, Any]]:  # fmt: skip
    """What a table of comparisons tells."""
    trials = read_csv(file)
    return trials, {
        "source": file.name,
        "model": bundle.version,
        **measure(trials, calibration, rate),
        "held_out": list(held_out(trials, rate)),
    }


def folder_result(
    folder: Path, bundle: Bundle, calibration: Calibration, rate: float, compared: str | None = None
) -> tuple[Trials, dict[str, Any]]:
    """What recordings tell, identification included."""
    extractor = service_extractor(bundle.folder.parent, bundle.folder.name)
    other = peer(compared, extractor) if compared else None
    corpus = from_folder(folder, extractor)
    trials = corpus.trials()
    comparison = {"comparison": {
        "peer": compared, "rows": compare(trials, from_folder(folder, other).trials())
    }} if other else {}  # fmt: skip
    return trials, {
        "source": folder.resolve().name,
        "model": bundle.version,
        **measure(trials, calibration, rate),
        "identification": identify(corpus, calibration, rate),
        **comparison,
        "left_out": list(corpus.left_out),
    }


def _write_docs(bundle: Bundle, calibration: Calibration) -> None:
    compared, trials = table_result(TRIALS, bundle, calibration, DEFAULT_RATE)
    _, speech = folder_result(FOLDER, bundle, calibration, DEFAULT_RATE)
    page.write({"trials": trials, "speech": speech}, page.PAGE, page.TABLES)
    draw_trade_off(compared, calibration, page.TRADE_OFF)
    draw_scores(compared, calibration, DEFAULT_RATE, page.SCORES)
    files = (page.PAGE, page.TABLES, page.RESULTS, page.TRADE_OFF, page.SCORES)
    print(f"written: {', '.join(file.name for file in files)} in docs/; `make docs` copies pictures to the console")


def _report(trials: Trials, result: Result, calibration: Calibration, options: argparse.Namespace) -> None:
    for title, table in sections(result):
        print(f"\n{title}\n\n{table}")
    print("\n" + "\n".join(notes(result)))
    options.out.mkdir(parents=True, exist_ok=True)
    pictures = draw(trials, calibration, options.rate, options.out)
    results = options.out / "results.json"
    results.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    print("\nwritten: " + ", ".join(str(file) for file in (results, *pictures)))
