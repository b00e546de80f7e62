"""From audio to an embedding: a direction in space that stands for a voice."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.errors import InvalidAudio
from shared.listening.bundle import Bundle, Model, golden_signal

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
        self._sample_rate = bundle.sample_rate
        self._model = Model(bundle)
        bundle.check_output(self.embed(golden_signal()))

    def embed(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Embed one clip; pauses in it count as well.

        Args:
            samples: [n] in [-1, 1] at the bundle's sample rate.

        Returns:
            [dimension] of unit length. Of audio longer than ``CHUNK_SEC``, the renormalised mean over equal chunks.

        Raises:
            InvalidAudio: shorter than ``MIN_SEC``.
            ValueError: not one channel of finite numbers.
        """
        self._check(samples)
        chunks = np.array_split(samples, -(-len(samples) // (CHUNK_SEC * self._sample_rate)))
        return _unit(np.sum([self._embed_chunk(chunk) for chunk in chunks], axis=0))

    def _embed_chunk(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        return _unit(self._model.run(waveform=samples[np.newaxis])[0][0])

    def _check(self, samples: NDArray[np.float32]) -> None:
        if samples.ndim != 1 or not np.isfinite(samples).all():
            raise ValueError(f"samples must be one channel of finite numbers, not of shape {samples.shape}")
        if len(samples) < MIN_SEC * self._sample_rate:
            seconds = len(samples) / self._sample_rate
            raise InvalidAudio(
                f"Invalid audio length. Minimum allowed length is {MIN_SEC:g} second(s). "
                f"The audio is {seconds:.3f} seconds long."
            )


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(vector / np.linalg.norm(vector), np.float32)
