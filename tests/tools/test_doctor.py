"""What the doctor finds on a healthy service and on broken ones, with what to do."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import pytest

from devhost.stack import Host
from functions.contract.version import VERSION
from shared.settings import MODELS, Settings
from shared.store import UpkeepReport, Walk
from shared.store.azure import AzureStore
from tests.conftest import KEYS
from tests.tools.pretending import Pretended, pretending
from tools.doctor import here, there
from tools.doctor.findings import Finding, Look, Verdict, examine, lines, wrong
from tools.verbs import main

pytestmark = pytest.mark.slow

LOCAL = {"AZURE_FUNCTIONS_ENVIRONMENT": "Development"}
SECRET = "a-secret-that-nobody-may-read"  # noqa: S105
UNANSWERED: Final = (
    "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5a2V5;"
    "BlobEndpoint=http://127.0.0.1:9/a;TableEndpoint=http://127.0.0.1:9/a"
)
LIST: Final = f"/{there.LIST}"
REFUSED: Final = {"error": {"code": "Unauthorized", "message": "No."}}


def _here(**settings: str) -> dict[str, Finding]:
    return dict(examine(here.Machine({**LOCAL, **settings}), here.CHECKS))


def _there(place: there.Place) -> dict[str, Finding]:
    return dict(examine(place, there.CHECKS))


def _verdicts(findings: Mapping[str, Finding], verdict: Verdict) -> set[str]:
    return {name for name, finding in findings.items() if finding.verdict is verdict}


def _told(**changed: Any) -> dict[str, Any]:  # noqa: ANN401  JSON
    """What a healthy service says of itself."""
    upkeep = {"finishedDateTime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.000Z}"}
    told = {"status": "Healthy", "version": VERSION, "modelVersion": "2026-11-22"}
    return {**told, "upkeep": {**upkeep, "unreadableProfiles": 0, "foreignAudio": 0}, **changed}


def _pretended(**health: Any) -> Pretended:  # noqa: ANN401  JSON
    """A healthy service that refuses whoever comes without a key, and whoever comes with one."""
    description = {"info": {"version": VERSION}, "servers": [{"url": "{url}"}]}
    return Pretended({"/health": _told(**health), "/openapi.json": description, LIST: REFUSED}, {LIST: 401})


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
        ({"SPEAKER_RECOGNITION_KEYS": f"desk:manege:{SECRET}"}, "keys", "no such scope: key-1"),
        ({"SPEAKER_PUBLIC_ORIGIN": "http://voices.example"}, "origin", "unencrypted"),
        ({"SPEAKER_PUBLIC_ORIGIN": "voices.example"}, "settings", "SPEAKER_PUBLIC_ORIGIN='voices.example'"),
        ({"SPEAKER_RECOGNITION_KEYS": "@Microsoft.KeyVault(x)"}, "settings", "could not follow"),
        ({"SPEAKER_STORAGE_CONNECTION_STRING": "nothing"}, "storage", "malformed"),
        ({"SPEAKER_STORAGE_CONNECTION_STRING": UNANSWERED}, "storage", "StorageUnavailable"),
        ({"SPEAKER_SPEECH_ENDPOINT": "https://a.example:99999", "SPEAKER_SPEECH_KEY": "k"}, "transcriber", "Port"),
        ({"SPEAKER_SPEECH_ENDPOINT": "https://127.0.0.1:9", "SPEAKER_SPEECH_KEY": "k"}, "transcriber", "refused"),
    ],
)
def test_what_is_wrong_with_this_machine_is_named_with_what_to_do(
    settings: dict[str, str], name: str, measured: str
) -> None:
    finding = _here(**settings)[name]
    assert (finding.verdict, bool(finding.advice)) == (Verdict.WRONG, True)
    assert measured in finding.measured


def test_what_hangs_on_something_wrong_is_unknown_and_not_wrong_as_well() -> None:
    found = _here(SPEAKER_STORAGE_CONNECTION_STRING=UNANSWERED)
    assert _verdicts(found, Verdict.WRONG) == {"storage"}
    assert found["upkeep"] == Finding(Verdict.UNKNOWN, "cannot be told while storage fails", "mend storage first")


def test_a_damaged_model_is_found(tmp_path: Path) -> None:
    for bundle in MODELS.iterdir():
        shutil.copytree(bundle, tmp_path / bundle.name)
    (tmp_path / "silero-vad" / "model.onnx").write_bytes(b"no model")
    with patch.object(here, "MODELS", tmp_path):
        finding = _here()["models"]
    assert (finding.verdict, finding.advice) == (Verdict.WRONG, "make models")
    assert "does not have the SHA-256 of its manifest" in finding.measured


def test_another_python_and_other_packages_than_those_of_the_lock_are_found() -> None:
    with patch("sys.version_info", (3, 12, 1)), patch.object(here, "version", lambda _: "0"):
        found = _here()
    assert found["python"] == wrong("3.12.1", "Azure runs 3.13: make setup")
    assert (found["packages"].verdict, found["packages"].advice) == (Verdict.WRONG, "make setup")


def test_a_late_upkeep_and_what_it_could_not_read_are_wrong(storage: str, store: AzureStore) -> None:
    for report, said in (
        (UpkeepReport(datetime.now(UTC) - timedelta(hours=5), 0, 0), "is the function Upkeep disabled?"),
        (UpkeepReport(datetime.now(UTC), 1, 2), "the log names them by mark"),
    ):
        store.write_report(report)
        store.write_walk(Walk(report.finished))
        finding = _here(SPEAKER_STORAGE_CONNECTION_STRING=storage)["upkeep"]
        assert (finding.verdict, said in finding.advice) == (Verdict.WRONG, True)


def test_a_clock_that_is_off_is_found(storage: str) -> None:
    machine = here.Machine({**LOCAL, "SPEAKER_STORAGE_CONNECTION_STRING": storage})
    machine.now = lambda: datetime.now(UTC) + timedelta(hours=2)
    finding = dict(examine(machine, {"clock": Look(here.clock)}))["clock"]
    assert finding.verdict is Verdict.WRONG
    assert finding.measured.startswith("+7")


def test_a_healthy_service_has_nothing_wrong(service: Host) -> None:
    class Printed(Path):
        def read_text(self, *_: Any, **__: Any) -> str:  # noqa: ANN401  as Path's
            return "".join(service.log)

    found = _there(there.Place(service.url, KEYS[0], Printed("service.log")))
    assert _verdicts(found, Verdict.WRONG) == set(), "\n".join(lines(found.items()))
    assert _verdicts(found, Verdict.UNKNOWN) <= {"upkeep"}


def test_a_wrong_key_is_found_and_not_told(
    service: Host, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SPEAKER_KEY", SECRET)
    assert main(["doctor", service.url]) == 1
    said = capsys.readouterr().out
    assert "wrong    key           401 401" in said
    assert "is it a key of this service?" in said
    assert SECRET not in said


def test_a_request_that_does_not_come_to_stand_in_the_log_is_found(
    service: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(there, "WRITTEN_WITHIN_SEC", 0.0)
    log = tmp_path / "service.log"
    log.touch()
    assert main(["doctor", service.url, "--log", str(log), "--json"]) == 1
    logged = json.loads(capsys.readouterr().out)["logged"]
    assert (logged["verdict"], "host.json" in logged["advice"]) == ("wrong", True)


def test_where_no_log_can_be_read_the_query_is_told_that_finds_the_request(service: Host) -> None:
    finding = there.logged(there.Place(service.url))
    name = finding.measured.split()[1]
    assert finding.verdict is Verdict.UNKNOWN
    assert f'traces | where message has "{name}"' in finding.advice


def test_a_service_that_does_not_answer_is_wrong_and_nothing_is_a_traceback() -> None:
    found = _there(there.Place("http://127.0.0.1:9"))
    assert (_verdicts(found, Verdict.WRONG), found["links"].advice) == ({"health"}, "mend health first")


def test_a_service_that_says_what_it_lacks_is_quoted() -> None:
    broken = replace(_pretended(), statuses={"/health": 503})
    broken.bodies = {"/health": {"error": {"code": "ServiceUnavailable", "message": "Storage is not available."}}}
    with pretending(broken):
        found = _there(there.Place(broken.url))
    assert _verdicts(found, Verdict.WRONG) == {"health"}
    assert found["health"].measured.endswith(": Storage is not available.")


@pytest.mark.parametrize("page", [[], {}, "a page", {"status": "Healthy"}])
def test_what_is_no_such_service_is_wrong_and_nothing_is_a_traceback(page: object) -> None:
    with pretending(Pretended({"/health": page, "/openapi.json": page, LIST: page}, {LIST: 401})) as other:
        found = _there(there.Place(other.url, SECRET))
    wrongs = [finding for finding in found.values() if finding.verdict is Verdict.WRONG]
    assert wrongs
    assert all(finding.advice for finding in wrongs)


def test_a_service_of_another_version_with_late_upkeep_an_open_door_and_foreign_links_is_found_out() -> None:
    upkeep = {"finishedDateTime": "2019-01-01T00:00:00.000Z", "unreadableProfiles": 1, "foreignAudio": 0}
    health = {"status": "Degraded", "version": "0.0.1", "modelVersion": "2020-01-01", "upkeep": upkeep}
    description = {"info": {"version": "0.0.1"}, "servers": [{"url": "https://evil.example"}]}
    broken = Pretended(
        {"/health": health, "/openapi.json": description}, headers={"Date": "Wed, 01 Jan 2020 00:00:00 GMT"}
    )
    with pretending(broken):
        found = _there(there.Place(broken.url, SECRET))
    assert _verdicts(found, Verdict.WRONG) == {"health", "release", "upkeep", "links", "clock", "logged"}
    assert found["release"].advice == "deploy again"
    assert "is the function Upkeep disabled?" in found["upkeep"].advice


@pytest.mark.parametrize(
    ("finished", "status", "verdict"),
    [
        (timedelta(hours=1), "Healthy", Verdict.OK),
        (timedelta(hours=4), "Healthy", Verdict.WRONG),
        (None, "Healthy", Verdict.UNKNOWN),
        (None, "Degraded", Verdict.WRONG),
    ],
)
def test_upkeep_is_late_by_the_clock_of_the_service(finished: timedelta | None, status: str, verdict: Verdict) -> None:
    ended = f"{datetime.now(UTC) - finished:%Y-%m-%dT%H:%M:%S.000Z}" if finished else None
    report = {"finishedDateTime": ended, "unreadableProfiles": 0, "foreignAudio": 0}
    with pretending(_pretended(status=status, upkeep=report)) as pretended:
        assert there.upkeep(there.Place(pretended.url)).verdict is verdict


def test_an_old_description_of_a_new_service_is_found() -> None:
    pretended = _pretended()
    pretended.bodies = {**pretended.bodies, "/openapi.json": {"info": {"version": "0.0.1"}}}
    with pretending(pretended):
        finding = there.release(there.Place(pretended.url))
    assert (finding.verdict, "openapi.json is of 0.0.1" in finding.measured) == (Verdict.WRONG, True)


@pytest.mark.parametrize(
    ("status", "verdict", "said"),
    [(403, Verdict.UNKNOWN, "the scope manage"), (429, Verdict.WRONG, "try again"), (500, Verdict.WRONG, "its log")],
)
def test_a_key_that_opens_nothing_is_told_apart_by_its_answer(status: int, verdict: Verdict, said: str) -> None:
    with pretending(replace(_pretended(), statuses={LIST: status})) as pretended:
        finding = there.key(there.Place(pretended.url, SECRET))
    assert (finding.verdict, said in finding.advice) == (verdict, True)


def test_a_service_that_lets_everyone_in_from_afar_is_wrong() -> None:
    with pretending(replace(_pretended(), statuses={})) as pretended:
        place = there.Place(pretended.url)
        with patch.object(there, "is_loopback", lambda _: False):
            assert there.refusal(place).verdict is Verdict.WRONG
        assert there.refusal(place).verdict is Verdict.OK


def test_a_key_is_sent_neither_unencrypted_nor_to_where_an_answer_redirects() -> None:
    with pretending(_pretended()) as elsewhere:
        redirecting = replace(_pretended(), statuses={LIST: 302}, headers={"Location": f"{elsewhere.url}{LIST}"})
        with pretending(redirecting):
            place = there.Place(redirecting.url, SECRET)
            assert there.key(place).verdict is Verdict.WRONG
            with patch.object(there, "is_loopback", lambda _: False):
                found = _there(place)
    assert (found["address"].verdict, found["key"].advice) == (Verdict.WRONG, "mend address first")
    assert elsewhere.asked == []
    assert len([headers for _, headers in redirecting.asked if headers["Ocp-Apim-Subscription-Key"]]) == 1


def test_a_terminal_sees_colours_and_a_pipe_sees_none(
    service: Host, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for terminal, shown in ((True, "\x1b[32mok       \x1b[0maddress"), (False, "ok       address")):
        with patch("sys.stdout.isatty", lambda terminal=terminal: terminal):
            assert main(["doctor", service.url]) == 0
        assert capsys.readouterr().out.startswith(shown)
