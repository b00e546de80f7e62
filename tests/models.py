"""The repository's models, and one more for tests: the same embedder with its output turned in space.

Cosines, and with them all scores, are the same within one model, and mean nothing between the two.
"""

import json
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from shared.listening.bundle import MANIFEST, MODEL, Bundle, sha256
from shared.listening.listener import Listener
from shared.settings import MODELS, ROOT

CAMPPLUS: Final = "campplus"
TURNED: Final = "turned"
TURNED_VERSION: Final = "2027-01-15"


@cache
def listener(current: str = CAMPPLUS, models: Path = MODELS) -> Listener:
    """A listener with every model of a folder, of which ``current`` makes new signatures."""
    return Listener(
        Bundle.load(models / current),
        Bundle.installed(models),
        Bundle.load(MODELS / "silero-vad"),
    )


def with_turned(models: Path) -> Path:
    """Fill a folder with links to the repository's models, and with one that is turned."""
    for bundle in MODELS.iterdir():
        (models / bundle.name).symlink_to(bundle)
    turned = models / TURNED
    turned.mkdir()
    manifest = json.loads((MODELS / CAMPPLUS / MANIFEST).read_text())
    straight = np.array(manifest["golden"]["output"])
    rotation = _rotation(len(straight))
    onnx.save(_turned(onnx.load(MODELS / CAMPPLUS / MODEL), rotation), turned / MODEL)
    golden = {**manifest["golden"], "output": (straight @ rotation).tolist()}
    changes = {"version": TURNED_VERSION, "files": {MODEL: sha256(turned / MODEL)}, "golden": golden}
    (turned / MANIFEST).write_text(json.dumps({**manifest, **changes}))
    return models


def _turned(model: onnx.ModelProto, rotation: NDArray[np.float32]) -> onnx.ModelProto:
    graph = model.graph
    straight = graph.output[0].name
    graph.initializer.append(numpy_helper.from_array(rotation, "rotation"))
    graph.node.append(helper.make_node("MatMul", [straight, "rotation"], ["turned"]))
    del graph.output[0]
    graph.output.append(helper.make_tensor_value_info("turned", TensorProto.FLOAT, [None, len(rotation)]))
    return model


def _rotation(dimension: int) -> NDArray[np.float32]:
    matrix = np.random.default_rng(1).normal(size=(dimension, dimension))
    return np.asarray(np.linalg.qr(matrix).Q, np.float32)


def app_with(models: Path, root: Path) -> Path:
    """Fill a folder with links to the app, so that it runs on these models."""
    for name in ("function_app.py", "host.json", "functions", "shared", "devhost", "tools"):
        (root / name).symlink_to(ROOT / name)
    (root / "models").symlink_to(models)
    return root
