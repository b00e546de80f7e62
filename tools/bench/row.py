"""One figure of a benchmark, and what it may be."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """What was measured.

    Attributes:
        name: the same in every run, so that runs compare.
        value: in ``unit``.
        beside: what else was found with it.
        most: bound from above, ``least`` from below; both hold on a quiet machine.
    """

    name: str
    value: float
    unit: str = ""
    beside: str = ""
    most: float = math.inf
    least: float = -math.inf

    @property
    def kept(self) -> bool:
        """Whether it is within its bounds."""
        return self.least <= self.value <= self.most

    @property
    def bound(self) -> str:
        """The bounds, for people."""
        above = f"at most {self.most:g}" if self.most < math.inf else ""
        below = f"at least {self.least:g}" if self.least > -math.inf else ""
        return " ".join(filter(None, (above, below)))

    @property
    def figure(self) -> str:
        """The value, for people: three digits."""
        digits = max(0, 2 - math.floor(math.log10(abs(self.value)))) if self.value else 0
        return f"{self.value:.{min(digits, 3)}f} {self.unit}".rstrip()


def lines(rows: Iterable[Row], before: Mapping[str, float]) -> Iterator[str]:
    """Rows as a table; beside them how far they are from those of an earlier run, by name."""
    for row in rows:
        said = [
            row.bound if row.kept else f"{row.bound}: BROKEN",
            row.beside,
            _against(row.value, before.get(row.name)),
        ]
        yield f"{row.name:52}{row.figure:>14}   {', '.join(filter(None, said))}".rstrip()


def _against(value: float, before: float | None) -> str:
    if not before:
        return ""
    return f"{100 * (value / before - 1):+.0f} % of {before:.3g}"
