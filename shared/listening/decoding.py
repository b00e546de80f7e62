"""Audio of other formats than the contract's: whatever libsndfile reads, brought to 16 kHz mono.

A small file can hold hours of silence, so nothing is decoded on a header's word: a header that promises too much is
refused, and what is decoded is decoded block by block, mixed down and resampled at once, and stopped at the bound.
Streams whose header does not say how long they are (FLAC with a total of 0) are read until they end.
"""

import io
import math
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from soundfile import LibsndfileError, SoundFile

from shared.listening import bare, caf, matroska, mp3, mp4, ogg
from shared.listening.coded import Decoder
from shared.listening.containers import (
    MAX_BODY_BYTES,
    MAX_CHANNELS,
    SAMPLE_RATE,
    SAMPLE_WIDTH,
    check_channel,
    container_of,
)
from shared.listening.declared import Declared
from shared.listening.packets import Packets
from shared.listening.quiet import quiet
from shared.listening.refusals import TooLong, TooMuchToDecode, WrongFormat

MAX_SECONDS: Final = MAX_BODY_BYTES / (SAMPLE_RATE * SAMPLE_WIDTH)
"""As much as the largest body of the contract's own format holds (163.84 s)."""
RATES: Final = (4_000, 192_000)

_WRAPPED: Final[dict[str, Callable[[bytes], bytes | Packets]]] = {
    "WebM": matroska.readable,
    "MP4": mp4.readable,
    "CAF": caf.readable,
    "MP3": mp3.readable,
    "Ogg": ogg.readable,
    "AAC": bare.adts,
    "AMR": bare.amr,
    "AMR-WB": bare.amr_wb,
}
"""What is wrapped in a way that libsndfile does not know."""
_BLOCK: Final = 16_384
"""Frames that are decoded at once."""
_BYTES: Final = {"PCM_16": 2, "PCM_24": 3, "PCM_U8": 1, "ULAW": 1, "ALAW": 1}
"""Of a sample without a header."""
_LEFT: Final = 1 / 8
"""Of the loudest channel's power, what a mean has to keep; less is left where channels cancel each other."""
_UNKNOWN: Final = 2**63 - 1
"""Frames of a file whose header does not say how many it has (libsndfile's ``SF_COUNT_MAX``)."""


class _Stream(SoundFile):  # type: ignore[misc]  # soundfile is untyped
    """A file that is read from its beginning to its end.

    A seekable one is sought to where it already is after every block, which fails in a FLAC file of unknown length.
    """

    def seekable(self) -> bool:
        return False


class _Body(io.BytesIO):
    """Bytes that a damaged file may seek to wherever it wants, and come no further than to their ends.

    An exception would not stop libsndfile: it is called from C, where it is printed.
    """

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        size = self.getbuffer().nbytes
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self.tell(), io.SEEK_END: size}[whence]
        return super().seek(min(max(origin + offset, 0), size))


def read(body: bytes, max_sec: float = math.inf, channel: int | None = None) -> NDArray[np.float32]:
    """Samples of an audio file: [n] at 16 kHz, on the grid of 16-bit PCM.

    They are the mean of its channels; the loudest one where they cancel each other, as when one is inverted.

    Args:
        max_sec: what is longer is refused as soon as that is known.

    Raises:
        InvalidAudio: not readable, too long, out of the bounds on rate and channels, or with samples that are no
            numbers; says what was measured.
    """
    unwrap = _WRAPPED.get(container_of(body) or "")
    return _read(unwrap(body) if unwrap else body, max_sec, channel)


