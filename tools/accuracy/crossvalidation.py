"""How the calibration does on a kind of speech that it has not heard: fitted on all others, judged on that one."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tqdm import tqdm

from shared.listening.scoring import Calibration
from tools.accuracy.measure import REFERENCE_TEST_SEC, measure
from tools.accuracy.trials import Trials
from tools.calibrate.fit import fit
from tools.calibrate.rows import fit_row


def held_out(trials: Trials, rate: float) -> Iterator[dict[str, Any]]:
    """Figures of each kind of speech in tests of ``REFERENCE_TEST_SEC``, as JSON has them; none of a single kind."""
    for kind in tqdm(trials.sets, desc="cross-validating", unit="set", disable=None):
        rest, own = trials.where(trials.set != kind), trials.where(trials.set == kind)
        if _has_both(rest):
            judged = own.where(own.test_length == REFERENCE_TEST_SEC)
            rows = measure(judged, fitted_alone(rest), rate, quiet=True)["rows"]
            yield from (row for row in rows if row["test_length"] == REFERENCE_TEST_SEC and row["enrolled"] is None)


def fitted_alone(trials: Trials) -> Calibration:
    """A calibration with the row for no other voices."""
    fitted = fit(trials, bootstraps=0)
    return replace(fitted, rows=(fit_row(trials, 0, fitted.duration_range),))


def _has_both(trials: Trials) -> bool:
    return bool(trials.same.any() and not trials.same.all())
