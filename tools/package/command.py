"""Make the app as it is deployed, in one zip.

It holds what azd and Core Tools upload, so that all three deploy the same. The same files make the same zip, byte for
byte.
"""

import argparse
import sys
import zipfile
from pathlib import Path
from typing import Final

from functions.contract.version import VERSION
from shared.errors import BundleError
from shared.settings import ROOT
from tools.package.bytecode import compile_modules
from tools.package.contents import contents
from tools.package.notices import write_notices
from tools.package.parts import UnknownLicence, models

PROBLEMS: Final = (BundleError, UnknownLicence)
PACKAGE: Final = ROOT / "out" / "package.zip"
MAX_BYTES: Final = 150_000_000

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


def make_package(target: Path = PACKAGE) -> Path:
    """Write the zip.

    Raises:
        BundleError: a model is not built.
        UnknownLicence: the licence of a library has to be looked up by people.
    """
    for model in models():
        model.check_files()
    write_notices()
    compile_modules()
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w") as package:
        for file in contents():
            entry = zipfile.ZipInfo(file.relative_to(ROOT).as_posix(), _EPOCH)
            entry.external_attr = 0o100644 << 16
            package.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)
    return target


def add_arguments(_: argparse.ArgumentParser) -> None:
    """There are none."""


def run(_: argparse.Namespace) -> None:
    """Write the zip and say how large it is."""
    package = make_package()
    size = package.stat().st_size
    print(f"{package.relative_to(ROOT)}: version {VERSION}, {size / 1e6:.1f} MB, at most {MAX_BYTES / 1e6:.0f} MB")
    if size > MAX_BYTES:
        sys.exit("package: too large: large packages start slowly")
