"""What a body of audio is: containers told apart by their first bytes, and WAV files taken apart.

Clients lie about audio without meaning to: the native SDK strips the WAV header, streaming clients leave its sizes at 0
or 0xFFFFFFFF, cut-off uploads end in half a sample. What can be read is read.
"""

import struct
from collections.abc import Callable, Iterator
from typing import Final

from shared.listening.bare import adts_frame_bytes
from shared.listening.mp3 import mp3_frame_bytes
from shared.listening.refusals import WrongFormat

SAMPLE_RATE: Final = 16_000
SAMPLE_WIDTH: Final = 2
MAX_CHANNELS: Final = 8
MAX_BODY_BYTES: Final = 5 * 1024 * 1024
"""Largest body of audio that the retired service accepted."""

_PCM: Final = 0x0001
_EXTENSIBLE: Final = 0xFFFE
_SIZES_THAT_MEAN_THE_REST: Final = (0, 0xFFFFFFFF)
_STARTS: Final = {
    b"RIFF": "WAV",
    b"RIFX": "big-endian WAV",
    b"RF64": "RF64",
    b"riff": "Wave64",
    b"FORM": "AIFF",
    b"fLaC": "FLAC",
    b"OggS": "Ogg",
    b"ID3": "MP3",
    b"caff": "CAF",
    b".snd": "AU",
    b"#!AMR\n": "AMR",
    b"#!AMR-WB\n": "AMR-WB",
    b"\x1a\x45\xdf\xa3": "WebM",
}
"""First bytes of files, whether or not they can be read: what none of these begins is headerless PCM."""
_FRAME_HEADER: Final = 7


def container_of(body: bytes) -> str | None:
    """Name of the file format that a body begins like; None for headerless PCM."""
    named = (name for start, name in _STARTS.items() if body.startswith(start))
    if body[4:8] == b"ftyp":
        return "MP4"
    return next(named, next((name for name, length in _FRAMED.items() if _follow(body, length)), None))


def wav_parts(body: bytes) -> tuple[bytes, bytes]:
    """Content of a WAV file's format chunk and of its data chunks, one after the other.

    Raises:
        WrongFormat: it has no readable format chunk.
    """
    chunks = list(_chunks(body))
    header = dict(chunks).get(b"fmt ", b"")
    if body[8:12] != b"WAVE" or len(header) < 16:
        raise WrongFormat("the WAV header is damaged")
    return header, b"".join(content for name, content in chunks if name == b"data")


def check_channel(chosen: int | None, there: int) -> None:
    """Raises: WrongFormat, when a channel is chosen, counted from 0, that is not among so many."""
    if chosen is not None and chosen >= there:
        raise WrongFormat(f"channel {chosen + 1} was chosen; the audio has {there}")


def check_each(there: int) -> None:
    """Raises: WrongFormat, where each channel is to be one speaker's, and there is one channel for all."""
    if there == 1:
        raise WrongFormat("channel=separate takes one channel for each speaker; the audio has 1")


def true_wav(header: bytes, data: bytes) -> bytes:
    """A WAV file whose sizes are true."""
    chunks = b"".join(
        struct.pack("<4sI", name, len(content)) + content + b"\0" * (len(content) % 2)
        for name, content in ((b"fmt ", header), (b"data", data))
    )
    return struct.pack("<4sI4s", b"RIFF", 4 + len(chunks), b"WAVE") + chunks


def is_plain(header: bytes) -> bool:
    """Whether a format chunk says 16 kHz, 16-bit, mono PCM: the contract's own format."""
    return _format(header) == (_PCM, 1, SAMPLE_RATE, 8 * SAMPLE_WIDTH)


def described(header: bytes) -> str:
    """A format chunk in words."""
    tag, channels, rate, bits = _format(header)
    kind = "PCM" if tag == _PCM else f"format 0x{tag:04x}"
    return f"the header says {rate} Hz, {bits}-bit, {channels} channel(s), {kind}"


def _chunks(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of each RIFF chunk; a size that points past the end means the rest of the body."""
    at = 12
    while at + 8 <= len(body):
        name, size = struct.unpack_from("<4sI", body, at)
        at += 8
        if name == b"data" and size in _SIZES_THAT_MEAN_THE_REST:
            size = len(body) - at
        yield name, body[at : at + size]
        at += size + size % 2


def _format(header: bytes) -> tuple[int, int, int, int]:
    """Format tag, channels, rate and bits of a format chunk."""
    tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", header)
    if tag == _EXTENSIBLE and len(header) >= 26:
        (tag,) = struct.unpack_from("<H", header, 24)
    return tag, channels, rate, bits


def _follow(body: bytes, length_of: Callable[[bytes], int]) -> bool:
    """Whether two frames follow each other: one alone may as well be two samples of PCM."""
    length = length_of(body[:_FRAME_HEADER])
    return bool(length) and length_of(body[length : length + _FRAME_HEADER]) > 0


_FRAMED: Final = {"MP3": mp3_frame_bytes, "AAC": adts_frame_bytes}
"""What has no beginning of its own, and how long the frames are in which it comes."""
