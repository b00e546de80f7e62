"""Channels: the mean of all, one that is chosen, and never a mean that cancels."""

import io

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from shared.listening.audio import decode
from shared.listening.declared import declared
from shared.listening.refusals import WrongFormat
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


def _call(rate: int = 16_000) -> bytes:
    """An agent on the left, a customer on the right."""
    time = np.arange(2 * rate) / rate
    agent, customer = (0.3 * np.sin(2 * np.pi * hertz * time) for hertz in (200, 300))
    body = io.BytesIO()
    soundfile.write(body, np.stack([agent, customer], axis=1), rate, format="WAV")
    return body.getvalue()


@pytest.mark.parametrize(("channel", "hertz"), [(0, 200), (1, 300)])
def test_one_channel_of_a_call_is_heard_alone(channel: int, hertz: int) -> None:
    samples = decode(_call(), channel=channel, any_format=True).samples
    spectrum = np.abs(np.fft.rfft(samples))
    assert np.fft.rfftfreq(len(samples), 1 / 16_000)[spectrum.argmax()] == pytest.approx(hertz, abs=1)
    assert np.sort(spectrum)[-2] < spectrum.max() / 10


def test_a_channel_of_samples_without_a_header_is_heard() -> None:
    said = declared("audio/wav; codecs=audio/pcm; samplerate=16000; channels=2")
    left = decode(_call()[44:], declared=said, channel=0, any_format=True).samples
    np.testing.assert_array_equal(left, decode(_call(), channel=0, any_format=True).samples)


def test_a_channel_that_is_not_there_is_refused() -> None:
    with pytest.raises(WrongFormat, match="channel 3 was chosen; the audio has 2"):
        decode(_call(), channel=2, any_format=True)
    mono = voices.seconds("anna", 1)
    for body in (mono, mono[44:]):
        with pytest.raises(WrongFormat, match="channel 2 was chosen; the audio has 1"):
            decode(body, channel=1)
        assert decode(body, channel=0).seconds == pytest.approx(1)