def read_samples(
    body: bytes, declared: Declared, max_sec: float = math.inf, channel: int | None = None
) -> NDArray[np.float32]:
    """``read`` of samples without a header, written as was declared; what is left of a frame is dropped."""
    written = declared.encoding
    frame = declared.channels * _BYTES[written.subtype]
    return _read(
        body[: len(body) // frame * frame],
        max_sec,
        channel,
        format="RAW",
        subtype=written.subtype,
        endian=written.endian,
        samplerate=declared.rate,
        channels=declared.channels,
    )


def _read(body: bytes | Packets, max_sec: float, channel: int | None, **written: Any) -> NDArray[np.float32]:  # noqa: ANN401  as soundfile has them
    try:
        with quiet():
            mixed, mix = _mixed_down(body, max_sec, channel, **written)
            cancels = channel is None and mix.cancels
            return on_16_bits(_mixed_down(body, max_sec, mix.loudest, **written)[0] if cancels else mixed)
    except LibsndfileError as damage:
        said = damage.error_string.rstrip(".")
        raise WrongFormat(f"libsndfile {soundfile.__libsndfile_version__} cannot read it: {said}") from damage


class _Mix:
    """Mixes channels, and hears how much of them is left.

    Attributes:
        share: [channels] of each in the mix.
    """

    def __init__(self, channels: int, only: int | None) -> None:
        self.share = np.full(channels, 1 / channels, np.float32) if only is None else np.eye(channels, dtype="f4")[only]
        self._powers = np.zeros(channels)
        self._left = 0.0

    @property
    def loudest(self) -> int:
        """The channel with the most power."""
        return int(self._powers.argmax())

    @property
    def cancels(self) -> bool:
        """Whether hardly anything is left of the loudest channel; of one beside a silent one, a quarter is."""
        return self._left < _LEFT * float(self._powers.max())

    @np.errstate(invalid="ignore", over="ignore")  # of infinities that cancel each other: what comes of them is checked
    def of(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        """One block, [n, channels], mixed to [n]."""
        mixed: NDArray[np.float32] = block @ self.share
        if not np.isfinite(mixed).all():
            raise WrongFormat("samples that are NaN or infinite")
        self._powers += np.square(block, dtype=np.float64).sum(axis=0)
        self._left += float(np.square(mixed, dtype=np.float64).sum())
        return np.clip(mixed, -1, 1)


def _opened(body: bytes | Packets, **written: Any) -> SoundFile | Decoder:  # noqa: ANN401
    return Decoder(body) if isinstance(body, Packets) else _Stream(_Body(body), **written)


def _mixed_down(
    body: bytes | Packets,
    max_sec: float,
    only: int | None = None,
    **written: Any,  # noqa: ANN401
) -> tuple[NDArray[np.float32], _Mix]:
    """Samples at 16 kHz of the mean of all channels, or of one."""
    with _opened(body, **written) as file:
        _check_header(file)
        _check_promise(file, max_sec)
        check_channel(only, file.channels)
        mix = _Mix(file.channels, only)
        return np.concatenate(list(_resampled(file, min(max_sec, MAX_SECONDS), mix))), mix


def _check_header(file: SoundFile | Decoder) -> None:
    if not RATES[0] <= file.samplerate <= RATES[1] or not 1 <= file.channels <= MAX_CHANNELS:
        raise WrongFormat(
            f"{file.samplerate} Hz and {file.channels} channel(s); read are {RATES[0]} to {RATES[1]} Hz "
            f"and up to {MAX_CHANNELS} channels"
        )


def _check_promise(file: SoundFile | Decoder, max_sec: float) -> None:
    """Refuse a file by the length that its header promises, if it promises any."""
    if file.frames == _UNKNOWN:
        return
    if file.frames > MAX_SECONDS * file.samplerate:
        raise TooMuchToDecode(MAX_SECONDS, f"is {file.frames / file.samplerate:,.2f} seconds long")
    seconds = round(file.frames * SAMPLE_RATE / file.samplerate) / SAMPLE_RATE  # as long as the clip would be
    if seconds > max_sec:
        raise TooLong(max_sec, seconds)


def _resampled(file: SoundFile | Decoder, allowed: float, mix: _Mix) -> Iterator[NDArray[np.float32]]:
    resampler = soxr.ResampleStream(file.samplerate, SAMPLE_RATE, 1, dtype="float32")
    for block in _mono(file, allowed, mix):
        yield resampler.resample_chunk(block)
    yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)


def _mono(file: SoundFile | Decoder, allowed: float, mix: _Mix) -> Iterator[NDArray[np.float32]]:
    heard = 0
    while len(block := file.read(_BLOCK, dtype="float32", always_2d=True)):
        heard += len(block)
        if heard > math.ceil(allowed * file.samplerate):
            raise TooMuchToDecode(allowed, "goes on after that")
        yield mix.of(block)


def on_16_bits(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the kept WAV will hold, so that a signature made again from it is the same."""
    steps = np.clip(np.round(samples * 32768), -32768, 32767)
    return (steps / 32768).astype(np.float32)
