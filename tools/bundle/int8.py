"""CAM++ with its convolutions in 8 bits (static QDQ, a scale for each output of a kernel): half the processor time.

Four kinds of convolution stay in float: the first one, that which joins all frequencies, the last one, and those of the
masks. The first three lose most when their inputs are rounded; the masks are too small to gain. So do convolutions that
only hold a layout.

The ranges in which activations lie are measured once (``python -m tools ranges``) and committed: the same ranges give
the same file on every machine.
"""

import argparse
import json
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final

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
from tools.bundle.checkpoint import read_checkpoint
from tools.bundle.sources import fetch

PROBLEMS: Final = (SpeakerError, OSError)
FILE: Final = MODELS / "campplus-int8" / "ranges.json"
FOLDER: Final = ROOT.parent / "shared" / "speech"
SECONDS: Final = 6
SHARE: Final = 99.99
"""Of an activation's values in one recording, in percent, that its range holds: single peaks would coarsen all."""

_IN_FLOAT: Final = {
    (4, 1, 5): "front end",
    (520, 1, 100): "front end",
    (32, 1, 3, 3): "first",
    (128, 32, 10, 5): "joins all frequencies",
    (64, 128, 1, 1): "mask",
    (32, 64, 1, 1): "mask",
    (32, 1, 1, 1): "holds a layout",
}
"""Convolutions that are not rounded, by the shape of their kernel; the last one is not either."""

type Range = tuple[float, float]


def whole(members: Mapping[str, bytes]) -> bytes:
    """The model in float, from its source's files by path: what is rounded then."""
    [checkpoint] = members.values()
    return campplus.waveform_model(read_checkpoint(checkpoint), compact=False)


def in_eight_bits(content: bytes, ranges: Mapping[str, Range]) -> bytes:
    """A model of ``tools.bundle.campplus`` in float, with convolutions in 8 bits."""
    library = f"{runtime().__name__}.quantization"
    names = ("quant_utils", "calibrate", "qdq_quantizer")
    types, ranged, quantizers = (import_module(f"{library}.{name}") for name in names)
    data = {
        name: ranged.TensorData(lowest=np.float32(low), highest=np.float32(high))
        for name, (low, high) in ranges.items()
    }
    model = _named(content)
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
    """Convolutions that are computed in 8 bits, and what rectifies their results."""
    kernels = {constant.name: tuple(constant.dims) for constant in model.graph.initializer}
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
    chosen = [node for node in convolutions if kernels[node.input[1]] not in _IN_FLOAT]
    last = max(chosen, key=convolutions.index)
    chosen.remove(last)
    given = {node.output[0] for node in chosen}
    return chosen + [node for node in model.graph.node if node.op_type == "Relu" and node.input[0] in given]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """From which recordings."""
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER, help="recordings at 16 kHz, in sub-folders")


def run(options: argparse.Namespace) -> None:
    """Measure the ranges of activations and write them; the bundle's manifest then wants the hash of a new model."""
    recordings = [soundfile.read(file, SECONDS * SAMPLE_RATE, dtype="float32")[0] for file in _chosen(options.folder)]
    ranges = measured(
        whole(fetch(Bundle.load(FILE.parent).sources)), tqdm(recordings, desc="measuring ranges", disable=None)
    )
    FILE.write_text(json.dumps(ranges, indent=0) + "\n", "utf-8")
    print(f"written: {FILE.relative_to(ROOT)}, from {len(recordings)} recordings")


def _chosen(folder: Path) -> list[Path]:
    """The first recording of every speaker."""
    speakers: dict[Path, Path] = {}
    for file in sorted(folder.rglob("*.flac")):
        speakers.setdefault(file.parent, file)
    return list(speakers.values())


def measured(content: bytes, recordings: Iterable[NDArray[np.float32]]) -> dict[str, Range]:
    """The range of each activation that is rounded, over recordings ([n] each), by name."""
    model = _named(content)
    names = sorted({name for node in _rounded(model) for name in (node.input[0], node.output[0])})
    model.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names)
    library: Any = runtime()
    options = library.SessionOptions()
    options.graph_optimization_level = library.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = library.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    found = [_bounds(session.run(names, {"waveform": samples[np.newaxis]})) for samples in recordings]
    lows, highs = np.min(found, axis=0)[0], np.max(found, axis=0)[1]
    return {
        name: (round(float(low), 4), round(float(high), 4)) for name, low, high in zip(names, lows, highs, strict=True)
    }


def _bounds(values: Iterable[NDArray[np.float32]]) -> NDArray[np.float64]:
    """[2, activations]: where ``SHARE`` of each lies."""
    return np.array([np.percentile(value, (100 - SHARE, SHARE)) for value in values]).T
