"""How alike two voices are, what that is worth as evidence, and where to accept: the one place where scores are made.

A cosine alone says little: it grows with the amount of speech behind it. Calibration turns it into a natural
log-likelihood ratio, and the operating point says from which ratio a speaker is accepted. The wire score is the
logistic of the distance between the two, so that 0.5 is the operating point whatever it is.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

ACCEPT_AT: Final = 0.5
"""Wire score from which a speaker is accepted, as in the retired service."""


@dataclass(frozen=True)
class OperatingPoint:
    """The log-likelihood ratios from which strangers are accepted at ``false_match_rate``; the larger one holds.

    Attributes:
        llr: threshold for the typical kind of speech.
        guard: threshold that keeps the kind in which strangers are most alike within its bound.
        interval: 95 % confidence interval of the larger.
    """

    false_match_rate: float
    llr: float
    guard: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Calibration:
    """From cosine and durations to evidence, and from a false-match rate to a threshold.

    LLR = cosine * c + cosine_duration * c * q + duration * q + offset, with q = 1/enrolled + 1/tested seconds of net
    speech: the form of quality-dependent linear calibration, fitted by logistic regression (Brümmer & du Preez 2006).

    Attributes:
        duration_range: q that the fit has seen; others count as the nearest of these.
        operating_points: fitted ones, from the largest rate to the smallest.
        fitted_on: what the fit has seen, for people.
    """

    cosine: float
    cosine_duration: float
    duration: float
    offset: float
    duration_range: tuple[float, float]
    operating_points: tuple[OperatingPoint, ...]
    fitted_on: Mapping[str, Any]

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        """Read what ``to_json`` wrote.

        Raises:
            KeyError: a field is missing.
            TypeError: a field is of another type, or unknown.
            ValueError: a field has another shape.
        """
        points = [
            OperatingPoint(point["false_match_rate"], point["llr"], point["guard"], _pair(point["interval"]))
            for point in fields["operating_points"]
        ]
        return cls(
            **{**fields, "duration_range": _pair(fields["duration_range"]), "operating_points": tuple(points)}
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """The calibration as a manifest holds it."""
        return asdict(self)

    def llr(self, similarity: ArrayLike, enrolled_sec: ArrayLike, tested_sec: ArrayLike) -> NDArray[np.float64]:
        """Natural log-likelihood ratios of cosines, given the net speech behind each side in seconds."""
        cosines = np.asarray(similarity, np.float64)
        q = np.clip(inverse_duration(enrolled_sec, tested_sec), *self.duration_range)
        return np.asarray(
            (self.cosine + self.cosine_duration * q) * cosines + self.duration * q + self.offset, np.float64
        )

    def threshold(self, false_match_rate: float) -> float:
        """Log-likelihood ratio to accept from; between and beyond the fitted rates, linear in their logarithm."""
        points = sorted(self.operating_points, key=lambda point: point.false_match_rate)
        segments = list(pairwise(points))
        low, high = next((s for s in segments if false_match_rate <= s[1].false_match_rate), segments[-1])
        span = math.log(high.false_match_rate / low.false_match_rate)
        along = math.log(false_match_rate / low.false_match_rate) / span
        return max(low.llr + along * (high.llr - low.llr), low.guard + along * (high.guard - low.guard))

    def is_fitted(self, false_match_rate: float) -> bool:
        """Whether the threshold of this rate was fitted, not interpolated."""
        return any(math.isclose(point.false_match_rate, false_match_rate) for point in self.operating_points)


@dataclass(frozen=True)
class Verdict:
    """What one comparison of a clip with a voice came to.

    Attributes:
        llr: natural log-likelihood ratio.
        threshold: the ratio to accept from.
    """

    cosine: float
    llr: float
    threshold: float

    @property
    def above_threshold(self) -> float:
        """By how much the ratio exceeds the threshold."""
        return self.llr - self.threshold

    @property
    def score(self) -> float:
        """The wire score, in (0, 1): strictly monotone in the ratio, ``ACCEPT_AT`` at the threshold."""
        return 1 / (1 + math.exp(-self.above_threshold))

    @property
    def accepted(self) -> bool:
        """Whether this is an Accept."""
        return self.score >= ACCEPT_AT


def cosine(left: NDArray[np.float32], right: NDArray[np.float32]) -> float:
    """Cosine of the angle between two embeddings or signatures ([dimension] each, any length)."""
    return float(left @ right / (np.linalg.norm(left) * np.linalg.norm(right)))


def inverse_duration(enrolled_sec: ArrayLike, tested_sec: ArrayLike) -> NDArray[np.float64]:
    """q = 1/enrolled + 1/tested: how little speech a comparison rests on."""
    return np.asarray(1 / np.asarray(enrolled_sec, np.float64) + 1 / np.asarray(tested_sec, np.float64))


def rate_of_one(false_match_rate: float, candidates: int) -> float:
    """The false-match rate of each of so many comparisons that together have the given rate (Šidák 1967)."""
    return -math.expm1(math.log1p(-false_match_rate) / candidates)


def _pair(values: Any) -> tuple[float, float]:  # noqa: ANN401  anything that JSON holds
    low, high = values
    return float(low), float(high)
