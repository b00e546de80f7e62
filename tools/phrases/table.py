"""From what was heard in clips to the table: how often each kind of clip was accepted, and how often it may be."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from shared.words.book import PhraseBook
from shared.words.scripts import ACTIVATION, PASSPHRASE
from shared.words.transcript import Transcript
from tools.phrases.clips import (
    CHANGED,
    FOREIGN_SPEECH,
    HALF,
    HUMAN,
    MORE,
    MORE_CHANGED,
    MORE_HALF,
    NOISE,
    OTHER,
    SYNTHETIC,
    TWO,
)
from tools.phrases.make_clips import LOCALE

WRONG: Final = "wrong listed phrase"

MIN_RIGHT: Final = 0.95
"""Share of the clips with the right phrase that have to be accepted."""

_RIGHT: Final = (SYNTHETIC, HUMAN, MORE)
_NO_PHRASE: Final = (HALF, MORE_HALF, TWO, FOREIGN_SPEECH, OTHER, NOISE)
_NEAR: Final = (*CHANGED.values(), *MORE_CHANGED.values())
_MORE: Final = (MORE, MORE_HALF, *MORE_CHANGED.values())
"""Of clips that are not always there."""


@dataclass(frozen=True)
class Heard:
    """What became of a clip.

    Attributes:
        row: as in ``Clip``.
        name: as in ``Clip``.
        phrase: as in ``Clip``.
        text: as it was transcribed.
        accepted: the listed phrases that the text was taken for.
        locale: as in ``Clip``.
    """

    row: str
    name: str
    phrase: str | None
    text: str
    accepted: frozenset[str]
    locale: str = LOCALE


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
            return f"{self.name:36}{'absent':>7}"
        missed = "" if self.within else "  <- missed"
        return f"{self.name:36}{self.tries:7}{self.accepted:10}{self.share:9.1%}{self._bound():>10}{missed}"

    def _bound(self) -> str:
        if self.least:
            return f">= {self.least:.0%}"
        return f"{self.most:.0%}" if self.most < 1 else ""


HEADER: Final = f"{'':36}{'tries':>7}{'accepted':>10}{'share':>9}{'bound':>10}"


def accepted(book: PhraseBook, heard: Transcript, locale: str = LOCALE) -> frozenset[str]:
    """The phrases that a locale lists, of either kind, that are taken for said."""
    scripts = [script for script in (PASSPHRASE, ACTIVATION) if locale in book.locales(script)]
    sayings = (book.nearest(script, locale, heard) for script in scripts)
    return frozenset(saying.phrase for saying in sayings if saying.phrase)


def rows(heard: Sequence[Heard], phrases: Sequence[str]) -> list[Row]:
    """The table.

    Args:
        heard: every clip.
        phrases: all that are listed: each clip that says one is tried against every other, too.
    """
    wrong = [other in clip.accepted for clip in heard if _is_right(clip) for other in phrases if other != clip.phrase]
    right = [_row(heard, name, _own, least=MIN_RIGHT) for name in _RIGHT]
    no_phrase = [_row(heard, name, _any, most=0) for name in _NO_PHRASE]
    near = [_row(heard, name, _own) for name in _NEAR]
    table = [*right, Row(WRONG, len(wrong), sum(wrong), most=0), *no_phrase, *near]
    return [row for row in table if row.tries or row.name not in _MORE]


def surprises(heard: Sequence[Heard]) -> Iterator[str]:
    """The clips that were not taken for what they say, and what was heard instead."""
    for clip in heard:
        expected = {clip.phrase} if _is_right(clip) else set()
        if clip.row not in _NEAR and clip.accepted != expected:
            yield f"{clip.row}, {clip.name}: {clip.text!r}"


def _row(
    heard: Sequence[Heard], name: str, judge: Callable[[Heard], bool], *, least: float = 0.0, most: float = 1.0
) -> Row:
    verdicts = [judge(clip) for clip in heard if clip.row == name]
    return Row(name, len(verdicts), sum(verdicts), least, most)


def _is_right(clip: Heard) -> bool:
    return clip.row in _RIGHT


def _own(clip: Heard) -> bool:
    return clip.phrase in clip.accepted


def _any(clip: Heard) -> bool:
    return bool(clip.accepted)
