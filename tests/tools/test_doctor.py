"""What the doctor finds on a healthy service and on broken ones, and that it tells no secret."""

import json
import os
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from unittest.mock import patch

import pytest

from devhost.stack import Host
from shared.settings import MODELS, Settings
from shared.store import UpkeepReport
from shared.store.azure import AzureStore
from tests.conftest import KEYS
from tools.doctor import here, there
from tools.doctor.findings import Finding, Look, Verdict, examine, lines
from tools.verbs import main

pytestmark = pytest.mark.slow

LOCAL = {"AZURE_FUNCTIONS_ENVIRONMENT": "Development"}
SECRET = "a-secret-that-nobody-may-read"  # noqa: S105


def _here(**settings: str) -> dict[str, Finding]:
    return dict(examine(here.Machine({**LOCAL, **settings}), here.CHECKS, here.PROBLEMS))


def _there(place: there.Place) -> dict[str, Finding]:
    return dict(examine(place, there.CHECKS, there.PROBLEMS))


def _verdicts(findings: Mapping[str, Finding], verdict: Verdict) -> set[str]:
    return {name for name, finding in findings.items() if finding.verdict is verdict}


@pytest.fixture
def store(storage: str) -> AzureStore:
    return AzureStore.open(Settings.read({"SPEAKER_STORAGE_CONNECTION_STRING": storage}))


def test_a_healthy_machine_has_nothing_wrong(storage: str, store: AzureStore) -> None:
    store.write_report(UpkeepReport(datetime.now(UTC), 0, 0))
    found = _here(SPEAKER_STORAGE_CONNECTION_STRING=storage, SPEAKER_RECOGNITION_KEYS=f"desk:manage:{SECRET}")
    assert _verdicts(found, Verdict.OK) == set(here.CHECKS), "\n".join(lines(found.items()))
    assert found["keys"].measured == "desk (manage)"


@pytest.mark.parametrize(
    ("settings", "name", "measured"),
    [
        ({"SPEAKER_RATE_LIMIT": "many"}, "settings", "SPEAKER_RATE_LIMIT='many'"),
        ({"SPEAKER_RECOGNITION_KEYS": "desk:manage:short"}, "keys", "shorter than 16 characters: desk"),
        ({"AZURE_FUNCTIONS_ENVIRONMENT": ""}, "keys", "every call is refused"),
        ({"SPEAKER_SPEECH_KEY": "@Microsoft.KeyVault(x)"}, "references", "not followed: SPEAKER_SPEECH_KEY"),
        ({"SPEAKER_MODEL": "nobody"}, "models", "manifest.json is missing"),
        ({}, "storage", "must name the storage account"),
        ({"SPEAKER_WHISPER": "nowhere"}, "transcriber", "cannot be loaded"),
    ],
)
def test_what_is_wrong_with_this_machine_is_named_with_what_to_do(
    settings: dict[str, str], name: str, measured: str
) -> None:
    finding = _here(**settings)[name]
    assert (finding.verdict, bool(finding.advice)) == (Verdict.WRONG, True)
    assert measured in finding.measured


def test_a_damaged_model_is_found(tmp_path: Path) -> None:
    for bundle in MODELS.iterdir():
        shutil.copytree(bundle, tmp_path / bundle.name)
    (tmp_path / "silero-vad" / "model.onnx").write_bytes(b"no model")
    with patch.object(here, "MODELS", tmp_path):
        finding = _here()["models"]
    assert (finding.verdict, finding.advice) == (Verdict.WRONG, "make models")
    assert "does not have the SHA-256 of its manifest" in finding.measured


def test_a_late_upkeep_and_what_it_could_not_read_are_wrong(storage: str, store: AzureStore) -> None:
    for report, said in (
        (UpkeepReport(datetime.now(UTC) - timedelta(hours=5), 0, 0), "is the function Upkeep disabled?"),
        (UpkeepReport(datetime.now(UTC), 1, 2), "the log names them by mark"),
    ):
        store.write_report(report)
        finding = _here(SPEAKER_STORAGE_CONNECTION_STRING=storage)["upkeep"]
        assert (finding.verdict, said in finding.advice) == (Verdict.WRONG, True)


