"""The text files in ``phrases/``, one a locale and one line a phrase.

An empty line, or one that begins with ``#``, says nothing:

    passphrase: my voice is my passport verify me
    activation: I'll talk for a few seconds so you can recognize my voice in the future.

Passphrases are written as they are answered: lower case, no punctuation.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from shared.errors import BadPhrase
from shared.words.matching import edits, letters
from shared.words.scripts import PASSPHRASE, SCRIPTS

FOLDER: Final = Path(__file__).parent / "phrases"

_LOCALE: Final = re.compile("[a-z]{2}-[A-Z]{2}")

type Lists = dict[tuple[str, str], list[str]]
"""Phrases by kind and locale."""


def read(folder: Path, max_distance: float) -> Lists:
    """The phrases of a folder.

    Raises:
        BadPhrase: names file and line, and says what is wrong there.
    """
    lists: Lists = {}
    for file in sorted(folder.glob("*.txt")):
        for kind, phrase in _phrases(file, max_distance):
            lists.setdefault((kind, file.stem), []).append(phrase)
    return lists


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
        return file.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError as problem:
        line = file.read_bytes()[: problem.start].count(b"\n") + 1
        raise BadPhrase(f"{file.name}, line {line}: this is not UTF-8") from None


def _phrase(line: str) -> tuple[str, str]:
    kind, colon, phrase = (part.strip() for part in line.partition(":"))
    if not colon or kind not in SCRIPTS:
        raise ValueError(f"{line.strip()!r} does not begin with {' or '.join(f'{kind}:' for kind in SCRIPTS)}")
    if not letters(phrase):
        raise ValueError("there is no phrase")
    if kind == PASSPHRASE.kind and phrase != _plain(phrase):
        raise ValueError(f"a passphrase is lower case without punctuation: {_plain(phrase)!r}")
    return kind, phrase


def _check_new(kind: str, phrase: str, seen: Mapping[tuple[str, str], int], max_distance: float) -> None:
    """Refuse a phrase that is there, and a passphrase that is so like another that slips of the two could meet."""
    spoken = letters(phrase)
    for other, number in ((letters(other), number) for (known, other), number in seen.items() if known == kind):
        apart = edits(spoken, other)[-1] / max(len(spoken), len(other))
        if apart == 0:
            raise ValueError(f"this phrase is on line {number} already")
        if kind == PASSPHRASE.kind and apart <= 2 * max_distance:
            raise ValueError(f"this is too like the phrase on line {number}: {apart:.0%} of their letters differ")


def _plain(phrase: str) -> str:
    words = "".join(letter if letter.isalnum() else " " if letter.isspace() else "" for letter in phrase.lower())
    return " ".join(words.split())
