"""A few of the mutated files; ``python -m tests.fuzz.mutated 20000`` tries as many as one likes."""

import json
import subprocess
import sys
from typing import Final

import pytest

from shared.settings import ROOT
from tests.fuzz.target import EXAMPLES

pytestmark = pytest.mark.slow

MORE_MB: Final = 64


@pytest.fixture(scope="module", autouse=True)
def bounded() -> None:
    """No service runs here: the process that reads says itself what it takes."""


def test_mutated_files_are_audio_or_a_refusal_and_cost_little() -> None:
    pytest.importorskip("av", reason="PyAV is not installed")
    command = [sys.executable, "-m", "tests.fuzz.mutated", str(EXAMPLES or 400)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    assert sum(said["outcomes"].values()) == said["read"]
    assert said["outcomes"]["heard"] > 0
    assert said["more_mb"] <= MORE_MB
