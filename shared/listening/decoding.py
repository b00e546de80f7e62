"""Audio of other formats than the contract's: whatever libsndfile reads, brought to 16 kHz mono.

A small file can hold hours of silence, so nothing is decoded on a header's word: a header that promises too much is
refused, and what is decoded is decoded block by block, mixed down and resampled at once, and stopped at the bound.
"""

import io
from collections.abc import Iterator
from typing import Final

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from soundfile import LibsndfileError, SoundFile

from shared.listening.containers import MAX_BODY_BYTES, SAMPLE_RATE, SAMPLE_WIDTH
from shared.listening.refusals import TooMuchToDecode, WrongFormat

MAX_SECONDS: Final = MAX_BODY_BYTES / (SAMPLE_RATE * SAMPLE_WIDTH)
"""As much as the largest body of the contract's own format holds (163.84 s)."""
MAX_CHANNELS: Final = 8
RATES: Final = (4_000, 192_000)

_BLOCK: Final = 16_384
"""Frames that are decoded at once."""


def read(body: bytes) -> NDArray[np.float32]:
    """Samples of an audio file: [n] at 16 kHz, mean of its channels, on the grid of 16-bit PCM.

    Raises:
        InvalidAudio: not readable, too long, out of the bounds on rate and channels, or with samples that are no
            numbers; says what was measured.
    """
    try:
        with SoundFile(io.BytesIO(body)) as file:
            _check_header(file)
            return _on_16_bits(np.concatenate(list(_resampled(file))))
    except LibsndfileError as damage:
        raise WrongFormat(f"libsndfile {soundfile.__libsndfile_version__} cannot read it: {damage}") from damage


def _check_header(file: SoundFile) -> None:
    if not RATES[0] <= file.samplerate <= RATES[1] or file.channels > MAX_CHANNELS:
        raise WrongFormat(
            f"{file.samplerate} Hz and {file.channels} channel(s); read are {RATES[0]} to {RATES[1]} Hz "
            f"and up to {MAX_CHANNELS} channels"
        )
    if file.frames > MAX_SECONDS * file.samplerate:
        raise TooMuchToDecode(MAX_SECONDS, f"is {file.frames / file.samplerate:,.2f} seconds long")


def _resampled(file: SoundFile) -> Iterator[NDArray[np.float32]]:
    resampler = soxr.ResampleStream(file.samplerate, SAMPLE_RATE, 1, dtype="float32")
    for block in _mono(file):
        yield resampler.resample_chunk(block)
    yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)


def _mono(file: SoundFile) -> Iterator[NDArray[np.float32]]:
    heard = 0
    while len(block := file.read(_BLOCK, dtype="float32", always_2d=True)):
        heard += len(block)
        if heard > MAX_SECONDS * file.samplerate:
            raise TooMuchToDecode(MAX_SECONDS, "goes on after that")
        mixed = block.mean(axis=1)
        if not np.isfinite(mixed).all():
            raise WrongFormat("samples that are NaN or infinite")
        yield np.clip(mixed, -1, 1)


def _on_16_bits(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the kept WAV will hold, so that a signature made again from it is the same."""
    steps = np.clip(np.round(samples * 32768), -32768, 32767)
    return (steps / 32768).astype(np.float32)
