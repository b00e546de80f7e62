"""From comparisons to figures: how well voices are told apart, and how well the operating points keep their word."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from shared.listening.scoring import Calibration
from tools.accuracy.alone import alone
from tools.accuracy.metrics import (
    Metric,
    Resampling,
    Tally,
    cllr,
    eer,
    fmr_at,
    fnmr_at,
    min_cllr,
    min_dcf,
    percentile_estimate,
    rate_estimate,
    replicates,
)
from tools.accuracy.speakers import TEST_SEC
from tools.accuracy.trials import Trials

type Mask = NDArray[np.bool]

ALL: Final = "all"
FREE_ENGLISH: Final = "free English"
FREE_ENGLISH_SETS: Final = ("english", "librispeech")
"""How the names of the sets begin that are counted together as free English."""
DEFAULT_RATE: Final = 0.001
REFERENCE_TEST_SEC: Final = 4.0
"""Length of test at which kinds of speech and amounts of enrollment are compared."""
ENROLLED_BANDS: Final = {"under 6 s": (0.0, 6.0), "6 to 12 s": (6.0, 12.0), "12 s or more": (12.0, np.inf)}
"""Net speech behind the signature."""

_INTRINSIC: Final[dict[str, Metric]] = {"eer": eer, "min_dcf": min_dcf, "cllr": cllr, "min_cllr": min_cllr}
_COSTS: Final = ("cllr", "min_cllr")


@dataclass(frozen=True)
class Slice:
    """Comparisons that are judged together.

    Attributes:
        group: a set, or sets counted together.
        test_length: nominal seconds of the test; None for all.
        enrolled: a name of ``ENROLLED_BANDS``; None for all.
    """

    group: str
    test_length: float | None
    enrolled: str | None


def measure(trials: Trials, calibration: Calibration, rate: float, *, quiet: bool = False) -> dict[str, Any]:
    """Everything that comparisons tell, as JSON has it; an estimate is ``[value, low, high]``.

    Args:
        trials: labelled comparisons.
        calibration: what is judged, as it holds where there are no other voices.
        rate: false-match rate that the operator chose; reported beside those that were fitted.
        quiet: show no progress.
    """
    judged = alone(calibration)
    ratios = judged.llr(trials.cosine, trials.enrolled_sec, trials.tested_sec)
    points = operating_points(judged, rate)
    thresholds = {point["rate"]: judged.threshold(point["rate"]) for point in points}
    slices = [(part, mask) for part, mask in _slices(trials) if _has_both(trials, mask)]
    rows = [
        asdict(part) | _figures(trials.where(mask), ratios[mask], thresholds)
        for part, mask in tqdm(slices, desc="measuring", unit="slice", disable=quiet or None)
    ]
    return {
        "calibration": digest(calibration),
        "rate": rate,
        "operating_points": points,
        "sets": {name: _counts(trials.where(trials.set == name)) for name in trials.sets},
        "rows": rows,
    }


def digest(calibration: Calibration) -> str:
    """Tells calibrations apart."""
    return hashlib.sha256(json.dumps(calibration.to_json(), sort_keys=True).encode()).hexdigest()[:16]


def operating_points(calibration: Calibration, rate: float) -> list[dict[str, Any]]:
    """The fitted ones and that of the rate, from the largest rate to the smallest."""
    rates = {point.false_match_rate for point in calibration.operating_points}
    if not calibration.is_fitted(rate):
        rates.add(rate)
    return [
        {"rate": each, "llr": round(calibration.threshold(each), 4), "fitted": calibration.is_fitted(each)}
        for each in sorted(rates, reverse=True)
    ]


def groups(trials: Trials) -> dict[str, Mask]:
    """Sets, and sets counted together, by name."""
    single = {name: trials.set == name for name in trials.sets}
    free = [name for name in single if name.startswith(FREE_ENGLISH_SETS)]
    together = {FREE_ENGLISH: np.isin(trials.set, free)} if len(free) > 1 else {}
    return {**single, **together, **({ALL: np.ones(len(trials), np.bool)} if len(single) > 1 else {})}


def _slices(trials: Trials) -> Iterator[tuple[Slice, Mask]]:
    reference = trials.test_length == REFERENCE_TEST_SEC
    for group, mask in groups(trials).items():
        yield Slice(group, None, None), mask
        for length in TEST_SEC:
            yield Slice(group, length, None), mask & (trials.test_length == length)
        for band, (low, high) in ENROLLED_BANDS.items():
            enrolled = (trials.enrolled_sec >= low) & (trials.enrolled_sec < high)
            yield Slice(group, REFERENCE_TEST_SEC, band), mask & reference & enrolled


def _has_both(trials: Trials, mask: Mask) -> bool:
    labels = trials.same[mask]
    return bool(labels.any() and not labels.all())


def _counts(trials: Trials) -> dict[str, int]:
    return {
        "speakers": len(set(trials.enrolled_speaker.tolist()) | set(trials.test_speaker.tolist())),
        "same": int(trials.same.sum()),
        "different": int((~trials.same).sum()),
    }


def speakers_of(trials: Trials) -> tuple[NDArray[np.str_], NDArray[np.str_]]:
    """Who was enrolled and who spoke, by a name that no other set has."""
    prefix = np.strings.add(trials.set, "/")
    return np.strings.add(prefix, trials.enrolled_speaker), np.strings.add(prefix, trials.test_speaker)


def _figures(trials: Trials, ratios: NDArray[np.float64], thresholds: dict[float, float]) -> dict[str, Any]:
    counts, speakers = _counts(trials), speakers_of(trials)
    tally = Tally.of(ratios, trials.same)
    kinds: dict[str, dict[str, Metric]] = {
        "fmr": {f"{rate:g}": partial(fmr_at, threshold=at) for rate, at in thresholds.items()},
        "fnmr": {f"{rate:g}": partial(fnmr_at, threshold=at) for rate, at in thresholds.items()},
    }
    metrics = _INTRINSIC | {f"{kind} {rate}": metric for kind, of in kinds.items() for rate, metric in of.items()}
    drawn = replicates(Resampling.of(ratios, trials.same, speakers, thresholds.values()), metrics)
    failures = {"eer": min(counts["same"], counts["different"]), "fmr": counts["different"], "fnmr": counts["same"]}
    failures["min_dcf"] = counts["same"]

    def estimate(name: str) -> list[float]:
        value = metrics[name](tally)
        if name in _COSTS:
            return percentile_estimate(value, drawn[name]).to_json()
        return rate_estimate(value, drawn[name], failures[name.split()[0]]).to_json()

    intrinsic = {name: estimate(name) for name in _INTRINSIC}
    return counts | intrinsic | {kind: {rate: estimate(f"{kind} {rate}") for rate in of} for kind, of in kinds.items()}
