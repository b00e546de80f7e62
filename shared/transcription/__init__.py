"""What was said in a clip: written down by a local Whisper model, or by Azure AI Speech where that is configured."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Transcriber(Protocol):
    """Writes down what is said; safe to use from several threads."""

    def understands(self, locale: str) -> bool:
        """Whether it can write down the language of a locale such as ``en-US``.

        Raises:
            BundleError: there is no model, or it is damaged.
        """

    def transcribe(self, speech: NDArray[np.float32], locale: str) -> str:
        """The words, as it writes them; empty where it hears none.

        Args:
            speech: [n] in [-1, 1] at 16 kHz.

        Raises:
            BundleError: there is no model, or it is damaged.
            TranscriberUnavailable: the service that transcribes did not answer.
        """
