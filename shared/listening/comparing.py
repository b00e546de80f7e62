"""How alike signatures and a clip are, seen from other voices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.listening.scoring import ORDINARY, Comparison, Conditions, unit

type _Floats = NDArray[np.float32]

NEAREST: Final = 10
"""Voices whose mean is the centre."""
SHRINKAGE: Final = 5
"""The centre of m voices is m / (m + SHRINKAGE) times their mean, as a few say little."""
SAME_VOICE: Final = 0.72
"""Cosine from which another signature is taken to be the same person's, or made to be like it: it is no other voice."""
SIZE: Final = 200
"""Voices that one comparison chooses from; more change nothing."""


@dataclass(frozen=True, eq=False)
class Crowd:
    """Voices to see others from: one more than ``SIZE`` at most, so that a profile need not be seen from its own.

    Attributes:
        voices: [voices, dimension] of unit length.
        rows: where the voices of profiles are.
    """

    voices: _Floats
    rows: Mapping[str, int]

    def left_out(self, profile_id: str) -> int:
        """The row that a profile is not compared with: its own, or the one too many, which may not be there."""
        return min(self.rows.get(profile_id, SIZE), SIZE)


NOBODY: Final = Crowd(np.zeros((0, 1), np.float32), {})


def compare(signature: _Floats, embedding: _Floats, others: _Floats, conditions: Conditions = ORDINARY) -> Comparison:
    """What ``compare_all`` says of one signature, of which ``others`` has nothing."""
    [compared] = compare_all([signature], embedding, others, [len(others)], conditions)
    return compared


def compare_all(
    signatures: Sequence[_Floats],
    embedding: _Floats,
    others: _Floats,
    left_out: Sequence[int],
    conditions: Conditions,
) -> list[Comparison]:
    """Compare a clip with each of some voices, seen from the others that are most like both (local centring).

    Strangers are more alike where everybody says the same words, or speaks through the same telephone: their mean
    cosine moves, its spread does not. So the mean of such others is subtracted from both sides. What comes out does
    not depend, to the last bit, on how many signatures are compared at once.

    Args:
        signatures: [dimension] each, any length.
        embedding: [dimension], any length.
        others: [voices, dimension] of unit length; the clip's voice is not among them.
        left_out: of each signature, the row of ``others`` that is no other voice to it; one beyond them is none.
        conditions: of all of them.
    """
    e, t = np.stack([unit(each) for each in signatures]), unit(embedding)
    cosines = np.einsum("nd,d->n", e, t).tolist()
    if not len(others):
        return [Comparison(cosine, cosine, 0, conditions) for cosine in cosines]
    like_e = np.stack([others @ each for each in e])  # their product at once would wake OpenBLAS's other threads
    apart = like_e < SAME_VOICE
    for row, column in enumerate(left_out):
        apart[row, column : column + 1] = False
    centres = _centres(others, np.where(apart, like_e + others @ t, -np.inf))
    centred = _cosines(e - centres, t - centres).tolist()
    return [Comparison(*each, conditions) for each in zip(cosines, centred, apart.sum(axis=1).tolist(), strict=True)]


def _centres(others: _Floats, likeness: _Floats) -> _Floats:
    """Shrunk means of the voices nearest to each of some, [n, dimension]; of infinite unlikeness they are none."""
    nearest = np.argpartition(-likeness, min(NEAREST, len(others)) - 1, axis=1)[:, :NEAREST]
    counts = (likeness[np.arange(len(nearest))[:, np.newaxis], nearest] > -np.inf).astype(np.float32)
    sums = np.einsum("nk,nkd->nd", counts, others[nearest])
    return np.asarray(sums / (counts.sum(axis=1, keepdims=True) + np.float32(SHRINKAGE)), np.float32)


def _cosines(left: _Floats, right: _Floats) -> _Floats:
    """Of rows of any length."""
    lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    return np.asarray(np.einsum("nd,nd->n", left, right) / lengths, np.float32)
