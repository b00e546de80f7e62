"""Every cell of the table of standings, asked of the service."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import pytest
import requests

from shared.store.memory import MemoryStore
from shared.voices.families import IDENTIFICATION as IDENTIFICATION_FAMILY
from shared.voices.families import VERIFICATION as VERIFICATION_FAMILY
from shared.voices.families import Family
from shared.voices.records import Profile
from shared.voices.standing import ANSWERS, Act, Served, Standing
from tests import voices
from tests.contract.api import IDENTIFICATION, VERIFICATION, BackedApi
from tests.contract.conftest import KEY
from tests.contract.in_process import in_process

CLIP: Final = voices.seconds("anna", 6)
CONSENT: Final = '{"version":"1","givenDateTime":"2026-01-31T09:30:00Z","by":"test"}'
SILENT: Final = (Act.DELETE, Act.VERIFY, Act.CHALLENGE)
"""Answers that do not name the profile."""
OF_IDENTIFICATION: Final = (Act.NAME, Act.SEARCH)

type Ask = Callable[[BackedApi, str], requests.Response]


def _profile(method: str, rest: str = "", body: bytes | str | None = None) -> Ask:
    return lambda api, name: api(method, f"{VERIFICATION}/profiles/{name}{rest}", body, details="true")


def _identify(api: BackedApi, ids: str) -> requests.Response:
    return api("POST", f"{IDENTIFICATION}/profiles:identifySingleSpeaker", CLIP, profileIds=ids, details="true")


ASKED: Final[dict[Act, Ask]] = {
    Act.READ: _profile("GET"),
    Act.ENROLL: _profile("POST", "/enrollments", voices.phrase("anna", 11)),
    Act.VERIFY: _profile("POST", ":verify", CLIP),
    Act.CHALLENGE: _profile("POST", ":challenge"),
    Act.NAME: _identify,
    Act.SEARCH: lambda api, _: _identify(api, "*"),
    Act.RESET: _profile("POST", ":reset"),
    Act.CONSENT: _profile("PUT", "/consent", CONSENT),
    Act.OPT_OUT: _profile("POST", ":optOut"),
    Act.OPT_IN: _profile("POST", ":optIn"),
    Act.UNLOCK: _profile("POST", ":unlock"),
    Act.DELETE: _profile("DELETE"),
}


@pytest.fixture(scope="module")
def service() -> BackedApi:
    """It locks a profile at once."""
    return in_process({**KEY, "SPEAKER_FAILURE_LIMIT": "1"})


def _standing(api: BackedApi, act: Act, standing: Standing) -> tuple[Family, str]:
    """A profile that stands there, in a family that has the act."""
    path = IDENTIFICATION if act in OF_IDENTIFICATION else VERIFICATION
    family = IDENTIFICATION_FAMILY if act in OF_IDENTIFICATION else VERIFICATION_FAMILY
    name = api.enrolled(CLIP, path)
    profile = api.store.get(family, name)
    assert profile
    if standing is Standing.LOCKED and family == VERIFICATION_FAMILY:
        assert api.verify(name, voices.seconds("david", 6)).json()["recognitionResult"] == "Reject"
    elif standing is Standing.UNREADABLE:
        assert isinstance(api.store, MemoryStore)
        api.store.profiles[family.name, name] = Profile.unreadable(family, name, "etag")
    elif standing is not Standing.LOCKED:
        api.store.replace(replace(profile, standing=standing))
    return family, name


@pytest.mark.parametrize("standing", Standing, ids=lambda standing: standing.value)
@pytest.mark.parametrize("act", Act, ids=lambda act: act.value)
def test_what_an_operation_answers_is_what_the_table_says(service: BackedApi, act: Act, standing: Standing) -> None:
    family, name = _standing(service, act, standing)
    before = service.store.get(family, name)
    locked = standing is Standing.LOCKED and act not in OF_IDENTIFICATION
    expected = ANSWERS[standing][act]
    answer = ASKED[act](service, name)
    if not isinstance(expected, Served):
        assert (answer.status_code, answer.json()["error"]["code"]) == (expected.status, expected.code)
        assert answer.json().get("details", {"reason": ""}) == {"reason": expected.reason}
        assert service.store.get(family, name) == before
    elif expected is Served.UNCHANGED:
        assert answer.ok
        assert service.store.get(family, name) == before
        assert service.profile(name).get("lockedUntilDateTime", "") != "" or not locked
    else:
        assert answer.ok or expected is Served.ABSENT, answer.text
        assert (name in answer.text) is (expected is Served.DONE and act not in SILENT)
    service("DELETE", f"{family.mode}/{family.dependency}/profiles/{name}")


def test_where_a_profile_stands_is_told_to_who_asks_where_the_contract_has_no_word(service: BackedApi) -> None:
    for standing in set(Standing) - {Standing.DELETING, Standing.UNREADABLE}:
        _, name = _standing(service, Act.READ, standing)
        told = ASKED[Act.READ](service, name).json()["details"].get("standing")
        assert told == (standing.value if standing.value in ("locked", "expired", "optedOut") else None)


def test_an_answer_has_what_the_contract_has_and_no_more_where_nobody_asks(service: BackedApi) -> None:
    _, name = _standing(service, Act.READ, Standing.OPTED_OUT)
    assert set(service.profile(name)) == set(service.profile(service.create()))
    assert set(service.verify(name, CLIP).json()) == {"error"}
    assert json.loads(service.verify(name, CLIP).text)["error"]["message"].startswith("Profile is not enrolled.")
