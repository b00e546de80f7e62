"""The real Bicep compiler, and what it makes of the template."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from shared.settings import ROOT

FOLDER: Final = ROOT / "infra"
TEMPLATE: Final = FOLDER / "main.bicep"
SETS: Final = FOLDER / "snapshots"
SUBSCRIPTION: Final = "11111111-1111-1111-1111-111111111111"
TENANT: Final = "22222222-2222-2222-2222-222222222222"
SCOPE: Final = ("--subscription-id", SUBSCRIPTION, "--tenant-id", TENANT, "--location", "westeurope")


@cache
def compiler() -> Path | None:
    """Where the compiler is: on PATH, where ``az bicep install`` puts it, or beside the repository."""
    azure = Path(os.environ.get("AZURE_CONFIG_DIR") or Path.home() / ".azure")
    known = [Path(shutil.which("bicep") or ""), azure / "bin" / "bicep", ROOT.parent / "shared/tools/bicep/bicep"]
    return next((path for path in known if path.is_file()), None)


def needs_compiler[Test: Callable[..., object]](test: Test) -> Test:
    """Skip a test, by name, where there is no compiler; `make quick` leaves it out."""
    missing = pytest.mark.skipif(compiler() is None, reason="there is no Bicep compiler: az bicep install")
    marked: Test = pytest.mark.slow(missing(test))
    return marked


def bicep(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the compiler; what it has to say is on its standard error."""
    command = [str(compiler()), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@cache
def compiled(file: Path = TEMPLATE) -> Mapping[str, Any]:
    """The ARM template that a file becomes."""
    document: dict[str, Any] = json.loads(bicep("build", file, "--stdout").stdout)
    return document


def snapshot(file: Path, group: str = "rg") -> str:
    """What a deployment with a file of parameters would send, as JSON; written beside the file on the way.

    Raises:
        ValueError: the template refuses the parameters; it says why.
    """
    done = bicep("snapshot", file, "--mode", "overwrite", *SCOPE, "--resource-group", group)
    if done.returncode:
        raise ValueError(done.stderr)
    written = file.with_suffix(".snapshot.json")
    content = json.loads(written.read_text())
    content["outputs"] = dict(sorted(content["outputs"].items()))  # the compiler writes them in any order
    written.write_text(json.dumps(content, indent=2) + "\n")
    return written.read_text()
