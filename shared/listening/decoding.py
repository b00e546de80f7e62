"""Audio of other formats than the contract's: whatever libsndfile reads, brought to 16 kHz mono.

A small file can hold hours of silence, so nothing is decoded on a header's word: a header that promises too much is
refused, and what is decoded is decoded block by block, mixed down and resampled at once, and stopped at the bound.
Streams whose header does not say how long they are (FLAC with a total of 0) are read until they end.
"""

import io
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
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
_ALIKE: Final = 0.9
"""Correlation of two channels from which they are one recording twice, whatever their levels are."""
_AUDIBLE: Final = 1e-3
"""Of the loudest channel's power (-30 dB), what another needs to be more than its leak."""
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


@dataclass(frozen=True, eq=False)
class Decoded:
    """What a file holds.

    Attributes:
        samples: [n] at 16 kHz, on the grid of 16-bit PCM.
        louder: the channel, from 0, that alone was taken because the mean cancels.
        apart: [n] of the two loudest channels by their number, from 0, where they differ.
        channels: that the file has.
    """

    samples: NDArray[np.float32]
    louder: int | None = None
    apart: Mapping[int, NDArray[np.float32]] = field(default_factory=dict)
    channels: int = 1


def read(body: bytes, max_sec: float = math.inf, channel: int | None = None) -> Decoded:
    """An audio file.

    Its samples are the mean of its channels; the loudest one where they cancel each other, as when one is inverted.

    Args:
        max_sec: what is longer is refused as soon as that is known.

    Raises:
        InvalidAudio: not readable, too long, out of the bounds on rate and channels, or with samples that are no
            numbers; says what was measured.
    """
    return _read(unwrapped(body), max_sec, channel)


def read_samples(body: bytes, declared: Declared, max_sec: float = math.inf, channel: int | None = None) -> Decoded:
    """``read`` of samples without a header, written as was declared; what is left of a frame is dropped."""
    whole, written = as_declared(body, declared)
    return _read(whole, max_sec, channel, **written)


def unwrapped(body: bytes) -> bytes | Packets:
    """A file without what libsndfile does not know around it."""
    unwrap = _WRAPPED.get(container_of(body) or "")
    return unwrap(body) if unwrap else body


def as_declared(body: bytes, declared: Declared) -> tuple[bytes, dict[str, Any]]:
    """Whole frames, and how soundfile is told to read them."""
    written = declared.encoding
    frame = declared.channels * _BYTES[written.subtype]
    return body[: len(body) // frame * frame], {
        "format": "RAW",
        "subtype": written.subtype,
        "endian": written.endian,
        "samplerate": declared.rate,
        "channels": declared.channels,
    }


def _read(body: bytes | Packets, max_sec: float, channel: int | None, **written: Any) -> Decoded:  # noqa: ANN401  as soundfile has them
    def alone(which: int) -> NDArray[np.float32]:
        return Blocks(body, max_sec, which, **written).all()

    mixed = Blocks(body, max_sec, channel, **written)
    samples = mixed.all()
    if mixed.louder is not None:
        return Decoded(on_16_bits(alone(mixed.louder)), louder=mixed.louder, channels=mixed.channels)
    apart = {which: alone(which) for which in mixed.apart}
    return Decoded(on_16_bits(samples), apart=apart, channels=mixed.channels)


@contextmanager
def _understood() -> Iterator[None]:
    """What libsndfile cannot read is another format than is read, or damaged."""
    try:
        with quiet():
            yield
    except LibsndfileError as damage:
        said = damage.error_string.rstrip(".")
        raise WrongFormat(
            f"a file that is damaged, cut off or of another codec; "
            f"libsndfile {soundfile.__libsndfile_version__} cannot read it: {said}"
        ) from damage


