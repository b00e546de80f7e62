"""The fit: logistic regression for the log-likelihood ratio, tails of impostors for the operating points."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.listening.scoring import Calibration, OperatingPoint, inverse_duration
from tools.accuracy.trials import Trials

type Floats = NDArray[np.float64]
type Mask = NDArray[np.bool]

RATES: Final = (0.01, 0.001, 0.0001)
"""False-match rates that are fitted."""
WORST_KIND_TIMES: Final = 10
WORST_KIND_RATE: Final = 0.01
"""The worst kind of speech may have so many times the rate, or this rate if that is more.

Where everybody says the same words, strangers are alike: no threshold gives all kinds of speech the same rate.
"""
BOOTSTRAPS: Final = 200

_TAIL: Final = 0.05
"""Share of impostors whose excess is taken as exponential where trials are too few to count."""
_COUNTABLE: Final = 10
"""Trials beyond a threshold from which counting them is good enough."""
_DIGITS: Final = 4
_RIDGE: Final = 1e-6
_NEWTON_STEPS: Final = 50
_Q_SHARE: Final = (0.005, 0.995)
"""Quantiles of q between which the fit is trusted."""


def fit(trials: Trials, *, bootstraps: int = BOOTSTRAPS) -> Calibration:
    """Calibration fitted on labelled comparisons.

    Raises:
        ValueError: there are no comparisons of the same, or none of different speakers.
    """
    if trials.same.all() or not trials.same.any():
        missing = "different speakers" if trials.same.all() else "the same speaker"
        raise ValueError(f"no comparisons of {missing}: nothing can be fitted")
    low, high = (round(float(value), _DIGITS) for value in np.quantile(_q(trials), _Q_SHARE))
    line = regress(trials, low, high)
    unset = Calibration(*line, (low, high), (), {})
    impostors = trials.where(~trials.same)
    ratios = unset.llr(impostors.cosine, impostors.enrolled_sec, impostors.tested_sec)
    tails = [_Tail.of(impostors, ratios, kind) for kind in impostors.sets]
    points = tuple(_point(impostors, tails, rate, bootstraps) for rate in RATES)
    return Calibration(*line, (low, high), points, _fitted_on(trials))


def _q(trials: Trials) -> Floats:
    return inverse_duration(trials.enrolled_sec, trials.tested_sec)


def regress(trials: Trials, low: float, high: float) -> tuple[float, float, float, float]:
    """The four coefficients, every kind of speech and both labels weighing the same."""
    q = np.clip(_q(trials), low, high)
    columns = np.stack([trials.cosine, trials.cosine * q, q, np.ones_like(q)], axis=1)
    line = _logistic(columns, trials.same, balanced(trials))
    if min(line[0] + line[1] * q_end for q_end in (low, high)) <= 0:  # more alike must never mean less evidence
        columns[:, 1] = 0
        line = _logistic(columns, trials.same, balanced(trials))
    first, second, third, fourth = (round(float(value), _DIGITS) for value in line)
    return first, second, third, fourth


def balanced(trials: Trials) -> Floats:
    """Weights of comparisons with which every kind of speech and both labels weigh the same."""
    weights = np.zeros(len(trials.same))
    for kind in trials.sets:
        for label in (True, False):
            group = (trials.set == kind) & (trials.same == label)
            weights[group] = 1 / max(1, group.sum())
    for label in (True, False):  # a kind with one label only must not tilt the prior
        weights[trials.same == label] /= 2 * weights[trials.same == label].sum()
    return weights


def _logistic(columns: Floats, labels: Mask, weights: Floats) -> Floats:
    """Weighted logistic regression by Newton's method, with a ridge that keeps separable data finite."""
    line = np.zeros(columns.shape[1])
    penalty = _RIDGE * np.eye(columns.shape[1])
    for _ in range(_NEWTON_STEPS):
        probability = 1 / (1 + np.exp(-np.clip(columns @ line, -30, 30)))
        gradient = columns.T @ (weights * (probability - labels)) + penalty @ line
        curvature = (columns * (weights * probability * (1 - probability))[:, None]).T @ columns + penalty
        line = line - np.linalg.solve(curvature, gradient)
    return line


