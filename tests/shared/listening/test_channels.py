"""Channels that cancel each other are not averaged."""

import io

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from shared.listening.audio import decode
from tests import voices

VOICE = voices.samples(voices.seconds("anna", 6)) / 32768


def _file(*channels: NDArray[np.float64]) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.stack(channels, axis=1), 16_000, format="WAV", subtype="PCM_16")
    return file.getvalue()


@pytest.mark.parametrize("inverted", [1.0, 0.9, 0.5], ids=["as loud", "quieter", "half as loud"])
def test_of_an_inverted_channel_the_louder_one_is_heard(inverted: float) -> None:
    clip = decode(_file(VOICE, -inverted * VOICE), any_format=True)
    np.testing.assert_allclose(clip.samples, VOICE, atol=1e-4)


def test_channels_that_agree_are_averaged() -> None:
    clip = decode(_file(VOICE, 0.5 * VOICE), any_format=True)
    np.testing.assert_allclose(clip.samples, 0.75 * VOICE, atol=1e-4)


def test_one_of_a_silent_pair_is_averaged_as_before() -> None:
    clip = decode(_file(VOICE, 0 * VOICE), any_format=True)
    np.testing.assert_allclose(clip.samples, 0.5 * VOICE, atol=1e-4)


def test_silence_on_all_channels_stays_silence() -> None:
    assert not decode(_file(0 * VOICE, 0 * VOICE), any_format=True).samples.any()
