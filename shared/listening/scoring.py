"""How alike two voices are, what that is worth as evidence, and where to accept: the one place where scores are made.

A cosine alone says little: it grows with the amount of speech behind it. Calibration turns it into a natural
log-likelihood ratio, and the operating point says from which ratio a speaker is accepted. The wire score is the
logistic of the distance between the two, so that 0.5 is the operating point whatever it is.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

ACCEPT_AT: Final = 0.5
"""Wire score from which a speaker is accepted, as in the retired service."""

NOISE_DB: Final = (17.0, 22.0)
"""Signal-to-noise ratios of a clip up to which noise has moved a voice in full, and from which hardly at all."""

LEAST_LLR: Final = -1.0
"""Calibrated ratio below which a clip is taken for another voice.

Of 7,234 own clips (65 people who read, 2 to 12 s, desk and simulated telephone, added to one or three clips of either)
none is below it; of 6,625 strangers' 99.8 % are where no telephone is involved, 96 % where one is.
"""


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
class Row:
    """What a centred cosine is worth where at least so many voices were there to choose the centre from.

    Attributes:
        voices: fewest of them for which the row was fitted; 0 is for a cosine that is not centred.
        cosine, cosine_duration, duration, offset: as in ``Calibration``.
        thresholds: the ratio to accept from, by false-match rate.
    """

    voices: int
    cosine: float
    cosine_duration: float
    duration: float
    offset: float
    thresholds: tuple[tuple[float, float], ...]

    def llr(self, similarity: ArrayLike, q: ArrayLike) -> NDArray[np.float64]:
        """Natural log-likelihood ratios of cosines, given q within the fitted range."""
        return _on_line(self, np.asarray(similarity, np.float64), np.asarray(q, np.float64))

    def threshold(self, false_match_rate: float) -> float:
        """Ratio to accept from; linear in the logarithm of the rate between fitted ones."""
        return _between(false_match_rate, self.thresholds)


@dataclass(frozen=True)
class Calibration:
    """From cosine and durations to evidence, and from a false-match rate to a threshold.

    LLR = cosine * c + cosine_duration * c * q + duration * q + offset, with q = 1/enrolled + 1/tested seconds of net
    speech: the form of quality-dependent linear calibration, fitted by logistic regression (Brümmer & du Preez 2006).

    Attributes:
        duration_range: q that the fit has seen; others count as the nearest of these.
        operating_points: fitted ones, from the largest rate to the smallest.
        fitted_on: what the fit has seen, for people.
        rows: for centred cosines, by the number of voices, ascending; where there are none, nothing is centred.
        narrowed: added to a row's ratio where one side was narrowed to be compared with the other: a voice is less like
            itself then, and no more like others.
        noisy: the same for a clip as noisy as the first of ``NOISE_DB``; less is added up to the second.
    """

    cosine: float
    cosine_duration: float
    duration: float
    offset: float
    duration_range: tuple[float, float]
    operating_points: tuple[OperatingPoint, ...]
    fitted_on: Mapping[str, Any]
    rows: tuple[Row, ...] = ()
    narrowed: float = 0.0
    noisy: float = 0.0

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
        rows = [Row(**{**row, "thresholds": tuple(map(_pair, row["thresholds"]))}) for row in fields.get("rows", ())]
        read = {
            "duration_range": _pair(fields["duration_range"]),
            "operating_points": tuple(points),
            "rows": tuple(rows),
        }
        return cls(**{**fields, **read})

    def to_json(self) -> dict[str, Any]:
        """The calibration as a manifest holds it."""
        return asdict(self)

    def llr(self, similarity: ArrayLike, enrolled_sec: ArrayLike, tested_sec: ArrayLike) -> NDArray[np.float64]:
        """Natural log-likelihood ratios of cosines that are not centred, given the seconds of speech on each side."""
        return _on_line(self, np.asarray(similarity, np.float64), self._q(enrolled_sec, tested_sec))

    def threshold(self, false_match_rate: float) -> float:
        """Ratio to accept from where nothing is centred; linear in the logarithm of the rate between fitted ones."""
        guards = tuple((p.false_match_rate, p.guard) for p in self.operating_points)
        return max(self.typical(false_match_rate), _between(false_match_rate, guards))

    def typical(self, false_match_rate: float) -> float:
        """The ratio from which the typical kind of speech is accepted at a rate, whatever others would need."""
        return _between(false_match_rate, tuple((p.false_match_rate, p.llr) for p in self.operating_points))

    def decide(
        self,
        compared: "Comparison",
        enrolled_sec: float,
        tested_sec: float,
        false_match_rate: float,
        candidates: int = 1,
    ) -> "Verdict":
        """What a comparison comes to, as one of so many that together have a false-match rate.

        Centring must never help a stranger against whom nothing speaks but a crowd of other voices: below the floor,
        the cosine's own ratio against the threshold of typical speech, nobody is accepted.
        """
        rate = rate_of_one(false_match_rate, candidates)
        low, high = self.duration_range
        q = min(max(float(inverse_duration(enrolled_sec, tested_sec)), low), high)
        raw = _on_line(self, compared.cosine, q)
        fitting = [row for row in self.rows if row.voices <= compared.voices]
        fitted = fitting[-1].threshold if fitting else self.threshold
        threshold, alone, of_many = map(fitted, (rate, false_match_rate, max(rate, false_match_rate**2)))
        if not fitting:
            return Verdict(compared.cosine, raw, threshold, raw, 0, alone, of_many - alone)
        row = fitting[-1]
        similarity = compared.centred if row.voices else compared.cosine
        met = compared.conditions
        llr = _on_line(row, similarity, q) + self.narrowed * met.narrowed + self.noisy * met.noise
        llr = min(llr, threshold + raw - self.typical(rate))
        return Verdict(compared.cosine, llr, threshold, raw, compared.voices, alone, of_many - alone)

    def _q(self, enrolled_sec: ArrayLike, tested_sec: ArrayLike) -> NDArray[np.float64]:
        return np.clip(inverse_duration(enrolled_sec, tested_sec), *self.duration_range)

    def is_fitted(self, false_match_rate: float) -> bool:
        """Whether the threshold of this rate was fitted, not interpolated."""
        return any(math.isclose(point.false_match_rate, false_match_rate) for point in self.operating_points)


@dataclass(frozen=True)
class Verdict:
    """What one comparison of a clip with a voice came to.

    Attributes:
        llr: natural log-likelihood ratio.
        threshold: the ratio to accept from.
        raw_llr: the ratio that the cosine has without other voices to compare with.
        voices: how many others there were to compare with.
        alone: what the threshold would be if there were no other candidate.
        lead: by how much the best of the candidates has to lead to be named from there.
    """

    cosine: float
    llr: float
    threshold: float
    raw_llr: float
    voices: int = 0
    alone: float = math.inf
    lead: float = math.inf

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

    def ahead_of(self, second: "Verdict") -> "Verdict":
        """The verdict on the best of several candidates, which may also be named by how far it leads.

        The best of many strangers reaches a ratio by chance, but does not lead the others by as much as the many have
        raised the threshold: ratios of strangers fall off exponentially, and so does their lead, however many they are
        (Rényi 1953). So that lead suffices for the threshold of one, and that of 1/rate candidates for more than these.
        """
        in_force = max(self.alone, second.llr + self.lead)
        named = not self.accepted and self.llr >= in_force
        return replace(self, threshold=in_force) if named else self


@dataclass(frozen=True)
class Conditions:
    """What makes a voice less like itself, and no more like others.

    Attributes:
        narrowed: whether one side was narrowed to be compared with the other, which came narrow.
        snr_db: signal-to-noise ratio of the clip; None where it is not known.
    """

    narrowed: bool = False
    snr_db: float | None = None

    @property
    def noise(self) -> float:
        """How far noise has moved the voice, from 0 to 1."""
        most, least = NOISE_DB
        return 0.0 if self.snr_db is None else min(1.0, max(0.0, (least - self.snr_db) / (least - most)))


ORDINARY: Final = Conditions()


@dataclass(frozen=True)
class Comparison:
    """How alike a signature and a clip are.

    Attributes:
        cosine: of the two as they are.
        centred: the cosine as seen from the other voices that are most like both.
        voices: how many others there were to choose from.
    """

    cosine: float
    centred: float
    voices: int
    conditions: Conditions = ORDINARY


def unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """A vector's direction: float32 of unit length."""
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def cosine(left: NDArray[np.float32], right: NDArray[np.float32]) -> float:
    """Cosine of the angle between two embeddings or signatures ([dimension] each, any length)."""
    return float(left @ right / (np.linalg.norm(left) * np.linalg.norm(right)))


