"""What a recorder did to a voice: clipping, and a band narrower than the sample rate promises."""

from collections.abc import Callable

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from shared.listening.quality import Quality, bandwidth_hz, clipped
from tests import voices
from tests.recordings import Recordings

RATE = 16_000
type Samples = NDArray[np.float32]


def on_16_bits(samples: NDArray[np.floating]) -> Samples:
    return (np.clip(np.round(samples * 32768), -32768, 32767) / 32768).astype(np.float32)


def well(narrow: Samples) -> Samples:
    return np.asarray(soxr.resample(narrow, RATE // 2, RATE), np.float32)


def by_straight_lines(narrow: Samples) -> Samples:
    return np.interp(np.arange(2 * len(narrow)) / 2, np.arange(len(narrow)), narrow).astype(np.float32)


def measured(samples: Samples) -> Quality:
    return Quality(0, len(samples) / RATE, None, bandwidth_hz=bandwidth_hz(samples))


@pytest.fixture(scope="module")
def readings(recordings: Recordings) -> list[Samples]:
    """One recording of each of up to thirty speakers, at 16 kHz."""
    return [recordings.read(file) for file in recordings.files(recordings.readers)[:30]]


WIDE = {"shipped": (7_000, 7_500), "human": (4_500, 8_000)}
"""What the narrowest of the readings is wider than, and the least width of the one in the middle, in Hz."""


def test_speech_recorded_at_16_khz_is_wide(recordings: Recordings, readings: list[Samples]) -> None:
    assert not any(measured(reading).is_narrowband for reading in readings)
    bands = sorted(bandwidth_hz(reading) or 0 for reading in readings)
    narrowest, middle = WIDE[recordings.name]
    assert bands[0] > narrowest
    assert bands[len(bands) // 2] >= middle


@pytest.mark.parametrize("upsample", [well, by_straight_lines])
def test_a_telephone_recording_is_recognised_however_it_was_upsampled(
    readings: list[Samples], upsample: Callable[[Samples], Samples]
) -> None:
    for reading in readings:
        narrow = on_16_bits(np.asarray(soxr.resample(reading, RATE, RATE // 2)))
        upsampled = measured(on_16_bits(upsample(narrow)))
        assert upsampled.is_narrowband
        assert 3_500 < (upsampled.bandwidth_hz or 0) <= 4_050


def test_telephone_speech_is_recognised(recordings: Recordings) -> None:
    for speaker in {file.parent: file for file in recordings.files(recordings.telephone)}.values():
        assert 3_500 < (bandwidth_hz(recordings.read(speaker)) or 0) <= 4_050


def test_loudness_does_not_change_the_band(readings: list[Samples]) -> None:
    quiet = on_16_bits(readings[0] * np.float32(0.1))
    assert bandwidth_hz(quiet) == pytest.approx(bandwidth_hz(readings[0]), abs=200)


def test_white_noise_fills_the_band_and_a_tone_ends_at_its_pitch() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)
    assert bandwidth_hz(noise) == 8_000
    tone = on_16_bits(0.5 * np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE))
    assert bandwidth_hz(tone) == pytest.approx(1000, abs=250)


@pytest.mark.parametrize("length", [0, 1, RATE])
def test_digital_silence_has_no_band(length: int) -> None:
    assert bandwidth_hz(np.zeros(length, np.float32)) is None
    assert not measured(np.zeros(length, np.float32)).is_narrowband


def test_an_overdriven_voice_is_clipped_where_it_is_cut_off() -> None:
    voice = on_16_bits(voices.speech("anna")[: 5 * RATE] / 32768)
    assert clipped(voice) == 0
    loud = on_16_bits(voice / np.percentile(np.abs(voice), 95))
    assert 0.02 < clipped(loud) < 0.05


@pytest.mark.parametrize(("run", "share"), [(1, 0.0), (2, 0.0), (3, 0.03), (10, 0.1)])
def test_samples_are_clipped_in_runs_of_three_or_more(run: int, share: float) -> None:
    samples = np.zeros(100, np.float32)
    samples[50 : 50 + run] = -1
    assert clipped(samples) == pytest.approx(share)


def test_nothing_is_not_clipped() -> None:
    assert clipped(np.zeros(0, np.float32)) == 0
