"""The dense layers of CAM++ in 8 bits, in the operators and the layout that onnxruntime has for those.

Between layers everything is kept in 8 bits too, every channel in units of its own. That costs nothing: each
normalisation is a multiplication of every channel anyway, and takes its unit in; what is concatenated, copied and read
again by all later layers has a quarter of the size. Channels are the last axis: [batch, 1, frames, channels].
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tools.bundle.campplus import Network, blocks
from tools.bundle.checkpoint import Tensors
from tools.bundle.graph import Graph

type Numbers = NDArray[np.float64]

_BYTE: Final = 255
_SIGNED: Final = 127
_MIDDLE: Final = 128
"""What stands for 0 where values may be negative."""
_LEAST: Final = 1e-3
"""Largest value of a channel that is always about 0."""
_TINY: Final = 1e-12
_KEPT: Final = re.compile(r"xvector\.(tdnn|(block|transit)\d.*(?<!cam_layer\.linear\d))")
"""What is watched: everything in the dense layers but their masks."""
_LAST: Final = (0, 2, 3, 1)
_FIRST: Final = (0, 3, 1, 2)
"""Orders of axes: channels last, and first again."""


@dataclass(frozen=True)
class _Bytes:
    """A tensor of bytes, which stand for (byte - ``zero``) * ``unit``.

    Attributes:
        unit: [channels], as ``zero``.
    """

    name: str
    unit: Numbers
    zero: Numbers


class Rounded(Network):
    """The network with its dense layers in 8 bits; the rest as it was."""

    def __init__(self, graph: Graph, tensors: Tensors, largest: Mapping[str, Sequence[float]]) -> None:
        """Bind.

        Args:
            largest: absolute values, by what ``Watched`` calls them: of a whole tensor, or of each channel.
        """
        super().__init__(graph, tensors)
        self._largest = largest

    def _dense(self, x: str) -> str:
        held = self._begin(x)
        for layers, dilation, transit in blocks():
            for layer in layers:
                held = self._layer(held, layer, dilation)
            held = self._halved(held, transit)
        return self._ended(held)

    def _begin(self, x: str) -> _Bytes:
        """Bytes of what the first part gives, which is nowhere negative, and what masks need in this layout."""
        add, segments = self._graph.add, self._segments
        frames = add("ReduceSum", segments.spread, self._graph.integers(1), keepdims=1)
        means = add("Div", segments.spread, frames)
        self._context = add("MatMul", add("Transpose", segments.context, perm=[1, 0]), means)
        self._spread = add("Transpose", segments.spread, perm=[1, 0])
        unit = self._most("xvector.tdnn") / _BYTE
        scaled = add("Mul", add("Transpose", x, perm=_LAST), self._graph.constant(1 / unit))
        return _Bytes(self._bytes(scaled, 1, 0), unit, np.zeros_like(unit))

    def _layer(self, x: _Bytes, name: str, dilation: int) -> _Bytes:
        """``x`` and 32 channels more, as ``_dense_layer``."""
        normal, step = self._normal(x, f"{name}.nonlinear1.batchnorm")
        inner_step = self._step(f"{name}.linear1")
        kernel, bias = self._folded(f"{name}.linear1", f"{name}.nonlinear2.batchnorm")
        inner = self._rounded(normal, kernel, bias, step, into=(inner_step, 0))
        local, given = self._most(f"{name}.cam_layer.linear_local"), self._most(f"{name}.cam_layer")
        kernel, bias = self._folded(f"{name}.cam_layer.linear_local", None)
        signed = 1 / _SIGNED, _MIDDLE
        moved = self._rounded(
            inner, kernel / local[:, None, None], bias / local, inner_step, into=signed, dilation=dilation
        )
        mask = self._mask(self._floats(inner, inner_step, 0), f"{name}.cam_layer")
        masked = self._graph.add("Mul", self._floats(moved, *signed), mask)
        more = self._bytes(self._graph.add("Mul", masked, self._graph.constant(local / given)), *signed)
        joined = self._graph.add("Concat", x.name, more, axis=-1)
        return _Bytes(joined, np.r_[x.unit, given / _SIGNED], np.r_[x.zero, np.full_like(given, _MIDDLE)])

    def _mask(self, x: str, name: str) -> str:
        context = self._graph.add("MatMul", self._context, x)
        hidden = self._relu(self._linear(context, f"{name}.linear1"))
        return self._graph.add(
            "MatMul", self._spread, self._graph.add("Sigmoid", self._linear(hidden, f"{name}.linear2"))
        )

    def _linear(self, x: str, name: str) -> str:
        """A layer in float, over the last axis."""
        kernel, bias = self._folded(name, None)
        product = self._graph.add("MatMul", x, self._graph.constant(kernel[:, :, 0].T))
        return self._graph.add("Add", product, self._graph.constant(bias))

    def _halved(self, x: _Bytes, name: str) -> _Bytes:
        """Half as many channels, as ``_transit``."""
        normal, step = self._normal(x, f"{name}.nonlinear.batchnorm")
        most = self._most(f"{name}.linear")
        kernel, bias = self._folded(f"{name}.linear", None)
        given = self._rounded(normal, kernel / most[:, None, None], bias / most, step, into=(1 / _SIGNED, _MIDDLE))
        return _Bytes(given, most / _SIGNED, np.full_like(most, _MIDDLE))

    def _normal(self, x: _Bytes, name: str) -> tuple[str, float]:
        """Bytes of a normalisation that is rectified, and for how much one of them stands."""
        scale, shift = self._affine(name)
        step = self._step(name)
        kernel, bias = (scale * x.unit)[:, None, None], shift - scale * x.unit * x.zero
        return self._rounded(x.name, kernel, bias, 1, into=(step, 0)), step

    def _ended(self, x: _Bytes) -> str:
        """In float, in the layout of the rest."""
        units = self._graph.add("Mul", self._floats(x.name, 1, _MIDDLE), self._graph.constant(x.unit))
        return self._graph.add("Transpose", units, perm=_FIRST)

    def _rounded(
        self, x: str, kernel: Numbers, bias: Numbers, step: float, *, into: tuple[float, int], dilation: int = 1
    ) -> str:
        """A convolution over time of bytes that each stand for ``step``, in weights of 8 bits.

        What cannot be negative is rectified, as 0 is the least byte.

        Args:
            kernel: [outputs, inputs, frames]; one input, each channel by itself.
            into: for how much a byte of the result stands, and which byte stands for 0.
        """
        scale = np.maximum(np.abs(kernel).max(axis=(1, 2)), _TINY) / _SIGNED
        weights = np.rint(kernel / scale[:, None, None])[:, :, None, :]
        width = kernel.shape[2]
        return self._graph.add(
            "QLinearConv",
            x,
            *self._unit(step, 0),
            self._graph.constant(weights, np.int8),
            self._graph.constant(scale),
            self._graph.constant(np.zeros_like(scale), np.int8),
            *self._unit(*into),
            self._graph.constant(np.rint(bias / (scale * step)), np.int32),
            domain="com.microsoft",
            channels_last=1,
            group=len(kernel) if kernel.shape[1] == 1 else 1,
            kernel_shape=[1, width],
            pads=[0, dilation * (width // 2)] * 2,
            dilations=[1, dilation],
        )

    def _bytes(self, x: str, step: float, zero: int) -> str:
        return self._graph.add("QuantizeLinear", x, *self._unit(step, zero))

    def _floats(self, x: str, step: float, zero: int) -> str:
        return self._graph.add("DequantizeLinear", x, *self._unit(step, zero))

    def _unit(self, step: float, zero: int) -> tuple[str, str]:
        return self._graph.constant(step), self._graph.constant(zero, np.uint8)

    def _step(self, name: str) -> float:
        """For how much a byte stands where nothing is negative."""
        return float(self._most(name)[0]) / _BYTE

    def _most(self, name: str) -> Numbers:
        return np.maximum(self._largest[name], _LEAST)


class Watched(Network):
    """The network in float, which remembers where values are that ``Rounded`` keeps in 8 bits."""

    def __init__(self, graph: Graph, tensors: Tensors, watched: dict[str, str]) -> None:
        """Bind.

        Args:
            watched: is filled with names in the graph, by those of layers in the checkpoint.
        """
        super().__init__(graph, tensors)
        self._watched = watched

    def _time_delay(self, x: str) -> str:
        return self._remembered(super()._time_delay(x), "xvector.tdnn")

    def _gated(self, x: str, inner: str, name: str) -> str:
        return self._remembered(super()._gated(x, inner, name), name)

    def _conv(self, x: str, name: str, *more: Any, **layout: Any) -> str:  # noqa: ANN401
        return self._remembered(super()._conv(x, name, *more, **layout), name)

    def _normalise(self, x: str, name: str) -> str:
        return self._remembered(super()._normalise(x, name), name)

    def _remembered(self, x: str, name: str) -> str:
        if _KEPT.fullmatch(name):
            self._watched[name] = x
        return x
