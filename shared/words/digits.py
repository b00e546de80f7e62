"""Digits that are asked for and said: how a challenge is made, and whether a clip says it.

Digits are what transcribers hear best where words make no sentence. Of five synthetic voices (flite, espeak-ng) Whisper
tiny wrote down 27 of 30 clips of six random digits without a slip; 15 of 30 of five random words passed as phrases do.
Of 60 clips of eight digits it heard 59 with at most one slip, and none as the digits of another (2026-11-26).
"""

import re
import secrets
import unicodedata
from collections.abc import Mapping
from typing import Final

from shared.words.matching import Saying, Tolerance, compare

LENGTH: Final = 8
"""Digits of a challenge: about four seconds of speech, and one of 47 million."""
SLIPS: Final = Tolerance(distance=1 / LENGTH, length=(LENGTH - 1) / LENGTH, log_likelihood=0, llr=0)
"""One digit may be heard otherwise, be missing, or be one too many."""

_WORDS: Final[Mapping[str, str]] = {
    "en": "zero/oh one/won two/to/too three four/for five six seven eight/ate nine",
    "de": "null eins/ein zwei/zwo drei vier fünf sechs sieben acht neun",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve",
    "fr": "zéro un deux trois quatre cinq six sept huit neuf",
    "it": "zero uno due tre quattro cinque sei sette otto nove",
    "pt": "zero um dois/duas três quatro cinco seis/meia sete oito nove",
    "ja": "ゼロ/零/〇 一 二 三 四 五 六 七 八 九",  # noqa: RUF001
    "zh": "零/〇 一/幺 二/两 三 四 五 六 七 八 九",  # noqa: RUF001
}
"""How digits are written where they are not written as digits: from 0 to 9, spellings divided by strokes."""
_WITHOUT_SPACES: Final = ("ja", "zh")


def random_digits() -> str:
    """Digits to be said, of which no two neighbours are the same: transcribers write those as one at times."""
    said = secrets.choice("0123456789")
    while len(said) < LENGTH:
        said += secrets.choice("0123456789".replace(said[-1], ""))
    return " ".join(said)


def saying_of(asked: str, text: str, locale: str) -> Saying:
    """How near a text in the language of a locale comes to digits that were asked for."""
    return compare(asked, _once(digits_in(text, locale)), SLIPS, whole=True)


def digits_in(text: str, locale: str) -> str:
    """The digits of a text, also those that are written as words."""
    language = locale[:2].lower()
    spelt = enumerate(_WORDS.get(language, "").split())
    known = {word: str(digit) for digit, words in spelt for word in words.split("/")}
    edge = "" if language in _WITHOUT_SPACES else r"\b"
    said = re.findall("|".join((r"\d", *(f"{edge}{word}{edge}" for word in known))), _plain(text))
    return "".join(known.get(each, each) for each in said)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _once(digits: str) -> str:
    """Digits that were said once; models write at times again and again what was said once."""
    for period in range(LENGTH - 1, LENGTH + 2):
        if len(digits) >= 2 * period and digits == (digits[:period] * len(digits))[: len(digits)]:
            return digits[:period]
    return digits
