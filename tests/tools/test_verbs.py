"""One entry to the tools: what it lists, what it imports, and that the Makefile is a thin layer over it."""

import re
import subprocess
import sys

import pytest

from shared.settings import ROOT
from tools.verbs import VERBS, Verb, main

HEAVY = "{'numpy', 'onnxruntime', 'azure', 'matplotlib', 'requests', 'shared', 'functions', 'devhost'}"
MAKEFILE = (ROOT / "Makefile").read_text()


def test_the_overview_lists_every_verb_in_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert _status("--help") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[-len(VERBS) :]] == [[verb.name, *verb.summary.split()] for verb in VERBS]


def test_the_overview_imports_nothing_of_the_project_and_nothing_heavy() -> None:
    code = (
        "import sys; from contextlib import suppress; from tools.verbs import main\n"
        f"with suppress(SystemExit): main(['--help'])\nsys.exit(bool({HEAVY} & {{*sys.modules}}))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True).returncode == 0


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_every_verb_explains_itself(verb: Verb, capsys: pytest.CaptureFixture[str]) -> None:
    assert _status(verb.name, "--help") == 0
    said = capsys.readouterr().out
    assert said.startswith(f"usage: python -m tools {verb.name} ")
    assert str(verb.command().__doc__).splitlines()[0] in said


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["forget"], ["package", "more"]])
def test_a_wrong_command_line_is_refused_with_its_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert _status(*arguments) == 2
    assert capsys.readouterr().err.startswith("usage: python -m tools")


def test_the_entry_ends_with_the_status_of_its_verb() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools", "demo", "absent"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "demo: absent is not a folder\n")


def test_make_calls_verbs_that_there_are_and_no_module_of_the_tools() -> None:
    assert set(re.findall(r"\$\(TOOLS\) (\w+)", MAKEFILE)) <= {verb.name for verb in VERBS}
    assert MAKEFILE.count("-m tools") == 1


def test_make_help_prints_every_target_with_what_it_does() -> None:
    command = ["make", "--no-print-directory", "help"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    listed = dict(line.split(maxsplit=1) for line in said.splitlines())
    targets = set(re.findall(r"^([\w-]+):(?!=)", MAKEFILE, re.MULTILINE))
    assert set(listed) == targets
    assert {"demo", "test", "help"} <= targets


def _status(*arguments: str) -> object:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return ended.value.code
