"""What a bigger gallery costs: owners who are not named any more, as it grows to a million.

There are not so many people. So strangers are drawn around the measured ones: from a normal distribution with their
mean and their covariance, shrunk towards a round one until two that are drawn are as often alike as two that were
measured. They are synthetic, and nobody knows how like real ones they are far out, where the best of a million stands;
the first row says how they compare where people are enough.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from shared.listening.comparing import SIZE, compare
from shared.listening.scoring import Calibration, Verdict
from shared.listening.views import Band
from shared.recognition.everyone import MARGIN
from shared.voices.families import IDENTIFICATION
from tools.accuracy.by_channel import WIDE
from tools.accuracy.galleries import Attempt, Tenant, attempts_of
from tools.accuracy.heard import hear_through
from tools.accuracy.measure import REFERENCE_TEST_SEC

SIZES: Final = (50, 1_000, 10_000, 100_000, 1_000_000)
FEWEST: Final = 10
"""People of a kind of speech, so that it says something of others."""
READ: Final = IDENTIFICATION.max_ranking + MARGIN
"""Candidates that are compared exactly."""
BLOCK: Final = 10_000

type Voices = NDArray[np.float32]
type Draw = Callable[[int], Voices]


@dataclass(frozen=True)
class Missed:
    """One gallery.

    Attributes:
        tests: clips, each by its owner before a gallery that has him, and before the same one without him.
        behind: of these, those whose owner was not the first in the ranking.
        missed: those whose owner was not named.
        named: those before a gallery without the owner that named somebody.
        people: whether the others in the gallery are measured people, and not drawn.
    """

    size: int
    tests: int
    behind: int
    missed: int
    named: int
    people: bool = False


@dataclass(frozen=True, eq=False)
class Test:
    """A clip, its owner's signature, and seconds of speech in both."""

    voice: Voices
    signature: Voices
    enrolled_sec: float
    tested_sec: float


def owners(folder: Path, calibration: Calibration, rate: float, sizes: Sequence[int] = SIZES) -> Iterator[Missed]:
    """Judge each size on the people of a folder, the smallest first on people alone."""
    tenant, attempts = _people(folder)
    voices, tests = tenant.views[Band.WIDE], list(_tests(tenant, attempts))
    random = np.random.default_rng(7)
    first = min(sizes[0], len(voices))
    missed = [_judged(each, _others(voices, each, first - 1, random), calibration, rate, first) for each in tests]
    yield _sum(missed, people=True)
    draw = drawn_around(voices, random)
    cohort, nearest, done = draw(SIZE), [np.zeros((0, voices.shape[1]), np.float32)] * len(tests), 0
    for size in sizes:
        while done < size - 1:
            some = draw(min(BLOCK, size - 1 - done))
            nearest = _nearest(tests, nearest, some)
            done += len(some)
        found = zip(tests, nearest, strict=True)
        shown = tqdm(found, desc=f"{size:,}", total=len(tests), disable=None)
        yield _sum([_judged(test, near, calibration, rate, size, cohort[: size - 1]) for test, near in shown])


def drawn_around(voices: Voices, random: np.random.Generator) -> Draw:
    """Draws voices of unit length that are as alike as these are.

    The covariance of few is shrunk towards a round one (as Ledoit and Wolf 2004 do) by as much as makes the spread of
    cosines around the mean voice that of the measured ones.

    Args:
        voices: [people, dimension] of unit length.
    """
    mean = voices.mean(axis=0)
    apart, dimension = (voices - mean) / math.sqrt(len(voices) - 1), voices.shape[1]
    total, squared = float((apart**2).sum()), float(((apart @ apart.T) ** 2).sum())
    around = total**2 / dimension
    spread = _spread(voices - mean) * total**2
    kept = min(1.0, math.sqrt(max(0.0, spread - around) / (squared - around)))

    def draw(count: int) -> Voices:
        along = random.standard_normal((count, len(voices)), np.float32) @ apart
        round_ = random.standard_normal((count, dimension), np.float32) * math.sqrt(total / dimension)
        found = mean + math.sqrt(kept) * along + math.sqrt(1 - kept) * round_
        units: Voices = (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)
        return units

    return draw


