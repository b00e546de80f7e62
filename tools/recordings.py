"""Recordings: the one way in which the tools read an audio file, and write one to send."""

from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from shared.listening.containers import SAMPLE_RATE

type Samples = NDArray[np.float32]

MAX_SEC: Final = 160
"""Of a longer recording, so much is read."""


class UnusableInput(ValueError):
    """A table, a folder or a file of which nothing can be made; the message says where and why, in one line."""


def read(file: Path, *, at_most_sec: int = MAX_SEC) -> Samples:
    """The beginning of a recording: [n] at 16 kHz in [-1, 1], mean of its channels.

    Raises:
        UnusableInput: it cannot be read, is empty, or holds samples that are no numbers.
    """
    try:
        with soundfile.SoundFile(file) as sound:
            rate = sound.samplerate
            samples = sound.read(at_most_sec * rate, dtype="float32", always_2d=True).mean(axis=1)
    except (OSError, soundfile.LibsndfileError) as problem:
        raise UnusableInput(f"{file} cannot be read as audio: {getattr(problem, 'error_string', problem)}") from None
    if not len(samples) or not np.isfinite(samples).all():
        held = "samples that are no numbers" if len(samples) else "no samples"
        raise UnusableInput(f"{file} cannot be read as audio: it holds {held}")
    resampled: Samples = samples if rate == SAMPLE_RATE else soxr.resample(samples, rate, SAMPLE_RATE)
    return np.clip(resampled, -1, 1)


def to_wav(samples: Samples | NDArray[np.int16]) -> bytes:
    """A 16-bit WAV file of samples at 16 kHz."""
    file = BytesIO()
    soundfile.write(file, samples, SAMPLE_RATE, format="WAV", subtype="PCM_16")
    return file.getvalue()
