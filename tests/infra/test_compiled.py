"""The real compiler has nothing to say of the template, and what it would send is what was last reviewed."""

import shutil
from pathlib import Path
from typing import Final

import pytest

from tests.infra import parameters
from tests.infra.compiler import FOLDER, SETS, bicep, needs_compiler, snapshot

FILES: Final = sorted(FOLDER.rglob("*.bicep"))
PARAMETERS: Final = sorted(SETS.glob("*.bicepparam"))


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template's folder, to be written to."""
    return Path(shutil.copytree(FOLDER, tmp_path_factory.mktemp("infra") / "infra"))


@needs_compiler
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_compiler_says_nothing(file: Path) -> None:
    done = bicep("build", file, "--stdout")
    assert (done.returncode, done.stderr) == (0, "")


@needs_compiler
def test_the_linter_says_nothing() -> None:
    done = bicep("lint", "--pattern", FOLDER / "**" / "*.bicep")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@needs_compiler
def test_the_linter_would_say_something(copied: Path) -> None:
    file = copied / "unused.bicep"
    file.write_text("param unused string\n")
    done = bicep("lint", file)
    assert done.returncode == 1
    assert "Error no-unused-params" in done.stderr


@needs_compiler
def test_every_file_is_formatted(copied: Path) -> None:
    assert bicep("format", "--newline-kind", "LF", "--pattern", copied / "**" / "*.bicep").returncode == 0
    different = [file.name for file in FILES if (copied / file.relative_to(FOLDER)).read_text() != file.read_text()]
    assert different == []


@needs_compiler
@pytest.mark.parametrize("file", PARAMETERS, ids=lambda file: file.stem)
def test_what_would_be_sent_is_what_was_reviewed(file: Path, copied: Path) -> None:
    sent = snapshot(copied / file.relative_to(FOLDER))
    assert sent == file.with_suffix(".snapshot.json").read_text(), "if this is meant: make snapshots, and read the diff"


@needs_compiler
def test_what_azd_and_the_guide_say_of_the_parameters_follows_from_the_template() -> None:
    assert parameters.FILE.read_text() == parameters.parameters_file(), "make snapshots"
    assert parameters.GUIDE.read_text() == parameters.guide(), "make snapshots"
