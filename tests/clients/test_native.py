"""The native Speech SDK 1.46, through the C API that its languages share."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devhost.stack import Host, stack
from shared.settings import ROOT
from tests.clients.families import FAMILIES
from tests.clients.native import core_library
from tests.conftest import KEYS
from tests.contract.api import IDENTIFICATION, TEXT_DEPENDENT, VERIFICATION, Api

ENROLLING, ENROLLED, RECOGNIZED_SPEAKERS, RECOGNIZED_SPEAKER, RESET, DELETED = 17, 18, 19, 20, 21, 22
NO_MATCH, CANCELED = 0, 1
NOBODY = "00000000-0000-0000-0000-000000000000"
TICKS = 10**7  # a second


@pytest.fixture(scope="module")
def service() -> Iterator[Host]:
    """The service on port 80: of a host the SDK keeps only the name."""
    try:
        socket.create_server(("127.0.0.1", 80)).close()
    except OSError as reason:
        pytest.skip(f"the native SDK drops the port, and port 80 cannot be bound: {reason}")
    with stack({"SPEAKER_RECOGNITION_KEYS": KEYS[0]}, port=80) as running:
        yield running


@pytest.fixture(scope="module")
def crowd(service: Host) -> set[str]:
    """More profiles than one page holds."""
    api = Api(service.url, KEYS[0])
    return {api.create() for _ in range(101)}


@pytest.fixture(scope="module")
def lives(service: Host, crowd: set[str], clips: Path) -> dict[str, dict[str, Any]]:
    if core_library() is None:
        pytest.skip("azure-cognitiveservices-speech has no native core for this machine")
    command = [sys.executable, "-m", "tests.clients.native", "http://127.0.0.1", KEYS[0], str(clips)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    understood: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return understood


@pytest.mark.parametrize("family", FAMILIES)
def test_the_native_sdk_completes_the_life_of_a_profile(lives: dict[str, dict[str, Any]], family: str) -> None:
    life = lives[family]
    assert life["phrases"] == FAMILIES[family].phrases
    assert life["profileId"] in life["listed"]
    assert (life["got"]["reason"], life["got"]["counted"]["enrollmentsCount"]) == (ENROLLED, len(life["enrolled"]))
    assert life["reset"]["reason"] == RESET
    assert (life["afterReset"]["reason"], life["afterReset"]["counted"]["enrollmentsCount"]) == (ENROLLING, 0)
    assert life["notEnrolled"]["reason"] == CANCELED
    assert "Profile is not enrolled." in life["notEnrolled"]["error"]
    assert life["deleted"]["reason"] == DELETED
    assert life["profileId"] not in life["afterDelete"]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_native_sdk_follows_the_enrollment(lives: dict[str, dict[str, Any]], family: str) -> None:
    expected, clips = FAMILIES[family], lives[family]["enrolled"]
    heard, missing = expected.progress("LengthInSec")
    unit = TICKS if missing.endswith("InSec") else 1
    assert [clip["reason"] for clip in clips] == [ENROLLING] * (len(clips) - 1) + [ENROLLED]
    assert [clip["counted"]["enrollmentsCount"] for clip in clips] == list(range(1, len(clips) + 1))
    for clip in clips:
        left = max(0, expected.needed - clip["answer"][heard])
        assert clip["counted"][missing] == pytest.approx(left * unit, abs=1)
    assert clips[-1]["counted"][missing] == 0


@pytest.mark.parametrize("family", FAMILIES)
def test_the_native_sdk_shows_why_an_enrollment_is_refused(lives: dict[str, dict[str, Any]], family: str) -> None:
    refused = lives[family]["refused"]
    assert refused["reason"] == CANCELED
    assert refused["error"].startswith(f"Bad request (400). Error details: {FAMILIES[family].refusal}")


@pytest.mark.parametrize("family", FAMILIES)
def test_a_file_at_8_khz_loses_its_header_in_the_native_sdk_and_is_refused_by_name(
    lives: dict[str, dict[str, Any]], family: str
) -> None:
    refused = lives[family]["telephone"]
    assert refused["reason"] == CANCELED
    assert (
        "was taken for a recording at 16000 Hz and looks like one of 8000 Hz, 1 channel(s), PCM_16." in refused["error"]
    )


def test_the_native_sdk_follows_the_link_to_the_next_page(lives: dict[str, dict[str, Any]], crowd: set[str]) -> None:
    assert crowd < set(lives[VERIFICATION]["listed"])


@pytest.mark.parametrize("family", [TEXT_DEPENDENT, VERIFICATION])
def test_the_native_sdk_verifies_voice_and_passphrase(lives: dict[str, dict[str, Any]], family: str) -> None:
    accepted, rejected = (RECOGNIZED_SPEAKER, "Accept"), (NO_MATCH, "Reject")
    found = {
        clip: (lives[family][clip]["reason"], lives[family][clip]["answer"]["recognitionResult"])
        for clip in ("own", "otherwise", "stranger")
    }
    otherwise = accepted if FAMILIES[family].any_words else rejected
    assert found == {"own": accepted, "otherwise": otherwise, "stranger": rejected}
    assert lives[family]["otherwise"]["answer"]["score"] >= 0.5


def test_the_native_sdk_identifies_a_speaker_and_no_stranger(lives: dict[str, dict[str, Any]]) -> None:
    life = lives[IDENTIFICATION]
    speakers = {
        clip: life[clip]["answer"]["identifiedProfile"]["profileId"] for clip in ("own", "otherwise", "stranger")
    }
    assert speakers == {"own": life["profileId"], "otherwise": life["profileId"], "stranger": NOBODY}
    assert life["own"]["reason"] == life["otherwise"]["reason"] == RECOGNIZED_SPEAKERS
