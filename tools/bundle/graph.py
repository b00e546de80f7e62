"""A thin layer over ``onnx.helper`` that numbers nodes and constants in order: same calls, same bytes."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray
from onnx import NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

OPSET: Final = 17
IR_VERSION: Final = 8
"""The oldest pair that has all operators used here; any onnxruntime since 1.12 reads it."""

_INT16_MAX: Final = 32_767

type Attribute = int | float | str | Sequence[int]


class Graph:
    """An ONNX graph under construction. Values are known by the names that the methods return.

    Args:
        compact: keep ``weight`` tensors in 16 bits; onnxruntime makes them float32 again when it loads the model.
    """

    def __init__(self, *, compact: bool = False) -> None:
        self._compact = compact
        self._nodes: list[NodeProto] = []
        self._constants: list[TensorProto] = []

    def add(
        self,
        operator: str,
        *inputs: str,
        output: str | None = None,
        also: Sequence[str] = (),
        **attributes: Attribute,
    ) -> str:
        """Append a node, and give its first output; an empty input name leaves an optional input out.

        Args:
            also: names of its further outputs.
        """
        output = output or f"{operator.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, inputs, [output, *also], **attributes))  # type: ignore[arg-type]
        return output

    def constant(self, value: ArrayLike, dtype: DTypeLike = np.float32) -> str:
        """A tensor stored as it is."""
        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(value, dtype, order="C"), name))
        return name

    def integers(self, *values: int) -> str:
        """A vector of int64, as shapes and axes are."""
        return self.constant(values, np.int64)

    def weight(self, value: NDArray[np.float64]) -> str:
        """A large learned tensor [outputs, ...], float32 when the model runs.

        Compact, it is kept as int16 with one scale an output: of the size of float16 and ten times as close.
        """
        if not self._compact:
            return self.constant(value)
        scale = np.abs(value).max(axis=tuple(range(1, value.ndim)), keepdims=True) / _INT16_MAX
        integers = self.constant(np.round(value / scale), np.int16)
        return self.add("Mul", self.add("Cast", integers, to=TensorProto.FLOAT), self.constant(scale))

    def model(
        self, inputs: Sequence[ValueInfoProto], outputs: Sequence[ValueInfoProto], metadata: Mapping[str, str]
    ) -> bytes:
        """The finished model, as the content of a file."""
        graph = helper.make_graph(self._nodes, "graph", inputs, outputs, self._constants)
        domains = {"": OPSET} | {node.domain: 1 for node in self._nodes if node.domain}
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid(domain, version) for domain, version in domains.items()],
            ir_version=IR_VERSION,
            producer_name="tools.bundle",
        )
        helper.set_model_props(model, dict(metadata))
        content: bytes = model.SerializeToString(deterministic=True)
        return content


def floats(name: str, *shape: int | str) -> ValueInfoProto:
    """Declaration of a float32 input or output; a string names a dimension that varies."""
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
