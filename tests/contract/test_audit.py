"""What the audit trail holds of the life of a profile, and that a trail takes nothing from an answer."""

import json
from collections.abc import Iterator

import pytest

from shared.store.outbox import Outbox
from shared.trust.trail import Trail
from shared.trust.verifying import BESIDE, of_profile, verify
from tests import voices
from tests.contract.api import IDENTIFICATION, BackedApi
from tests.contract.conftest import KEY, Serve
from tests.contract.in_process import in_process

AUDITED = {**KEY, "SPEAKER_AUDIT": "true"}


@pytest.fixture(scope="module")
def hosted(serve: Serve) -> Iterator[BackedApi]:
    with serve(AUDITED) as api:
        for row in api.store.outbox.since(""):
            api.store.outbox.remove(row.partition, row.name)
        yield api


@pytest.fixture(scope="module")
def audited() -> BackedApi:
    return in_process(AUDITED)


def _told(api: BackedApi, profile_id: str) -> list[tuple[str, str, str]]:
    Trail.of(api.store).drain()
    assert verify(api.store).breaks == []
    return [(told["deed"], told["outcome"], told["operation"]) for told in of_profile(api.store, profile_id)]


def _identify(api: BackedApi, ids: str) -> int:
    path = f"{IDENTIFICATION}/profiles:identifySingleSpeaker"
    return api("POST", path, voices.speakers()["anna"].test, profileIds=ids).status_code


def test_a_life_is_told_from_creation_to_erasure(hosted: BackedApi) -> None:
    anna, boris = (hosted.enrolled(voices.seconds(name, 12), IDENTIFICATION) for name in ("anna", "boris"))
    path = f"{IDENTIFICATION}/profiles/{anna}"
    members = json.dumps({"profileIds": [anna]})
    answers = [
        hosted("GET", path).status_code,
        _identify(hosted, f"{anna},{boris}"),
        _identify(hosted, "*"),
        hosted("PUT", f"{IDENTIFICATION}/groups/staff", "{}").status_code,
        hosted("POST", f"{IDENTIFICATION}/groups/staff/profiles:add", members).status_code,
        hosted("POST", f"{IDENTIFICATION}/groups/staff/profiles:remove", members).status_code,
        hosted("POST", f"{path}:reset").status_code,
        hosted("DELETE", path).status_code,
    ]
    assert answers == [200, 200, 200, 201, 200, 200, 200, 204]
    assert _told(hosted, anna) == [
        ("created", "enrolling", "CreateProfile"),
        ("enrolled", "enrolled", "CreateEnrollment"),
        ("read", "enrolled", "GetProfile"),
        ("identified", "Accept", "IdentifySingleSpeaker"),
        ("identified", "Accept", "IdentifySingleSpeaker"),
        ("joined", BESIDE, "AddToGroup"),
        ("left", BESIDE, "RemoveFromGroup"),
        ("reset", "enrolling", "ResetProfile"),
        ("deleted", "deleting", "DeleteProfile"),
        ("erased", "done", "DeleteProfile"),
    ]
    assert [told for told in _told(hosted, boris) if told[0] == "identified"] == [
        ("identified", BESIDE, "IdentifySingleSpeaker")
    ]


def test_a_verification_is_told_with_its_decision_and_neither_score_nor_words(audited: BackedApi) -> None:
    anna = audited.enrolled(voices.seconds("anna", 12))
    score = audited.verify(anna, voices.seconds("anna", 6)).json()["score"]
    audited.verify(anna, voices.seconds("ewan", 6))
    assert [told[:2] for told in _told(audited, anna)[2:]] == [("verified", "Accept"), ("verified", "Reject")]
    (day,) = audited.store.trail.lengths()
    written = audited.store.trail.read(day)
    assert b"key key-1" in written
    assert str(score)[:8].encode() not in written
    assert anna.encode() not in written


def test_what_was_refused_leaves_nothing_behind(audited: BackedApi) -> None:
    anna = audited.create()
    assert audited.enroll(anna, voices.silence(5)).status_code == 400
    assert audited.verify(anna, voices.seconds("anna", 6)).status_code == 400
    assert [told[0] for told in _told(audited, anna)] == ["created"]
    assert not list(Outbox.of(audited.store).pending("audit"))


@pytest.mark.parametrize(("enrolled", "outcome"), [("anna", "Accept"), ("david", BESIDE)])
def test_a_recording_is_told_to_everybody_who_was_looked_for(audited: BackedApi, enrolled: str, outcome: str) -> None:
    profile_id = audited.enrolled(voices.seconds(enrolled, 12), IDENTIFICATION)
    path = f"{IDENTIFICATION}/recordings:identify"
    assert audited("POST", path, voices.seconds("anna", 20), profileIds=profile_id).status_code == 200
    assert _told(audited, profile_id)[-1] == ("recording", outcome, "IdentifyRecording")


def test_nothing_is_written_while_the_trail_is_off() -> None:
    api = in_process(KEY)
    anna = api.enrolled(voices.seconds("anna", 12))
    api.verify(anna, voices.seconds("anna", 6))
    assert not list(api.store.outbox.since(""))