def _spread(voices: Voices) -> float:
    """Variance of the cosines of different ones."""
    units = voices / np.linalg.norm(voices, axis=1, keepdims=True)
    cosines = (units @ units.T)[~np.eye(len(units), dtype=bool)]
    return float((cosines**2).mean())


def _people(folder: Path) -> tuple[Tenant, list[Attempt]]:
    """Everybody of the kinds of speech of which there are enough, and their clips."""
    heard = hear_through(folder, [WIDE])[WIDE]
    kinds = [kind for kind in np.unique(heard.set) if len(np.unique(heard.speaker[heard.set == kind])) >= FEWEST]
    tenant = Tenant.of(heard.where(np.isin(heard.set, kinds)))
    return tenant, [each for kind in kinds for each in attempts_of(heard, str(kind), REFERENCE_TEST_SEC)[0]]


def _tests(tenant: Tenant, attempts: Sequence[Attempt]) -> Iterator[Test]:
    at = {str(name): place for place, name in enumerate(tenant.names)}
    for attempt in attempts:
        if attempt.band is Band.WIDE and attempt.name in at:
            view = tenant.signatures[at[attempt.name]].views[Band.WIDE]
            yield Test(attempt.as_it_came, view.mean, view.speech_sec, attempt.evidence_sec)


def _others(voices: Voices, test: Test, count: int, random: np.random.Generator) -> Voices:
    """Some people that are not the owner."""
    owner = int(np.argmax(voices @ test.signature))
    others: Voices = voices[random.permutation(np.delete(np.arange(len(voices)), owner))[:count]]
    return others


def _nearest(tests: Sequence[Test], nearest: Sequence[Voices], some: Voices) -> list[Voices]:
    """Those most like each clip, among those that were so far and some more."""
    cosines = np.stack([test.voice for test in tests]) @ some.T
    best = np.argpartition(-cosines, min(READ, len(some) - 1), axis=1)[:, :READ]
    found = []
    for test, before, rows in zip(tests, nearest, best, strict=True):
        together = np.concatenate([before, some[rows]])
        found.append(together[np.argsort(-(together @ test.voice))[:READ]])
    return found


def _judged(
    test: Test, others: Voices, calibration: Calibration, rate: float, size: int, crowd: Voices | None = None
) -> Missed:
    """A clip before its owner and others, and before these alone."""
    around = others if crowd is None else crowd

    def verdict(signature: Voices) -> Verdict:
        seen = around[around @ signature / np.linalg.norm(signature) < 1 - 1e-6]
        return calibration.decide(compare(signature, test.voice, seen), test.enrolled_sec, test.tested_sec, rate, size)

    own, strangers = verdict(test.signature), [verdict(each) for each in others]
    first, second = sorted(strangers, key=lambda each: -each.above_threshold)[:2]
    behind = own.above_threshold < first.above_threshold
    missed = behind or not own.ahead_of(first).accepted
    return Missed(size, 1, int(behind), int(missed), int(first.ahead_of(second).accepted))


def _sum(found: Sequence[Missed], *, people: bool = False) -> Missed:
    behind, missed = sum(each.behind for each in found), sum(each.missed for each in found)
    return Missed(found[0].size, len(found), behind, missed, sum(each.named for each in found), people)


def table(found: Sequence[Missed]) -> str:
    """In Markdown."""
    columns = ("voices", "the others are", "owners who are not first", "not named", "strangers who are named")
    lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for each in found:
        who = "people" if each.people else "drawn"
        counts = (each.behind, each.missed, each.named)
        shares = [f"{100 * count / each.tests:.1f} % ({count} of {each.tests})" for count in counts]
        lines.append(f"| {each.size:,} | {who} | {' | '.join(shares)} |")
    return "\n".join(lines)
