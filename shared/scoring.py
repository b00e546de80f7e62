"""How alike two voices are, and what that similarity is worth as evidence: the one place where scores are made."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.bundle import Calibration

ACCEPT_AT: Final = 0.5
"""Wire score from which a speaker is accepted (section 6 of the wire contract)."""


def cosine(left: NDArray[np.float32], right: NDArray[np.float32]) -> float:
    """Cosine of the angle between two embeddings or signatures ([dimension] each, any length)."""
    return float(left @ right / (np.linalg.norm(left) * np.linalg.norm(right)))


def log_likelihood_ratio(similarity: float, calibration: Calibration) -> float:
    """Natural logarithm of p(cosine | same speaker) / p(cosine | different speakers), affine in the cosine."""
    return calibration.slope * similarity + calibration.offset


def score(llr: float) -> float:
    """The wire score: the logistic of the log-likelihood ratio, in (0, 1)."""
    return 1 / (1 + math.exp(-llr))


def accepts(wire_score: float) -> bool:
    """Whether a wire score is an Accept."""
    return wire_score >= ACCEPT_AT
