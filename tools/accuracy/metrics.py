"""How good scores are: error rates, costs, and how sure one can be of them.

Every metric takes a ``Tally``: how much weight same-speaker and different-speaker comparisons have at each score. Plain
comparisons weigh 1 each; drawing speakers again, as the bootstrap does, only changes the weights.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression
from scipy.special import xlogy

type Floats = NDArray[np.float64]
type Metric = Callable[["Tally"], float]

BOOTSTRAPS: Final = 200
CONFIDENCE: Final = 0.95
DCF_PRIOR: Final = 0.01
"""Prior of a same-speaker comparison in the detection cost."""
RULE_OF_THREE: Final = 3.0

_SHARES: Final = np.unique(
    np.concatenate([np.linspace(0, 1, 400), np.geomspace(1e-6, 0.01, 60), 1 - np.geomspace(1e-6, 0.01, 60)])
)
"""Quantiles of either kind at which the bootstrap tells scores apart, close in the tails; the figures are exact."""


@dataclass(frozen=True, eq=False)
class Tally:
    """Comparisons by score, in columns of equal length.

    Attributes:
        score: distinct and ascending; the larger, the more alike.
        same: weight of the same-speaker comparisons at that score.
        different: weight of the different-speaker comparisons.
    """

    score: Floats
    same: Floats
    different: Floats

    @classmethod
    def of(cls, score: Floats, same: NDArray[np.bool]) -> Self:
        """Plain comparisons: [n] scores and whether the speakers are the same."""
        distinct, at = np.unique(score, return_inverse=True)
        counts = [np.bincount(at[mask], minlength=len(distinct)).astype(float) for mask in (same, ~same)]
        return cls(distinct, *counts)

    def fmr(self) -> Floats:
        """[k + 1] false-match rate: accepting from each score on, and last accepting nobody."""
        return np.append(np.cumsum(self.different[::-1])[::-1], 0) / self.different.sum()

    def fnmr(self) -> Floats:
        """[k + 1] false-non-match rate at the thresholds of ``fmr``."""
        return np.append(0, np.cumsum(self.same)) / self.same.sum()


def fmr_at(tally: Tally, threshold: float) -> float:
    """False-match rate: the share of different-speaker comparisons that are accepted (ISO/IEC 19795-1)."""
    return float(tally.different[tally.score >= threshold].sum() / tally.different.sum())


def fnmr_at(tally: Tally, threshold: float) -> float:
    """False-non-match rate: the share of same-speaker comparisons that are not accepted (ISO/IEC 19795-1)."""
    return float(tally.same[tally.score < threshold].sum() / tally.same.sum())


def fnmr_at_fmr(tally: Tally, rate: float) -> float:
    """False-non-match rate at the lowest threshold that accepts at most this share of different speakers."""
    return float(tally.fnmr()[np.argmax(tally.fmr() <= rate)])


def eer(tally: Tally) -> float:
    """Equal error rate: where false-match and false-non-match rate cross, linear between two thresholds."""
    fmr, fnmr = tally.fmr(), tally.fnmr()
    after = int(np.argmax(fnmr >= fmr))  # never the first, where everybody is accepted
    gap_before, gap_after = fmr[after - 1] - fnmr[after - 1], fnmr[after] - fmr[after]
    along = gap_before / (gap_before + gap_after)
    return float(fnmr[after - 1] + along * (fnmr[after] - fnmr[after - 1]))


def min_dcf(tally: Tally, prior: float = DCF_PRIOR) -> float:
    """Least detection cost at any threshold, both errors costing 1, over that of deciding blindly.

    Source: NIST Speaker Recognition Evaluation plans (2008 and later), C_norm.
    """
    costs = prior * tally.fnmr() + (1 - prior) * tally.fmr()
    return float(costs.min() / min(prior, 1 - prior))


def cllr(tally: Tally) -> float:
    """Cost of log-likelihood ratios, in bits: 0 is perfect, 1 is as good as knowing nothing.

    Source: Brümmer & du Preez, "Application-independent evaluation of speaker detection" (2006), equation 37.
    """
    missed = np.average(np.logaddexp(0, -tally.score), weights=tally.same)
    false = np.average(np.logaddexp(0, tally.score), weights=tally.different)
    return float((missed + false) / (2 * math.log(2)))


def min_cllr(tally: Tally) -> float:
    """``cllr`` after the best monotone recalibration, found by pool adjacent violators: discrimination alone.

    Source: Brümmer & du Preez (2006).
    """
    same, different = tally.same / tally.same.sum(), tally.different / tally.different.sum()
    seen = same + different > 0
    same, different = same[seen], different[seen]
    posterior = isotonic_regression(same / (same + different), weights=same + different).x.clip(0, 1)
    cost = xlogy(same, posterior).sum() + xlogy(different, 1 - posterior).sum()
    return float(abs(cost) / (2 * math.log(2)))


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95 % confidence interval."""

    value: float
    low: float
    high: float

    def to_json(self) -> list[float]:
        """Value, low and high, as precise as is worth keeping."""
        return [float(f"{figure:.4g}") for figure in (self.value, self.low, self.high)]


