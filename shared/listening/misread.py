"""Recordings of another rate or encoding that were read as 16 kHz PCM, told by what the embedder hears in them.

Read at a wrong rate all voices sound alike: what their embeddings have in common is the rate. That is why strangers
would be accepted, and it is how such a reading is recognised. One that is not recognised is not like the others either.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from shared.listening.refusals import Undeclared

FILE: Final = "misread.json"
LIKE_THE_OTHERS: Final = 0.56
"""Cosine with the mean of recordings that were misread alike, from which a clip is taken for one of them.

Speech that was read as it was recorded came to 0.50 at most: 1,072 clips of read speech and digits, through telephones
and in noise. Of 326,000 pairs of strangers that were misread, not one was accepted below it.
"""


@dataclass(frozen=True, eq=False)
class Misreadings:
    """Mean directions of misread recordings: what each was recorded as, and [readings, dimension] of unit length."""

    recorded_as: tuple[str, ...]
    means: NDArray[np.float32]

    @classmethod
    def load(cls, file: Path) -> Self | None:
        """Those that a bundle knows, or None.

        Raises:
            ValueError: the file is damaged.
        """
        if not file.is_file():
            return None
        known: dict[str, list[float]] = json.loads(file.read_text("utf-8"))
        means = np.array(list(known.values()), np.float32)
        return cls(tuple(known), means / np.linalg.norm(means, axis=1, keepdims=True))

    def check(self, embedding: NDArray[np.float32]) -> None:
        """Refuse a clip without a header ([dimension] of unit length) that sounds misread.

        Raises:
            Undeclared: with what it was probably recorded as.
        """
        likeness = self.means @ embedding
        if likeness.max() >= LIKE_THE_OTHERS:
            found = self.recorded_as[int(likeness.argmax())]
            raise Undeclared(f"a recording at {found}", "audio/wav; codecs=audio/pcm; samplerate=8000, for example")
