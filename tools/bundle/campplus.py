"""CAM++ (Wang et al. 2023, https://arxiv.org/abs/2303.00332) as an ONNX graph, structured as 3D-Speaker released it.

The paper's three parts: a small 2-D residual network over frequency and time, a densely connected time-delay network
whose every layer is gated by a mask computed from its surroundings, and pooling over time.
Everything is a 2-D convolution, of height 1 after the first part: onnxruntime has a faster memory layout for those.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from tools.bundle import frontend
from tools.bundle.checkpoint import Tensors
from tools.bundle.graph import Graph, floats

DIMENSION: Final = 192

_EPSILON: Final = 1e-5
"""Of every batch normalisation (PyTorch's default)."""
_BLOCKS: Final = ((12, 1), (24, 2), (16, 2))
"""Layers and dilation of each densely connected block."""
_GROWTH: Final = 32
"""Channels that a layer of a block adds."""
SEGMENT: Final = 100
"""Frames that share a mask."""


def blocks() -> Iterator[tuple[list[str], int, str]]:
    """Of each densely connected block the names of its layers in the checkpoint, their dilation, and its transit."""
    for number, (layers, dilation) in enumerate(_BLOCKS, start=1):
        names = [f"xvector.block{number}.tdnnd{layer}" for layer in range(1, layers + 1)]
        yield names, dilation, f"xvector.transit{number}"


type Builder = Callable[[Graph, Tensors], Network]
"""In whose operators a network is written."""


def waveform_model(tensors: Tensors, network: Builder, *, compact: bool) -> bytes:
    """``waveform`` [batch, at least 400 samples], 16 kHz in [-1, 1] -> ``embedding`` [batch, 192], not normalised."""
    graph = Graph(compact=compact)
    features = frontend.centred(graph, frontend.log_mel(graph, "waveform"))
    network(graph, tensors).embed(features)
    return graph.model([floats("waveform", "batch", "samples")], [floats("embedding", "batch", DIMENSION)], {})


def features_model(tensors: Tensors, network: Builder) -> bytes:
    """The network without its front end, as sherpa-onnx loads it: ``features`` [batch, frames, 80] -> ``embedding``.

    Args:
        network: in whose operators.
    """
    graph = Graph()
    network(graph, tensors).embed(graph.add("Transpose", "features", perm=[0, 2, 1]))
    metadata = {
        "framework": "3d-speaker",
        "language": "Chinese-English",
        "sample_rate": str(frontend.SAMPLE_RATE),
        "output_dim": str(DIMENSION),
        "normalize_samples": "1",
        "feature_normalize_type": "global-mean",
    }
    inputs = [floats("features", "batch", "frames", frontend.MELS)]
    return graph.model(inputs, [floats("embedding", "batch", DIMENSION)], metadata)


@dataclass(frozen=True)
class _Segments:
    """The segments of a clip, as matrices to multiply with on the right.

    Attributes:
        context: [segments, segments] from the means of the segments to each plus the mean of the clip.
        spread: [segments, frames] from a value of each segment to one of each of its frames.
    """

    context: str
    spread: str


class Network:
    """Appends the layers to a graph. Arguments called ``name`` are prefixes of tensor names in the checkpoint."""

    _axes: ClassVar[tuple[int, ...]] = (2, 3)
    """After that of the channels, once all frequencies are joined; the last one is time."""
    _segments: _Segments

    def __init__(self, graph: Graph, tensors: Tensors) -> None:
        """Bind to a graph, and to the weights of the checkpoint."""
        self._graph = graph
        self._tensors = tensors

    def embed(self, features: str) -> None:
        """Everything: centred log mel energies [batch, 80, frames] -> the graph's output ``embedding``."""
        x = self._time_delay(self._head(features))
        self._look_at_length(x)
        self._embedding(self._pool(self._normalise(self._dense(x), "xvector.out_nonlinear.batchnorm")))

    # Frequency and time: [batch, 80, frames] -> [batch, 32, 10, frames]

    def _head(self, features: str) -> str:
        x = self._graph.add("Unsqueeze", features, self._graph.integers(1))
        x = self._relu(self._conv(x, "head.conv1", "head.bn1", pads=(1, 1)))
        for layer in ("head.layer1", "head.layer2"):
            x = self._residual_block(x, f"{layer}.0", halve=True)
            x = self._residual_block(x, f"{layer}.1", halve=False)
        return self._relu(self._conv(x, "head.conv2", "head.bn2", pads=(1, 1), strides=(2, 1)))

    def _residual_block(self, x: str, name: str, *, halve: bool) -> str:
        """Two convolutions and a shortcut; the first convolution may halve the number of frequencies."""
        strides = (2, 1) if halve else (1, 1)
        inner = self._relu(self._conv(x, f"{name}.conv1", f"{name}.bn1", pads=(1, 1), strides=strides))
        inner = self._conv(inner, f"{name}.conv2", f"{name}.bn2", pads=(1, 1))
        shortcut = self._conv(x, f"{name}.shortcut.0", f"{name}.shortcut.1", strides=strides) if halve else x
        return self._relu(self._graph.add("Add", inner, shortcut))

    # Time only: [batch, channels, 1, frames]

    def _time_delay(self, x: str) -> str:
        """Joins all frequencies and halves the number of frames."""
        weight, bias = self._folded("xvector.tdnn.linear", "xvector.tdnn.nonlinear.batchnorm")
        kernel = weight.reshape(len(weight), 32, 10, -1)
        return self._relu(self._convolve(x, kernel, bias, pads=(0, 2), strides=(1, 2)))

    def _dense(self, x: str) -> str:
        """All blocks of dense layers."""
        for layers, dilation, transit in blocks():
            for layer in layers:
                x = self._dense_layer(x, layer, dilation)
            x = self._transit(x, transit)
        return x

    def _dense_layer(self, x: str, name: str, dilation: int) -> str:
        """Adds 32 channels, computed from all that are there, to ``x``."""
        inner = self._normalise(x, f"{name}.nonlinear1.batchnorm")
        inner = self._relu(self._conv(inner, f"{name}.linear1", f"{name}.nonlinear2.batchnorm"))
        local = self._conv(inner, f"{name}.cam_layer.linear_local", pads=(0, dilation), dilations=(1, dilation))
        masked = self._gated(local, inner, f"{name}.cam_layer")
        return self._graph.add("Concat", x, self._in_blocks(masked), axis=1)

    def _gated(self, x: str, inner: str, name: str) -> str:
        """As much of ``x`` as its mask lets through."""
        return self._graph.add("Mul", x, self._mask(inner, name))

    def _mask(self, x: str, name: str) -> str:
        """Context-aware mask from the means over clip and segment: computed once a segment, then spread over it."""
        size = [1, SEGMENT]
        means = self._graph.add("AveragePool", x, kernel_shape=size, strides=size, ceil_mode=1)
        context = self._graph.add("MatMul", means, self._segments.context)
        hidden = self._relu(self._conv(context, f"{name}.linear1"))
        mask = self._graph.add("Sigmoid", self._conv(hidden, f"{name}.linear2"))
        return self._graph.add("MatMul", mask, self._segments.spread)

    def _look_at_length(self, x: str) -> None:
        """What all masks need to know of the segments."""
        zero, one, length = (self._graph.constant(number, np.int64) for number in (0, 1, SEGMENT))
        frames = self._graph.add("Squeeze", self._frames(x))
        of_frames = self._graph.add("Div", self._graph.add("Range", zero, frames, one), length)
        last = self._graph.add("Div", self._graph.add("Sub", frames, one), length)
        all_of_them = self._graph.add("Range", zero, self._graph.add("Add", last, one), one)
        column = self._graph.add("Unsqueeze", all_of_them, self._graph.integers(1))
        spread, itself = (
            self._graph.add("Cast", self._graph.add("Equal", column, row), to=TensorProto.FLOAT)
            for row in (of_frames, all_of_them)
        )
        share = self._graph.add("ReduceMean", spread, axes=[1])
        self._segments = _Segments(self._graph.add("Add", itself, share), spread)

    def _in_blocks(self, x: str) -> str:
        """``x`` itself. A convolution that changes nothing is what makes onnxruntime keep ``x``, and with it the
        concatenation and normalisation that follow, in its blocked layout: the whole model runs a fifth faster.
        """
        ones = self._graph.constant(np.ones((_GROWTH, 1, 1, 1)))
        return self._graph.add("Conv", x, ones, kernel_shape=[1, 1], group=_GROWTH)

    def _frames(self, x: str) -> str:
        """[1] int64: length in time."""
        return self._graph.add("Shape", x, start=self._axes[-1], end=self._axes[-1] + 1)

    def _transit(self, x: str, name: str) -> str:
        """Halves the number of channels."""
        return self._conv(self._normalise(x, f"{name}.nonlinear.batchnorm"), f"{name}.linear")

    # One vector: [batch, 512, 1, frames] -> [batch, 192]

    def _pool(self, x: str) -> str:
        """Mean and unbiased standard deviation over time; a single frame deviates by 0."""
        mean = self._graph.add("GlobalAveragePool", x)
        squares = self._graph.add("ReduceSumSquare", self._graph.add("Sub", x, mean), axes=self._axes, keepdims=0)
        frames = self._graph.add("Cast", self._frames(x), to=TensorProto.FLOAT)
        one = self._graph.constant(1)
        others = self._graph.add("Max", self._graph.add("Sub", frames, one), one)
        variance = self._graph.add("Div", squares, others)
        return self._graph.add("Concat", self._graph.add("Flatten", mean), self._graph.add("Sqrt", variance), axis=1)

    def _embedding(self, x: str) -> None:
        weight, bias = self._folded("xvector.dense.linear", "xvector.dense.nonlinear.batchnorm")
        weights = self._graph.weight(weight[:, :, 0]), self._graph.constant(bias)
        self._graph.add("Gemm", x, *weights, transB=1, output="embedding")

    # Pieces

    def _relu(self, x: str) -> str:
        return self._graph.add("Relu", x)

    def _normalise(self, x: str, name: str) -> str:
        """Batch normalisation that follows no convolution, and a ReLU."""
        scale, shift = self._affine(name)
        zero, one = np.zeros_like(scale), np.ones_like(scale)
        parameters = [self._graph.constant(value) for value in (scale, shift, zero, one)]
        return self._relu(self._graph.add("BatchNormalization", x, *parameters, epsilon=0.0))

    def _conv(
        self,
        x: str,
        name: str,
        normalisation: str | None = None,
        *,
        pads: tuple[int, int] = (0, 0),
        strides: tuple[int, int] = (1, 1),
        dilations: tuple[int, int] = (1, 1),
    ) -> str:
        weight, bias = self._folded(name, normalisation)
        kernel = weight if weight.ndim > 1 + len(self._axes) else weight[:, :, None, :]
        return self._convolve(x, kernel, bias, pads=pads, strides=strides, dilations=dilations)

    def _convolve(
        self,
        x: str,
        kernel: NDArray[np.float64],
        bias: NDArray[np.float64],
        *,
        pads: tuple[int, int],
        strides: tuple[int, int],
        dilations: tuple[int, int] = (1, 1),
    ) -> str:
        rank = kernel.ndim - 2
        return self._graph.add(
            "Conv",
            x,
            self._graph.weight(kernel),
            self._graph.constant(bias),
            kernel_shape=kernel.shape[2:],
            pads=pads[-rank:] * 2,
            strides=strides[-rank:],
            dilations=dilations[-rank:],
        )

    def _folded(self, name: str, normalisation: str | None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weight and bias of a convolution and the batch normalisation after it, as one convolution."""
        weight = self._tensors[f"{name}.weight"].astype(np.float64)
        bias = np.asarray(self._tensors.get(f"{name}.bias", np.zeros(len(weight))), np.float64)
        if normalisation is None:
            return weight, bias
        scale, shift = self._affine(normalisation)
        return weight * scale.reshape(-1, *[1] * (weight.ndim - 1)), bias * scale + shift

    def _affine(self, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Scale and shift that a trained batch normalisation amounts to."""
        mean, variance = (self._tensors[f"{name}.running_{moment}"].astype(np.float64) for moment in ("mean", "var"))
        gamma, beta = self._tensors.get(f"{name}.weight", 1.0), self._tensors.get(f"{name}.bias", 0.0)
        scale = gamma / np.sqrt(variance + _EPSILON)
        return scale, beta - mean * scale
