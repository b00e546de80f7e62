"""Compile the app's modules, which are deployed with their bytecode.

Where they lie in Azure nothing can be written, so that every start would compile them all again. Bytecode is told to
belong to its source by a hash and not by a time, which no zip keeps; a source that was edited is compiled as if there
were none (https://peps.python.org/pep-0552/).
"""

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Final

from shared.settings import ROOT
from tools.package.contents import contents

PROBLEMS: Final = (OSError, subprocess.CalledProcessError)

_CACHE: Final = "__pycache__"
_COMPILE: Final = ("-I", "-m", "compileall", "-q", "-f", "--invalidation-mode", "checked-hash", "-i", "-")
"""Apart from this process and its environment: what is loaded already would change the bytes."""


def add_arguments(_: argparse.ArgumentParser) -> None:
    """There are none."""


def run(_: argparse.Namespace) -> None:
    """Compile, and say how many modules there are."""
    print(f"compiled: {compile_modules()} modules")


def compile_modules(root: Path = ROOT) -> int:
    """Leave bytecode of every module that is deployed, and none besides, in the folders where Python looks for it.

    Returns:
        How many modules there are.

    Raises:
        CalledProcessError: one of them is not Python.
    """
    files = list(contents(root))
    for old in files:
        if old.parent.name == _CACHE:
            old.unlink()
    sources = [file for file in files if file.suffix == ".py"]
    subprocess.run([sys.executable, *_COMPILE, "-s", root], input="\n".join(map(str, sources)), text=True, check=True)
    return len(sources)
