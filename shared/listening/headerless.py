"""Whether bytes without a header are what they are taken for: 16-bit little-endian samples of one channel.

Samples of speech follow each other smoothly, and only in the encoding in which they were written.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.listening.refusals import Undeclared

MIN_BYTES: Final = 8_000
"""A quarter of a second; fewer tell nothing."""

_BLOCK: Final = 96_000
"""Bytes that are looked at, of samples of one, two, three or four bytes (3 s of what is expected)."""
_SMOOTH: Final = 0.6
"""Correlation of neighbouring samples that speech has in its own encoding, in nearly all of it."""
_SMOOTHER: Final = 0.5
"""By how much another encoding must be smoother; speech read as it was written was never above 0.3 (200 clips)."""
_APART: Final = 0.2
"""How much more that takes for samples that alternate: a hiss alone is smoother at every second sample."""
_ALIKE: Final = 0.25
"""Distance (total variation) of bytes at even and odd places: at most 0.16 for 8-bit speech, from 0.44 for 16-bit."""
_LOUD: Final = 4_000
"""Root mean square of 8-bit samples that are read as 16-bit ones; both bytes of very quiet ones are alike as well."""
_CHI_SQUARE: Final = 400
"""Of 255 degrees of freedom, which random bytes exceed once in ten million bodies; audio lies in the thousands."""
_CUT_OFF: Final = 32_000
"""From where samples are equal because they were cut off."""
_SAME: Final = 0.98
"""Share of pairs of equal samples from which both channels of a recording are one."""


def check_plain(body: bytes) -> None:
    """Refuse samples that were written in another encoding; their rate is another matter.

    Raises:
        Undeclared: with what they look like, and how to declare it.
    """
    if len(body) < MIN_BYTES:
        return
    whole = _loudest(body)
    samples = np.frombuffer(whole, "<i2")
    smooth = _smoothness(samples)
    even, odd = (np.bincount(half, minlength=256) for half in np.frombuffer(whole, np.uint8).reshape(-1, 2).T)
    if _is_random(even + odd):
        raise Undeclared("compressed or encrypted data", "its own file format")
    if _stands_out(_smoothness(_24_bits(whole)), smooth):
        raise Undeclared("24-bit PCM", "a WAV file")
    if _is_8_bit(even, odd) and _rms(samples) > _LOUD:
        raise Undeclared("8-bit samples (mu-law, A-law or linear)", "audio/PCMU, audio/PCMA or audio/L8; rate=8000")
    if _is_float(whole):
        raise Undeclared("32-bit floating point", "a WAV file")
    if _stands_out(_smoothness(samples.byteswap()), smooth):
        raise Undeclared("16-bit PCM with the most significant byte first", "audio/L16; rate=16000")
    if _is_doubled(samples) or _stands_out(_smoothness(samples, 2) - _APART, smooth):
        raise Undeclared("PCM of two channels", "audio/wav; codecs=audio/pcm; samplerate=16000; channels=2")


def _loudest(body: bytes) -> bytes:
    """The loudest of equal blocks, whatever the encoding: in it are samples that tell something."""
    blocks = [body[at : at + _BLOCK] for at in range(0, max(1, len(body) - _BLOCK // 2), _BLOCK)]
    loudest = max(blocks, key=_loudness)
    return loudest[: len(loudest) // 12 * 12]


def _loudness(block: bytes) -> float:
    samples = np.frombuffer(block[: len(block) // 2 * 2], "<i2").astype(np.float32)
    return float(samples.std())


def _is_8_bit(even: NDArray[np.intp], odd: NDArray[np.intp]) -> bool:
    """Whether every byte is a sample, by [256] counts: then those at even and at odd places are spread alike."""
    return 0.5 * float(np.abs(even / even.sum() - odd / odd.sum()).sum()) < _ALIKE


def _is_random(counts: NDArray[np.intp]) -> bool:
    """Whether all bytes are equally likely, by [256] counts, as far as so many can tell."""
    expected = counts.sum() / 256
    return bool(np.square(counts - expected).sum() / expected < _CHI_SQUARE)


def _rms(samples: NDArray[np.int16]) -> float:
    return math.sqrt(np.square(samples.astype(np.float64)).mean())


def _stands_out(other: float, plain: float) -> bool:
    return other >= _SMOOTH and other - plain >= _SMOOTHER


def _smoothness(samples: NDArray[np.integer], apart: int = 1) -> float:
    """Correlation of samples that are so far apart; 0 for silence."""
    centred = samples.astype(np.float64) - samples.mean()
    power = float(centred @ centred)
    return float(centred[apart:] @ centred[:-apart]) / power if power else 0.0


def _is_float(body: bytes) -> bool:
    """Whether the bytes are numbers of the size of samples, which 16-bit samples never are when read so."""
    numbers = np.abs(np.frombuffer(body, "<f4"))
    with np.errstate(invalid="ignore"):
        return bool(((numbers <= 4) & ((numbers == 0) | (numbers > 1e-12))).all() and numbers.max() > 1e-6)


def _24_bits(body: bytes) -> NDArray[np.int32]:
    low, middle, high = np.frombuffer(body, np.uint8).reshape(-1, 3).T.astype(np.int32)
    return (high << 24 | middle << 16 | low << 8) >> 8


def _is_doubled(samples: NDArray[np.int16]) -> bool:
    left, right = samples[0::2], samples[1::2]
    loud = (np.abs(left.astype(np.int32)) > 1) & (np.abs(left.astype(np.int32)) < _CUT_OFF)
    return bool(loud.sum() > len(left) / 10 and np.mean(left[loud] == right[loud]) > _SAME)