def exceeded(ratios: Floats, weights: Floats, rate: float) -> float:
    """The ratio that this share of weighted impostors exceeds: counted, or where too few do, by an exponential tail."""
    order = np.argsort(-ratios)
    every = _Tail(order, ratios[order])
    return every.exceeded(weights, rate)


@dataclass(frozen=True)
class _Tail:
    """The impostors of one kind of speech, from the most alike to the least.

    Attributes:
        order: their positions among all impostors.
        ratios: their log-likelihood ratios, descending.
    """

    order: NDArray[np.intp]
    ratios: Floats

    @classmethod
    def of(cls, impostors: Trials, ratios: Floats, kind: str) -> "_Tail":
        members = np.flatnonzero(impostors.set == kind)
        order = members[np.argsort(-ratios[members])]
        return cls(order, ratios[order])

    def counts(self, rate: float) -> bool:
        """Whether enough impostors lie beyond this rate to count them."""
        return rate * len(self.order) >= _COUNTABLE

    def exceeded(self, weights: Floats, rate: float) -> float:
        """The ratio that this share of impostors exceeds: counted, or where too few do, by an exponential tail."""
        share = np.cumsum(weights[self.order])
        share /= max(share[-1], 1e-12)
        if self.counts(rate):
            return self._at(share, rate)
        start = self._at(share, _TAIL)
        beyond = self.ratios > start
        excess = np.average(self.ratios[beyond] - start, weights=weights[self.order][beyond] + 1e-12)
        return float(start + excess * np.log(_TAIL / rate))

    def _at(self, share: Floats, rate: float) -> float:
        return float(self.ratios[min(int(np.searchsorted(share, rate)), len(share) - 1)])


def _point(impostors: Trials, tails: list[_Tail], rate: float, bootstraps: int) -> OperatingPoint:
    typical, guard = _thresholds(tails, np.ones(len(impostors)), rate)
    again = [max(_thresholds(tails, weights, rate)) for weights in _resampled(impostors, bootstraps)]
    low, high = np.quantile(again or [max(typical, guard)], (0.025, 0.975))
    interval = (round(float(low), _DIGITS), round(float(high), _DIGITS))
    return OperatingPoint(rate, round(typical, _DIGITS), round(guard, _DIGITS), interval)


def _thresholds(tails: list[_Tail], weights: Floats, rate: float) -> tuple[float, float]:
    """From where the typical kind of speech is accepted at the rate, and from where no kind is above its bound."""
    bound = max(WORST_KIND_TIMES * rate, WORST_KIND_RATE)
    typical = np.median([tail.exceeded(weights, rate) for tail in _countable(tails, rate)])
    return float(typical), max(tail.exceeded(weights, bound) for tail in _countable(tails, bound))


def _countable(tails: list[_Tail], rate: float) -> list[_Tail]:
    """The kinds with enough impostors for a rate, or else the kind with the most."""
    return [tail for tail in tails if tail.counts(rate)] or [max(tails, key=lambda tail: len(tail.order))]


def _resampled(trials: Trials, times: int) -> Iterator[Floats]:
    """Weights of comparisons when the speakers of each kind are drawn again with replacement."""
    random = np.random.default_rng(0)
    draws = [_speakers_of(trials, kind) for kind in trials.sets]
    for _ in range(times):
        weights = np.zeros(len(trials))
        for draw in draws:
            draw(random, weights)
        yield weights


def _speakers_of(trials: Trials, kind: str) -> Callable[[np.random.Generator, Floats], None]:
    group = np.flatnonzero(trials.set == kind)
    both = np.concatenate([trials.enrolled_speaker[group], trials.test_speaker[group]])
    names, index = np.unique(both, return_inverse=True)
    enrolled, tested = index[: len(group)], index[len(group) :]

    def draw(random: np.random.Generator, weights: Floats) -> None:
        count = np.bincount(random.integers(0, len(names), len(names)), minlength=len(names))
        weights[group] = count[enrolled] * count[tested]

    return draw


def _fitted_on(trials: Trials) -> dict[str, object]:
    counts = {
        kind: {
            "same": int((trials.same & (trials.set == kind)).sum()),
            "different": int((~trials.same & (trials.set == kind)).sum()),
        }
        for kind in trials.sets
    }
    return {"comparisons": counts, "worst_kind_rate": WORST_KIND_RATE}
