"""How like a phrase something is that was heard."""

import unicodedata
from dataclasses import dataclass
from typing import Final

from shared.words.transcript import Fit


@dataclass(frozen=True)
class Tolerance:
    """How far from a phrase a clip may be that says it.

    Attributes:
        distance: share of the phrase's letters that may be heard otherwise, where letters decide.
        length: share of the phrase's length that has to be heard, and 1 by the most that may be: most of a phrase, or
            a phrase and more, is not the phrase.
        log_likelihood: the phrase's least, where the transcriber can tell likelihoods (see ``Fit``): they decide then.
        llr: the least of its ratio to what was heard.
    """

    distance: float
    length: float
    log_likelihood: float
    llr: float

    def allows(self, length: float) -> bool:
        """Whether that share of a phrase's length is about all of the phrase."""
        return self.length <= length <= 1 / self.length


MEASURED: Final = Tolerance(distance=0.25, length=0.76, log_likelihood=-1.75, llr=-1)
"""What ``make phrases`` was measured with."""


@dataclass(frozen=True)
class Saying:
    """What was heard, as far as it concerns a script.

    Attributes:
        nearest: the phrase that is most like it.
        distance: share of that phrase's letters that were heard otherwise; above 1 where more was said.
        length: letters that were heard, as a share of the phrase's.
        tolerance: the bounds within which it is that phrase.
        fit: how well the phrase explains the sound, if the transcriber was asked and could tell.
    """

    nearest: str
    distance: float
    length: float
    tolerance: Tolerance
    fit: Fit | None = None

    @property
    def is_as_long(self) -> bool:
        """Whether about as much was heard as the phrase has."""
        return self.tolerance.allows(self.length)

    @property
    def phrase(self) -> str | None:
        """The phrase that was said, or None."""
        return self.nearest if self.is_as_long and self._is_near_enough() else None

    def _is_near_enough(self) -> bool:
        if self.fit is None:
            return self.distance <= self.tolerance.distance
        return self.fit.log_likelihood >= self.tolerance.log_likelihood and self.fit.llr >= self.tolerance.llr

    def __str__(self) -> str:
        """What was measured, for people."""
        least, most = self.tolerance.length, 1 / self.tolerance.length
        return (
            f"The nearest phrase is {self.nearest!r}: {self._nearness()}; "
            f"as much as {self.length:.0%} of it was heard, from {least:.0%} to {most:.0%} are needed."
        )

    def _nearness(self) -> str:
        if self.fit is None:
            otherwise = f"{min(1, self.distance):.0%} of its letters were heard otherwise"
            return f"{otherwise}, {self.tolerance.distance:.0%} are allowed"
        return (
            f"its log-likelihood is {self.fit.log_likelihood:.2f} a token, at least "
            f"{self.tolerance.log_likelihood:g} is needed, and {self.fit.llr:.2f} in relation to what was heard, "
            f"at least {self.tolerance.llr:g} is needed"
        )


def compare(phrase: str, text: str, tolerance: Tolerance, *, whole: bool) -> Saying:
    """What a text is worth as a phrase: edits from the one to the other (Levenshtein 1966), a letter of the phrase.

    Args:
        whole: all of the text has to be the phrase; if not, more may follow in it.
    """
    wanted, heard = letters(phrase), letters(text)
    needed = edits(wanted, heard)
    end = len(heard) if whole else _best_end(needed, len(wanted), tolerance)
    return Saying(phrase, needed[end] / len(wanted), end / len(wanted), tolerance)


def _best_end(needed: list[int], wanted: int, tolerance: Tolerance) -> int:
    """After how many letters a text is most like a phrase, if it has as many as the phrase needs."""
    ends = (end for end in range(len(needed)) if tolerance.allows(end / wanted))
    return min(ends, key=needed.__getitem__, default=len(needed) - 1)


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
