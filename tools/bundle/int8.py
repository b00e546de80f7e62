"""CAM++ in 8 bits, with a scale for each output of a kernel: half the processor time.

The first part, over frequency and time, is rounded by onnxruntime's quantizer (static QDQ), but for its first
convolution and that which joins all frequencies, which lose most; the dense layers are written in 8 bits
(``tools.bundle.rounded``), but for their masks, which are too small to gain.

How large activations become is measured once (``python -m tools ranges``) and committed: the same ranges give the same
file on every machine.
"""

import argparse
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import onnx
import soundfile
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper
from tqdm import tqdm

from shared.errors import SpeakerError
from shared.listening.bundle import Bundle
from shared.listening.containers import SAMPLE_RATE
from shared.listening.runtime import runtime
from shared.settings import MODELS, ROOT
from tools.bundle import campplus
from tools.bundle.checkpoint import Tensors, read_checkpoint
from tools.bundle.rounded import Rounded, Watched
from tools.bundle.sources import fetch

PROBLEMS: Final = (SpeakerError, OSError)
FILE: Final = MODELS / "campplus-int8" / "ranges.json"
FOLDER: Final = ROOT.parent / "shared" / "speech"
SECONDS: Final = 6
SHARE: Final = 99.99
"""Of an activation's values in one recording, in percent, that its range holds: single peaks would coarsen all."""

_FIRST: Final = (32, 1, 3, 3)
_JOINS: Final = (128, 32, 10, 5)
"""Kernels of the first convolution and of that which joins all frequencies: the quantizer rounds those between."""
_RECTIFIED: Final = ".linear1"
_WHOLE: Final = (_RECTIFIED, ".batchnorm")
"""Layers whose channels all share a range; of the first kind, the largest values of ``SHARE`` are held."""


@dataclass(frozen=True)
class Ranges:
    """Where activations lie.

    Attributes:
        tensors: least and largest value in the first part, by name in the graph.
        largest: absolute values in the dense layers, by name of the layer: of all, or of each channel.
    """

    tensors: Mapping[str, tuple[float, float]]
    largest: Mapping[str, list[float]]

    @classmethod
    def read(cls) -> Self:
        """Those that are committed."""
        return cls(**json.loads(FILE.read_text("utf-8")))

    def write(self) -> None:
        """Commit them."""
        parts = [
            f'"{part}": {{\n' + ",\n".join(f"{json.dumps(name)}: {json.dumps(of)}" for name, of in each.items()) + "\n}"
            for part, each in asdict(self).items()
        ]
        FILE.write_text("{" + ",\n".join(parts) + "}\n", "utf-8")


def tensors(members: Mapping[str, bytes]) -> Tensors:
    """The weights, from their source's files by path."""
    [checkpoint] = members.values()
    return read_checkpoint(checkpoint)


def in_eight_bits(weights: Tensors, ranges: Ranges) -> bytes:
    """The model ``waveform`` -> ``embedding`` of ``tools.bundle.campplus``, in 8 bits."""
    model = _named(campplus.waveform_model(weights, partial(Rounded, largest=ranges.largest), compact=False))
    library = f"{runtime().__name__}.quantization"
    names = ("quant_utils", "calibrate", "qdq_quantizer")
    types, ranged, quantizers = (import_module(f"{library}.{name}") for name in names)
    data = {
        name: ranged.TensorData(lowest=np.float32(low), highest=np.float32(high))
        for name, (low, high) in ranges.tensors.items()
    }
    quantizer = quantizers.QDQQuantizer(
        model,
        per_channel=True,
        reduce_range=False,
        weight_qType=types.QuantType.QInt8,
        activation_qType=types.QuantType.QUInt8,
        tensors_range=ranged.TensorsData(ranged.CalibrationMethod.MinMax, data),
        nodes_to_quantize=[node.name for node in _rounded(model)],
        nodes_to_exclude=[],
        op_types_to_quantize=["Conv", "Relu"],
        extra_options={},
    )
    quantizer.quantize_model()
    rounded: bytes = quantizer.model.model.SerializeToString(deterministic=True)
    return rounded


