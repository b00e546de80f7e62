"""From what was heard in clips to the table: how often each kind of clip was accepted, and how often it may be."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from shared.phrases import PhraseBook
from shared.phrases.scripts import ACTIVATION, PASSPHRASE
from shared.transcription import Transcript
from tools.phrases.clips import CHANGED, FOREIGN_SPEECH, HALF, HUMAN, NOISE, OTHER, SYNTHETIC, TWO
from tools.phrases.make_clips import LOCALE

WRONG: Final = "wrong listed phrase"

MIN_RIGHT: Final = 0.95
"""Share of the clips with the right phrase that have to be accepted."""


@dataclass(frozen=True)
class Heard:
    """What became of a clip.

    Attributes:
        row: as in ``Clip``.
        name: as in ``Clip``.
        phrase: as in ``Clip``.
        text: as it was transcribed.
        accepted: the listed phrases that the text was taken for.
    """

    row: str
    name: str
    phrase: str | None
    text: str
    accepted: frozenset[str]


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        name: what was tried.
        tries: how often.
        accepted: how many of them.
        least: share that has to be accepted.
        most: share that may be.
    """

    name: str
    tries: int
    accepted: int
    least: float = 0.0
    most: float = 1.0

    @property
    def share(self) -> float:
        """Of the tries, those that were accepted; 0 where there were none."""
        return self.accepted / max(1, self.tries)

    @property
    def within(self) -> bool:
        """Whether the bound is kept; nothing tried breaks none."""
        return not self.tries or self.least <= self.share <= self.most

    def __str__(self) -> str:
        """The line."""
        if not self.tries:
            return f"{self.name:34}{'absent':>7}"
        missed = "" if self.within else "  <- missed"
        return f"{self.name:34}{self.tries:7}{self.accepted:10}{self.share:9.1%}{self._bound():>10}{missed}"

    def _bound(self) -> str:
        if self.least:
            return f">= {self.least:.0%}"
        return f"{self.most:.0%}" if self.most < 1 else ""


HEADER: Final = f"{'':34}{'tries':>7}{'accepted':>10}{'share':>9}{'bound':>10}"


def accepted(book: PhraseBook, heard: Transcript) -> frozenset[str]:
    """The listed phrases of either kind that are taken for said."""
    sayings = (book.nearest(script, LOCALE, heard) for script in (PASSPHRASE, ACTIVATION))
    return frozenset(saying.phrase for saying in sayings if saying.phrase)


def rows(heard: Sequence[Heard], phrases: Sequence[str]) -> list[Row]:
    """The table.

    Args:
        heard: every clip.
        phrases: all that are listed: each clip that says one is tried against every other, too.
    """
    wrong = [other in clip.accepted for clip in heard if _is_right(clip) for other in phrases if other != clip.phrase]
    return [
        _row(SYNTHETIC, _verdicts(heard, SYNTHETIC, _own), least=MIN_RIGHT),
        _row(HUMAN, _verdicts(heard, HUMAN, _own), least=MIN_RIGHT),
        _row(WRONG, wrong, most=0),
        _row(HALF, _verdicts(heard, HALF, _any), most=0),
        _row(TWO, _verdicts(heard, TWO, _any), most=0),
        _row(FOREIGN_SPEECH, _verdicts(heard, FOREIGN_SPEECH, _any), most=0),
        _row(OTHER, _verdicts(heard, OTHER, _any), most=0),
        _row(NOISE, _verdicts(heard, NOISE, _any), most=0),
        _row(CHANGED, _verdicts(heard, CHANGED, _own)),
    ]


def surprises(heard: Sequence[Heard]) -> Iterator[str]:
    """The clips that were not taken for what they say, and what was heard instead."""
    for clip in heard:
        expected = {clip.phrase} if _is_right(clip) else set()
        if clip.row != CHANGED and clip.accepted != expected:
            yield f"{clip.row}, {clip.name}: {clip.text!r}"


def _row(name: str, verdicts: Sequence[bool], *, least: float = 0.0, most: float = 1.0) -> Row:
    return Row(name, len(verdicts), sum(verdicts), least, most)


def _verdicts(heard: Sequence[Heard], row: str, judge: Callable[[Heard], bool]) -> list[bool]:
    return [judge(clip) for clip in heard if clip.row == row]


def _is_right(clip: Heard) -> bool:
    return clip.row in (SYNTHETIC, HUMAN)


def _own(clip: Heard) -> bool:
    return clip.phrase in clip.accepted


def _any(clip: Heard) -> bool:
    return bool(clip.accepted)
