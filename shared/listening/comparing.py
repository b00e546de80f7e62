"""How alike a signature and a clip are, seen from other voices."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.listening.scoring import Comparison, cosine, unit

type _Floats = NDArray[np.float32]

NEAREST: Final = 10
"""Voices whose mean is the centre."""
SHRINKAGE: Final = 5
"""The centre of m voices is m / (m + SHRINKAGE) times their mean, as a few say little."""
SAME_VOICE: Final = 0.72
"""Cosine from which another signature is taken to be the same person's, or made to be like it: it is no other voice."""


def compare(signature: _Floats, embedding: _Floats, others: _Floats, *, narrowed: bool = False) -> Comparison:
    """Compare a clip with a voice, seen from the others that are most like both (local centring).

    Strangers are more alike where everybody says the same words, or speaks through the same telephone: their mean
    cosine moves, its spread does not. So the mean of such others is subtracted from both sides.

    Args:
        signature: [dimension], any length.
        embedding: [dimension], any length.
        others: [voices, dimension] of unit length, neither side among them.
        narrowed: as in ``Comparison``.
    """
    e, t = unit(signature), unit(embedding)
    if not len(others):
        return Comparison(float(e @ t), float(e @ t), 0, narrowed)
    like_e = others @ e
    apart = np.flatnonzero(like_e < SAME_VOICE)
    nearest = others[apart[np.argsort(-(like_e + others @ t)[apart], kind="stable")[:NEAREST]]]
    centre = nearest.sum(axis=0) / np.float32(len(nearest) + SHRINKAGE)
    return Comparison(float(e @ t), cosine(e - centre, t - centre), len(apart), narrowed)
