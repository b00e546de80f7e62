"""Phrases to be spoken, and whether one was. They stand in the text files of ``phrases/``: see ``files``."""

from dataclasses import replace
from pathlib import Path
from typing import Self

from shared.errors import UnknownLocale
from shared.words.files import FOLDER, Lists, read
from shared.words.matching import MEASURED, Saying, Tolerance, compare
from shared.words.scripts import Script
from shared.words.transcript import Transcript


class PhraseBook:
    """The phrases of every kind and locale."""

    def __init__(self, lists: Lists, tolerance: Tolerance) -> None:
        """Bind to phrases by kind and locale."""
        self._lists = lists
        self._tolerance = tolerance

    @classmethod
    def read(cls, folder: Path = FOLDER, tolerance: Tolerance = MEASURED) -> Self:
        """The phrases of a folder.

        Raises:
            BadPhrase: names file and line, and says what is wrong there.
        """
        return cls(read(folder, tolerance.distance), tolerance)

    def locales(self, script: Script) -> list[str]:
        """Those that have phrases for it."""
        return [locale for kind, locale in self._lists if kind == script.kind]

    def phrases(self, script: Script, locale: str) -> list[str]:
        """The phrases of a locale (any case, dash optional), in the order of their file.

        Raises:
            UnknownLocale: the locale is not supported; names those that are.
        """
        return self._lists[script.kind, self.locale(script, locale)]

    def locale(self, script: Script, text: str) -> str:
        """The supported locale that ``text`` names (any case, dash optional).

        Raises:
            UnknownLocale: it names none; names those that are supported.
        """
        locales = self.locales(script)
        for known in locales:
            if same_locale(known, text):
                return known
        raise UnknownLocale(", ".join(locales))

    def nearest(self, script: Script, locale: str, heard: Transcript) -> Saying:
        """The phrase that is most like what was heard.

        Raises:
            UnknownLocale: the locale is not supported.
        """
        phrases = self.phrases(script, locale)
        sayings = [compare(phrase, heard.text, self._tolerance, whole=script.every_clip) for phrase in phrases]
        nearest = min(sayings, key=lambda saying: saying.distance)
        # Likelihoods do not tell where in a clip a phrase is, so that they serve only where it is all of the clip.
        in_doubt = script.every_clip and nearest.distance > 0 and nearest.is_as_long
        return replace(nearest, fit=heard.fit(nearest.nearest)) if in_doubt else nearest


def same_locale(one: str, other: str) -> bool:
    """Whether two texts name the same locale: callers write them in any case, the dash is optional."""
    return canonical(one) == canonical(other)


def canonical(locale: str) -> str:
    """The text that all spellings of a locale share."""
    return locale.replace("-", "").lower()
