"""Vectors of unit length, packed to be compared with one: a few as they are, many in 4 bits a component.

In 4 bits a vector has an eighth of the size of float32, and is widened a block at a time, which stays in the cache: the
search is bound by memory, so this takes no longer than float32 does, and no library. A cosine is off by 0.008 then, by
standard deviation; what is found is compared again, exactly, with what is stored. ``make bench`` prints it beside
faiss.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

type Rows = NDArray[np.int64]

FEW: Final = 20_000
"""Vectors that are kept as they are."""
BLOCK: Final = 2_048
"""Vectors that are compared at once: 0.8 MB of float32 for each half of 192 dimensions.

So few that OpenBLAS uses one thread: its others would spin for tens of milliseconds afterwards, on the cores that read.
"""
_MIDDLE: Final = np.float32(7.5)
"""Codes are 0 to 15, and this one would be 0."""
_LOW: Final = np.uint8(15)


class Vectors(Protocol):
    """Vectors of unit length."""

    @property
    def dimension(self) -> int:
        """Of each."""

    def cosines(self, query: NDArray[np.float32], rows: Rows | None = None) -> NDArray[np.float32]:
        """With one of unit length: [n], or those of some rows."""

    def taken(self, rows: Rows) -> "Vectors":
        """Those of some rows, in their order."""

    def coded(self) -> "Codes":
        """All in 4 bits."""

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """What is kept of them, for ``vectors_of``."""


@dataclass(frozen=True, eq=False)
class Halves:
    """Vectors as they are.

    Attributes:
        values: float16 [n, dimension].
    """

    values: NDArray[np.float16]
    _exact: list[NDArray[np.float32]] = field(default_factory=list)

    @property
    def dimension(self) -> int:
        """Of each."""
        return int(self.values.shape[1])

    def cosines(self, query: NDArray[np.float32], rows: Rows | None = None) -> NDArray[np.float32]:
        """With one of unit length: [n], or those of some rows."""
        if not self._exact:
            self._exact.append(self.values.astype(np.float32))
        exact = self._exact[0] if rows is None else self._exact[0][rows]
        found = np.empty(len(exact), np.float32)
        for start in range(0, len(exact), BLOCK):
            found[start : start + BLOCK] = exact[start : start + BLOCK] @ query
        return found

    def taken(self, rows: Rows) -> "Halves":
        """Those of some rows, in their order."""
        return Halves(self.values[rows])

    def coded(self) -> "Codes":
        """All in 4 bits."""
        count, dimension = self.values.shape
        codes, scales = np.empty((count, dimension // 2), np.uint8), np.empty(count, np.float32)
        for start in range(0, count, BLOCK):
            some = slice(start, start + BLOCK)
            wide = self.values[some].astype(np.float32)
            scales[some] = np.abs(wide).max(axis=1) / _MIDDLE
            found = np.rint(wide / scales[some, np.newaxis] + _MIDDLE).clip(0, 15).astype(np.uint8)
            codes[some] = found[:, : dimension // 2] | found[:, dimension // 2 :] << 4
        return Codes(codes, scales)

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """What is kept of them."""
        return {"": self.values}


@dataclass(frozen=True, eq=False)
class Codes:
    """Vectors in 4 bits, each by a scale of its own; their dimension is even.

    Attributes:
        codes: uint8 [n, dimension / 2]: the first half of a vector in the low bits, the second in the high ones.
        scales: float32 [n]; a code less the middle one, times it, is a component.
    """

    codes: NDArray[np.uint8]
    scales: NDArray[np.float32]

    @property
    def dimension(self) -> int:
        """Of each."""
        return 2 * int(self.codes.shape[1])

    def cosines(self, query: NDArray[np.float32], rows: Rows | None = None) -> NDArray[np.float32]:
        """With one of unit length: [n], or those of some rows."""
        count, half = len(self.codes) if rows is None else len(rows), self.codes.shape[1]
        high = query[half:] / np.float32(16)
        low, found = query[:half] - high, np.empty(count, np.float32)
        wide = np.empty((BLOCK, half), np.float32)
        for start in range(0, count, BLOCK):
            some = slice(start, start + BLOCK)
            codes = self.codes[some if rows is None else rows[some]]
            there = wide[: len(codes)]
            np.copyto(there, codes)
            found[some] = there @ high
            np.copyto(there, codes & _LOW)
            found[some] += there @ low
        return (found - _MIDDLE * query.sum()) * (self.scales if rows is None else self.scales[rows])

    def taken(self, rows: Rows) -> "Codes":
        """Those of some rows, in their order."""
        return Codes(self.codes[rows], self.scales[rows])

    def coded(self) -> "Codes":
        """All in 4 bits: they are."""
        return self

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """What is kept of them."""
        return {"": self.codes, " scales": self.scales}


def vectors_of(arrays: Mapping[str, NDArray[Any]]) -> Vectors:
    """What ``arrays`` gave; raises ``TypeError`` or ``KeyError`` where that is something else."""
    if arrays[""].dtype == np.float16:
        return Halves(arrays[""])
    return Codes(arrays[""].astype(np.uint8, casting="equiv"), arrays[" scales"].astype(np.float32, casting="equiv"))


def joined(parts: Sequence[Vectors], rows: Rows) -> Vectors:
    """Some rows of several, which are counted on from one to the next: in 4 bits if they are many, or some were."""
    halves = [part for part in parts if isinstance(part, Halves)]
    if len(halves) == len(parts) and len(rows) <= FEW:
        return Halves(np.concatenate([part.values for part in halves])[rows])
    coded = [part.coded() for part in parts]
    return Codes(
        np.concatenate([part.codes for part in coded])[rows], np.concatenate([part.scales for part in coded])[rows]
    )