def _named(content: bytes) -> ModelProto:
    """The model, its nodes called as what they give: the quantizer knows them by name."""
    model = onnx.load_from_string(content)
    for node in model.graph.node:
        node.name = node.output[0]
    return model


def _rounded(model: ModelProto) -> list[NodeProto]:
    """Convolutions that the quantizer rounds, and what rectifies their results."""
    kernels = {constant.name: tuple(constant.dims) for constant in model.graph.initializer}
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
    shapes = [kernels[node.input[1]] for node in convolutions]
    chosen = convolutions[shapes.index(_FIRST) + 1 : shapes.index(_JOINS)]
    given = {node.output[0] for node in chosen}
    return chosen + [node for node in model.graph.node if node.op_type == "Relu" and node.input[0] in given]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """From which recordings."""
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER, help="recordings at 16 kHz, in sub-folders")


def run(options: argparse.Namespace) -> None:
    """Measure the ranges of activations and write them; the bundle's manifest then wants the hash of a new model."""
    recordings = [soundfile.read(file, SECONDS * SAMPLE_RATE, dtype="float32")[0] for file in _chosen(options.folder)]
    weights = tensors(fetch(Bundle.load(FILE.parent).sources))
    measured(weights, tqdm(recordings, desc="measuring ranges", disable=None)).write()
    print(f"written: {FILE.relative_to(ROOT)}, from {len(recordings)} recordings")


def _chosen(folder: Path) -> list[Path]:
    """The first recording of every speaker."""
    speakers: dict[Path, Path] = {}
    for file in sorted(folder.rglob("*.flac")):
        speakers.setdefault(file.parent, file)
    return list(speakers.values())


def measured(weights: Tensors, recordings: Iterable[NDArray[np.float32]]) -> Ranges:
    """Where the activations lie that are rounded, over recordings ([n] each)."""
    watched: dict[str, str] = {}
    model = _named(campplus.waveform_model(weights, partial(Watched, watched=watched), compact=False))
    names = sorted({name for node in _rounded(model) for name in (node.input[0], node.output[0])})
    wanted = [*names, *watched.values()]
    session = _session(model, wanted)
    bounds, largest = zip(
        *(_found(session.run(wanted, {"waveform": samples[np.newaxis]}), list(watched)) for samples in recordings),
        strict=True,
    )
    lows, highs = np.min(bounds, axis=0)[0], np.max(bounds, axis=0)[1]
    return Ranges(
        {name: (_short(low), _short(high)) for name, low, high in zip(names, lows, highs, strict=True)},
        {name: [*map(_short, np.max([each[name] for each in largest], axis=0))] for name in watched},
    )


def _session(model: ModelProto, wanted: Iterable[str]) -> Any:  # noqa: ANN401 (onnxruntime is untyped)
    """One that gives values inside the graph as well."""
    model.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in wanted)
    library: Any = runtime()
    options = library.SessionOptions()
    options.graph_optimization_level = library.GraphOptimizationLevel.ORT_DISABLE_ALL
    return library.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def _found(
    values: list[NDArray[np.float32]], layers: list[str]
) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]]]:
    """Of one recording: [2, tensors] where ``SHARE`` of those of the first part lie, and the largest of each layer."""
    before = len(values) - len(layers)
    bounds = np.array([np.percentile(value, (100 - SHARE, SHARE)) for value in values[:before]]).T
    return bounds, {name: _largest(name, value) for name, value in zip(layers, values[before:], strict=True)}


def _largest(name: str, value: NDArray[np.float32]) -> NDArray[np.float64]:
    """Largest absolute value in a layer ([1, channels, 1, frames]): [1], or one for each channel."""
    if name.endswith(_RECTIFIED):
        return np.array([np.percentile(value, SHARE)])
    return np.abs(value).max(axis=None if name.endswith(_WHOLE) else (0, 2, 3)).reshape(-1)


def _short(value: float) -> float:
    return round(float(value), 4)
