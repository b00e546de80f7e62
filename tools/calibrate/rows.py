"""The rows of a calibration: what a centred cosine is worth, by how many voices there were to choose the centre from.

A row needs embeddings, so it is fitted on recordings, through channels; a table of cosines has none. Every kind of
speech through every pair of channels counts the same. The threshold of a rate is where the mean over them has that
rate; without a gallery, where it has ``ALONE_TIMES`` the rate.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.listening.scoring import Calibration, Row, inverse_duration
from tools.accuracy.by_channel import doors, pairs
from tools.accuracy.galleries import Door, Tenant, attempts_of
from tools.accuracy.heard import Heard
from tools.accuracy.trials import Trials
from tools.calibrate.fit import RATES, Floats, balanced, exceeded, regress

VOICES: Final = (0, 3, 5, 10, 20, 50)
"""Sizes of gallery of which each has a row; today's constants hold below the first that is not 0."""
ALONE_TIMES: Final = 1.6
"""How many times the rate strangers may have, on average, where there are no voices to centre on.

No threshold serves read English and digits there. By this one, digits are accepted in 0.63 % by a fit that has heard no
digits, at a rate of 0.001; by twice the rate in 0.70 %. A kind that nobody has heard is to stay below 1 %.
"""

_DIGITS: Final = 3
_RATE: Final = RATES[1]


def centred_trials(
    heard: Mapping[str, Heard], calibration: Calibration, voices: int, length: float, *, mixed: bool = False
) -> Trials | None:
    """Comparisons before galleries of a size, pure or mixed; their set is the kind of speech and both channels.

    None where there are too few speakers for such a gallery.
    """
    tenants = {name: Tenant.of(each) for name, each in heard.items()}
    rows = [
        row
        for enrolled, tested in pairs(list(heard))
        for door in [doors(tenants[enrolled], tenants, calibration, _RATE)[mixed]]
        for row in _compared(door, heard[tested], f"{enrolled}, {tested}", voices, length, mixed=mixed)
    ]
    trials = _columns(rows) if rows else None
    return trials if trials and trials.same.any() and not trials.same.all() else None


def _compared(
    door: Door, heard: Heard, pair: str, voices: int, length: float, *, mixed: bool
) -> Iterator[tuple[object, ...]]:
    for kind in sorted(set(door.tenant.kinds.tolist())):
        random = np.random.default_rng(0)
        attempts, _ = attempts_of(heard, kind, length)
        for attempt in attempts:
            for seen in door.compare(attempt, voices, random, mixed=mixed):
                similarity = seen.compared.centred if voices else seen.compared.cosine
                yield (f"{kind}, {pair}", seen.name, attempt.name, seen.enrolled_sec,
                       attempt.evidence_sec, length, similarity, seen.name == attempt.name)  # fmt: skip


def _columns(rows: Sequence[tuple[object, ...]]) -> Trials:
    return Trials(*(np.array(column) for column in zip(*rows, strict=True)))


def fit_row(trials: Trials, voices: int, duration_range: tuple[float, float]) -> Row:
    """The row of a size, on comparisons of it, of the same and of different speakers."""
    unset = Row(voices, *regress(trials, *duration_range), ())
    q = np.clip(inverse_duration(trials.enrolled_sec, trials.tested_sec), *duration_range)
    ratios, weights = unset.llr(trials.cosine, q)[~trials.same], balanced(trials)[~trials.same]
    times = 1 if voices else ALONE_TIMES
    points = tuple((rate, round(exceeded(ratios, weights, rate * times), _DIGITS)) for rate in RATES)
    return Row(voices, unset.cosine, unset.cosine_duration, unset.duration, unset.offset, points)


def judged_by(row: Row, trials: Trials, duration_range: tuple[float, float], rate: float) -> NDArray[np.bool]:
    """Which comparisons a row accepts at a rate; without the floor, which accepts none besides."""
    q = np.clip(inverse_duration(trials.enrolled_sec, trials.tested_sec), *duration_range)
    return np.asarray(row.llr(trials.cosine, q) >= row.threshold(rate))


def held_out(trials: Trials, row: Row, duration_range: tuple[float, float]) -> Iterator[tuple[str, Floats]]:
    """Of each kind of speech, FMR and FNMR at every fitted rate by a row that has not heard it in any channel."""
    kinds = np.array([name.partition(",")[0] for name in trials.set.tolist()])
    for kind in sorted(set(kinds.tolist())):
        rest, own = trials.where(kinds != kind), trials.where(kinds == kind)
        if not rest.same.all() and rest.same.any():
            other = fit_row(rest, row.voices, duration_range)
            q = np.clip(inverse_duration(own.enrolled_sec, own.tested_sec), *duration_range)
            accepted = other.llr(own.cosine, q)[:, None] >= np.array([at for _, at in other.thresholds])
            yield kind, np.stack([accepted[~own.same].mean(axis=0), 1 - accepted[own.same].mean(axis=0)])
