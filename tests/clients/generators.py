"""Others' generators of clients: each makes one of a description, without a warning, and says how a program uses it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from shared.settings import ROOT

FOLDER: Final = ROOT / "tests" / "clients"
PROGRAMS: Final = FOLDER / "generated"
NODE_MODULES: Final = FOLDER / "node_modules"
NEEDS_DOTNET: Final = 10


@dataclass(frozen=True)
class Client:
    """A generated client.

    Attributes:
        operations: names of the operations that it has, as its generator calls them.
        program: command of a program that enrolls and verifies with it.
    """

    operations: list[str]
    program: list[str]


def run(*command: str | Path, cwd: Path) -> str:
    """All that a command prints."""
    quiet = {"DOTNET_NOLOGO": "true", "DOTNET_CLI_TELEMETRY_OPTOUT": "true", "KIOTA_OFFLINE_ENABLED": "true"}
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env={**os.environ, **quiet, "KIOTA_TUTORIAL_ENABLED": "false"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def python_client(document: Path, folder: Path) -> Client:
    """By openapi-python-client."""
    package = folder / "speaker_recognition_client"
    options = {
        "path": document,
        "output-path": package,
        "config": PROGRAMS / "openapi-python-client.yml",
        "meta": "none",
    }
    said = run(
        Path(sys.executable).with_name("openapi-python-client"),
        "generate",
        "--fail-on-warning",
        *(f"--{name}={value}" for name, value in options.items()),
        cwd=folder,
    )
    assert "warning" not in said.lower()
    shutil.copy(PROGRAMS / "recognize.py", folder)
    modules = [file.stem for file in package.glob("api/*/*.py") if file.stem != "__init__"]
    return Client(modules, [sys.executable, str(folder / "recognize.py")])


def typescript_client(document: Path, folder: Path) -> Client:
    """By openapi-typescript, for openapi-fetch."""
    if not (NODE_MODULES / "openapi-typescript").is_dir():
        pytest.skip("openapi-typescript is not installed: npm ci --prefix tests/clients")
    (folder / "node_modules").symlink_to(NODE_MODULES)
    for name in ("generate.mjs", "recognize.ts", "tsconfig.json"):
        shutil.copy(PROGRAMS / name, folder)
    (folder / "package.json").write_text('{"type": "module"}')
    assert run("node", "generate.mjs", document, "types.d.ts", cwd=folder) == ""
    assert run("node", NODE_MODULES / "typescript" / "bin" / "tsc", cwd=folder) == ""
    _, operations = (folder / "types.d.ts").read_text().split("export interface operations {")
    return Client(re.findall(r'^    "([\w-]+)": \{$', operations, re.MULTILINE), ["node", str(folder / "recognize.js")])


def nswag_client(document: Path, folder: Path, json_library: str) -> Client:
    """By NSwag."""
    _dotnet_project("nswag", folder)
    options = {
        "input": document,
        "output": "SpeakerClient.cs",
        "namespace": "SpeakerRecognition",
        "className": "SpeakerClient",
        "generateOptionalParameters": "true",
        "jsonLibrary": json_library,
    }
    run("dotnet", "nswag", "openapi2csclient", *(f"/{name}:{value}" for name, value in options.items()), cwd=folder)
    methods = re.findall(
        r"virtual async \S+ (\w+)Async\(.*cancellationToken", (folder / "SpeakerClient.cs").read_text()
    )
    return Client(methods, _built("nswag", folder))


def kiota_client(document: Path, folder: Path) -> Client:
    """By Kiota."""
    _dotnet_project("kiota", folder)
    options = {
        "language": "CSharp",
        "openapi": document,
        "output": "client",
        "namespace-name": "SpeakerRecognition",
        "class-name": "SpeakerClient",
        "log-level": "Warning",
    }
    said = run(
        *("dotnet", "kiota", "generate", "--exclude-backward-compatible"),
        *(f"--{name}={value}" for name, value in options.items()),
        cwd=folder,
    )
    assert "warn" not in said.lower()
    return Client(list(_kiota_methods(folder / "client")), _built("kiota", folder))


def _kiota_methods(client: Path) -> Iterator[str]:
    for file in client.rglob("*RequestBuilder.cs"):
        for method in re.findall(r"public async Task\S* (Get|Post|Delete)Async\(", file.read_text()):
            yield f"{file.relative_to(client)} {method}"


def _dotnet_project(name: str, folder: Path) -> None:
    """A project in the folder, with the generators as its tools."""
    if not shutil.which("dotnet"):
        pytest.skip("dotnet is not there: NSwag and Kiota need the .NET SDK")
    version = run("dotnet", "--version", cwd=folder).strip()
    if int(version.partition(".")[0]) < NEEDS_DOTNET:
        pytest.skip(f"the .NET SDK is {version}: NSwag and Kiota need {NEEDS_DOTNET}")
    shutil.copytree(PROGRAMS / name, folder, dirs_exist_ok=True)
    shutil.copy(PROGRAMS / "dotnet-tools.json", folder)
    run("dotnet", "tool", "restore", cwd=folder)


def _built(name: str, folder: Path) -> list[str]:
    run("dotnet", "build", "--output", "built", cwd=folder)
    return ["dotnet", str(folder / "built" / f"{name}.dll")]


GENERATORS: Final[dict[str, Callable[[Path, Path], Client]]] = {
    "openapi-python-client": python_client,
    "openapi-typescript": typescript_client,
    "nswag-system-text-json": lambda document, folder: nswag_client(document, folder, "SystemTextJson"),
    "nswag-newtonsoft": lambda document, folder: nswag_client(document, folder, "NewtonsoftJson"),
    "kiota": kiota_client,
}
