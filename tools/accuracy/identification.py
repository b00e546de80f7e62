"""Who of a gallery is it, or nobody: the rates of identification, by the threshold for so many candidates.

The service centres on other voices and also names the best by its lead; ``by_channel`` judges that.

Names of the rates are those of ISO/IEC 19795-1: FNIR, a speaker of the gallery is not named; FPIR, a stranger is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from shared.listening.scoring import Calibration, rate_of_one
from tools.accuracy.alone import alone
from tools.accuracy.measure import ALL
from tools.accuracy.metrics import BOOTSTRAPS, Estimate, rate_estimate
from tools.accuracy.trials import Corpus, Voices, cosines

type Floats = NDArray[np.float64]

GALLERIES: Final = (10, 50)
"""Numbers of candidates, besides everybody."""
IDENTIFIED_SEC: Final = (4.0, 10.0)
"""Lengths of test that are identified."""
_DRAWS: Final = 20
"""Galleries that are drawn for each test."""
_MIN_SPEAKERS: Final = 3


@dataclass(frozen=True, eq=False)
class Lineup:
    """Tests against everybody.

    Attributes:
        own: [tests] log-likelihood ratio with the speaker's own signature.
        others: [tests, speakers - 1] ratios with everybody else's.
        speaker: [tests] index of who spoke.
    """

    own: Floats
    others: Floats
    speaker: NDArray[np.intp]

    @classmethod
    def of(cls, enrollments: Voices, tests: Voices, calibration: Calibration) -> "Lineup":
        """One enrollment a speaker; every test is of one of them."""
        names = {name: at for at, name in enumerate(_names(enrollments))}
        speaker = np.array([names[name] for name in _names(tests)])
        ratios = calibration.llr(
            cosines(tests, enrollments), enrollments.speech_sec[None, :], tests.speech_sec[:, None]
        )
        mine = np.arange(len(names)) == speaker[:, None]
        return cls(ratios[mine], ratios[~mine].reshape(len(ratios), -1), speaker)


def identify(corpus: Corpus, calibration: Calibration, rate: float) -> list[dict[str, Any]]:
    """Top-1, FNIR and FPIR by kind of speech, length of test and gallery, as JSON has them.

    Each test has a gallery of its own: with its speaker for top-1 and FNIR, without for FPIR.
    """
    rows, judged = [], alone(calibration)
    for group, enrollments, tests in _groups(corpus):
        for length in IDENTIFIED_SEC:
            chosen = tests.where(tests.length == length)
            if len(chosen.length):
                lineup = Lineup.of(enrollments, chosen, judged)
                rows += [{"group": group, "test_length": length} | row for row in _rates(lineup, judged, rate)]
    return rows


def _groups(corpus: Corpus) -> Iterator[tuple[str, Voices, Voices]]:
    longest = _longest(corpus.enrollments)
    enrolled = np.isin(_names(corpus.tests), _names(longest))
    tests = corpus.tests.where(enrolled)
    kinds = sorted(set(longest.set.tolist()))
    masks = {kind: (longest.set == kind, tests.set == kind) for kind in kinds}
    if len(kinds) > 1:
        masks[ALL] = np.ones(len(longest.set), np.bool), np.ones(len(tests.set), np.bool)
    for group, (left, right) in masks.items():
        if left.sum() >= _MIN_SPEAKERS:
            yield group, longest.where(left), tests.where(right)


def _longest(enrollments: Voices) -> Voices:
    """The longest enrollment of each speaker."""
    order = np.argsort(enrollments.length, kind="stable")
    last = dict(zip(_names(enrollments)[order], order, strict=True))
    return enrollments.where(np.array(list(last.values())))


def _names(voices: Voices) -> NDArray[np.str_]:
    return np.strings.add(np.strings.add(voices.set, "/"), voices.speaker)


def _rates(lineup: Lineup, calibration: Calibration, rate: float) -> Iterator[dict[str, Any]]:
    others = lineup.others.shape[1]
    for size in (*(size for size in GALLERIES if size <= others), None):
        with_speaker, without = (size or others + 1), (size or others)
        known = calibration.threshold(rate_of_one(rate, with_speaker))
        stranger = calibration.threshold(rate_of_one(rate, without))
        wrong, missed, named = _outcomes(
            lineup, (with_speaker, without), (known, stranger), 1 if size is None else _DRAWS
        )
        top_1 = by_speaker(wrong, lineup.speaker)
        yield {
            "gallery": with_speaker,
            "everybody": size is None,
            "tests": len(lineup.own),
            "top_1": Estimate(1 - top_1.value, 1 - top_1.high, 1 - top_1.low).to_json(),
            "fnir": by_speaker(missed, lineup.speaker).to_json(),
            "fpir": by_speaker(named, lineup.speaker).to_json(),
        }


def _outcomes(
    lineup: Lineup, sizes: tuple[int, int], thresholds: tuple[float, float], draws: int
) -> tuple[Floats, Floats, Floats]:
    """[tests] share of the galleries in which the wrong speaker is first, the right one not named, a stranger named."""
    random = np.random.default_rng(0)
    outcomes = np.zeros((3, len(lineup.own)))
    for _ in range(draws):
        others = random.permuted(lineup.others, axis=1)
        wrong = lineup.own <= others[:, : sizes[0] - 1].max(axis=1)
        missed = wrong | (lineup.own < thresholds[0])
        named = others[:, : sizes[1]].max(axis=1) >= thresholds[1]
        outcomes += (wrong, missed, named)
    wrong_share, missed_share, named_share = outcomes / draws
    return wrong_share, missed_share, named_share


def by_speaker(failures: Floats, speaker: NDArray[np.intp]) -> Estimate:
    """Mean over tests; the interval is that of drawing speakers again."""
    random = np.random.default_rng(0)
    tests, failed = np.bincount(speaker), np.bincount(speaker, failures)
    present = np.flatnonzero(tests)
    drawn = random.multinomial(len(present), np.full(len(present), 1 / len(present)), BOOTSTRAPS)
    replicates = (drawn @ failed[present]) / (drawn @ tests[present])
    return rate_estimate(float(failures.mean()), replicates, len(failures))
