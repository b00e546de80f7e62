"""The same voice as narrower channels would pass it.

A voice that was enrolled at a desk and calls by telephone is as far from itself as from a stranger, unless the
enrollment is seen through a telephone as well: then like is compared with like.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from io import BytesIO
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from shared.listening.containers import SAMPLE_RATE

TELEPHONE_RATE: Final = 8_000
TELEPHONE_HZ: Final = (300, 3_400)
"""What a telephone line passes (ITU-T G.712)."""

_ORDER: Final = 6
"""Of the Butterworth filter that stands for the line."""
_MU: Final = 255
"""Of the companding that leaves 8 bits a sample (ITU-T G.711)."""
_SHARED_FROM_SEC: Final = 4
"""Speech of this length is long enough for each narrow channel to take a part of it."""


class Band(StrEnum):
    """What a channel passes, by the frequency at which it ends."""

    WIDE = "wide"
    NARROW = "narrow"


class Seen(StrEnum):
    """How the speech of a clip is embedded."""

    AS_IT_CAME = "as it came"
    NARROWED = "narrowed"


ENROLLED: Final[Mapping[Band, Mapping[Band, Seen]]] = {
    Band.WIDE: {Band.WIDE: Seen.AS_IT_CAME, Band.NARROW: Seen.NARROWED},
    Band.NARROW: {Band.NARROW: Seen.NARROWED},
}
"""Views that a clip of a band gives a signature, and how each is embedded."""
TESTED: Final[Mapping[Band, Mapping[Band, Seen]]] = {
    Band.WIDE: {Band.WIDE: Seen.AS_IT_CAME, Band.NARROW: Seen.NARROWED},
    Band.NARROW: {Band.WIDE: Seen.AS_IT_CAME, Band.NARROW: Seen.AS_IT_CAME},
}
"""How a clip of a band is embedded to be compared in a band: a wide one is narrowed, a narrow one taken as it came."""


def narrowed(speech: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Speech through a digital telephone network, through a telephone line, and through a mobile network.

    Of long speech each has a third, so that all cost no more than the whole does.

    Args:
        speech: [n] float32 at 16 kHz.

    Returns:
        What came out of each, at 16 kHz again.
    """
    shared = len(speech) >= _SHARED_FROM_SEC * SAMPLE_RATE
    network, line, mobile = map(at_8_khz, np.array_split(speech, 3) if shared else [speech] * 3)
    return [wide_again(each) for each in (network, _companded(_through_line(line)), _through_gsm(mobile))]


def at_8_khz(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """[n] at 16 kHz as [n / 2] at ``TELEPHONE_RATE``."""
    return np.asarray(soxr.resample(samples, SAMPLE_RATE, TELEPHONE_RATE), np.float32)


def wide_again(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """[n] at ``TELEPHONE_RATE`` as [2 n] at 16 kHz."""
    return np.asarray(soxr.resample(samples, TELEPHONE_RATE, SAMPLE_RATE), np.float32)


def _through_gsm(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """GSM full rate (GSM 06.10) and back: the coarsest of the codecs in use."""
    import soundfile  # libsndfile, which a verification does not need

    if not samples.any():  # of which it would make a hum
        return samples
    file = BytesIO()
    soundfile.write(file, np.clip(samples, -1, 1), TELEPHONE_RATE, format="WAV", subtype="GSM610")
    file.seek(0)
    decoded = soundfile.read(file, len(samples), dtype="float32", fill_value=0)[0]
    return np.asarray(decoded, np.float32)


def _through_line(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The magnitude of a Butterworth band-pass, without its phase."""
    low, high = TELEPHONE_HZ
    hertz = np.fft.rfftfreq(len(samples), 1 / TELEPHONE_RATE)
    detuning = (hertz**2 - low * high) / np.maximum(hertz * (high - low), 1e-9)
    return np.fft.irfft(np.fft.rfft(samples) / np.sqrt(1 + detuning ** (2 * _ORDER)), len(samples)).astype(np.float32)


def _companded(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rounded to 8 bits on the logarithmic scale of mu-law."""
    level = np.log1p(_MU * np.abs(np.clip(samples, -1, 1))) / np.log1p(_MU)
    return np.asarray(np.sign(samples) * np.expm1(np.round(level * 127) / 127 * np.log1p(_MU)) / _MU, np.float32)


VIEWS: Final[Mapping[Seen, Callable[[NDArray[np.float32]], list[NDArray[np.float32]]]]] = {
    Seen.AS_IT_CAME: lambda speech: [speech],
    Seen.NARROWED: narrowed,
}
"""The pieces of which the embedding is the mean."""
