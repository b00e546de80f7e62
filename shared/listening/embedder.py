"""From audio to an embedding: a direction in space that stands for a voice."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.listening.bundle import Bundle, golden_signal
from shared.listening.containers import SAMPLE_RATE
from shared.listening.model import Model
from shared.listening.refusals import TooShort
from shared.listening.scoring import unit

CHUNK_SEC: Final = 10
"""Longest audio that goes through the model at once, to bound memory. Chunks are as accurate as the whole."""
MIN_SEC: Final = 0.025
"""One frame of the front end, the least that can be embedded."""


class Embedder:
    """Embeds voices with the model of one bundle; safe to use from several threads.

    Raises:
        BundleError: the bundle is missing or damaged, or its model does not give its golden embedding.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._model = Model(bundle)
        bundle.check_output(self.embed(golden_signal()))

    def embed(self, *pieces: NDArray[np.float32]) -> NDArray[np.float32]:
        """Embed one clip; pauses in it count as well.

        Args:
            pieces: [n] each, in [-1, 1] at 16 kHz.

        Returns:
            [dimension] of unit length: of several pieces, and of those that are longer than ``CHUNK_SEC`` over equal
            chunks, the renormalised mean.

        Raises:
            TooShort: shorter than ``MIN_SEC``.
            ValueError: not one channel of finite numbers.
        """
        return unit(np.sum([self._embed_piece(piece) for piece in pieces], axis=0))

    def _embed_piece(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        self._check(samples)
        chunks = np.array_split(samples, -(-len(samples) // (CHUNK_SEC * SAMPLE_RATE)))
        return unit(np.sum([self._embed_chunk(chunk) for chunk in chunks], axis=0))

    def _embed_chunk(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        return unit(self._model.run(waveform=samples[np.newaxis])[0][0])

    def _check(self, samples: NDArray[np.float32]) -> None:
        if samples.ndim != 1 or not np.isfinite(samples).all():
            raise ValueError(f"samples must be one channel of finite numbers, not of shape {samples.shape}")
        if len(samples) < MIN_SEC * SAMPLE_RATE:
            raise TooShort(MIN_SEC, len(samples) / SAMPLE_RATE)
