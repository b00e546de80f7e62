"""Audio that is too long to be held as a whole: decoded block by block, in every format that clips may have."""

import io
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

import numpy as np
import soundfile
from numpy.typing import NDArray

from shared.listening.audio import decode
from shared.listening.containers import SAMPLE_RATE, container_of, true_wav, wav_parts
from shared.listening.declared import PLAIN, Recording, declared
from shared.listening.decoding import Blocks, as_declared, on_16_bits, unwrapped
from shared.listening.headerless import as_written, check_written
from shared.listening.refusals import NoAudio
from shared.listening.strangers import named

_COPIED: Final = 64 * 1024 * 1024
"""Bytes of a WAV file up to which untrue sizes in its header are set right; a larger one is held once, as it came."""


class Length(NamedTuple):
    """How long a recording is, in samples at 16 kHz, on each of its channels."""

    samples: int
    channels: int


type Samples = NDArray[np.float32]
type Keep = Callable[[int, Samples], None]
"""Is given the number of a piece, from 0, and its samples on the grid of 16-bit PCM; the last given counts."""


def split(recording: Recording, length: int, keep: Keep, *, max_sec: float, any_format: bool = True) -> Length:
    """Cut a recording at 16 kHz into pieces of a length, of which the last may be shorter.

    Its samples are the mean of its channels, or the channel that was chosen. Where the mean turns out to cancel, all
    pieces are given once more, of the loudest channel.

    Args:
        length: of a piece, in samples.
        any_format: as in ``decode``.

    Raises:
        InvalidAudio: it cannot be read, or is longer than ``max_sec``; says what was measured.
    """
    body, channel = recording.body, recording.channel
    if not any_format:
        clip = decode(body, declared=declared(recording.content_type), channel=channel, max_bytes=len(body))
        return Length(_given([clip.samples], length, keep), clip.channels)
    opened = _opener(recording)
    blocks = opened(max_sec, channel)
    total = _given(blocks, length, keep)
    if blocks.louder is not None:
        total = _given(opened(max_sec, blocks.louder), length, keep)
    return Length(total, blocks.channels)


def to_flac(samples: Samples) -> bytes:
    """Samples on the grid of 16-bit PCM, as a file."""
    file = io.BytesIO()
    soundfile.write(file, (samples * 32768).astype(np.int16), SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def of_flac(file: bytes) -> Samples:
    """The same samples again."""
    samples: Samples = soundfile.read(io.BytesIO(file), dtype="float32")[0]
    return samples


def _opener(recording: Recording) -> Callable[[float, int | None], Blocks]:
    """What opens a recording for the samples of all channels or of one."""
    body = recording.body
    container = container_of(body)
    if container == "WAV" and len(body) <= _COPIED:
        body = true_wav(*wav_parts(body))
    if container:
        file = unwrapped(body)
        return lambda max_sec, channel: Blocks(file, max_sec, channel)
    stranger = named(body)
    if stranger:
        raise NoAudio(stranger)
    said = as_written(body, declared(recording.content_type) or PLAIN)
    check_written(body, said)
    whole, how = as_declared(body, said)
    return lambda max_sec, channel: Blocks(whole, max_sec, channel, **how)


def _given(blocks: Iterable[Samples], length: int, keep: Keep) -> int:
    total = 0
    for number, piece in enumerate(_cut(blocks, length)):
        keep(number, on_16_bits(piece))
        total += len(piece)
    return total


def _cut(blocks: Iterable[Samples], length: int) -> Iterator[Samples]:
    waiting, held = [], 0
    for block in blocks:
        waiting.append(block)
        held += len(block)
        while held >= length:
            joined = np.concatenate(waiting)
            yield joined[:length]
            waiting, held = [joined[length:]], held - length
    if held:
        yield np.concatenate(waiting)
