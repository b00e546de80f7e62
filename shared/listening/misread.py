"""Recordings of another rate or encoding that were read as 16 kHz PCM, told by what the embedder hears in them.

Read at a wrong rate all voices sound alike: what their embeddings have in common is the rate. That is why strangers
would be accepted, and it is how such a reading is recognised. One that is not recognised is not like the others either.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from shared.listening.declared import declared, pcm_at
from shared.listening.refusals import Undeclared

FILE: Final = "misread.json"
LIKE_THE_OTHERS: Final = 0.56
"""Cosine with the mean of recordings that were misread alike, from which a clip is taken for one of them.

Speech that was read as 16 kHz and is came to 0.50 at most: 1,072 clips of read speech and digits, through telephones
and in noise. Of 326,000 pairs of strangers that were misread, not one was accepted below it.
"""


@dataclass(frozen=True, eq=False)
class _Readings:
    """Mean directions of recordings that were read at one rate: how each ought to have been declared, and vectors.

    Attributes:
        means: [ways, dimension] of unit length.
    """

    ways: tuple[str, ...]
    means: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Misreadings:
    """What recordings sound like that were read as if they had another rate, by the rate at which they were read."""

    read_at: Mapping[int, _Readings]

    @classmethod
    def load(cls, file: Path) -> Self | None:
        """Those that a bundle knows, or None.

        Raises:
            ValueError: the file is damaged.
        """
        if not file.is_file():
            return None
        known: dict[str, dict[str, list[float]]] = json.loads(file.read_text("utf-8"))
        return cls({int(rate): _Readings(tuple(means), _directions(means)) for rate, means in known.items()})

    def check(self, embedding: NDArray[np.float32], rate: int) -> None:
        """Refuse a clip ([dimension] of unit length) that was read at a rate in Hz and sounds misread.

        It does not where it is more like those that were read rightly: through a narrow band, voices are alike too.

        Raises:
            Undeclared: with what it was probably recorded as.
        """
        taken = min(self.read_at, key=lambda known: abs(math.log(known / rate)))
        likeness = self.read_at[taken].means @ embedding
        how = self.read_at[taken].ways[int(likeness.argmax())]
        if likeness.max() >= LIKE_THE_OTHERS and how != pcm_at(taken):
            raise Undeclared(f"a recording at {rate} Hz", f"one of {declared(how)}", f"{how}, if it is one")


def _directions(means: Mapping[str, list[float]]) -> NDArray[np.float32]:
    vectors = np.array(list(means.values()), np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
