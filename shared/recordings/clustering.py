"""Which runs are one voice: average linkage of cosine distances, cut where voices part."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.listening.scoring import unit

APART: Final = 0.5
"""Cosine distance from which two groups of runs are two voices. Two halves of what somebody says are 0.38 apart on
average at most, two people 0.53 at least: on the mixtures of docs/recordings.md, and among other people."""
LONG_SEC: Final = 1.0
"""Runs of this length are grouped; shorter ones go to the group that they are most like."""
MOST: Final = 4_000
"""Runs that are grouped, the longest: memory grows with their square (250 MB). An hour has two or three thousand."""
LEAST_SPEECH_SEC: Final = 2.0
"""Of a speaker in all; who says less is taken for the speaker he is most like."""


@dataclass(frozen=True)
class Bounds:
    """How many speakers there may be."""

    least: int = 1
    most: int = 100


ANY: Final = Bounds()


@dataclass(frozen=True, eq=False)
class Groups:
    """Runs by voice.

    Attributes:
        of: [runs] number of the group of each.
        centres: [groups, dimension] of unit length.
    """

    of: NDArray[np.intp]
    centres: NDArray[np.float32]


def group(embeddings: NDArray[np.float32], seconds: NDArray[np.float64], bounds: Bounds = ANY) -> Groups:
    """Group runs by voice.

    Args:
        embeddings: [runs, dimension] of unit length, one at least.
        seconds: [runs] length of each.
    """
    long = _long(seconds)
    labels = _linked(embeddings[long], bounds)
    spoken = np.bincount(labels, seconds[long])
    kept = _kept(spoken, bounds)
    centres = _centres(embeddings[long], seconds[long], labels)[kept]
    of = (embeddings @ centres.T).argmax(axis=1)  # a run may stand nearer to another group than it was linked to
    return Groups(of, _centres(embeddings, seconds, of, len(centres)))


def parted(embeddings: NDArray[np.float32], seconds: NDArray[np.float64], of: NDArray[np.intp]) -> Groups:
    """Runs of which it is known, as in ``Groups``, whose each is; arguments otherwise as ``group`` takes them."""
    return Groups(of, _centres(embeddings, seconds, of))


def _long(seconds: NDArray[np.float64]) -> NDArray[np.intp]:
    """Which runs are grouped: the long ones, or the longest two where there are hardly any."""
    longest = np.argsort(-seconds, kind="stable")
    return np.sort(longest[: min(MOST, max(2, int((seconds >= LONG_SEC).sum())))])


def _linked(embeddings: NDArray[np.float32], bounds: Bounds) -> NDArray[np.intp]:
    """[runs] labels from 0, by merging the two nearest groups as long as they are one voice."""
    import fastcluster

    count = len(embeddings)
    if count == 1:
        return np.zeros(1, np.intp)
    merges = fastcluster.linkage(embeddings.astype(np.float64), "average", "cosine")
    done = int((merges[:, 2] < APART).sum())
    done = int(np.clip(done, max(0, count - bounds.most), max(0, count - bounds.least)))
    parent = np.arange(count + done)
    for number, (left, right) in enumerate(merges[:done, :2].astype(int)):
        parent[[left, right]] = count + number
    for node in reversed(range(len(parent))):
        parent[node] = parent[parent[node]]
    return np.unique(parent[:count], return_inverse=True)[1].astype(np.intp)


def _kept(spoken: NDArray[np.float64], bounds: Bounds) -> NDArray[np.intp]:
    """Groups that say enough, or those that say most where too few do."""
    enough = int((spoken >= LEAST_SPEECH_SEC).sum())
    return np.sort(np.argsort(-spoken, kind="stable")[: max(1, bounds.least, enough)])


def _centres(
    embeddings: NDArray[np.float32], seconds: NDArray[np.float64], of: NDArray[np.intp], count: int = 0
) -> NDArray[np.float32]:
    """[groups, dimension] means of unit length, weighted by length."""
    sums = np.zeros((max(count, int(of.max()) + 1), embeddings.shape[1]))
    np.add.at(sums, of, embeddings * seconds[:, np.newaxis])
    return np.stack([unit(each.astype(np.float32)) for each in sums])
