"""How far speech stands out of the noise."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.listening.frames import decibels, widened

_GUARD: Final = 3
"""Frames (0.1 s) next to speech that hold its reverberation rather than noise."""
_MIN_PAUSES: Final = 20
"""Frames (0.64 s) of pause from which its noise can be told; of fewer, most may be speech that the detector missed."""
_MIN_PAUSES_BESIDE: Final = 8
"""Frames (0.25 s) of pause beside speech from which its noise can be told."""
SNR_RANGE_DB: Final = (-20.0, 60.0)


def clip_snr_db(powers: NDArray[np.float64], speech: NDArray[np.bool], used: NDArray[np.bool]) -> float | None:
    """The better ratio of the whole clip and of the speech in it to the pauses beside it.

    Music before a call is no noise in its speech.
    """
    whole, beside = snr_db(powers, speech), _pauses(np.where(used, powers, 0), speech)
    if whole is None or len(beside) < _MIN_PAUSES_BESIDE or not speech.any():
        return whole
    return max(whole, min(_loud_over_quiet(powers[used & (powers > 0)]), _speech_over_pauses(powers[speech], beside)))


def snr_db(powers: NDArray[np.float64], speech: NDArray[np.bool]) -> float | None:
    """Signal-to-noise ratio of frames, the lower of two estimates; None if nothing was recorded.

    Speech against pauses, 10 log10((P_speech - P_pause) / P_pause), is within about 1 dB for a steady noise, but blind
    to other people talking, which are speech to any detector. Loud against quiet frames, 10 log10(P_95 / P_10), sees
    those.

    Args:
        powers: [frames] mean squares, 0 for digital silence.
        speech: [frames], which of them are speech.
    """
    recorded = powers > 0
    if not recorded.any():
        return None
    estimates = [_loud_over_quiet(powers[recorded])]
    pauses = _pauses(powers, speech)
    if speech.any() and len(pauses) >= _MIN_PAUSES:
        estimates.append(_speech_over_pauses(powers[speech], pauses))
    return float(np.clip(min(estimates), *SNR_RANGE_DB))


def _pauses(powers: NDArray[np.float64], speech: NDArray[np.bool]) -> NDArray[np.float64]:
    """Powers of what was recorded in pauses."""
    return powers[(powers > 0) & ~widened(speech, _GUARD)]


def _loud_over_quiet(powers: NDArray[np.float64]) -> float:
    loud, quiet = np.percentile(powers, [95, 10])
    return decibels(loud / quiet)


def _speech_over_pauses(speech: NDArray[np.float64], pauses: NDArray[np.float64]) -> float:
    noise = np.median(pauses)  # unlike the mean, it does not mind the syllable that the detector missed
    return decibels(max(speech.mean() - noise, 0) / noise)
