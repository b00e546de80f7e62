"""What was said in a clip: written down by a local Whisper model, or by Azure AI Speech where that is configured."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Fit:
    """How well words explain a sound, in natural logarithms a token of theirs.

    Attributes:
        log_likelihood: of the words, given the sound; 0 would be certain.
        llr: log-likelihood ratio of the words and those of the text: below 0, the text explains it better.
    """

    log_likelihood: float
    llr: float


@dataclass(frozen=True)
class Transcript:
    """What was said, as far as a transcriber can tell.

    Attributes:
        text: the words, as it writes them; empty where it hears none.
    """

    text: str

    def fit(self, words: str) -> Fit | None:  # noqa: ARG002
        """How well other words explain the sound; None where the transcriber gives away no more than its text."""
        return None


class Transcriber(Protocol):
    """Writes down what is said; safe to use from several threads."""

    def understands(self, locale: str) -> bool:
        """Whether it can write down the language of a locale such as ``en-US``.

        Raises:
            BundleError: there is no model, or it is damaged.
        """

    def transcribe(self, speech: NDArray[np.float32], locale: str) -> Transcript:
        """What is said.

        Args:
            speech: [n] in [-1, 1] at 16 kHz.

        Raises:
            BundleError: there is no model, or it is damaged.
            TranscriberUnavailable: the service that transcribes did not answer.
        """
