"""The detector of speech as matrix products is the network that its makers published."""

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.listening.bundle import Bundle
from shared.listening.runtime import runtime
from shared.settings import MODELS
from tools.bundle import silero
from tools.bundle.sources import fetch

NAME = "silero-vad"


@pytest.fixture(scope="module")
def original() -> bytes:
    """The model in its makers' wheel."""
    [model] = fetch(Bundle.load(MODELS / NAME).sources).values()
    return model


def _run(model: bytes, frames: NDArray[np.float32], *state: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    session = runtime().InferenceSession(model, providers=["CPUExecutionProvider"])
    outputs: list[NDArray[np.float32]] = session.run(
        None, dict(zip(("input", "h", "c"), (frames, *state), strict=True))
    )
    return outputs


def test_build_gives_the_same_bytes_every_time(original: bytes) -> None:
    builds = {silero.frames_model(original) for _ in range(2)}
    assert builds == {(MODELS / NAME / "model.onnx").read_bytes()}


@pytest.mark.parametrize("frames", [1, 2, 100])
def test_it_says_what_the_original_says_and_remembers_the_same(original: bytes, frames: int) -> None:
    random = np.random.default_rng(frames)
    heard = (random.standard_normal((frames, silero.FRAME)) / 10).astype(np.float32)
    state = [random.standard_normal((1, 1, 128)).astype(np.float32) for _ in range(2)]
    for ours, theirs in zip(
        _run(silero.frames_model(original), heard, *state), _run(original, heard, *state), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)
