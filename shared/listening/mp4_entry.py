"""What an MP4 file says of a track's codec: its sample entry (ISO/IEC 14496-12, -14; QuickTime), taken apart."""

import struct
from dataclasses import dataclass
from typing import Final

from shared.listening.ogg import HEAD
from shared.listening.refusals import WrongFormat

CODECS: Final = {
    b"Opus": "Opus",
    b"alac": "ALAC",
    b"fLaC": "FLAC",
    b".mp3": "MP3",
    b"mp4a": "AAC",
    b"samr": "AMR-NB",
    b"sawb": "AMR-WB",
    b"ac-3": "AC-3",
    b"ec-3": "E-AC-3",
    b"enca": "encrypted",
    b"sowt": "QuickTime PCM",
    b"twos": "QuickTime PCM",
    b"lpcm": "QuickTime PCM",
}
"""Codecs of sound, by their names in a file; whether or not they are read."""
_OF_MP4A: Final = {0x40: "AAC", 0x66: "AAC", 0x67: "AAC", 0x68: "AAC", 0x69: "MP3", 0x6B: "MP3", 0xDD: "VORBIS"}
"""By object type: ``mp4a`` is a name for all of MPEG's."""
_COOKIE: Final = 24


@dataclass(frozen=True)
class Entry:
    """The first sample entry of a track of sound.

    Attributes:
        content: of its ``stsd`` box; the entry begins at byte 8.
    """

    content: bytes

    @property
    def codec(self) -> str:
        """Its name in words; empty where it is none of sound."""
        name = CODECS.get(self.content[12:16], "")
        kind, _ = self._mpeg
        return _OF_MP4A.get(kind, f"MPEG object 0x{kind:02x}") if name == "AAC" and kind else name

    @property
    def aac(self) -> bytes:
        """AudioSpecificConfig."""
        return self._mpeg[1]

    @property
    def alac(self) -> bytes:
        """ALACSpecificConfig: it stands in a box that is named as the entry is."""
        at = self.content.index(b"alac", 16) + 8
        return self.content[at : at + _COOKIE]

    @property
    def flac(self) -> bytes:
        """The blocks of metadata before the first frame."""
        at = self.content.index(b"dfLa")
        size = int.from_bytes(self.content[at - 4 : at])
        return b"fLaC" + self.content[at + 8 : at - 4 + size]

    @property
    def opus(self) -> bytes:
        """OpusHead.

        Raises:
            WrongFormat: of more than two channels.
        """
        at = self.content.index(b"dOps") + 4
        version, channels, skip, rate, gain, mapping = struct.unpack_from(">BBHIhB", self.content, at)
        if version or mapping:
            raise WrongFormat("an MP4 file with Opus of more than two channels")
        return HEAD + struct.pack("<BBHIhB", 1, channels, skip, rate, gain, 0)

    @property
    def _mpeg(self) -> tuple[int, bytes]:
        """Object type and decoder's configuration; 0 and nothing where they are not said."""
        box = self.content.find(b"esds")
        if box < 0:
            return 0, b""
        stream, _ = _descriptor(self.content, box + 8)
        config, _ = _descriptor(self.content, stream + 3)
        own, size = _descriptor(self.content, config + 13)
        return self.content[config], self.content[own : own + size]


def _descriptor(content: bytes, at: int) -> tuple[int, int]:
    """Where a descriptor's content begins, and its size (ISO/IEC 14496-1)."""
    size = 0
    for place in range(at + 1, at + 5):
        size = size << 7 | content[place] & 127
        if not content[place] & 128:
            break
    return place + 1, size
