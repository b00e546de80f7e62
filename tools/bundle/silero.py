"""Silero VAD with its convolutions as matrix products: the same weights, a quarter of the processor time.

Of a frame there are four spectra, and convolutions over so few steps are products with small matrices; as convolutions
they are computed one frame after the other. The spectra are a Fourier transform under a Hann window, of which even and
odd frequencies are taken apart: each needs only half of the window (Gentleman and Sande 1966, one step in radix 2).
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
_EVEN: Final = np.arange(0, 129, 2)
_ODD: Final = np.arange(1, 129, 2)
_FREQUENCIES: Final = np.concatenate([_EVEN, _ODD])
"""In the order in which they are computed."""
_ENCODER: Final = ((4, 1, 2), (4, 2, 1), (2, 2, 1), (1, 1, 1))
"""Of each layer the steps that it sees, how many of them become one, and the parts in which it is computed."""
_STATE: Final = 128

type _Weights = dict[str, NDArray[np.float32]]


def frames_model(original: bytes) -> bytes:
    """``input`` [frames, 576], ``h`` and ``c`` [1, 1, 128] -> ``speech_probs`` [frames], ``hn``, ``cn``."""
    weights = {each.name: numpy_helper.to_array(each) for each in onnx.load_from_string(original).graph.initializer}
    graph = Graph()
    x = _magnitudes(graph, "input", weights)
    for layer, (steps, stride, parts) in enumerate(_ENCODER):
        kernel, bias = weights[f"encoder.{layer}.weight"], weights[f"encoder.{layer}.bias"]
        kernel = kernel if layer else kernel[:, _FREQUENCIES]
        x = _convolved(graph, x, _as_matrix(kernel, steps, stride), np.tile(bias, steps // stride), parts)
    _recurred(graph, x, weights)
    state = [floats(name, 1, 1, _STATE) for name in ("h", "c")]
    outputs = [floats("speech_probs", "frames"), *(floats(name, 1, 1, _STATE) for name in ("hn", "cn"))]
    return graph.model([floats("input", "frames", FRAME), *state], outputs, {})


def _magnitudes(graph: Graph, x: str, weights: _Weights) -> str:
    """[frames, 576] -> [frames, 4 * 129], spectrum after spectrum."""
    first, second = np.split(weights["stft.forward_basis_buffer"][:, 0], 2, axis=1)
    padded = graph.add("Pad", x, graph.integers(0, 0, 0, _REFLECTED), mode="reflect")
    hops = graph.add("Reshape", padded, graph.integers(-1, _SPECTRA + 1, _HOP))
    rising = graph.add("Mul", hops, graph.constant(first[0]))  # the cosine of no frequency is the window itself
    sides = enumerate((rising, graph.add("Sub", hops, rising)))
    begin, end = (graph.add("Slice", side, *map(graph.integers, (at, at + _SPECTRA, 1))) for at, side in sides)
    even = _power(graph, graph.add("Add", begin, end), first + second, _EVEN)
    odd = _power(graph, graph.add("Sub", begin, end), first - second, _ODD)
    power = graph.add("Concat", even, odd, axis=-1)
    return graph.add("Reshape", graph.add("Sqrt", power), graph.integers(-1, _SPECTRA * len(_FREQUENCIES)))


def _power(graph: Graph, x: str, basis: NDArray[np.float32], frequencies: NDArray[np.intp]) -> str:
    """[frames, 4, 128] -> [frames, 4, frequencies], of cosines and sines that are [2 * 129, 128]."""
    halves = (half[frequencies].T for half in np.split(basis, 2))
    parts = (graph.add("MatMul", x, graph.constant(half)) for half in halves)
    return graph.add("Add", *(graph.add("Mul", part, part) for part in parts))


def _convolved(graph: Graph, x: str, matrix: NDArray[np.float32], bias: NDArray[np.float32], parts: int) -> str:
    """[frames, inputs] -> [frames, outputs], rectified."""
    pieces = zip(np.split(matrix, parts, axis=1), np.split(bias, parts), strict=True)
    outputs = [_rectified(graph, x, *piece) for piece in pieces]
    return graph.add("Concat", *outputs, axis=1) if parts > 1 else outputs[0]


def _rectified(graph: Graph, x: str, matrix: NDArray[np.float32], bias: NDArray[np.float32]) -> str:
    """A product with a matrix, of whose first and last rows those that are 0 are left out."""
    first, last = np.flatnonzero(matrix.any(axis=1))[[0, -1]]
    if last - first + 1 < len(matrix):
        x = graph.add("Slice", x, *map(graph.integers, (first, last + 1, 1)))
    product = graph.add("MatMul", x, graph.constant(matrix[first : last + 1]))
    return graph.add("Relu", graph.add("Add", product, graph.constant(bias)))


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
