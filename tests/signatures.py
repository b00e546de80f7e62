"""Signatures that nobody spoke."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shared.listening.views import Band
from shared.voices.signatures import Signature, View


def wide(mean: ArrayLike, speech_sec: float, version: str) -> Signature:
    """A signature of the kind that versions wrote which knew no narrow channels."""
    return Signature({Band.WIDE: View(np.asarray(mean, np.float32), speech_sec)}, version)


def both(mean: ArrayLike, narrow: ArrayLike, speech_sec: float, version: str) -> Signature:
    """A signature as it is written today."""
    views = {Band.WIDE: mean, Band.NARROW: narrow}
    return Signature({band: View(np.asarray(each, np.float32), speech_sec) for band, each in views.items()}, version)


def mean_of(signature: Signature | None, band: Band = Band.WIDE) -> NDArray[np.float32]:
    """The mean of a signature that is there."""
    assert signature is not None
    return signature.views[band].mean
