"""Channels that a voice comes through, simulated from a recording: codecs, a telephone line, noise, a room.

Codecs are real ones, by libsndfile; AMR is by an ffmpeg that has its encoder. They are not the views of
``shared/listening/views.py``: those are what the service makes of an enrollment, these are what callers send.
"""

import hashlib
import subprocess
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from io import BytesIO
from typing import Any, Final

import numpy as np
import soundfile
from scipy import signal

from shared.listening.containers import SAMPLE_RATE
from shared.listening.decoding import on_16_bits
from shared.listening.views import TELEPHONE_HZ, TELEPHONE_RATE, at_8_khz, wide_again
from tools.recordings import Samples

type Channel = Callable[[Samples], Samples]
"""Takes [n] at 16 kHz in [-1, 1] and gives as many, as the service hears them: on the 16-bit grid."""

T60_SEC: Final = 0.4
"""Time in which a room's sound falls by 60 dB: a furnished office."""
VOICES_IN_BABBLE: Final = 6

_DIRECT_OVER_ROOM_DB: Final = 0.0
"""Of a microphone at about an arm's length in that room."""
_FIRST_ECHO_SEC: Final = 0.002
_MP3_32K: Final = (160 - 32) / (160 - 8)
"""libsndfile's compression level for 32 kbit/s, between 160 and 8 at 16 kHz."""


def channels(crowd: Sequence[Samples]) -> Mapping[str, Channel]:
    """Every channel that can be simulated here, by name.

    Args:
        crowd: recordings of others, of whom babble is made.
    """
    simulated: dict[str, Channel] = {
        "wide": lambda samples: samples,
        "pcm-8k": lambda samples: wide_again(at_8_khz(samples)),
        "mu-law": partial(_telephone, subtype="ULAW"),
        "a-law": partial(_telephone, subtype="ALAW"),
        "gsm": partial(_telephone, subtype="GSM610"),
        "opus-nb": partial(_telephone, subtype="OPUS", format="OGG"),
        "300-3400": lambda samples: wide_again(_coded(_line(at_8_khz(samples)), TELEPHONE_RATE, subtype="ULAW")),
        "mp3-32": partial(
            _coded,
            rate=SAMPLE_RATE,
            subtype="MPEG_LAYER_III",
            format="MP3",
            compression_level=_MP3_32K,
            bitrate_mode="CONSTANT",
        ),
        "noise-20": partial(_noisy, db=20),
        "noise-10": partial(_noisy, db=10),
        "babble-20": partial(_babble, crowd=crowd, db=20),
        "babble-10": partial(_babble, crowd=crowd, db=10),
        "reverb": _reverberant,
    }
    if _ffmpeg():
        simulated["amr-nb"] = _amr
    return {name: partial(_on_grid, channel) for name, channel in simulated.items()}


def missing() -> list[str]:
    """Why channels are not among those simulated, a line each."""
    return [] if _ffmpeg() else ["amr-nb: no ffmpeg with libopencore_amrnb; `pip install imageio-ffmpeg` brings one"]


def _on_grid(channel: Channel, samples: Samples) -> Samples:
    """As many samples as went in, rounded to 16 bits."""
    passed = channel(samples)[: len(samples)]
    return on_16_bits(np.pad(passed, (0, len(samples) - len(passed))))


def _coded(samples: Samples, rate: int, *, format: str = "WAV", **options: Any) -> Samples:  # noqa: A002, ANN401
    """Through a codec of libsndfile and back; ``options`` are those of ``soundfile.write``."""
    file = BytesIO()
    soundfile.write(file, samples, rate, format=format, **options)
    file.seek(0)
    return np.asarray(soundfile.read(file, dtype="float32")[0], np.float32)


def _telephone(samples: Samples, **options: Any) -> Samples:  # noqa: ANN401  those of soundfile.write
    return wide_again(_coded(at_8_khz(samples), TELEPHONE_RATE, **options))


def _line(samples: Samples) -> Samples:
    sections = signal.butter(4, TELEPHONE_HZ, "bandpass", fs=TELEPHONE_RATE, output="sos")
    return np.asarray(signal.sosfilt(sections, samples), np.float32)


def _amr(samples: Samples) -> Samples:
    """AMR narrowband at 12.2 kbit/s (3GPP TS 26.071)."""
    raw = ["-f", "f32le", "-ar", str(TELEPHONE_RATE), "-ac", "1"]
    coded = _through_ffmpeg(at_8_khz(samples).tobytes(), *raw, "-i", "-", "-c:a", "libopencore_amrnb", "-b:a", "12.2k",
                            "-f", "amr", "-")  # fmt: skip
    decoded = _through_ffmpeg(coded, "-f", "amr", "-i", "-", *raw, "-")
    return wide_again(np.frombuffer(decoded, np.float32))


def _through_ffmpeg(data: bytes, *arguments: str) -> bytes:
    command = [_ffmpeg(), "-hide_banner", "-loglevel", "error", *arguments]
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout


@cache
def _ffmpeg() -> str:
    """An ffmpeg that encodes AMR; empty where there is none."""
    try:
        import imageio_ffmpeg
    except ImportError:
        return ""
    found = str(imageio_ffmpeg.get_ffmpeg_exe())
    encoders = subprocess.run([found, "-hide_banner", "-encoders"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return found if b"libopencore_amrnb" in encoders.stdout else ""


def _noisy(samples: Samples, db: float) -> Samples:
    return _with(samples, _random(samples).standard_normal(len(samples)), db)


def _babble(samples: Samples, crowd: Sequence[Samples], db: float) -> Samples:
    """A few of the crowd at once, each as loud as the others."""
    random = _random(samples)
    chosen = random.permutation(len(crowd))[:VOICES_IN_BABBLE]
    heard = [np.roll(np.resize(crowd[at], len(samples)), random.integers(len(samples))) for at in chosen]
    return _with(samples, np.sum([voice / np.std(voice) for voice in heard], axis=0), db)


def _with(samples: Samples, noise: np.ndarray, db: float) -> Samples:
    level = np.std(samples) / np.std(noise) * 10 ** (-db / 20)
    return np.asarray(samples + noise * level, np.float32)


def _reverberant(samples: Samples) -> Samples:
    """A room of exponential decay (Polack 1988): the sound itself, then noise that dies away."""
    at = np.arange(round(T60_SEC * SAMPLE_RATE)) / SAMPLE_RATE
    room = _random(samples).standard_normal(len(at)) * 10 ** (-3 * at / T60_SEC) * (at >= _FIRST_ECHO_SEC)
    room *= 10 ** (-_DIRECT_OVER_ROOM_DB / 20) / np.linalg.norm(room)
    room[0] = 1
    heard = signal.fftconvolve(samples, room)[: len(samples)]
    return np.asarray(heard * (np.std(samples) / np.std(heard)), np.float32)


def _random(samples: Samples) -> np.random.Generator:
    """Chance that is the same for the same clip."""
    return np.random.default_rng(list(hashlib.sha256(samples.tobytes()).digest()))
