"""Two releases of the published JavaScript SDK, one of each version of the API that it spoke over HTTP."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from devhost.stack import Host
from tests.clients.families import FAMILIES
from tests.conftest import KEYS
from tests.contract.api import IDENTIFICATION, TEXT_DEPENDENT, VERIFICATION

FOLDER = Path(__file__).parent
NOBODY = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Release:
    """A release, and what it understood in the life of a profile of each family.

    Attributes:
        length: how the names of lengths end in its version of the API.
    """

    package: str
    length: str
    lives: dict[str, dict[str, Any]]


def _lives(package: str, service: Host, clips: Path) -> dict[str, dict[str, Any]]:
    if not (FOLDER / "node_modules" / package).is_dir():
        pytest.skip(f"{package} is not installed: npm ci --prefix tests/clients")
    command = ["node", "life.cjs", package, service.url, KEYS[0], str(clips)]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    lives: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return lives


@pytest.fixture(
    scope="module",
    params=[("speech-sdk-2021-09-05", "LengthInSec"), ("speech-sdk-2.0", "Length")],
    ids=["1.26", "1.18"],
)
def release(request: pytest.FixtureRequest, service: Host, clips: Path) -> Release:
    package, length = request.param
    return Release(package, length, _lives(package, service, clips))


@pytest.mark.parametrize("family", FAMILIES)
def test_the_javascript_sdk_completes_the_life_of_a_profile(release: Release, family: str) -> None:
    life = release.lives[family]
    listed = {profile["profileId"]: profile for profile in life["listed"]}
    assert life["got"]["enrollmentStatus"] == "Enrolled"
    assert life["got"]["enrollmentsCount"] == len(life["enrolled"])
    assert listed[life["profileId"]]["reason"] == "EnrolledVoiceProfile"
    assert (life["reset"], life["afterReset"]["reason"]) == ("ResetVoiceProfile", "EnrollingVoiceProfile")
    assert life["afterReset"]["enrollmentsCount"] == 0
    assert life["deleted"] == "DeletedVoiceProfile"


@pytest.mark.parametrize("family", FAMILIES)
def test_the_javascript_sdk_follows_the_enrollment(release: Release, family: str) -> None:
    expected, clips = FAMILIES[family], release.lives[family]["enrolled"]
    heard, missing = expected.progress(release.length)
    for number, clip in enumerate(clips, 1):
        done = expected.can_be_waived or clip[heard] >= expected.needed
        assert clip["reason"] == ("EnrolledVoiceProfile" if done else "EnrollingVoiceProfile")
        assert clip["enrollmentsCount"] == number
        assert clip[missing] == pytest.approx(max(0, expected.needed - clip[heard]))
        assert clip[f"enrollments{release.length}"] > clip[f"enrollmentsSpeech{release.length}"] > 0
    assert clips[-1][missing] == 0


@pytest.mark.parametrize("family", FAMILIES)
def test_the_javascript_sdk_shows_why_an_enrollment_is_refused(release: Release, family: str) -> None:
    refused = release.lives[family]["refused"]
    assert refused["reason"] == "Canceled"
    assert refused["error"].startswith(FAMILIES[family].refusal)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_javascript_sdk_lists_the_phrases(release: Release, family: str) -> None:
    assert release.lives[family]["phrases"] == FAMILIES[family].phrases


def test_the_javascript_sdk_shows_which_passphrase_was_heard(release: Release) -> None:
    clips = release.lives[TEXT_DEPENDENT]["enrolled"]
    assert [clip["passPhrase"] for clip in clips] == ["you can get in without your password"] * 3


@pytest.mark.parametrize("family", FAMILIES)
def test_the_javascript_sdk_tells_a_speaker_from_a_stranger(release: Release, family: str) -> None:
    life = release.lives[family]
    assert (life["own"]["reason"], life["own"]["profileId"]) == ("RecognizedSpeaker", life["profileId"])
    assert life["own"]["score"] >= 0.5 > life["stranger"]["score"]
    if family == IDENTIFICATION:
        assert (life["stranger"]["reason"], life["stranger"]["profileId"]) == ("RecognizedSpeaker", NOBODY)
    else:
        assert life["stranger"]["reason"] == "NoMatch"


@pytest.mark.parametrize("family", [TEXT_DEPENDENT, VERIFICATION])
def test_the_javascript_sdk_rejects_other_words_where_a_passphrase_is_wanted(release: Release, family: str) -> None:
    otherwise = release.lives[family]["otherwise"]
    assert otherwise["reason"] == ("RecognizedSpeaker" if FAMILIES[family].any_words else "NoMatch")
    assert otherwise["score"] >= 0.5
