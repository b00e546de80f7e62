"""The examples of the README and of the page of the API, run as a reader would."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from devhost.stack import Host, stack
from shared.settings import ROOT
from tests import voices
from tests.conftest import KEYS


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with the two recordings that the examples use."""
    (tmp_path / "enroll.wav").write_bytes(voices.seconds("anna", 40))
    (tmp_path / "test.wav").write_bytes(voices.speakers()["anna"].test)
    for number in range(1, 5):
        (tmp_path / f"say-{number}.wav").write_bytes(voices.phrase("anna", 3))
    return tmp_path


def _blocks(language: str) -> list[str]:
    text = "".join((ROOT / page).read_text() for page in ("README.md", "docs/api.md"))
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def _example(language: str, service: Host, family: str = "text-independent") -> str:
    example = next(block for block in _blocks(language) if "localhost:7071" in block and f"/{family}" in block)
    return str(example).replace("http://localhost:7071", service.url).replace("any", KEYS[0], 1)


def _run(command: list[str], desk: Path) -> str:
    done = subprocess.run(command, cwd=desk, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_example_in_python_enrolls_and_accepts(service: Host, desk: Path) -> None:
    said = _run([sys.executable, "-c", _example("python", service)], desk)
    assert "Enrolled" in said
    assert "'recognitionResult': 'Accept'" in said


def test_the_example_in_curl_enrolls_and_accepts(service: Host, desk: Path) -> None:
    said = _run(["bash", "-c", _example("bash", service)], desk)
    assert '"enrollmentStatus": "Enrolled"' in said
    assert '"recognitionResult": "Accept"' in said


def test_the_answer_that_the_readme_shows_is_that_of_its_example(desk: Path) -> None:
    """By a service that knows no other voices: scores depend on them."""
    [shown] = map(json.loads, _blocks("json"))
    with stack({"SPEAKER_RECOGNITION_KEYS": KEYS[0]}) as fresh:
        answers = re.findall(r'\{"recognitionResult".*?\}+', _run(["bash", "-c", _example("bash", fresh)], desk))
    [answer] = map(json.loads, answers)
    assert list(answer) == list(shown)
    assert list(answer["details"]) == list(shown["details"])
    assert answer["recognitionResult"] == shown["recognitionResult"]
    assert answer["score"] == pytest.approx(shown["score"], abs=1e-3)
    assert answer["details"]["modelVersion"] == shown["details"]["modelVersion"]


def test_the_example_of_passphrases_enrolls_and_accepts(service: Host, desk: Path) -> None:
    said = _run(["bash", "-c", _example("bash", service, "text-dependent")], desk)
    assert said.count('"passPhrase": "my voice is my passport verify me"') == 1 + 3
    assert '"enrollmentStatus": "Enrolled"' in said
    assert '"recognitionResult": "Accept"' in said
