"""Whether 16-bit samples without a header are what they are taken for.

Samples of speech follow each other smoothly, and only in the encoding in which they were written.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.listening.containers import SAMPLE_WIDTH
from shared.listening.declared import BIG, LITTLE, Declared, pcm_at
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


def as_written(body: bytes, said: Declared) -> Declared:
    """What was said, in the order of bytes that the samples show: many call little-endian ones ``audio/L16``."""
    if said.encoding != BIG or len(body) < MIN_BYTES:
        return said
    little = replace(said, encoding=LITTLE)
    samples = np.frombuffer(_loudest(_one_channel(body, little)), "<i2")
    return little if _stands_out(_smoothness(samples), _smoothness(samples.byteswap())) else said


def check_written(body: bytes, said: Declared) -> None:
    """Refuse 16-bit samples that were written in another encoding than was said; their rate is another matter.

    Raises:
        Undeclared: with what they look like, and how to declare it.
    """
    if said.encoding.subtype == LITTLE.subtype and len(body) >= MIN_BYTES:
        for found, how in _otherwise(_loudest(_one_channel(body, said)), said.rate):
            raise Undeclared(str(said), found, how)


def _otherwise(whole: bytes, rate: int) -> Iterator[tuple[str, str]]:
    """How little-endian samples look, if not like that, and how to declare it; the surest first."""
    samples = np.frombuffer(whole, "<i2")
    smooth = _smoothness(samples)
    even, odd = (np.bincount(half, minlength=256) for half in np.frombuffer(whole, np.uint8).reshape(-1, 2).T)
    if _is_random(even + odd):
        yield "compressed or encrypted data", "its own file format"
    if _stands_out(_smoothness(_24_bits(whole)), smooth):
        yield "24-bit PCM", "a WAV file"
    if _is_8_bit(even, odd) and _rms(samples) > _LOUD:
        yield "8-bit samples (mu-law, A-law or linear)", "audio/PCMU, audio/PCMA or audio/L8; rate=8000"
    if _is_float(whole):
        yield "32-bit floating point", "a WAV file"
    if _stands_out(_smoothness(samples.byteswap()), smooth):
        yield "16-bit PCM with the most significant byte first", f"audio/L16; rate={rate}"
    if _is_doubled(samples) or _stands_out(_smoothness(samples, 2) - _APART, smooth):
        yield "PCM of two channels", pcm_at(rate, 2)


def _one_channel(body: bytes, said: Declared) -> bytes:
    """The loudest channel of 16-bit samples, little-endian."""
    if said.encoding == LITTLE and said.channels == 1:
        return body
    width = said.channels * SAMPLE_WIDTH
    samples = np.frombuffer(body[: len(body) // width * width], "<i2" if said.encoding == LITTLE else ">i2")
    channels = samples.reshape(-1, said.channels)
    return channels[:, channels.std(axis=0, dtype=np.float32).argmax()].astype("<i2").tobytes()


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
