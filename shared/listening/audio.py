"""From the bytes of a request to samples, and back to the WAV that is kept of an enrollment."""

import io
import math
import wave
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from shared.listening.containers import (
    MAX_BODY_BYTES,
    SAMPLE_RATE,
    SAMPLE_WIDTH,
    check_channel,
    container_of,
    described,
    is_plain,
    true_wav,
    wav_parts,
)
from shared.listening.declared import PLAIN, Declared
from shared.listening.headerless import as_written, check_written
from shared.listening.refusals import NoAudio, TooLarge, WrongFormat
from shared.listening.strangers import named


@dataclass(frozen=True)
class Clip:
    """Mono audio at 16 kHz.

    Attributes:
        samples: [n] float32 in [-1, 1].
        read_at: the rate that samples without a header were taken to have, in Hz; None where a header says it.
        louder: the channel, from 0, that alone is heard because the mean of all cancels.
        apart: [n] samples of two channels by their number, from 0, where they differ.
        channels: that the recording has.
    """

    samples: NDArray[np.float32]
    read_at: int | None = None
    louder: int | None = None
    apart: Mapping[int, NDArray[np.float32]] = field(default_factory=dict)
    channels: int = 1

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


def decode(
    body: bytes,
    *,
    declared: Declared | None = None,
    channel: int | None = None,
    any_format: bool = False,
    max_sec: float = math.inf,
    max_bytes: int = MAX_BODY_BYTES,
) -> Clip:
    """Read a WAV file (16 kHz, 16-bit, mono PCM) or headerless PCM of that format.

    Args:
        declared: what was said of the samples, where they have no header; a header knows better.
        channel: which one is heard, from 0; None for the mean of all.
        any_format: also read what ``shared.listening.decoding`` does.
        max_sec: what is longer may be refused before it is decoded; what is read at once is not measured.
        max_bytes: of the body.

    Raises:
        WrongFormat: the header, or what was declared, names another format.
        NoAudio: the body is something else.
        Undeclared: samples without a header are not what was said of them, or no such PCM.
        TooLarge: the body is larger than ``max_bytes``.
        TooLong, TooMuchToDecode: another format, and longer than is allowed.
    """
    if len(body) > max_bytes:
        raise TooLarge(held=len(body), allowed=max_bytes)
    container = container_of(body)
    if container is None:
        return _headerless(body, declared or PLAIN, channel, max_sec, any_format=any_format)
    header, data = wav_parts(body) if container == "WAV" else (b"", b"")
    if header and is_plain(header):
        check_channel(channel, 1)
        return from_pcm(data)
    if not any_format:
        raise WrongFormat(described(header) if header else f"a file of the format {container}")
    from shared.listening.decoding import read

    return Clip(**vars(read(true_wav(header, data) if header else body, max_sec, channel)))


def _headerless(body: bytes, said: Declared, channel: int | None, max_sec: float, *, any_format: bool) -> Clip:
    stranger = named(body)
    if stranger:
        raise NoAudio(stranger)
    said = as_written(body, said)
    check_written(body, said)
    if said == PLAIN:
        check_channel(channel, 1)
        return replace(from_pcm(body), read_at=SAMPLE_RATE)
    if not any_format:
        raise WrongFormat(f"the content type says {said}")
    from shared.listening.decoding import read_samples

    return Clip(**vars(read_samples(body, said, max_sec, channel)), read_at=said.rate)


def from_pcm(pcm: bytes) -> Clip:
    """Samples of the contract's own format, without a header; half a sample at the end is dropped."""
    whole = len(pcm) - len(pcm) % SAMPLE_WIDTH
    return Clip(np.frombuffer(pcm[:whole], "<i2").astype(np.float32) * np.float32(1 / 32768))
