"""Clients that others' generators make of the service's own description: all of it is there, and it works."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import requests

from devhost.stack import Host
from shared.settings import ROOT
from tests.clients.generators import GENERATORS, Client
from tests.conftest import KEYS
from tests.operations import DESCRIBED


@pytest.fixture(scope="module")
def document(service: Host, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the running service says of itself."""
    file = tmp_path_factory.mktemp("description") / "openapi.json"
    file.write_bytes(requests.get(f"{service.url}/openapi.json", timeout=10).content)
    return file


@pytest.fixture(scope="module", params=GENERATORS)
def client(request: pytest.FixtureRequest, document: Path, tmp_path_factory: pytest.TempPathFactory) -> Client:
    """A client that a generator made of it without a warning."""
    return GENERATORS[request.param](document, tmp_path_factory.mktemp("client"))


@pytest.fixture(scope="module")
def understood(client: Client, service: Host, clips: Path) -> dict[str, Any]:
    """What a program understood of the answers that it had through the client."""
    command = [*client.program, service.url, KEYS[0], str(clips / "text-independent")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


def test_a_generated_client_has_every_operation(client: Client, document: Path) -> None:
    described = [operation for path in json.loads(document.read_text())["paths"].values() for operation in path]
    assert len(set(client.operations)) == len(client.operations) == len(described) == DESCRIBED


def test_a_generated_client_enrolls_and_verifies(understood: dict[str, Any]) -> None:
    assert understood["enrollmentStatus"] == "Enrolled"
    assert (understood["own"], understood["stranger"]) == ("Accept", "Reject")
    assert 0.5 <= understood["score"] <= 1


def test_a_generated_client_reads_details_and_errors(understood: dict[str, Any]) -> None:
    assert isinstance(understood["modelVersion"], str)
    assert understood["refused"] == [404, "NotFound"]
    assert understood["deleted"] == 204
