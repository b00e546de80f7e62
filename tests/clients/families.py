"""What the SDKs meet in each family: the clips they are given, and what they have to understand."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import soundfile
import soxr

from shared.words.book import PhraseBook
from shared.words.scripts import ACTIVATION, PASSPHRASE
from tests import voices
from tests.contract.api import IDENTIFICATION, TEXT_DEPENDENT, VERIFICATION

ENROLLS: Final = "enroll"
"""First word of the names of clips that enroll anna."""
OTHER_ENROLLS: Final = "other"
"""The same for ewan, whose profile is beside hers."""


@dataclass(frozen=True)
class Dependency:
    """What differs between families that hear free speech and those that hear a phrase.

    Attributes:
        clips: makes what is said to an SDK, by name.
        phrases: those that are listed.
        needed: how much of ``measure`` enrolls.
        measure: what is counted, as the end of the names of fields.
        can_be_waived: whether ``ignoreMinLength=true``, which the JavaScript SDK always sends, enrolls at once.
        refusal: what the service says of the clip ``refused``.
        any_words: whether the speaker is accepted with other words.
    """

    clips: Callable[[], Mapping[str, bytes]]
    phrases: list[str]
    needed: int
    measure: str
    can_be_waived: bool
    refusal: str
    any_words: bool

    def progress(self, length: str) -> tuple[str, str]:
        """Fields of what has been heard and of what is missing, where lengths are named so."""
        measure = self.measure.format(length=length)
        return f"enrollments{measure}", f"remainingEnrollments{measure}"


def _free_speech() -> Mapping[str, bytes]:
    anna, david, ewan = (voices.speakers()[name] for name in ("anna", "david", "ewan"))
    return {
        **_numbered(ENROLLS, *anna.enrollments[:2]),
        **_numbered(OTHER_ENROLLS, *ewan.enrollments[:2]),
        "own": anna.test,
        "otherwise": voices.phrase("anna", 11),
        "stranger": david.test,
        "refused": voices.seconds("anna", 0.9),
        "telephone": _at_8_khz(),
    }


def _passphrase() -> Mapping[str, bytes]:
    """Each voice said the phrase once; that it enrolls with is heard through some noise, each time a little more."""
    anna, david, ewan = (voices.phrase(name, 5) for name in ("anna", "david", "ewan"))
    return {
        **_numbered(ENROLLS, *(voices.noisy(anna, decibels) for decibels in (35, 30, 25))),
        **_numbered(OTHER_ENROLLS, *(voices.noisy(ewan, decibels) for decibels in (35, 30, 25))),
        "own": anna,
        "otherwise": voices.phrase("anna", 6),
        "stranger": david,
        "refused": voices.phrase("anna", 11),
        "telephone": _at_8_khz(),
    }


def _at_8_khz() -> bytes:
    """An ordinary WAV file of a telephone system."""
    body = io.BytesIO()
    speech = voices.speech("anna")[: 8 * 16_000].astype(np.float32) / 32768
    soundfile.write(body, soxr.resample(speech, 16_000, 8_000), 8_000, format="WAV", subtype="PCM_16")
    return body.getvalue()


def _numbered(word: str, *clips: bytes) -> dict[str, bytes]:
    return {f"{word}-{number}": clip for number, clip in enumerate(clips, 1)}


_BOOK: Final = PhraseBook.read()
_TEXT_DEPENDENT: Final = Dependency(
    clips=_passphrase,
    phrases=_BOOK.phrases(PASSPHRASE, "en-US"),
    needed=3,
    measure="Count",
    can_be_waived=False,
    refusal="Invalid passphrase.",
    any_words=False,
)
_TEXT_INDEPENDENT: Final = Dependency(
    clips=_free_speech,
    phrases=_BOOK.phrases(ACTIVATION, "en-US"),
    needed=20,
    measure="Speech{length}",
    can_be_waived=True,
    refusal="Invalid audio length. Minimum allowed length is 1 second(s).",
    any_words=True,
)
DEPENDENCIES: Final = {"text-dependent": _TEXT_DEPENDENT, "text-independent": _TEXT_INDEPENDENT}
"""By the name of the folder that holds their clips."""
FAMILIES: Final = {
    family: DEPENDENCIES[family.partition("/")[2]] for family in (TEXT_DEPENDENT, VERIFICATION, IDENTIFICATION)
}