class _Mix:
    """Mixes channels, and hears how much of them is left and how alike they are.

    Attributes:
        share: [channels] of each in the mix.
    """

    def __init__(self, channels: int, only: int | None) -> None:
        self.share = np.full(channels, 1 / channels, np.float32) if only is None else np.eye(channels, dtype="f4")[only]
        self._products = np.zeros((channels, channels))

    @property
    def loudest(self) -> int:
        """The channel with the most power."""
        return int(self._products.diagonal().argmax())

    @property
    def cancels(self) -> bool:
        """Whether hardly anything is left of the loudest channel; of one beside a silent one, a quarter is."""
        left = float(self.share @ self._products @ self.share)
        return left < _LEFT * float(self._products.diagonal().max())

    @property
    def apart(self) -> tuple[int, ...]:
        """The two loudest channels, if both can be heard and they are not the same sound; none otherwise."""
        powers = self._products.diagonal()
        other, loudest = (0, *powers.argsort())[-2:]
        audible = loudest != other and powers[other] > _AUDIBLE * powers[loudest]
        if not audible or self._products[other, loudest] ** 2 >= _ALIKE**2 * powers[other] * powers[loudest]:
            return ()
        return tuple(sorted((int(other), int(loudest))))

    @np.errstate(invalid="ignore", over="ignore")  # of infinities that cancel each other: what comes of them is checked
    def of(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        """One block, [n, channels], mixed to [n]."""
        mixed: NDArray[np.float32] = block @ self.share
        if not np.isfinite(mixed).all():
            raise WrongFormat("samples that are NaN or infinite")
        exact = block.astype(np.float64)
        self._products += np.einsum("ij,ik->jk", exact, exact)  # a library for matrices would wake threads for it
        return np.clip(mixed, -1, 1)


def _opened(body: bytes | Packets, **written: Any) -> SoundFile | Decoder:  # noqa: ANN401
    return Decoder(body) if isinstance(body, Packets) else _Stream(_Body(body), **written)


class Blocks:
    """A file that is decoded block by block: [n] at 16 kHz, of the mean of all channels, or of one.

    What it tells is of what was decoded so far; of a channel that was chosen it tells nothing.
    """

    def __init__(self, body: bytes | Packets, max_sec: float, channel: int | None = None, **written: Any) -> None:  # noqa: ANN401
        self._open = partial(_opened, body, **written)
        self._max_sec = max_sec
        self._channel = channel
        self._mix = _Mix(1, None)
        self.channels = 1

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        with _understood(), self._open() as file:
            _check_header(file)
            _check_promise(file, self._max_sec)
            self.channels = file.channels
            check_channel(self._channel, self.channels)
            self._mix = _Mix(self.channels, self._channel)
            yield from _resampled(file, min(self._max_sec, _bound(self._max_sec)), self._mix)

    def all(self) -> NDArray[np.float32]:
        """All of it."""
        return np.concatenate(list(self))

    @property
    def louder(self) -> int | None:
        """The channel, from 0, that has to be taken alone because the mean cancels."""
        return self._mix.loudest if self._channel is None and self._mix.cancels else None

    @property
    def apart(self) -> tuple[int, ...]:
        """Two channels that differ."""
        return self._mix.apart if self._channel is None else ()


def _check_header(file: SoundFile | Decoder) -> None:
    if not RATES[0] <= file.samplerate <= RATES[1] or not 1 <= file.channels <= MAX_CHANNELS:
        raise WrongFormat(
            f"{file.samplerate} Hz and {file.channels} channel(s); read are {RATES[0]} to {RATES[1]} Hz "
            f"and up to {MAX_CHANNELS} channels"
        )


def _bound(max_sec: float) -> float:
    """As much as is decoded at all: more than usual only where so much is asked for."""
    return max(MAX_SECONDS, max_sec) if math.isfinite(max_sec) else MAX_SECONDS


def _check_promise(file: SoundFile | Decoder, max_sec: float) -> None:
    """Refuse a file by the length that its header promises, if it promises any."""
    if file.frames == _UNKNOWN:
        return
    bound = _bound(max_sec)
    if file.frames > bound * file.samplerate:
        raise TooMuchToDecode(bound, f"is {file.frames / file.samplerate:,.2f} seconds long")
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
