"""The activation phrase in every locale: what is accepted as it there, and what is not.

A multilingual model hears each clip as its locale's language. English is spoken by the ten voices of ``make_clips``,
every other language by the five of ``make_locales``; the phrase of fr-CA is that of fr-FR.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from shared.words.book import PhraseBook
from shared.words.scripts import ACTIVATION
from tools.phrases.clips import Clip, background
from tools.phrases.make_clips import LOCALE, NEAR_SPEAKERS, SPEAKERS, VOICES
from tools.phrases.make_locales import LOCALES, OTHER
from tools.phrases.table import Heard
from tools.recordings import Samples, read

RIGHT: Final = "the phrase"
HALF: Final = "half of it"
FOREIGN: Final = "in another language"
SENTENCE: Final = "another sentence"
BACKGROUND: Final = "English, noise"
COLUMNS: Final = (RIGHT, HALF, FOREIGN, SENTENCE, BACKGROUND)
"""What is tried in each locale; only the first has to be accepted."""
BARRED: Final = (HALF, SENTENCE, BACKGROUND)
"""What may never be. The phrase in another language may: Whisper translates into the language that it is told."""

HEADER: Final = "".join(f"{column:>22}" for column in ("", *COLUMNS))

_SPOKEN: Final = {"fr-CA": "fr-FR"}
_FOREIGN_VOICES: Final = 2
"""Of each other language."""
_BACKGROUND_STEP: Final = 4
"""Every so many of the clips of other speech and of noise are tried, as there are fourteen locales."""


def clips_by_locale() -> Iterator[Clip]:
    """All of them, always the same; without people where those are absent."""
    locales = PhraseBook.read().locales(ACTIVATION)
    around = list(background())[::_BACKGROUND_STEP]
    for locale in locales:
        yield from _said(locale)
        yield from _foreign(locale, locales)
        yield from (Clip(SENTENCE, name, None, _read(file), locale) for name, file in _sentences(locale))
        yield from (Clip(BACKGROUND, clip.name, None, clip.samples, locale) for clip in around)


def _said(locale: str) -> Iterator[Clip]:
    for name, samples in _phrases(locale):
        yield Clip(RIGHT, name, _phrase(locale), samples, locale)
        for part, half in zip(("begins", "ends"), np.array_split(samples, 2), strict=True):
            yield Clip(HALF, f"{name} {part}", None, half, locale)


@cache
def _phrase(locale: str) -> str:
    [phrase] = PhraseBook.read().phrases(ACTIVATION, locale)
    return phrase


def _foreign(locale: str, locales: Sequence[str]) -> Iterator[Clip]:
    """One locale stands for each other language."""
    others = {_language(other): other for other in locales if _language(other) != _language(locale)}
    for other in others.values():
        for name, samples in itertools.islice(_phrases(other), _FOREIGN_VOICES):
            yield Clip(FOREIGN, f"{other} {name}", None, samples, locale)


def _language(locale: str) -> str:
    return locale.partition("-")[0]


def _phrases(locale: str) -> Iterator[tuple[str, Samples]]:
    """Who says the phrase of a locale, and how."""
    for file in _files(locale):
        yield (file.parent.name if _is_english(locale) else file.stem), _read(file)


@cache
def _read(file: Path) -> Samples:
    """Most clips are tried in many locales."""
    return read(file)


def _files(locale: str) -> list[Path]:
    if _is_english(locale):
        return [VOICES / voice / "11.ogg" for voice in SPEAKERS]
    return sorted((LOCALES / _SPOKEN.get(locale, locale)).glob("*.ogg"))


def _sentences(locale: str) -> Iterator[tuple[str, Path]]:
    """Of English the passphrases, of every other language what its voices say besides the phrase."""
    if _is_english(locale):
        files = [file for voice in NEAR_SPEAKERS for file in sorted((VOICES / voice).glob("[01][0-9].ogg"))[:-1]]
    else:
        files = sorted((LOCALES / _SPOKEN.get(locale, locale) / OTHER).glob("*.ogg"))
    yield from ((f"{file.parent.name}/{file.stem}", file) for file in files)


def _is_english(locale: str) -> bool:
    return _language(locale) == _language(LOCALE)


def table(heard: Sequence[Heard]) -> Iterator[str]:
    """A row a locale: of how many clips of each column how many were accepted."""
    yield HEADER
    for locale, own in itertools.groupby(heard, lambda clip: clip.locale):
        counts = _counts(list(own))
        cells = [f"{accepted} of {tries}" if tries else "absent" for accepted, tries in counts.values()]
        yield "".join(f"{cell:>22}" for cell in (locale, *cells))


def _counts(heard: Sequence[Heard]) -> Mapping[str, tuple[int, int]]:
    verdicts = {column: [_is_accepted(clip) for clip in heard if clip.row == column] for column in COLUMNS}
    return {column: (sum(each), len(each)) for column, each in verdicts.items()}


def wrongly_taken(heard: Sequence[Heard]) -> list[str]:
    """The clips that were not taken for what they say, and what was heard instead."""
    return [
        f"{clip.locale}, {clip.row}, {clip.name}: {clip.text!r}"
        for clip in heard
        if _is_accepted(clip) != (clip.row == RIGHT)
    ]


def _is_accepted(clip: Heard) -> bool:
    """As the activation phrase; whether it is taken for a passphrase is the other report's."""
    return _phrase(clip.locale) in clip.accepted


def falsely_accepted(heard: Sequence[Heard]) -> int:
    """Clips without the phrase in any language that were taken for it."""
    return sum(_is_accepted(clip) for clip in heard if clip.row in BARRED)