def test_a_clock_that_is_off_is_found(storage: str) -> None:
    machine = here.Machine({**LOCAL, "SPEAKER_STORAGE_CONNECTION_STRING": storage})
    machine.now = lambda: datetime.now(UTC) + timedelta(hours=2)
    finding = dict(examine(machine, {"clock": here.CHECKS["clock"]}, here.PROBLEMS))["clock"]
    assert finding.verdict is Verdict.WRONG
    assert finding.measured.startswith("+7")


def test_a_healthy_service_has_nothing_wrong(service: Host, tmp_path: Path) -> None:
    log = tmp_path / "service.log"
    log.touch()
    place = there.Place(service.url, KEYS[0], log)

    def logged(place: there.Place) -> Finding:
        with patch.object(Path, "read_text", lambda *_, **__: "\n".join(service.log)):
            return there.logged(place)

    with patch.dict(there.CHECKS, {"logged": Look(logged)}):
        found = _there(place)
    assert _verdicts(found, Verdict.WRONG) == set(), "\n".join(lines(found.items()))
    assert _verdicts(found, Verdict.UNKNOWN) <= {"upkeep", "references", "roles"}


def test_a_wrong_key_is_found_and_not_told(service: Host, capsys: pytest.CaptureFixture[str]) -> None:
    with patch.dict(os.environ, {"SPEAKER_KEY": SECRET}):
        assert main(["doctor", service.url]) == 1
    said = capsys.readouterr().out
    assert "wrong    key           401 401" in said
    assert SECRET not in said


def test_a_service_that_does_not_answer_is_wrong_and_nothing_is_a_traceback() -> None:
    found = _there(there.Place("http://127.0.0.1:9"))
    assert (_verdicts(found, Verdict.WRONG), found["links"].advice) == ({"health"}, "mend health first")


def test_a_service_of_another_version_with_late_upkeep_an_open_door_and_foreign_links_is_found_out() -> None:
    health = {
        "status": "Degraded",
        "version": "0.0.1",
        "modelVersion": "2020-01-01",
        "upkeep": {"finishedDateTime": "2020-01-01T00:00:00.000Z", "unreadableProfiles": 1, "foreignAudio": 0},
    }
    answers = {"/health": health, "/openapi.json": {"servers": [{"url": "https://evil.example"}]}}

    class Broken(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(answers.get(self.path.partition("?")[0], {"value": []})).encode()
            self.send_response_only(200)
            self.send_header("Date", "Wed, 01 Jan 2020 00:00:00 GMT")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Broken) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        found = _there(there.Place(f"http://127.0.0.1:{server.server_port}", SECRET))
        server.shutdown()
    assert _verdicts(found, Verdict.WRONG) == {"health", "release", "upkeep", "links", "clock", "logged"}


def test_what_azure_says_is_asked_of_its_command_line(tmp_path: Path) -> None:
    answers: dict[str, Any] = {
        "rest": {"value": [{"name": "SPEAKER_RECOGNITION_KEYS", "properties": {"status": "SecretNotFound"}}]},
        "role": [{"roleDefinitionName": "Key Vault Secrets User"}],
    }
    az = tmp_path / "az"
    cases = "".join(f"{word}) echo '{json.dumps(answer)}' ;;\n" for word, answer in answers.items())
    az.write_text(f"#!/bin/sh\ncase $1 in\n{cases}esac\n")
    az.chmod(0o755)
    known = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "SERVICE_APP_ID": "/app", "SERVICE_IDENTITY_ID": "identity"}
    with patch.dict(os.environ, known):
        place = there.Place("https://voices.example")
        references, roles = there.references(place), there.roles(place)
    assert references.measured == "not followed: SPEAKER_RECOGNITION_KEYS"
    assert roles.measured == "lacking: Storage Blob Data Contributor, Storage Table Data Contributor"


def test_nothing_secret_is_printed(
    storage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    account_key = storage.partition("AccountKey=")[2].partition(";")[0]
    monkeypatch.setenv("SPEAKER_STORAGE_CONNECTION_STRING", storage)
    monkeypatch.setenv("SPEAKER_RECOGNITION_KEYS", SECRET)
    monkeypatch.setenv("SPEAKER_SPEECH_KEY", SECRET)
    for arguments in (["doctor"], ["doctor", "--json"]):
        main(arguments)
        said = capsys.readouterr().out
        assert "keys" in said
        assert SECRET not in said
        assert account_key not in said
