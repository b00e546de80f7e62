"""What becomes of every container and codec: the table of docs/formats.md, which the tests try row by row."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shared.listening.packets import ADTS, AMR, CAF, MATROSKA, MP4, READ, WITH_PYAV, not_read

_IN_WORDS: Final = {MATROSKA: "WebM, Matroska", MP4: "MP4, M4A, 3GP", CAF: "CAF", AMR: "AMR", ADTS: "AAC (ADTS)"}
_REFUSED: Final = (
    (MATROSKA, "PCM/INT/BIG"),
    (MATROSKA, "AC3"),
    (MP4, "AMR-WB"),
    (MP4, "AC-3"),
    (MP4, "E-AC-3"),
    (MP4, "encrypted"),
    (MP4, "QuickTime PCM"),
    (CAF, "AAC"),
    (CAF, "Opus"),
    (AMR, "AMR-WB"),
)
_OF_LIBSNDFILE: Final = {
    "WAV": [
        *("PCM 8 bit", "PCM 16 bit", "PCM 24 bit", "PCM 32 bit", "float", "double"),
        *("mu-law", "A-law", "IMA ADPCM", "MS ADPCM", "GSM 6.10"),
    ],
    "RF64": ["PCM"],
    "Wave64": ["PCM"],
    "AIFF": ["PCM", "float"],
    "AU": ["PCM", "mu-law"],
    "FLAC": ["FLAC"],
    "Ogg": ["Opus", "Vorbis"],
    "MP3": ["MP3"],
}


@dataclass(frozen=True)
class Format:
    """A codec in a container.

    Attributes:
        container: in words.
        codec: in words.
        refusal: what was measured, where it is refused: always, or without PyAV; empty where it is read.
        optional: whether it is read with PyAV.
    """

    container: str
    codec: str
    refusal: str = ""
    optional: bool = False

    @property
    def outcome(self) -> str:
        """As the table says it."""
        if not self.refusal:
            return "read"
        return f"{'read with PyAV; without it' if self.optional else 'refused:'} “{self.refusal}”"


def formats() -> list[Format]:
    """All that are known: those that are read, those that are read with PyAV, and those that are not."""
    plain = [Format(container, codec) for container, codecs in _OF_LIBSNDFILE.items() for codec in codecs]
    wrapped = [Format(_IN_WORDS[container], codec) for container, codec in _pairs(READ)]
    optional = [_lacking(*pair, optional=True) for pair in _pairs(WITH_PYAV)]
    return [*plain, *wrapped, *optional, *(_lacking(*pair) for pair in _REFUSED)]


def _pairs(table: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    return ((container, codec) for container, codecs in table.items() for codec in codecs)


def _lacking(container: str, codec: str, *, optional: bool = False) -> Format:
    return Format(_IN_WORDS[container], codec, not_read(container, codec).measured, optional)
