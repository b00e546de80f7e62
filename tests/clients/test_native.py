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
from tests.clients.native import core_library
from tests.conftest import KEYS
from tests.contract.api import Api

ENROLLING, ENROLLED, RECOGNIZED_SPEAKERS, RECOGNIZED_SPEAKER, RESET, DELETED = 17, 18, 19, 20, 21, 22
NO_MATCH, CANCELED = 0, 1
NOBODY = "00000000-0000-0000-0000-000000000000"
PHRASE = "I'll talk for a few seconds so you can recognize my voice in the future."


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


@pytest.mark.parametrize("mode", ["verification", "identification"])
def test_the_native_sdk_completes_the_life_of_a_profile(lives: dict[str, dict[str, Any]], mode: str) -> None:
    life = lives[mode]
    assert life["phrases"] == [PHRASE]
    assert [clip["reason"] for clip in life["enrolled"]] == [ENROLLING, ENROLLED]
    assert life["enrolled"][1]["answer"]["remainingEnrollmentsSpeechLengthInSec"] == 0
    assert life["profileId"] in life["listed"]
    assert (life["got"]["reason"], life["got"]["answer"]["enrollmentsCount"]) == (ENROLLED, 2)
    assert life["reset"]["reason"] == RESET
    assert (life["afterReset"]["reason"], life["afterReset"]["answer"]["enrollmentsCount"]) == (ENROLLING, 0)
    assert life["notEnrolled"]["reason"] == CANCELED
    assert life["notEnrolled"]["answer"]["error"]["message"].startswith("Profile is not enrolled.")
    assert life["deleted"]["reason"] == DELETED
    assert life["profileId"] not in life["afterDelete"]


def test_the_native_sdk_follows_the_link_to_the_next_page(lives: dict[str, dict[str, Any]], crowd: set[str]) -> None:
    assert crowd < set(lives["verification"]["listed"])


def test_the_native_sdk_tells_a_speaker_from_a_stranger(lives: dict[str, dict[str, Any]]) -> None:
    verified, identified = lives["verification"], lives["identification"]
    assert (verified["own"]["reason"], verified["own"]["answer"]["recognitionResult"]) == (RECOGNIZED_SPEAKER, "Accept")
    assert (verified["stranger"]["reason"], verified["stranger"]["answer"]["recognitionResult"]) == (NO_MATCH, "Reject")
    assert identified["own"]["reason"] == RECOGNIZED_SPEAKERS
    assert identified["own"]["answer"]["identifiedProfile"]["profileId"] == identified["profileId"]
    assert identified["stranger"]["answer"]["identifiedProfile"]["profileId"] == NOBODY
