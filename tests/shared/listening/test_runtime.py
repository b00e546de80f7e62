"""onnxruntime tells nobody anything, whoever loads it and whatever the environment says."""

import os
import re
import subprocess
import sys
from pathlib import Path

from shared.settings import MODELS, ROOT

LOADS = f"""
from pathlib import Path
from shared.listening.bundle import Bundle
from shared.listening.model import Model
Model(Bundle.load(Path({str(MODELS / "silero-vad")!r})))
"""
IMPORT = re.compile(r"^\s*(import|from) onnxruntime\b", re.MULTILINE)


def test_a_model_is_loaded_without_leaving_a_file(tmp_path: Path) -> None:
    talkative = dict.fromkeys(("CI", "ORT_RUNNING_UNIT_TESTS"), "") | {"ORT_DISABLE_TELEMETRY": "0"}
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / ".cache"), "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", LOADS], cwd=tmp_path, env={**os.environ, **talkative, **home}, check=True)
    assert list(tmp_path.rglob("*")) == []


def test_nobody_goes_another_way_to_the_runtime() -> None:
    tops = ("devhost", "functions", "shared", "tests", "tools")
    files = [ROOT / "function_app.py", *(file for top in tops for file in (ROOT / top).rglob("*.py"))]
    assert [str(file.relative_to(ROOT)) for file in files if IMPORT.search(file.read_text())] == [
        "shared/listening/runtime.py"
    ]
