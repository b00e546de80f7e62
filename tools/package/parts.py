"""What of others is deployed, and under which licence: the models, and the libraries that requirements.txt installs."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, PackagePath, distribution
from pathlib import Path
from typing import Final

from cyclonedx.spdx import is_expression
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from shared.listening.bundle import Bundle
from shared.settings import MODELS, ROOT

LOCK: Final = ROOT / "requirements.txt"
LICENCE: Final = "LICENSE"
TEXTS: Final = Path(__file__).parent / "texts"
"""Licences of libraries that come without the text of theirs, by name."""

_SPDX: Final = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "BSD 3-Clause License": "BSD-3-Clause",
    "MIT License": "MIT",
}
"""What some libraries write for an SPDX expression."""
_READ: Final = {"azure-functions-runtime": "MIT", "isodate": "BSD-3-Clause", "tiktoken": "MIT"}
"""Licences of those that say it in no field of their metadata, or with the whole text in it."""
_PINNED: Final = re.compile(r"^([\w.-]+)==\S+", re.MULTILINE)
_TEXT: Final = re.compile(r"(licen[cs]e|copying|notice|authors)[^/]*$", re.IGNORECASE)
_CODE: Final = (".py", ".pyc")


class UnknownLicence(ValueError):
    """A library that does not say under which licence it stands, or brings no text of it."""


@dataclass(frozen=True)
class Library:
    """A distribution that is installed.

    Attributes:
        name: canonical.
        version: installed, which is the locked one.
        licence: SPDX expression.
        texts: of its licences and notices.
        needs: names of the libraries that it needs in turn.
    """

    name: str
    version: str
    licence: str
    texts: tuple[str, ...]
    needs: frozenset[str]


@dataclass(frozen=True)
class Vendored:
    """A package of npm of which a file is carried along.

    Attributes:
        licence: SPDX expression.
        texts: of its licences.
        file: what is carried of it.
    """

    name: str
    version: str
    licence: str
    texts: tuple[str, ...]
    file: Path


def libraries() -> list[Library]:
    """Those that requirements.txt names, by name.

    Raises:
        UnknownLicence: one has to be looked up by people; says which.
    """
    return [_library(name) for name in sorted(map(canonicalize_name, _PINNED.findall(LOCK.read_text())))]


def models() -> list[Bundle]:
    """Those under ``models/`` that are deployed, by folder."""
    return Bundle.deployed(MODELS)


def vendored() -> Vendored:
    """What the console carries: htm with Preact in it, at the version that package-lock.json holds."""
    locked = json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"]["node_modules/htm"]
    folder = ROOT / "functions" / "console" / "vendor"
    texts = (file.read_text("utf-8").strip("\n") for file in sorted(folder.glob("LICENSE-*.txt")))
    return Vendored("htm", locked["version"], "Apache-2.0 AND MIT", tuple(texts), folder / "preact.js")


def licence_text(model: Bundle) -> str:
    """The licence that lies beside a model.

    Raises:
        UnknownLicence: there is none.
    """
    file = model.folder / LICENCE
    if not file.is_file():
        raise UnknownLicence(f"{file} is missing: put the licence of {model.name} there")
    return file.read_text("utf-8")


def _library(name: str) -> Library:
    try:
        found = distribution(name)
    except PackageNotFoundError:
        raise UnknownLicence(f"{name} is locked and not installed; `make setup` installs it") from None
    licence = _licence(name, found)
    return Library(name, found.version, licence, tuple(_texts(name, licence, found)), frozenset(_needs(found)))


def _licence(name: str, found: Distribution) -> str:
    declared = found.metadata.get("License-Expression") or found.metadata.get("License") or ""
    licence = _READ.get(name) or _SPDX.get(declared, declared)
    if not (licence and is_expression(licence)):
        raise UnknownLicence(f"{name} names no licence that SPDX knows; read it and add it to {Path(__file__).name}")
    return licence


def _texts(name: str, licence: str, found: Distribution) -> Iterator[str]:
    """Its own, or those that we keep for it, or ours where that is the same."""
    own = [file.read_text("utf-8") for file in found.files or () if _is_text(file)]
    kept = [file.read_text("utf-8") for file in (TEXTS / f"{name}.txt",) if file.is_file()]
    ours = [(ROOT / LICENCE).read_text("utf-8")] if licence == "Apache-2.0" else []
    texts = own or kept or ours
    if not texts:
        raise UnknownLicence(f"{name} comes without its licence; put the text into {TEXTS / name}.txt")
    yield from dict.fromkeys(text.strip("\n") for text in texts)


def _is_text(file: PackagePath) -> bool:
    return file.suffix not in _CODE and bool(_TEXT.search(file.as_posix()))


def _needs(found: Distribution) -> Iterator[str]:
    for requirement in map(Requirement, found.requires or ()):
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield canonicalize_name(requirement.name)
