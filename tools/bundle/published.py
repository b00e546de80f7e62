"""CAM++ in the operators of its makers' export: what others run, and what our graph has to agree with.

Convolutions over time have one dimension, and a mask is computed for every frame, though a segment shares it.
"""

from typing import ClassVar

from tools.bundle.campplus import SEGMENT, Network


class Published(Network):
    """The same layers with the same weights, as PyTorch would write them."""

    _axes: ClassVar[tuple[int, ...]] = (2,)

    def _look_at_length(self, x: str) -> None:
        """Nothing: each mask looks for itself."""

    def _time_delay(self, x: str) -> str:
        joined = self._graph.add("Reshape", x, self._graph.integers(0, 320, -1))
        name, normalisation = "xvector.tdnn.linear", "xvector.tdnn.nonlinear.batchnorm"
        return self._relu(self._conv(joined, name, normalisation, pads=(0, 2), strides=(1, 2)))

    def _in_blocks(self, x: str) -> str:
        return x

    def _mask(self, x: str, name: str) -> str:
        context = self._graph.add("Add", self._graph.add("ReduceMean", x, axes=[-1]), self._means_of_segments(x))
        hidden = self._relu(self._conv(context, f"{name}.linear1"))
        return self._graph.add("Sigmoid", self._conv(hidden, f"{name}.linear2"))

    def _means_of_segments(self, x: str) -> str:
        """Each repeated for every frame of its segment."""
        size, last = [SEGMENT], self._graph.integers(-1)
        means = self._graph.add("AveragePool", x, kernel_shape=size, strides=size, ceil_mode=1)
        repeated = self._graph.add(
            "Expand", self._graph.add("Unsqueeze", means, last), self._graph.integers(1, 1, 1, SEGMENT)
        )
        in_a_row = self._graph.add("Reshape", repeated, self._graph.integers(0, 0, -1))
        return self._graph.add("Slice", in_a_row, self._graph.integers(0), self._frames(x), last)
