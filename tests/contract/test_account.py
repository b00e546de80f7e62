"""What a person may ask of a profile, as callers see it: its history, all that is held, and a receipt."""

import io
import json
import uuid
from zipfile import ZipFile

import pytest

from shared.trust.trail import Trail
from tests import voices
from tests.contract.api import VERIFICATION, BackedApi, error_of
from tests.contract.conftest import KEY
from tests.contract.in_process import in_process
from tests.contract.test_audit import AUDITED


@pytest.fixture(scope="module")
def api() -> BackedApi:
    return in_process(AUDITED)


def test_a_history_is_read_also_of_who_is_gone(api: BackedApi) -> None:
    anna = api.enrolled(voices.seconds("anna", 12))
    path = f"{VERIFICATION}/profiles/{anna}"
    assert api.verify(anna, voices.seconds("anna", 6)).status_code == 200
    Trail.of(api.store).drain()
    assert api("DELETE", path).status_code == 204
    answer = api("GET", f"{path}/audit")
    assert answer.status_code == 200
    told = answer.json()["value"]
    assert [(entry["deed"], entry["outcome"]) for entry in told] == [
        ("created", "enrolling"), ("enrolled", "enrolled"), ("verified", "Accept"), ("deleted", "deleting"),
        ("erased", "done"),
    ]  # fmt: skip
    assert {entry["by"] for entry in told} == {"key key-1"}
    assert "nextLink" not in answer.json()
    assert anna not in answer.text
    assert api("GET", f"{path}/audit", since="2999-01-01").json()["value"][-1]["deed"] == "erased"  # it still waits


def test_a_long_history_links_to_its_next_days(api: BackedApi, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = api.create()
    Trail.of(api.store).drain()
    monkeypatch.setattr("shared.trust.account.ENOUGH", 0)
    link = api("GET", f"{VERIFICATION}/profiles/{anna}/audit").json()["nextLink"]
    monkeypatch.undo()
    assert "since=20" in link
    following = api.request("GET", link, headers={"Ocp-Apim-Subscription-Key": api.key})
    assert [entry["deed"] for entry in following.json()["value"]] == ["created"]


def test_everything_that_is_held_is_exported_and_that_is_told(api: BackedApi) -> None:
    anna = api.enrolled(voices.seconds("anna", 12))
    answer = api("POST", f"{VERIFICATION}/profiles/{anna}:export")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/octet-stream")
    assert answer.headers["content-disposition"] == f'attachment; filename="{anna}.zip"'
    with ZipFile(io.BytesIO(answer.content)) as archive:
        names = archive.namelist()
        held = json.loads(archive.read("profile.json"))
        history = [json.loads(line)["deed"] for line in archive.read("history.jsonl").splitlines()]
        [audio] = [archive.read(name) for name in names if name.startswith("audio/")]
    assert held["profileId"] == anna
    assert len(held["signature"]["views"]["wide"]["mean"]) == 192
    assert history == ["created", "enrolled", "exported"]
    assert audio.startswith(b"RIFF")
    assert api.enroll(api.create(), audio, ignoreMinLength="true").status_code == 201


def test_nobody_is_exported_who_is_not_there(api: BackedApi) -> None:
    assert error_of(api("POST", f"{VERIFICATION}/profiles/{uuid.uuid4()}:export"))[0] == 404


def test_a_deletion_gives_a_receipt_to_who_asks(api: BackedApi) -> None:
    anna = api.enrolled(voices.seconds("anna", 12))
    path = f"{VERIFICATION}/profiles/{anna}"
    answer = api("DELETE", path, receipt="true")
    assert answer.status_code == 200
    receipt = answer.json()
    assert receipt.pop("erasedDateTime").endswith("Z")
    expected = {"profileId": anna, "existed": True, "enrollmentsCount": 1, "audioCount": 1, "keyShredded": False}
    assert receipt == expected
    again = api("DELETE", path, receipt="true").json()
    assert (again["existed"], again["enrollmentsCount"], again["audioCount"]) == (False, 0, 0)
    assert api("DELETE", path, receipt="false").status_code == 204
    assert error_of(api("DELETE", path, receipt="perhaps"))[0] == 400


def test_where_nothing_is_written_down_a_history_is_empty() -> None:
    api = in_process(KEY)
    anna = api.create()
    assert api("GET", f"{VERIFICATION}/profiles/{anna}/audit").json() == {"value": []}
