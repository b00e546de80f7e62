"""How like a phrase something is that was heard."""

import math
import unicodedata
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Tolerance:
    """How far from a phrase a clip may be that says it.

    Attributes:
        distance: share of the phrase's letters that may be heard otherwise.
        length: share of the phrase's length that has to be heard: most of a phrase is not the phrase.
    """

    distance: float
    length: float


MEASURED: Final = Tolerance(distance=0.25, length=0.85)
"""What ``make phrases`` was measured with."""


@dataclass(frozen=True)
class Saying:
    """What was heard, as far as it concerns a script.

    Attributes:
        nearest: the phrase that is most like it.
        distance: share of that phrase's letters that were heard otherwise; above 1 where more was said.
        length: letters that were heard, as a share of the phrase's.
        tolerance: the bounds of the two within which it is that phrase.
    """

    nearest: str
    distance: float
    length: float
    tolerance: Tolerance

    @property
    def phrase(self) -> str | None:
        """The phrase that was said, or None."""
        said = self.distance <= self.tolerance.distance and self.length >= self.tolerance.length
        return self.nearest if said else None

    def __str__(self) -> str:
        """What was measured, for people."""
        return (
            f"The nearest phrase is {self.nearest!r}: {min(1, self.distance):.0%} of its letters were heard otherwise, "
            f"{self.tolerance.distance:.0%} are allowed; as much as {self.length:.0%} of it was heard, "
            f"{self.tolerance.length:.0%} are needed."
        )


def compare(phrase: str, text: str, tolerance: Tolerance, *, whole: bool) -> Saying:
    """What a text is worth as a phrase: edits from the one to the other (Levenshtein 1966), a letter of the phrase.

    Args:
        whole: all of the text has to be the phrase; if not, more may follow in it.
    """
    wanted, heard = letters(phrase), letters(text)
    needed = edits(wanted, heard)
    least = math.ceil(tolerance.length * len(wanted))
    fewest = needed[-1] if whole else min(needed[least:], default=needed[-1])
    return Saying(phrase, fewest / len(wanted), min(1, len(heard) / len(wanted)), tolerance)


def letters(text: str) -> str:
    """What of a text is spoken: its letters and digits, in lower case."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def edits(wanted: str, heard: str) -> list[int]:
    """Edits that make ``wanted`` of the first 0, 1, 2 ... letters of ``heard``."""
    row = list(range(len(wanted) + 1))
    last = [row[-1]]
    for count, letter in enumerate(heard, 1):
        above, row = row, [count]
        for place, other in enumerate(wanted):
            row.append(min(above[place] + (letter != other), above[place + 1] + 1, row[place] + 1))
        last.append(row[-1])
    return last
