"""The repository's own synthetic voices, as clips to post."""

import io
from functools import cache
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from shared.listening.containers import SAMPLE_RATE as RATE
from tools.demo.speakers import VOICES, Speaker, read_speakers
from tools.recordings import to_wav

__all__ = [
    "RATE",
    "beside",
    "changed",
    "foreign",
    "noise",
    "noisy",
    "of_channels",
    "phrase",
    "samples",
    "seconds",
    "silence",
    "speakers",
    "speech",
    "to_wav",
]

PHRASES = Path(__file__).parent.parent / "tools" / "phrases" / "voices"


@cache
def speakers() -> dict[str, Speaker]:
    """All voices by name."""
    return {speaker.name: speaker for speaker in read_speakers(VOICES)}


@cache
def speech(name: str) -> NDArray[np.int16]:
    """Everything that a voice says, one clip after the other: [n] at 16 kHz."""
    voice = speakers()[name]
    return np.concatenate([samples(clip) for clip in (*voice.enrollments, voice.test)])


def samples(clip: bytes) -> NDArray[np.int16]:
    """What a WAV file of these holds: [n] at 16 kHz."""
    return np.frombuffer(clip[44:], "<i2")


def seconds(name: str, length: float) -> bytes:
    """A WAV file of a voice talking for so long, from its beginning, repeated where it ends."""
    wanted = round(length * RATE)
    return to_wav(np.resize(speech(name), wanted))


@cache
def phrase(name: str, number: int) -> bytes:
    """A WAV file of a voice saying a phrase: 1 to 10 are the passphrases in order, 11 is the activation phrase."""
    return _wav(PHRASES / name / f"{number:02}.ogg")


def beside(*names: str | None, length: float = 6) -> bytes:
    """A WAV file of voices that talk at once, each on a channel of its own; of nobody, silence."""
    nobody = np.zeros(round(length * RATE), np.int16)
    return of_channels(*(samples(seconds(name, length)) if name else nobody for name in names))


def of_channels(*channels: NDArray[np.int16]) -> bytes:
    """A WAV file of several channels: [n] each, at 16 kHz."""
    file = io.BytesIO()
    soundfile.write(file, np.stack(channels, axis=1), RATE, format="WAV", subtype="PCM_16")
    return file.getvalue()


def changed(name: str, number: int) -> bytes:
    """A WAV file of a voice saying a passphrase with another word in it."""
    return _wav(PHRASES / "near" / f"{name}-{number:02}.ogg")


def foreign(language: str) -> bytes:
    """A WAV file of a passphrase in another language: de, es or fr."""
    return _wav(PHRASES / "foreign" / f"{language}.ogg")


def _wav(file: Path) -> bytes:
    return to_wav(soundfile.read(file, dtype="int16")[0])


def silence(length: float) -> bytes:
    """A WAV file of digital silence."""
    return to_wav(np.zeros(round(length * RATE), np.int16))


def noise(length: float) -> bytes:
    """A WAV file of white noise."""
    return to_wav(np.random.default_rng(0).normal(0, 3000, round(length * RATE)).astype(np.int16))


def noisy(clip: bytes, decibels: float) -> bytes:
    """A WAV file with white noise in it, so much quieter than the whole of it."""
    clean = samples(clip).astype(np.float64)
    rustle = np.random.default_rng(0).normal(0, clean.std() / 10 ** (decibels / 20), len(clean))
    return to_wav(np.clip(clean + rustle, -(2**15), 2**15 - 1).astype(np.int16))