def inverse_duration(enrolled_sec: ArrayLike, tested_sec: ArrayLike) -> NDArray[np.float64]:
    """q = 1/enrolled + 1/tested: how little speech a comparison rests on."""
    return np.asarray(1 / np.asarray(enrolled_sec, np.float64) + 1 / np.asarray(tested_sec, np.float64))


def _on_line[Number: (float, NDArray[np.float64])](line: Calibration | Row, cosines: Number, q: Number) -> Number:
    """Of arrays, or of numbers alone, which Python adds several times faster than arrays of one."""
    return (line.cosine + line.cosine_duration * q) * cosines + line.duration * q + line.offset


@lru_cache
def _between(rate: float, fitted: tuple[tuple[float, float], ...]) -> float:
    """A threshold between fitted rates, and beyond them, linear in the rate's logarithm."""
    segments = list(pairwise(sorted(fitted)))
    low, high = next((s for s in segments if rate <= s[1][0]), segments[-1])
    along = math.log(rate / low[0]) / math.log(high[0] / low[0])
    return low[1] + along * (high[1] - low[1])


def rate_of_one(false_match_rate: float, candidates: int) -> float:
    """The false-match rate of each of so many comparisons that together have the given rate (Šidák 1967)."""
    return -math.expm1(math.log1p(-false_match_rate) / candidates)


def _pair(values: Any) -> tuple[float, float]:  # noqa: ANN401  anything that JSON holds
    low, high = values
    return float(low), float(high)
