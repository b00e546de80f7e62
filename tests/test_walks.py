"""The walks of CONTRIBUTING.md, gone in a copy of the code: two files are touched, and everything else follows."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shared.settings import ROOT


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The code and its documents, to be changed."""
    for name in ("functions", "shared", "tools", "docs", "devhost"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "*.ogg"))
    for name in ("function_app.py", "README.md"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def _insert(file: Path, before: str, text: str) -> None:
    """Put text into a file before the one place where something else stands."""
    content = file.read_text()
    assert content.count(before) == 1
    file.write_text(content.replace(before, text + before))


def _run(copy: Path, *arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_error_is_a_class_and_where_it_is_raised(copy: Path) -> None:
    _insert(
        copy / "shared" / "errors.py",
        "class NotEnrolled(",
        'class TooLoud(InvalidRequest):\n    """It is too loud."""\n\n    level: float\n'
        '    says = "Turn it down."\n    adds = "It is at {level:g} dB."\n    where = VERIFY\n\n\n',
    )
    _insert(
        copy / "shared" / "recognition" / "recognizer.py",
        "        profile = read(self.store, family, profile_id)\n        signature",
        "        from shared.errors import TooLoud\n\n        raise TooLoud(99)\n",
    )
    _run(copy, "-m", "tools", "docs")
    assert (
        "| 400 | `InvalidRequest` | Turn it down. It is at *level* dB. | Verify |"
        in (copy / "docs" / "errors.md").read_text()
    )
    answered = _run(
        copy,
        "-c",
        "import azure.functions as func, function_app\n"
        "from functions.fallback import routed\n"
        "from functions.plumbing.guard import App\n"
        "from shared.store.memory import MemoryStore\n"
        "app = App({'SPEAKER_RECOGNITION_KEYS': 'key'}, store=MemoryStore(), listener=object())\n"
        "url = 'http://here/speaker-recognition/verification/text-independent/profiles/' + 8 * '0f1e' + ':verify'\n"
        "request = func.HttpRequest(method='POST', url=url, params={'api-version': '2021-09-05'}, body=b'x',\n"
        "    headers={'ocp-apim-subscription-key': 'key'})\n"
        "answer = routed(app, request)\n"
        "print(answer.status_code, answer.get_body().decode())\n",
    )
    status, _, body = answered.strip().splitlines()[-1].partition(" ")
    assert (status, json.loads(body)) == (
        "400",
        {"error": {"code": "InvalidRequest", "message": "Turn it down. It is at 99 dB."}},
    )


def test_a_setting_is_a_line_of_the_table_and_the_part_that_heeds_it(copy: Path) -> None:
    _insert(
        copy / "shared" / "settings" / "__init__.py",
        "    max_profiles: int = setting(",
        '    greeting: str = setting("SPEAKER_GREETING", "hello", readers.text, "greeting", "what is said first")\n',
    )
    service = copy / "shared" / "service" / "__init__.py"
    part = "    @part\n    def greeting(self) -> str:\n        return self.settings.greeting\n\n"
    _insert(service, "    @part\n    def store(", part)
    _run(copy, "-m", "tools", "docs")
    row = "| `SPEAKER_GREETING` | `hello` | what is said first | `greeting` |"
    assert row in (copy / "docs" / "settings.md").read_text()
    told = (
        "from shared.service import Service; print(Service({}).greeting, Service({'SPEAKER_GREETING': 'hi'}).greeting)"
    )
    assert _run(copy, "-c", told).split() == ["hello", "hi"]
