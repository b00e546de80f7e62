"""Two releases of the published JavaScript SDK, one of each version of the API that it spoke over HTTP."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from devhost.stack import Host
from tests.conftest import KEYS

FOLDER = Path(__file__).parent
NOBODY = "00000000-0000-0000-0000-000000000000"


def _life(package: str, service: Host, clips: Path) -> dict[str, dict[str, Any]]:
    if not (FOLDER / "node_modules" / package).is_dir():
        pytest.skip(f"{package} is not installed: npm ci --prefix tests/clients")
    command = ["node", "life.cjs", package, service.url, KEYS[0], str(clips)]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    lives: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return lives


@pytest.mark.parametrize(
    ("package", "seconds", "phrases"),
    [
        ("speech-sdk-2021-09-05", "LengthInSec", 1),
        ("speech-sdk-2.0", "Length", 0),
    ],
    ids=["1.26", "1.18"],
)
def test_the_javascript_sdk_completes_the_life_of_a_profile(
    service: Host, clips: Path, package: str, seconds: str, phrases: int
) -> None:
    lives = _life(package, service, clips)
    for life in lives.values():
        assert len(life["phrases"]) == phrases
        assert life["enrollment"]["reason"] == "EnrolledVoiceProfile"
        assert life["enrollment"][f"enrollments{seconds}"] > life["enrollment"][f"enrollmentsSpeech{seconds}"] > 0
        assert life["got"]["enrollmentStatus"] == "Enrolled"
        assert life["profileId"] in life["listed"]
        assert (life["own"]["reason"], life["own"]["profileId"]) == ("RecognizedSpeaker", life["profileId"])
        assert life["own"]["score"] >= 0.5 > life["stranger"]["score"]
        assert (life["reset"], life["countAfterReset"]) == ("ResetVoiceProfile", 0)
        assert life["deleted"] == "DeletedVoiceProfile"
    assert lives["verified"]["stranger"]["reason"] == "NoMatch"
    assert lives["identified"]["stranger"]["profileId"] == NOBODY
