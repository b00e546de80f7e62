"""From the bytes of a request to samples, and back to the WAV that is kept of an enrollment.

Clients lie about audio without meaning to: the native SDK strips the WAV header, streaming clients leave its sizes at 0
or 0xFFFFFFFF, cut-off uploads end in half a sample. What can be read is read; what is another format is refused.
"""

import io
import struct
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.errors import InvalidAudio

SAMPLE_RATE: Final = 16_000
SAMPLE_WIDTH: Final = 2
MAX_BODY_BYTES: Final = 5 * 1024 * 1024
"""Largest body of audio that the contract accepts (its section 1)."""

_PCM: Final = 0x0001
_EXTENSIBLE: Final = 0xFFFE
_SIZES_THAT_MEAN_THE_REST: Final = (0, 0xFFFFFFFF)


@dataclass(frozen=True)
class Clip:
    """Mono audio at 16 kHz.

    Attributes:
        samples: [n] float32 in [-1, 1].
    """

    samples: NDArray[np.float32]

    @property
    def seconds(self) -> float:
        """Length, pauses included."""
        return len(self.samples) / SAMPLE_RATE

    def to_wav(self) -> bytes:
        """The clip as a 16-bit WAV file."""
        file = io.BytesIO()
        with wave.open(file, "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(SAMPLE_WIDTH)
            out.setframerate(SAMPLE_RATE)
            out.writeframes((self.samples * 32768).astype("<i2").tobytes())
        return file.getvalue()


def decode(body: bytes) -> Clip:
    """Read a WAV file (16 kHz, 16-bit, mono PCM) or headerless PCM of that format.

    Raises:
        InvalidAudio: the header names another format, or the body is larger than ``MAX_BODY_BYTES``.
    """
    if len(body) > MAX_BODY_BYTES:
        raise InvalidAudio(
            f"Invalid audio length. The request holds {len(body):,} bytes; at most {MAX_BODY_BYTES:,} are allowed."
        )
    pcm = _wav_data(body) if body[:4] == b"RIFF" else body
    whole = len(pcm) - len(pcm) % SAMPLE_WIDTH
    return Clip(np.frombuffer(pcm[:whole], "<i2").astype(np.float32) * np.float32(1 / 32768))


def _wav_data(body: bytes) -> bytes:
    chunks = dict(_chunks(body))
    header = chunks.get(b"fmt ", b"")
    if body[8:12] != b"WAVE" or len(header) < 16:
        raise _wrong_format("the WAV header is damaged")
    _check_format(header)
    return chunks.get(b"data", b"")


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


def _check_format(header: bytes) -> None:
    tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", header)
    if tag == _EXTENSIBLE and len(header) >= 26:
        (tag,) = struct.unpack_from("<H", header, 24)
    if (tag, channels, rate, bits) != (_PCM, 1, SAMPLE_RATE, 8 * SAMPLE_WIDTH):
        kind = "PCM" if tag == _PCM else f"format 0x{tag:04x}"
        raise _wrong_format(f"the header says {rate} Hz, {bits}-bit, {channels} channel(s), {kind}")


def _wrong_format(measured: str) -> InvalidAudio:
    return InvalidAudio(f"Invalid audio format. Supported format is WAV 16Khz 16bit Mono PCM. Measured: {measured}.")
