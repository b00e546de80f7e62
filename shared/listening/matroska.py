"""Sound out of WebM and Matroska files, as browsers record it: live, with sizes that nobody knows.

Elements are read one after the other, those that hold others by going on inside: so it does not matter where they end.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from shared.listening.caf import alac_file
from shared.listening.containers import true_wav
from shared.listening.ogg import opus_file
from shared.listening.packets import MATROSKA, WITH_PYAV, Packets, not_read
from shared.listening.refusals import WrongFormat

_TRACK: Final = 0xAE
_HOLDERS: Final = frozenset((0x18538067, 0x1F43B675, 0x1654AE6B, _TRACK, 0xE1, 0xA0))
"""Segment, Cluster, Tracks, TrackEntry, Audio, BlockGroup."""
_NUMBER, _CODEC, _PRIVATE, _RATE, _CHANNELS, _BITS = 0xD7, 0x86, 0x63A2, 0xB5, 0x9F, 0x6264
_BLOCKS: Final = frozenset((0xA3, 0xA1))
_XIPH, _FIXED, _EBML = 1, 2, 3
_MAX_ELEMENTS: Final = 200_000
"""The longest clip in the shortest frames of Opus has 65,000."""
_MAX_FRAMES: Final = _MAX_ELEMENTS
"""Of a track: a lace names up to 256 in a few bytes, and all of them may be empty."""
_KEPT: Final = {_NUMBER: 8, _CODEC: 32, _PRIVATE: 65_000, _RATE: 8, _CHANNELS: 8, _BITS: 8}
"""Bytes that are kept of what a track says: of a number as many as one has, of the rest what a page of Ogg holds."""
_MAX_TRACKS: Final = 16
_MAX_RATE: Final = 1 << 20
_FLOATS: Final = {4: ">f", 8: ">d"}
_WAV_TAGS: Final = {"A_PCM/INT/LIT": 1, "A_PCM/FLOAT/IEEE": 3}


@dataclass
class _Track:
    """What a file says of one of its tracks, by element, and the frames that belong to it."""

    said: dict[int, bytes] = field(default_factory=dict)
    frames: list[bytes] = field(default_factory=list)

    @property
    def codec(self) -> str:
        return self.said.get(_CODEC, b"").rstrip(b"\0").decode("ascii", "replace")

    def number(self, element: int, default: int) -> int:
        return int.from_bytes(self.said[element]) if element in self.said else default

    @property
    def hertz(self) -> int:
        """0 where that is no number."""
        said = self.said.get(_RATE, b"")
        rate = struct.unpack(_FLOATS[len(said)], said)[0] if len(said) in _FLOATS else 8_000
        return int(rate) if 0 < rate < _MAX_RATE else 0


def readable(body: bytes) -> bytes | Packets:
    """The first track of sound, in a file that libsndfile reads, or as packets.

    Raises:
        WrongFormat: there is none, or its codec is not read; names it.
    """
    track = next((track for track in _tracks(body) if track.codec.startswith("A_")), None)
    if track is None:
        raise WrongFormat(f"{MATROSKA} without a track of sound")
    return _wrapped(track, track.said.get(_PRIVATE, b""))


def _wrapped(track: _Track, private: bytes) -> bytes | Packets:
    match track.codec:
        case "A_OPUS" if private:
            return opus_file(private, track.frames)
        case "A_FLAC":
            return private + b"".join(track.frames)
        case "A_ALAC":
            return alac_file(private, track.frames)
        case "A_MPEG/L3":
            return b"".join(track.frames)
        case codec if codec in _WAV_TAGS:
            return _wav(track, _WAV_TAGS[codec])
    codec = track.codec.removeprefix("A_")
    if codec not in WITH_PYAV[MATROSKA]:
        raise not_read(MATROSKA, codec)
    return Packets(MATROSKA, codec, private, track.frames)


def _tracks(body: bytes) -> list[_Track]:
    tracks: list[_Track] = []
    for element, content in islice(_elements(body), _MAX_ELEMENTS):
        if element == _TRACK and len(tracks) < _MAX_TRACKS:
            tracks.append(_Track())
        elif element in _BLOCKS:
            _take(content, tracks)
        elif tracks and element in _KEPT:
            tracks[-1].said.setdefault(element, content[: _KEPT[element]])
    return tracks


def _elements(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Identifier and content of each element; of one that holds others the content is empty, and they follow."""
    at = 0
    while at < len(body):
        element, length = _varied(body, at, keep_marker=True)
        size, more = _varied(body, at + length, keep_marker=False)
        if not length or not more:
            return
        at += length + more
        if element in _HOLDERS:
            yield element, b""
        elif element in _BLOCKS and at + size > len(body):
            return  # a recording that was cut off
        else:
            yield element, body[at : at + size]
            at += size


def _varied(body: bytes, at: int, *, keep_marker: bool) -> tuple[int, int]:
    """A number of variable length and how many bytes it takes, 0 where there is none."""
    if at >= len(body) or not body[at]:
        return 0, 0
    length = 9 - body[at].bit_length()
    value = int.from_bytes(body[at : at + length])
    return (value if keep_marker else value & ((1 << 7 * length) - 1)), length


def _take(block: bytes, tracks: list[_Track]) -> None:
    number, length = _varied(block, 0, keep_marker=False)
    owner = next((track for track in tracks if track.number(_NUMBER, 0) == number), None)
    if owner is not None and len(owner.frames) < _MAX_FRAMES and length and len(block) > length + 3:
        owner.frames += _unlaced(block[length + 3 :], block[length + 2] >> 1 & 3)


def _unlaced(content: bytes, lacing: int) -> list[bytes]:
    """The frames of a block."""
    if not lacing or not content:
        return [content]
    count, at = content[0] + 1, 1
    if lacing == _FIXED:
        size = (len(content) - 1) // count
        return [content[1 + size * each : 1 + size * (each + 1)] for each in range(count)]
    sizes: list[int] = []
    for _ in range(count - 1):
        size, taken = _xiph_size(content, at) if lacing == _XIPH else _ebml_size(content, at, sizes)
        sizes.append(size)
        at += taken
    frames = []
    for size in sizes:
        frames.append(content[at : at + size])
        at += size
    return [*frames, content[at:]]


def _xiph_size(content: bytes, at: int) -> tuple[int, int]:
    end = at
    while end < len(content) and content[end] == 255:
        end += 1
    return sum(content[at : end + 1]), end + 1 - at


def _ebml_size(content: bytes, at: int, sizes: list[int]) -> tuple[int, int]:
    """The first size as it is, others as their difference to the one before."""
    value, length = _varied(content, at, keep_marker=False)
    if not sizes:
        return value, max(1, length)
    return max(0, sizes[-1] + value - (1 << 7 * max(1, length) - 1) + 1), max(1, length)


def _wav(track: _Track, tag: int) -> bytes:
    hertz = track.hertz
    channels, bits = track.number(_CHANNELS, 1), track.number(_BITS, 32 if tag == 3 else 16)
    if not (hertz and 0 < channels < 1 << 8 and 0 < bits <= 64):
        raise WrongFormat(f"{MATROSKA} whose header is damaged")
    frame = channels * bits // 8
    header = struct.pack("<HHIIHH", tag, channels, hertz, hertz * frame, frame, bits)
    return true_wav(header, b"".join(track.frames))
