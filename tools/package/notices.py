"""Write the licence notices and the bill of materials that are deployed with the app."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from shared.errors import BundleError
from shared.listening.bundle import Bundle
from shared.settings import ROOT
from tools.package.parts import Library, UnknownLicence, Vendored, libraries, licence_text, models, vendored
from tools.package.sbom import sbom

PROBLEMS: Final = (BundleError, UnknownLicence)
NOTICES: Final = ROOT / "THIRD_PARTY_NOTICES.txt"
SBOM: Final = ROOT / "sbom.cdx.json"

_RULE: Final = "=" * 80


def add_arguments(_: argparse.ArgumentParser) -> None:
    """There are none."""


def run(_: argparse.Namespace) -> None:
    """Write both, and say where."""
    write_notices()
    print(f"written: {NOTICES.relative_to(ROOT)}, {SBOM.relative_to(ROOT)}")


def write_notices() -> None:
    """Bring both files up to date; one that is so already is left alone.

    Raises:
        UnknownLicence: the licence of a library has to be looked up by people; says which.
    """
    installed, carried, page = libraries(), models(), vendored()
    _write(NOTICES, "\n".join(notices(installed, carried, page)) + "\n")
    _write(SBOM, sbom(installed, carried, page))


def notices(installed: Sequence[Library], carried: Sequence[Bundle], page: Vendored) -> Iterator[str]:
    """Lines: who is under which licence, then every text once, below the names of those that it belongs to."""
    yield "Models in this package:\n"
    yield from (f"  {model.name} {model.version}: {model.licence}" for model in carried)
    yield "\nLibraries that requirements.txt installs:\n"
    yield from (f"  {library.name} {library.version}: {library.licence}" for library in installed)
    yield "\nIn the console, functions/console/vendor:\n"
    yield f"  {page.name} {page.version}, with Preact: {page.licence}"
    for text, names in _by_text(installed, carried, page).items():
        yield f"\n{_RULE}\n{', '.join(names)}\n{_RULE}\n\n{text}"


def _by_text(installed: Sequence[Library], carried: Sequence[Bundle], page: Vendored) -> dict[str, list[str]]:
    owners: dict[str, list[str]] = {}
    for model in carried:
        owners.setdefault(licence_text(model).strip("\n"), []).append(model.name)
    parts: list[Library | Vendored] = [*installed, page]
    for part in parts:
        for text in part.texts:
            owners.setdefault(text, []).append(part.name)
    return owners


def _write(file: Path, text: str) -> None:
    if not file.is_file() or file.read_text("utf-8") != text:
        file.write_text(text, "utf-8")
