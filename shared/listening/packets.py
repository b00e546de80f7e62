"""Sound out of its container, still coded, and how what is not read is refused."""

from dataclasses import dataclass
from typing import Final

from shared.listening.refusals import WrongFormat

MATROSKA: Final = "a WebM or Matroska file"
MP4: Final = "an MP4 file"
CAF: Final = "a CAF file"
AMR: Final = "an AMR file"
ADTS: Final = "a bare AAC stream"

READ: Final = {
    MATROSKA: ("Opus", "FLAC", "PCM", "MP3", "ALAC"),
    MP4: ("Opus", "ALAC", "FLAC", "MP3"),
    CAF: ("PCM", "mu-law", "A-law", "ALAC"),
    AMR: (),
    ADTS: (),
}
"""Codecs that are read without PyAV, by container."""
WITH_PYAV: Final = {MATROSKA: ("AAC", "VORBIS"), MP4: ("AAC", "AMR-NB"), CAF: (), AMR: ("AMR-NB",), ADTS: ("AAC",)}
"""Codecs that are read with PyAV only, by container."""

MAX_PACKETS: Final = 200_000
"""Of a file, at most; the longest clip in the shortest packets of Opus has 65,000."""
AMR_RATE: Final = 8_000
"""Of AMR-NB, in Hz; it is mono."""


@dataclass(frozen=True)
class Packets:
    """Packets of a codec that libsndfile does not know, or not outside its own container.

    Attributes:
        container: in words.
        codec: one of ``WITH_PYAV``, for this container.
        private: what the decoder has to be told first.
        packets: in order, together no larger than the file.
    """

    container: str
    codec: str
    private: bytes
    packets: list[bytes]


def damaged(container: str) -> WrongFormat:
    """The refusal of a file that contradicts itself."""
    return WrongFormat(f"{container} that is damaged")


def not_read(container: str, codec: str) -> WrongFormat:
    """The refusal of a codec: what was found, and what is read."""
    found = f"{container} with {codec} audio" if READ[container] else f"{container}, {codec}"
    way = "; it is read where PyAV is installed (docs/formats.md)" if codec in WITH_PYAV[container] else ""
    read = f"; read are {_listed(READ[container])}" if READ[container] else ""
    return WrongFormat(found + way + read)


def _listed(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
