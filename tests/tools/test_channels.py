"""Channels that a voice comes through: a clip as long, on the 16-bit grid, the same each time, of its band."""

import numpy as np
import pytest

from tests.recordings import SHIPPED, Samples
from tools.accuracy.channels import Channel, channels, missing

NARROW = ("pcm-8k", "mu-law", "a-law", "gsm", "opus-nb", "300-3400", "amr-nb")
NAMES = ("wide", *NARROW, "mp3-32", "noise-20", "noise-10", "babble-20", "babble-10", "reverb")


@pytest.fixture(scope="module")
def speech() -> Samples:
    return SHIPPED.read(SHIPPED.reading)[: 4 * 16_000]


@pytest.fixture(scope="module")
def simulated() -> dict[str, Channel]:
    return dict(channels([SHIPPED.read(file) for file in SHIPPED.files(SHIPPED.readers)[:8]]))


def channel(simulated: dict[str, Channel], name: str) -> Channel:
    if name not in simulated:
        pytest.skip(missing()[0])
    return simulated[name]


@pytest.mark.parametrize("name", NAMES)
def test_what_comes_out_is_a_clip_of_the_same_length_each_time_the_same(
    name: str, simulated: dict[str, Channel], speech: Samples
) -> None:
    passed = channel(simulated, name)(speech)
    assert passed.shape == speech.shape
    assert passed.dtype == np.float32
    assert np.array_equal(passed * 32768, np.round(passed * 32768))
    assert np.array_equal(passed, channel(simulated, name)(speech))
    assert np.array_equal(passed, speech) == (name == "wide")


@pytest.mark.parametrize("name", NARROW)
def test_a_narrow_channel_passes_nothing_above_its_band(
    name: str, simulated: dict[str, Channel], speech: Samples
) -> None:
    power = np.abs(np.fft.rfft(channel(simulated, name)(speech))) ** 2
    above = power[len(power) * 42 // 80 :].sum() / power.sum()
    assert above < 1e-4


@pytest.mark.parametrize(("name", "db"), [("noise-20", 20), ("noise-10", 10), ("babble-20", 20), ("babble-10", 10)])
def test_noise_is_as_far_below_the_speech_as_its_name_says(
    name: str, db: float, simulated: dict[str, Channel], speech: Samples
) -> None:
    noise = simulated[name](speech) - speech
    assert 20 * np.log10(np.std(speech) / np.std(noise)) == pytest.approx(db, abs=0.2)


def test_a_codec_does_not_move_the_speech_in_time(simulated: dict[str, Channel], speech: Samples) -> None:
    for name in (name for name in NARROW if name in simulated):
        both = np.correlate(simulated[name](speech)[8000:40000], speech[8000 - 800 : 40000 + 800], "valid")
        assert abs(int(both.argmax()) - 800) < 400, name


def test_what_cannot_be_simulated_is_named(simulated: dict[str, Channel]) -> None:
    assert set(NAMES) - set(simulated) == {line.split(":")[0] for line in missing()}
