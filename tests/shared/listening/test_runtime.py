"""onnxruntime tells nobody anything, whoever loads it and whatever the environment says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from shared.settings import MODELS, ROOT

LOADS = f"""
from pathlib import Path
from shared.listening.bundle import Bundle
from shared.listening.model import Model
Model(Bundle.load(Path({str(MODELS / "silero-vad")!r})))
"""
COMPUTES = """
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import numpy as np
from shared.listening.bundle import Bundle
from shared.listening.embedder import Embedder
from shared.listening.quality import SpeechDetector
from shared.listening.runtime import REGION
from shared.listening.segments import Segmenter
from shared.settings import MODELS

def regions():
    for area in re.split(r"^(?=[0-9a-f]+-)", Path("/proc/self/smaps").read_text(), flags=re.MULTILINE)[1:]:
        size, resident = (1024 * int(re.search(name + r":\\s+(\\d+)", area)[1]) for name in ("Size", "Rss"))
        if size >= REGION:
            yield resident

with ThreadPoolExecutor(3) as loading:
    models = loading.map(
        lambda kind, name: kind(Bundle.load(MODELS / name)),
        (Embedder, SpeechDetector, Segmenter), ("campplus", "silero-vad", "pyannote-segmentation"),
    )
    embedder, detector, segmenter = models
clip = np.random.default_rng(1).uniform(-0.1, 0.1, 160_000).astype(np.float32)
for compute in (embedder.embed, detector.speech_probability, segmenter.speaking):
    compute(clip)
    print(*regions())
"""
IMPORT = re.compile(r"^\s*(import|from) onnxruntime\b", re.MULTILINE)


def test_a_model_is_loaded_without_leaving_a_file(tmp_path: Path) -> None:
    talkative = dict.fromkeys(("CI", "ORT_RUNNING_UNIT_TESTS"), "") | {"ORT_DISABLE_TELEMETRY": "0"}
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / ".cache"), "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", LOADS], cwd=tmp_path, env={**os.environ, **talkative, **home}, check=True)
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.skipif(not Path("/proc/self/smaps").is_file(), reason="only Linux tells what is resident of a region")
def test_models_that_were_loaded_beside_each_other_compute_in_one_region() -> None:
    told = subprocess.check_output([sys.executable, "-c", COMPUTES], cwd=ROOT, text=True)
    embedded, detected, segmented = ([int(resident) for resident in line.split()] for line in told.splitlines())
    assert [len(regions) for regions in (embedded, detected, segmented)] == [1, 1, 1]
    assert embedded[0] > 10 * 2**20
    assert segmented[0] < 1.05 * embedded[0]


def test_nobody_goes_another_way_to_the_runtime() -> None:
    tops = ("devhost", "functions", "shared", "tests", "tools")
    files = [ROOT / "function_app.py", *(file for top in tops for file in (ROOT / top).rglob("*.py"))]
    assert [str(file.relative_to(ROOT)) for file in files if IMPORT.search(file.read_text())] == [
        "shared/listening/runtime.py"
    ]