def rule_of_three(trials: float) -> Estimate:
    """The interval of an error rate when none of so many trials failed (Hanley & Lippman-Hand 1983)."""
    return Estimate(0.0, 0.0, min(1.0, RULE_OF_THREE / trials))


def rate_estimate(value: float, replicates: Floats, trials: float) -> Estimate:
    """An error rate with the interval of its bootstrap replicates, or by the rule of 3 if nothing failed."""
    return rule_of_three(trials) if value == 0 else percentile_estimate(value, replicates)


def percentile_estimate(value: float, replicates: Floats) -> Estimate:
    """A figure with the percentile interval of its bootstrap replicates (Efron 1981)."""
    low, high = np.nanquantile(replicates, ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2))
    return Estimate(value, float(min(low, value)), float(max(high, value)))


@dataclass(frozen=True, eq=False)
class Resampling:
    """Comparisons whose speakers are drawn again with replacement.

    A speaker drawn k times counts k times as himself, and with another drawn m times k m times: comparisons that share
    a speaker are not independent, so that drawing comparisons would give intervals that are too narrow. Source: the
    subsets bootstrap of Bolle, Ratha & Pankanti, "Error analysis of pattern recognition systems" (2004).

    Attributes:
        score: [k] scores told apart, ascending.
        at: [n] index of each comparison's score.
        same: [n] whether the speakers are the same.
        enrolled: [n] index of the enrolled speaker.
        tested: [n] index of the speaker who spoke.
    """

    score: Floats
    at: NDArray[np.intp]
    same: NDArray[np.bool]
    enrolled: NDArray[np.intp]
    tested: NDArray[np.intp]

    @classmethod
    def of(
        cls,
        score: Floats,
        same: NDArray[np.bool],
        speakers: tuple[NDArray[np.str_], NDArray[np.str_]],
        thresholds: Iterable[float] = (),
    ) -> Self:
        """Comparisons as columns [n].

        Args:
            score: of each.
            same: whether its speakers are the same.
            speakers: names of those enrolled and of those tested.
            thresholds: scores at which rates will be asked for.
        """
        _, index = np.unique(np.concatenate(speakers), return_inverse=True)
        told_apart, at = _binned(score, same, thresholds)
        return cls(told_apart, at, same, index[: len(score)], index[len(score) :])

    def tallies(self, times: int = BOOTSTRAPS) -> Iterator[Tally]:
        """One tally for each draw of speakers; draws that leave no comparison of one kind are passed over."""
        random = np.random.default_rng(0)
        speakers = 1 + max(self.enrolled.max(), self.tested.max())
        for _ in range(times):
            drawn = np.bincount(random.integers(0, speakers, speakers), minlength=speakers).astype(float)
            tally = self._tally(drawn)
            if tally.same.any() and tally.different.any():
                yield tally

    def _tally(self, drawn: Floats) -> Tally:
        weights = drawn[self.tested]
        same = np.bincount(self.at, weights * self.same, len(self.score))
        different = np.bincount(self.at, weights * drawn[self.enrolled] * ~self.same, len(self.score))
        return Tally(self.score, same, different)


def replicates(resampling: Resampling, metrics: dict[str, Metric], times: int = BOOTSTRAPS) -> dict[str, Floats]:
    """Every metric of every draw."""
    drawn = [{name: metric(tally) for name, metric in metrics.items()} for tally in resampling.tallies(times)]
    return {name: np.array([values[name] for values in drawn]) for name in metrics}


def _binned(
    score: Floats, same: NDArray[np.bool], thresholds: Iterable[float]
) -> tuple[Floats, NDArray[np.intp]]:  # fmt: skip
    """Scores told apart, and for each comparison the index of the one that it is not below."""
    kinds = [np.quantile(score[mask], _SHARES, method="lower") for mask in (same, ~same)]
    edges = np.unique(np.concatenate([*kinds, list(thresholds)]))
    return edges, np.searchsorted(edges, score, side="right") - 1
