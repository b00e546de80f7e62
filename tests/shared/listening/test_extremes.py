"""Clips that nobody has spoken: whatever is measured in them is a number, and their embeddings have a direction."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.listening.audio import Clip
from shared.listening.listener import Listener
from shared.listening.noise import SNR_RANGE_DB
from shared.listening.refusals import TooShort
from tests import models

pytestmark = pytest.mark.slow

RATE = 16_000
LENGTH = 5 * RATE
STEP = 2.0**-15
type Samples = NDArray[np.float32]


def constant(value: float, length: int = LENGTH) -> Samples:
    return np.full(length, value, np.float32)


def impulse(value: float, length: int = LENGTH) -> Samples:
    samples = constant(0, length)
    samples[length // 2] = value
    return samples


def square(period: int, high: float = 1 - STEP, low: float = -1) -> Samples:
    return np.where(np.arange(LENGTH) % period < period // 2, high, low).astype(np.float32)


CLIPS = {
    "silence": constant(0),
    "two minutes of silence": constant(0, 120 * RATE),
    "a constant at full scale": constant(1),
    "a constant at the other end": constant(-1),
    "a constant of one step": constant(STEP),
    "denormals": constant(1e-40),
    "a click": impulse(1),
    "a click of one step": impulse(STEP),
    "a click in one frame": impulse(1, 400),
    "a square at full scale": square(100),
    "every other sample at full scale": square(2),
    "a square of one step": square(2000, STEP, -STEP),
    "a switch": square(2 * LENGTH, 0, 1),
    "a ramp": np.linspace(-1, 1, LENGTH, dtype=np.float32),
    "white noise at full scale": np.random.default_rng(0).uniform(-1, 1, LENGTH).astype(np.float32),
    "noise of one step": (np.random.default_rng(0).integers(-1, 2, LENGTH) * STEP).astype(np.float32),
}


@pytest.fixture(scope="module")
def listener() -> Listener:
    return models.listener()


@pytest.mark.parametrize("samples", CLIPS.values(), ids=CLIPS)
def test_what_is_measured_is_a_number(listener: Listener, samples: Samples) -> None:
    measured = listener.hear(Clip(samples)).quality
    assert measured.speech_sec == 0
    assert measured.total_sec == len(samples) / RATE
    assert 0 <= measured.clipped <= 1
    assert measured.snr_db is None or SNR_RANGE_DB[0] <= measured.snr_db <= SNR_RANGE_DB[1]
    assert measured.bandwidth_hz is None or 0 <= measured.bandwidth_hz <= RATE / 2
    assert (measured.snr_db is None) == (measured.bandwidth_hz is None)


@pytest.mark.parametrize("samples", CLIPS.values(), ids=CLIPS)
def test_its_embedding_has_a_direction(listener: Listener, samples: Samples) -> None:
    embedding = listener.embed(listener.hear(Clip(samples)), listener.version)
    assert math.isclose(np.linalg.norm(embedding), 1, abs_tol=1e-5)


@pytest.mark.parametrize("length", [0, 1, 399])
def test_less_than_a_frame_is_measured_and_refused(listener: Listener, length: int) -> None:
    heard = listener.hear(Clip(constant(1, length)))
    assert heard.quality.total_sec == length / RATE
    with pytest.raises(TooShort):
        listener.embed(heard, listener.version)
