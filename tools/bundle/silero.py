"""Silero VAD with its convolutions as matrix products: the same weights, a third of the processor time.

Of a frame there are four spectra, and convolutions over so few steps are products with small matrices; as convolutions
they are computed one frame after the other.
"""

from typing import Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from tools.bundle.graph import Graph, floats

FRAME: Final = 576
"""Samples: 32 ms, and 4 ms of the frame before."""

_HOP: Final = 128
_SPECTRA: Final = 4
_REFLECTED: Final = 64
"""Samples at the end of a frame, mirrored, so that its last window is whole."""
_FREQUENCIES: Final = 129
_STATE: Final = 128

type _Weights = dict[str, NDArray[np.float32]]


def frames_model(original: bytes) -> bytes:
    """``input`` [frames, 576], ``h`` and ``c`` [1, 1, 128] -> ``speech_probs`` [frames], ``hn``, ``cn``."""
    weights = {each.name: numpy_helper.to_array(each) for each in onnx.load_from_string(original).graph.initializer}
    graph = Graph()
    x = _magnitudes(graph, "input", weights)
    for layer, (steps, stride) in enumerate(((4, 1), (4, 2), (2, 2), (1, 1))):
        x = _convolved(graph, x, weights, f"encoder.{layer}", steps, stride)
    _recurred(graph, x, weights)
    state = [floats(name, 1, 1, _STATE) for name in ("h", "c")]
    outputs = [floats("speech_probs", "frames"), *(floats(name, 1, 1, _STATE) for name in ("hn", "cn"))]
    return graph.model([floats("input", "frames", FRAME), *state], outputs, {})


def _magnitudes(graph: Graph, x: str, weights: _Weights) -> str:
    """[frames, 576] -> [frames, 4 * 129], spectrum after spectrum."""
    padded = graph.add("Pad", x, graph.integers(0, 0, 0, _REFLECTED), mode="reflect")
    hops = graph.add("Reshape", padded, graph.integers(-1, _SPECTRA + 1, _HOP))
    halves = (graph.add("Slice", hops, *map(graph.integers, (at, at + _SPECTRA, 1))) for at in (0, 1))
    windows = graph.add("Concat", *halves, axis=2)
    basis = weights["stft.forward_basis_buffer"][:, 0].T
    parts = (graph.add("MatMul", windows, graph.constant(half)) for half in np.split(basis, 2, axis=1))
    power = graph.add("Add", *(graph.add("Mul", part, part) for part in parts))
    return graph.add("Reshape", graph.add("Sqrt", power), graph.integers(-1, _SPECTRA * _FREQUENCIES))


def _convolved(graph: Graph, x: str, weights: _Weights, name: str, steps: int, stride: int) -> str:
    """[frames, steps * inputs] -> [frames, steps / stride * outputs], rectified."""
    kernel, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
    matrix = _as_matrix(kernel, steps, stride)
    product = graph.add("MatMul", x, graph.constant(matrix))
    shift = graph.constant(np.tile(bias, matrix.shape[1] // len(bias)))
    return graph.add("Relu", graph.add("Add", product, shift))


def _as_matrix(kernel: NDArray[np.float32], steps: int, stride: int) -> NDArray[np.float32]:
    """A convolution ([outputs, inputs, 3], one step of zeros on both sides) of so few steps as one matrix."""
    outputs, inputs, taps = kernel.shape
    matrix = np.zeros((steps + taps - 1, inputs, steps // stride, outputs), np.float32)
    for step in range(steps // stride):
        matrix[stride * step : stride * step + taps, :, step] = kernel.transpose(2, 1, 0)
    return matrix[1:-1].reshape(steps * inputs, -1)


def _recurred(graph: Graph, x: str, weights: _Weights) -> None:
    """[frames, 128] -> the probability of speech in each frame, after those before it."""
    steps = graph.add("Unsqueeze", x, graph.integers(1))
    gates = (graph.constant(weights[f"onnx::LSTM_{number}"]) for number in (209, 210, 211))
    hidden = graph.add("LSTM", steps, *gates, "", "h", "c", also=("hn", "cn"), hidden_size=_STATE)
    rectified = graph.add("Relu", graph.add("Reshape", hidden, graph.integers(-1, _STATE)))
    product = graph.add("MatMul", rectified, graph.constant(weights["output.weight"][0]))
    logits = graph.add("Add", product, graph.constant(weights["output.bias"]))
    graph.add("Reshape", graph.add("Sigmoid", logits), graph.integers(-1), output="speech_probs")
