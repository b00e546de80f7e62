"""The same voice as narrower channels would pass it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.listening.views import VIEWS, Seen, at_8_khz, narrowed, wide_again
from tests import voices

RATE = 16_000


def _level_db(samples: NDArray[np.float32], low: float, high: float) -> float:
    power = np.abs(np.fft.rfft(samples)) ** 2
    hertz = np.fft.rfftfreq(len(samples), 1 / RATE)
    return float(10 * np.log10(power[(hertz >= low) & (hertz < high)].mean()))


@pytest.fixture(scope="module")
def noise() -> NDArray[np.float32]:
    return (0.1 * np.random.default_rng(0).standard_normal(8 * RATE)).astype(np.float32)


def test_the_digital_network_ends_at_4_khz(noise: NDArray[np.float32]) -> None:
    network, _, _ = narrowed(noise)
    assert _level_db(network, 4_100, 8_000) < _level_db(network, 50, 3_600) - 50
    assert _level_db(network, 60, 250) == pytest.approx(_level_db(network, 1_000, 1_200), abs=1)


def test_the_line_passes_300_to_3400_hz(noise: NDArray[np.float32]) -> None:
    _, line, _ = narrowed(noise)
    middle = _level_db(line, 800, 1_200)
    assert _level_db(line, 280, 320) == pytest.approx(middle - 3, abs=1)
    assert _level_db(line, 450, 3_000) == pytest.approx(middle, abs=1)
    assert _level_db(line, 20, 150) < middle - 30


def test_the_mobile_network_codes_speech_as_coarsely_as_gsm_does() -> None:
    spoken = (voices.speech("anna")[: 3 * RATE] / 32768).astype(np.float32)
    mobile, passed = narrowed(spoken)[2], wide_again(at_8_khz(spoken))
    assert 10 < 10 * np.log10((passed**2).sum() / ((mobile - passed) ** 2).sum()) < 25


def test_loud_speech_is_clipped_before_it_is_coded() -> None:
    tone = (1.5 * np.sin(2 * np.pi * 500 * np.arange(3 * RATE) / RATE)).astype(np.float32)
    assert np.corrcoef(narrowed(tone)[2], tone)[0, 1] > 0.9


def test_companding_leaves_the_noise_of_8_bits() -> None:
    tone = (0.5 * np.sin(2 * np.pi * 1_017 * np.arange(8 * RATE) / RATE)).astype(np.float32)
    line = narrowed(tone)[1]
    power = np.abs(np.fft.rfft(line * np.hanning(len(line)))) ** 2
    hertz = np.fft.rfftfreq(len(line), 1 / RATE)
    signal = np.abs(hertz - 1_017) < 5
    assert 34 < 10 * np.log10(power[signal].sum() / power[~signal].sum()) < 42


def test_long_speech_is_shared_and_short_speech_is_not(noise: NDArray[np.float32]) -> None:
    assert [len(piece) for piece in narrowed(noise[: 6 * RATE])] == [2 * RATE] * 3
    assert [len(piece) for piece in narrowed(noise[: 3 * RATE])] == [3 * RATE] * 3


def test_a_clip_as_it_came_is_embedded_in_one_piece(noise: NDArray[np.float32]) -> None:
    [whole] = VIEWS[Seen.AS_IT_CAME](noise)
    assert whole is noise


def test_what_is_passed_on_has_a_telephones_bandwidth() -> None:
    from shared.listening.quality import bandwidth_hz

    for piece in narrowed((voices.speech("anna")[: 8 * RATE] / 32768).astype(np.float32)):
        measured = bandwidth_hz(piece)
        assert measured is not None
        assert measured <= 4_100


def test_digital_silence_stays_silence() -> None:
    for piece in narrowed(np.zeros(RATE, np.float32)):
        assert not piece.any()
