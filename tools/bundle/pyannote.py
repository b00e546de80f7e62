"""pyannote segmentation 3.0 (Bredin 2023, "powerset" of Plaquet & Bredin 2023) as an ONNX graph.

Band-pass filters of which only the edges were learned (SincNet, Ravanelli & Bengio 2018), two more convolutions, four
bidirectional LSTMs, and three dense layers: from ten seconds of a conversation to who of three speaks in each frame.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tools.bundle.checkpoint import Tensors
from tools.bundle.graph import Graph, floats

CLASSES: Final = 7
"""Nobody, each of three speakers, each two of them."""

_SAMPLE_RATE: Final = 16_000
_LOWEST_HZ: Final = 50
"""Least edge, and least width, of a filter."""
_STRIDE: Final = 10
_EPSILON: Final = 1e-5
"""Of every instance normalisation (PyTorch's default)."""
_SLOPE: Final = 0.01
"""Of every leaky ReLU (PyTorch's default)."""
_HIDDEN: Final = 128
_LAYERS: Final = 4
_METADATA: Final = {
    "model_type": "pyannote-segmentation-3.0",
    "num_speakers": "3",
    "powerset_max_classes": "2",
    "num_classes": str(CLASSES),
    "sample_rate": str(_SAMPLE_RATE),
    "window_size": "160000",
    "receptive_field_size": "991",
    "receptive_field_shift": "270",
}
"""As sherpa-onnx reads it, so that it can run the same file."""


def waveform_model(tensors: Tensors) -> bytes:
    """``waveform`` [batch, 1, samples], 16 kHz in [-1, 1] -> ``classes`` [batch, frames, 7], log-probabilities."""
    graph = Graph()
    network = _Network(graph, tensors)
    network.classify(network.recur(network.convolve("waveform")))
    outputs = [floats("classes", "batch", "frames", CLASSES)]
    return graph.model([floats("waveform", "batch", 1, "samples")], outputs, _METADATA)


class _Network:
    """Appends the layers to a graph."""

    def __init__(self, graph: Graph, tensors: Tensors) -> None:
        self._graph = graph
        self._tensors = tensors

    def convolve(self, x: str) -> str:
        """[batch, 1, samples] -> [batch, 60, frames]."""
        x = self._normalise(x, "sincnet.wav_norm1d")
        filters = self._graph.constant(_band_passes(self._tensors))
        x = self._graph.add("Abs", self._graph.add("Conv", x, filters, strides=[_STRIDE]))
        x = self._pool(x, 0)
        for number in (1, 2):
            x = self._pool(self._graph.add("Conv", x, *self._learned(f"sincnet.conv1d.{number}")), number)
        return x

    def recur(self, x: str) -> str:
        """[batch, 60, frames] -> [batch, frames, 256]."""
        x = self._graph.add("Transpose", x, perm=[2, 0, 1])
        for layer in range(_LAYERS):
            both = self._graph.add(
                "LSTM", x, *self._gates(layer), hidden_size=_HIDDEN, direction="bidirectional"
            )  # [frames, directions, batch, hidden]
            beside = self._graph.add("Transpose", both, perm=[0, 2, 1, 3])
            x = self._graph.add("Reshape", beside, self._graph.integers(0, 0, 2 * _HIDDEN))
        return self._graph.add("Transpose", x, perm=[1, 0, 2])

    def classify(self, x: str) -> None:
        """[batch, frames, 256] -> the graph's output ``classes``."""
        for layer in ("linear.0", "linear.1"):
            x = self._graph.add("LeakyRelu", self._dense(x, layer), alpha=_SLOPE)
        self._graph.add("LogSoftmax", self._dense(x, "classifier"), axis=-1, output="classes")

    def _pool(self, x: str, number: int) -> str:
        pooled = self._graph.add("MaxPool", x, kernel_shape=[3], strides=[3])
        return self._graph.add("LeakyRelu", self._normalise(pooled, f"sincnet.norm1d.{number}"), alpha=_SLOPE)

    def _normalise(self, x: str, name: str) -> str:
        return self._graph.add("InstanceNormalization", x, *self._learned(name), epsilon=_EPSILON)

    def _learned(self, name: str) -> tuple[str, str]:
        """Weight and bias as they are."""
        return self._graph.constant(self._tensors[f"{name}.weight"]), self._graph.constant(
            self._tensors[f"{name}.bias"]
        )

    def _dense(self, x: str, name: str) -> str:
        weight, bias = self._tensors[f"{name}.weight"], self._tensors[f"{name}.bias"]
        product = self._graph.add("MatMul", x, self._graph.constant(weight.T))
        return self._graph.add("Add", product, self._graph.constant(bias))

    def _gates(self, layer: int) -> tuple[str, str, str]:
        """Weights of input and recurrence, and both biases, of both directions, in the order that ONNX has."""
        inputs, recurrence, biases = (
            [_reordered(self._tensors[f"lstm.{kind}_l{layer}{way}"]) for way in ("", "_reverse") for kind in kinds]
            for kinds in (("weight_ih",), ("weight_hh",), ("bias_ih", "bias_hh"))
        )
        return (
            self._graph.constant(np.stack(inputs)),
            self._graph.constant(np.stack(recurrence)),
            self._graph.constant(np.concatenate(biases).reshape(2, -1)),
        )


def _reordered(gates: NDArray[np.float32]) -> NDArray[np.float32]:
    """PyTorch has input, forget, cell, output; ONNX has input, output, forget, cell."""
    own, forget, cell, out = np.split(gates, 4)
    return np.concatenate([own, out, forget, cell])


def _band_passes(tensors: Tensors) -> NDArray[np.float64]:
    """[80, 1, 251] Forty filters and the same a quarter of a period later, from their edges and half a window."""
    low_hz, band_hz, window, at = (
        tensors[f"sincnet.conv1d.0.filterbank.{name}"].astype(np.float64)
        for name in ("low_hz_", "band_hz_", "window_", "n_")
    )
    low = _LOWEST_HZ + np.abs(low_hz)
    high = np.clip(low + _LOWEST_HZ + np.abs(band_hz), _LOWEST_HZ, _SAMPLE_RATE / 2)
    width = 2 * (high - low)
    even = (np.sin(high @ at) - np.sin(low @ at)) / (at / 2) * window
    odd = (np.cos(low @ at) - np.cos(high @ at)) / (at / 2) * window
    cosines = np.concatenate([even, width, even[:, ::-1]], axis=1) / width
    sines = np.concatenate([odd, np.zeros_like(width), -odd[:, ::-1]], axis=1) / width
    return np.concatenate([cosines, sines])[:, np.newaxis]
