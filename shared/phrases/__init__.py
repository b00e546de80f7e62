"""Phrases to be spoken, and whether one was.

They stand in text files beside this one, one a locale and one line a phrase; an empty line, or one that begins with
``#``, says nothing:

    passphrase: my voice is my passport verify me
    activation: I'll talk for a few seconds so you can recognize my voice in the future.

A locale is supported where it has a phrase of the kind. Passphrases are written as they are answered: lower case, no
punctuation.
"""

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from shared.errors import BadPhrase, InvalidArgument

FOLDER: Final = Path(__file__).parent

_LOCALE: Final = re.compile("[a-z]{2}-[A-Z]{2}")


@dataclass(frozen=True)
class Script:
    """Which phrases the clips of a profile say, and when.

    Attributes:
        kind: how a file of phrases calls them.
        field: how the contract's JSON does.
        every_clip: each clip is a phrase, always the same; if not, only the first begins with one.
        refusal: the contract's message for a clip that does not say it.
    """

    kind: str
    field: str
    every_clip: bool
    refusal: str


PASSPHRASE: Final = Script("passphrase", "passPhrase", every_clip=True, refusal="Invalid passphrase.")
ACTIVATION: Final = Script(
    "activation",
    "activationPhrase",
    every_clip=False,
    refusal="The first enrollment must match an activation phrase.",
)
_SCRIPTS: Final = {script.kind: script for script in (PASSPHRASE, ACTIVATION)}


@dataclass(frozen=True)
class Tolerance:
    """How far from a phrase a clip may be that says it; ``make phrases`` measures the defaults.

    Attributes:
        distance: share of the phrase's letters that may be heard otherwise.
        length: share of the phrase's length that has to be heard: most of a phrase is not the phrase.
    """

    distance: float = 0.25
    length: float = 0.85


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


class PhraseBook:
    """The phrases of every kind and locale."""

    def __init__(self, lists: Mapping[tuple[str, str], list[str]], tolerance: Tolerance) -> None:
        """Bind to phrases by kind and locale."""
        self._lists = lists
        self._tolerance = tolerance

    @classmethod
    def read(cls, folder: Path = FOLDER, tolerance: Tolerance = Tolerance()) -> Self:
        """The phrases of a folder.

        Raises:
            BadPhrase: names file and line, and says what is wrong there.
        """
        lists: dict[tuple[str, str], list[str]] = {}
        for file in sorted(folder.glob("*.txt")):
            for kind, phrase in _phrases(file, tolerance.distance):
                lists.setdefault((kind, file.stem), []).append(phrase)
        return cls(lists, tolerance)

    def locales(self, script: Script) -> list[str]:
        """Those that have phrases for it."""
        return [locale for kind, locale in self._lists if kind == script.kind]

    def phrases(self, script: Script, locale: str) -> list[str]:
        """The phrases of a locale (any case, dash optional), in the order of their file.

        Raises:
            InvalidArgument: the locale is not supported; names those that are.
        """
        return self._lists[script.kind, self.locale(script, locale)]

    def locale(self, script: Script, text: str) -> str:
        """The supported locale that ``text`` names (any case, dash optional).

        Raises:
            InvalidArgument: it names none; names those that are supported.
        """
        locales = self.locales(script)
        for known in locales:
            if same_locale(known, text):
                return known
        raise InvalidArgument(f"Invalid locale value. Supported locales are {', '.join(locales)}.")

    def nearest(self, script: Script, locale: str, text: str) -> Saying:
        """The phrase that is most like what was heard.

        Raises:
            InvalidArgument: the locale is not supported.
        """
        sayings = (self._saying(phrase, text, script) for phrase in self.phrases(script, locale))
        return min(sayings, key=lambda saying: saying.distance)

    def _saying(self, phrase: str, text: str, script: Script) -> Saying:
        wanted, heard = letters(phrase), letters(text)
        edits = _edits(wanted, heard)
        least = math.ceil(self._tolerance.length * len(wanted))
        fewest = edits[-1] if script.every_clip else min(edits[least:], default=edits[-1])
        return Saying(phrase, fewest / len(wanted), min(1, len(heard) / len(wanted)), self._tolerance)


def same_locale(one: str, other: str) -> bool:
    """Whether two texts name the same locale: callers write them in any case, the dash is optional."""
    return one.replace("-", "").lower() == other.replace("-", "").lower()


def distance(phrase: str, text: str) -> float:
    """How much of a phrase was heard otherwise: edits from text to phrase (Levenshtein 1966) a letter of the phrase."""
    wanted = letters(phrase)
    return _edits(wanted, letters(text))[-1] / len(wanted)


def letters(text: str) -> str:
    """What of a text is spoken: its letters and digits, in lower case."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def _edits(wanted: str, heard: str) -> list[int]:
    """Edits that make ``wanted`` of the first 0, 1, 2 ... letters of ``heard``."""
    row = list(range(len(wanted) + 1))
    last = [row[-1]]
    for count, letter in enumerate(heard, 1):
        above, row = row, [count]
        for place, other in enumerate(wanted):
            row.append(min(above[place] + (letter != other), above[place + 1] + 1, row[place] + 1))
        last.append(row[-1])
    return last


def _phrases(file: Path, max_distance: float) -> Iterator[tuple[str, str]]:
    """Kind and phrase of each line that holds one."""
    if not _LOCALE.fullmatch(file.stem):
        raise BadPhrase(f"{file.name}: a file of phrases is named after a locale, such as en-US.txt")
    seen: dict[tuple[str, str], int] = {}
    for number, line in enumerate(_lines(file), 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            kind, phrase = _phrase(line)
            _check_new(kind, phrase, seen, max_distance)
        except ValueError as problem:
            raise BadPhrase(f"{file.name}, line {number}: {problem}") from None
        seen[kind, phrase] = number
        yield kind, phrase


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8").splitlines()
    except UnicodeDecodeError as problem:
        line = file.read_bytes()[: problem.start].count(b"\n") + 1
        raise BadPhrase(f"{file.name}, line {line}: this is not UTF-8") from None


def _phrase(line: str) -> tuple[str, str]:
    kind, colon, phrase = (part.strip() for part in line.partition(":"))
    if not colon or kind not in _SCRIPTS:
        raise ValueError(f"{line.strip()!r} does not begin with {' or '.join(f'{kind}:' for kind in _SCRIPTS)}")
    if not letters(phrase):
        raise ValueError("there is no phrase")
    if kind == PASSPHRASE.kind and phrase != _plain(phrase):
        raise ValueError(f"a passphrase is lower case without punctuation: {_plain(phrase)!r}")
    return kind, phrase


def _check_new(kind: str, phrase: str, seen: Mapping[tuple[str, str], int], max_distance: float) -> None:
    """Refuse a phrase that could be taken for an earlier one: slips in both directions must not meet."""
    for (other_kind, other), number in seen.items():
        if kind != other_kind:
            continue
        if letters(phrase) == letters(other):
            raise ValueError(f"this phrase is on line {number} already")
        apart = min(distance(phrase, other), distance(other, phrase))
        if apart <= max_distance:
            raise ValueError(f"this is too like the phrase on line {number}: {apart:.0%} of their letters differ")


def _plain(phrase: str) -> str:
    words = "".join(letter if letter.isalnum() else " " if letter.isspace() else "" for letter in phrase.lower())
    return " ".join(words.split())
