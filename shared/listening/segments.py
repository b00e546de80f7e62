"""Who of a few speakers is heard when: pyannote segmentation over windows of ten seconds that overlap by half.

A window tells at most three speakers apart, and numbers them as it likes. Neighbouring windows share five seconds, in
which their numbers are matched; so a number means the same speaker for some seconds, and no longer.
"""

from collections.abc import Callable
from itertools import permutations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.listening.bundle import Bundle, golden_signal
from shared.listening.containers import SAMPLE_RATE
from shared.listening.model import Model

WINDOW: Final = 10 * SAMPLE_RATE
"""Samples that the model hears at once, as it was trained."""
STEP: Final = 270
"""Samples (16.875 ms) between two frames."""
STEP_SEC: Final = STEP / SAMPLE_RATE
HOP: Final = 296
"""Frames (5 s) between two windows."""
LOCAL: Final = 3
"""Speakers that a window tells apart."""

_FIELD: Final = 991
"""Samples that a frame hears; it stands for the middle of them."""
OFFSET: Final = _FIELD // 2 - STEP // 2
"""Samples before the first frame's own."""
_FRAMES: Final = (WINDOW - _FIELD) // STEP + 1
_SPEAKING: Final = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1]], np.float32)
"""[classes, local] Who speaks in each class of the model."""
_GOLDEN_EVERY: Final = 12
_ORDERS: Final = tuple(list(order) for order in permutations(range(LOCAL)))
_WEIGHT: Final = np.hanning(_FRAMES + 2)[1:-1, np.newaxis].astype(np.float32)
"""A window knows most in its middle."""


class Segmenter:
    """Hears who speaks when; safe to use from several threads.

    Raises:
        BundleError: the bundle is missing or damaged, or its model does not give its golden output.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._model = Model(bundle)
        bundle.check_output(self._classes(golden_signal())[::_GOLDEN_EVERY].ravel())

    def speaking(
        self, samples: NDArray[np.float32], told: Callable[[float], None] = lambda _: None
    ) -> NDArray[np.float32]:
        """How likely each local speaker is heard in each frame.

        Args:
            samples: [n] in [-1, 1] at 16 kHz.
            told: is told the share that is done.

        Returns:
            [frames, ``LOCAL``]; frame i stands for the samples from i * ``STEP`` + ``OFFSET``.
        """
        frames = max(1, -(-len(samples) // STEP))
        total, weight = np.zeros((frames + _FRAMES, LOCAL), np.float32), np.zeros((frames + _FRAMES, 1), np.float32)
        for start in range(0, max(1, frames - _FRAMES + HOP), HOP):
            window = samples[start * STEP : start * STEP + WINDOW]
            heard = self._classes(np.pad(window, (0, WINDOW - len(window)))) @ _SPEAKING
            place = slice(start, start + _FRAMES)
            known = np.asarray(total[place] / np.maximum(weight[place], 1e-6), np.float32)
            total[place] += _matched(heard, known, weight[place] > 0) * _WEIGHT
            weight[place] += _WEIGHT
            told(min(1.0, (start + HOP) / frames))
        return np.asarray((total / np.maximum(weight, 1e-6))[:frames], np.float32)

    def _classes(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """[frames, classes] probabilities in one window."""
        return np.asarray(np.exp(self._model.run(waveform=samples[np.newaxis, np.newaxis])[0][0]), np.float32)


def _matched(heard: NDArray[np.float32], known: NDArray[np.float32], overlap: NDArray[np.bool]) -> NDArray[np.float32]:
    """A window with its speakers in the order in which they agree best with those before it."""
    shared = overlap[:, 0]
    agreement = known[shared].T @ heard[shared]
    return heard[:, max(_ORDERS, key=lambda order: float(agreement[range(LOCAL), order].sum()))]
