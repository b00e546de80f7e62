"""How the calibration does on a kind of speech that it has not heard: fitted on all others, judged on that one."""

from collections.abc import Iterator
from typing import Any

from tqdm import tqdm

from tools.accuracy.measure import REFERENCE_TEST_SEC, measure
from tools.accuracy.trials import Trials
from tools.calibrate.fit import fit


def held_out(trials: Trials, rate: float) -> Iterator[dict[str, Any]]:
    """Figures of each kind of speech in tests of ``REFERENCE_TEST_SEC``, as JSON has them; none of a single kind."""
    for kind in tqdm(trials.sets, desc="cross-validating", unit="set", disable=None):
        rest, own = trials.where(trials.set != kind), trials.where(trials.set == kind)
        if _has_both(rest):
            judged = own.where(own.test_length == REFERENCE_TEST_SEC)
            rows = measure(judged, fit(rest, bootstraps=0), rate, quiet=True)["rows"]
            yield from (row for row in rows if row["test_length"] == REFERENCE_TEST_SEC and row["enrolled"] is None)


def _has_both(trials: Trials) -> bool:
    return bool(trials.same.any() and not trials.same.all())
