"""Fit a bundle's calibration and write it into its manifest.

The source is a table of cosines (.csv, .csv.gz) or a folder of recordings, one sub-folder a speaker. Rows for centred
cosines need embeddings: of a folder they are fitted, through every channel; with a table they stay as they are. The
report compares the calibration in force with the new one, and cross-validates the new one: each kind of speech is
judged by a fit that has not heard it, or, where there is one kind only, each fifth of its speakers.
"""

import argparse
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from tqdm import tqdm

from shared.errors import SpeakerError
from shared.listening.bundle import MANIFEST, Bundle
from shared.listening.scoring import Calibration, Row
from shared.settings import ROOT
from tools.accuracy.extraction import service_extractor
from tools.accuracy.heard import hear_through
from tools.accuracy.measure import REFERENCE_TEST_SEC
from tools.accuracy.metrics import Tally, cllr, min_cllr
from tools.accuracy.sources import read_trials
from tools.accuracy.trials import Trials
from tools.calibrate.fit import RATES, Floats, Mask, fit
from tools.calibrate.rows import VOICES, centred_trials, fit_row, held_out

PROBLEMS: Final = (SpeakerError, ValueError)
TRIALS: Final = ROOT.parent / "shared" / "golden" / "trials.csv.gz"
FOLDS: Final = 5
ROWS: Final = "rows"
"""What says in a manifest on what the rows were fitted."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """On what, and which bundle."""
    parser.add_argument("source", type=Path, nargs="?", default=TRIALS, help="table or folder (default: our own table)")
    parser.add_argument("--model", default="campplus", help="bundle under models/")
    parser.add_argument("--dry-run", action="store_true", help="report only")


def run(options: argparse.Namespace) -> None:
    """Return once the manifest is written; nothing is written otherwise."""
    bundle = Bundle.load(ROOT / "models" / options.model)
    trials = read_trials(options.source, partial(service_extractor, model=options.model))
    before = bundle.required_calibration()
    calibration = with_rows_of(before, fit(trials))
    if options.source.is_dir():
        about = {
            **calibration.fitted_on,
            ROWS: f"recordings of {options.source.name} through channels, measured seconds",
        }
        calibration = replace(calibration, rows=_fitted_rows(options.source, before, options.model), fitted_on=about)
    _report(trials, before, calibration)
    if not options.dry_run:
        write(bundle.folder / MANIFEST, calibration)
        print(f"\nwritten to {(bundle.folder / MANIFEST).relative_to(ROOT)}; restart the app to use it")


def with_rows_of(before: Calibration, fitted: Calibration) -> Calibration:
    """A calibration that was fitted on a table, with the rows of the one before it, and what they were fitted on."""
    about = {**fitted.fitted_on, **{name: what for name, what in before.fitted_on.items() if name == ROWS}}
    return replace(fitted, rows=before.rows, narrowed=before.narrowed, noisy=before.noisy, fitted_on=about)


def _fitted_rows(folder: Path, before: Calibration, model: str) -> tuple[Row, ...]:
    """A row for each size of gallery that the speakers suffice for, reported by kinds that it has not heard."""
    heard, fitted = hear_through(folder, model=model), []
    print(f"{'voices':8}{'kind of speech, unheard':32}" + "".join(f"{f'FMR / FNMR at {rate:g}':>24}" for rate in RATES))
    for voices in VOICES:
        trials = centred_trials(heard, before, voices, REFERENCE_TEST_SEC)
        if trials is not None:
            fitted.append(fit_row(trials, voices, before.duration_range))
            _report_row(trials, fitted[-1], before)
    return tuple(fitted)


def _report_row(trials: Trials, row: Row, before: Calibration) -> None:
    for kind, rates in held_out(trials, row, before.duration_range):
        cells = "".join(f"{f'{100 * fmr:.2f} / {100 * fnmr:.1f} %':>24}" for fmr, fnmr in rates.T)
        print(f"{row.voices:<8}{kind:32}{cells}")


def write(manifest: Path, calibration: Calibration) -> None:
    """Replace the calibration in a manifest, leaving every other character of it as it is."""
    text = manifest.read_text("utf-8")
    start = text.index('"calibration": ') + len('"calibration": ')
    _, length = json.JSONDecoder().raw_decode(text[start:])
    written = json.dumps(calibration.to_json(), indent=2).replace("\n", "\n  ")
    changed = manifest.with_suffix(".new")
    changed.write_text(text[:start] + _compact(written) + text[start + length :], "utf-8")
    changed.replace(manifest)


def _compact(document: str) -> str:
    """Innermost lists and objects on one line each."""
    return re.sub(r"[\[{][^\[\]{}]*[\]}]", lambda found: re.sub(r"\s+", " ", found[0]), document)


def _report(trials: Trials, before: Calibration, after: Calibration) -> None:
    print(f"{len(trials)} comparisons, {int(trials.same.sum())} of the same speaker\n")
    print(f"{'Cllr by kind of speech':24}{'least':>10}{'before':>10}{'after':>10}{'unheard':>10}")
    ratios = [_ratios(before, trials), _ratios(after, trials), _unheard(trials)]
    for kind in trials.sets:
        own = trials.set == kind
        if not trials.same[own].all() and trials.same[own].any():
            tallies = [Tally.of(each[own], trials.same[own]) for each in ratios]
            figures = [min_cllr(tallies[1]), *map(cllr, tallies)]
            print(f"{kind:24}" + "".join(f"{figure:10.3f}" for figure in figures))
    print(f"\n{'false-match rate':24}{'before':>10}{'after':>10}   95 % interval")
    for rate in RATES:
        point = next(point for point in after.operating_points if point.false_match_rate == rate)
        low, high = point.interval
        print(f"{rate:<24g}{before.threshold(rate):10.2f}{after.threshold(rate):10.2f}   {low:.2f} to {high:.2f}")


def _unheard(trials: Trials) -> Floats:
    """Ratios of comparisons by a fit that has not heard their kind of speech, or their speakers."""
    ratios = np.full(len(trials), np.nan)
    for held in tqdm(list(_folds(trials)), desc="cross-validating", unit="fit", disable=None):
        rest = trials.where(~held)
        if not rest.same.all() and rest.same.any():
            ratios[held] = _ratios(fit(rest, bootstraps=0), trials.where(held))
    return ratios


def _folds(trials: Trials) -> Iterator[Mask]:
    if len(trials.sets) > 1:
        yield from (trials.set == kind for kind in trials.sets)
        return
    speakers = np.unique(trials.test_speaker)
    for fold in range(FOLDS):
        yield np.isin(trials.test_speaker, speakers[fold::FOLDS])


def _ratios(calibration: Calibration, trials: Trials) -> Floats:
    return calibration.llr(trials.cosine, trials.enrolled_sec, trials.tested_sec)
