"""Identification among everyone and among groups, and watchlists, as callers see them."""

import json
import uuid

import pytest
import requests

from tests import voices
from tests.contract.api import IDENTIFICATION, TEXT_DEPENDENT, VERIFICATION, Api, BackedApi, error_of

IDENTIFY = f"{IDENTIFICATION}/profiles:identifySingleSpeaker"
NOBODY = str(uuid.UUID(int=0))
SPEAKERS = ("anna", "boris", "clara", "david")


@pytest.fixture(scope="module")
def ids(alone: BackedApi) -> dict[str, str]:
    """Profiles by voice."""
    return {name: alone.enrolled(voices.seconds(name, 12), IDENTIFICATION) for name in SPEAKERS}


def _clip(name: str) -> bytes:
    return voices.speakers()[name].test


def _named(api: Api, name: str, **query: str) -> str:
    answer = api("POST", IDENTIFY, _clip(name), **query)
    assert answer.status_code == 200, answer.text
    found: str = answer.json()["identifiedProfile"]["profileId"]
    return found


def _group(api: Api, *ids: str, family: str = IDENTIFICATION, **described: object) -> str:
    name = str(uuid.uuid4())
    assert api("PUT", f"{family}/groups/{name}", json.dumps(described)).status_code == 201
    if ids:
        assert _change(api, name, "add", *ids, family=family)["added"] == len(ids)
    return name


def _change(api: Api, group: str, how: str, *ids: str, family: str = IDENTIFICATION) -> dict[str, int]:
    body = json.dumps({"profileIds": ids})
    changed: dict[str, int] = api("POST", f"{family}/groups/{group}/profiles:{how}", body).json()
    return changed


def test_everybody_is_found_among_all_and_strangers_are_not(alone: BackedApi, ids: dict[str, str]) -> None:
    assert {name: _named(alone, name, profileIds="*") for name in SPEAKERS} == ids
    assert _named(alone, "ewan", profileIds="*") == NOBODY


def test_among_few_the_answer_is_the_one_to_naming_them(alone: BackedApi, ids: dict[str, str]) -> None:
    group = _group(alone, *ids.values())
    by_name = alone("POST", IDENTIFY, _clip("clara"), profileIds=",".join(ids.values())).json()
    for query in ({"profileIds": "*"}, {"groupId": group}):
        assert alone("POST", IDENTIFY, _clip("clara"), **query).json() == by_name


def test_only_members_of_a_group_are_named_in_it(alone: BackedApi, ids: dict[str, str]) -> None:
    group = _group(alone, ids["anna"], ids["boris"])
    assert _named(alone, "anna", groupId=group) == ids["anna"]
    assert _named(alone, "clara", groupId=group) == NOBODY
    _change(alone, group, "add", ids["clara"])
    assert _named(alone, "clara", groupId=group) == ids["clara"]
    _change(alone, group, "remove", ids["clara"])
    ranking = alone("POST", IDENTIFY, _clip("clara"), groupId=group).json()["profilesRanking"]
    assert ids["clara"] not in [each["profileId"] for each in ranking]


def test_who_is_enrolled_reset_or_deleted_is_so_in_the_next_answer(alone: BackedApi, ids: dict[str, str]) -> None:
    assert _named(alone, "ewan", profileIds="*") == NOBODY
    ewan = alone.enrolled(voices.seconds("ewan", 12), IDENTIFICATION)
    assert _named(alone, "ewan", profileIds="*") == ewan
    assert alone("POST", f"{IDENTIFICATION}/profiles/{ewan}:reset").ok
    assert _named(alone, "ewan", profileIds="*") == NOBODY
    assert alone.enroll(ewan, voices.seconds("ewan", 12), IDENTIFICATION, ignoreMinLength="true").ok
    assert _named(alone, "ewan", profileIds="*") == ewan
    assert alone("DELETE", f"{IDENTIFICATION}/profiles/{ewan}").ok
    assert _named(alone, "ewan", profileIds="*") == NOBODY


def test_a_groups_own_rate_decides_in_it(alone: BackedApi, ids: dict[str, str]) -> None:
    strict = _group(alone, *ids.values(), falseMatchRate=1e-6)
    loose = _group(alone, *ids.values(), falseMatchRate=0.1)
    thresholds = [
        alone("POST", IDENTIFY, _clip("anna"), groupId=group, details="true").json()["details"]["threshold"]
        for group in (loose, strict)
    ]
    assert thresholds[0] < thresholds[1]


@pytest.mark.parametrize(("top", "ranked"), [("1", 1), ("3", 3), ("100", 4)])
def test_as_many_are_ranked_as_were_asked_for(alone: BackedApi, ids: dict[str, str], top: str, ranked: int) -> None:
    for query in ({"profileIds": "*"}, {"profileIds": ",".join(ids.values())}):
        answer = alone("POST", IDENTIFY, _clip("david"), **query, **{"$top": top})
        assert len(answer.json()["profilesRanking"]) == ranked


def test_details_say_how_many_were_compared_and_as_of_when(alone: BackedApi, ids: dict[str, str]) -> None:
    told = alone("POST", IDENTIFY, _clip("anna"), profileIds="*", details="true").json()["details"]
    assert told["candidates"] == len(ids)
    assert told["galleryAsOf"].endswith("Z")
    named = alone("POST", IDENTIFY, _clip("anna"), profileIds=ids["anna"], details="true").json()["details"]
    assert named["candidates"] == 1
    assert "galleryAsOf" not in named


@pytest.mark.parametrize("top", ["0", "101", "x", "-1", "1.5"])
def test_a_top_beyond_its_bounds_is_refused(alone: BackedApi, top: str) -> None:
    answer = alone("POST", IDENTIFY, _clip("anna"), profileIds="*", **{"$top": top})
    assert error_of(answer)[:2] == (400, "InvalidArgument")


@pytest.mark.parametrize(("group", "status"), [("nobodys", 404), ("A", 400)])
def test_a_group_that_is_none_is_refused(alone: BackedApi, group: str, status: int) -> None:
    assert error_of(alone("POST", IDENTIFY, _clip("anna"), groupId=group))[0] == status
    verified = alone("POST", f"{VERIFICATION}/profiles/{NOBODY}:verify", _clip("anna"), watchlist=group)
    assert error_of(verified)[0] == status


def test_a_group_that_was_deleted_names_nobody(alone: BackedApi, ids: dict[str, str]) -> None:
    group = _group(alone, *ids.values())
    assert alone("DELETE", f"{IDENTIFICATION}/groups/{group}").status_code == 204
    assert error_of(alone("POST", IDENTIFY, _clip("anna"), groupId=group))[0] == 404


def test_2_0_has_no_groups_and_no_everybody(alone: BackedApi) -> None:
    url = f"{alone.url}/speaker/identification/v2.0/text-independent/profiles/identifySingleSpeaker"
    headers = {"Ocp-Apim-Subscription-Key": alone.key}
    for query in ({"profileIds": "*"}, {"groupId": "staff"}):
        answer = alone.request("POST", url, headers=headers, params=query, data=_clip("anna"), timeout=30)
        assert error_of(answer)[0] == 400


def test_a_watchlist_is_asked_beside_a_verification(alone: BackedApi, ids: dict[str, str]) -> None:
    own = alone.enrolled(voices.seconds("anna", 12))
    other = alone.enrolled(voices.seconds("boris", 12))
    group = _group(alone, ids["boris"], ids["clara"])
    plain = alone.verify(own, _clip("boris")).json()
    asked = alone.verify(own, _clip("boris"), watchlist=group).json()
    assert {name: asked[name] for name in plain} == plain
    assert asked["watchlist"]["groupId"] == group
    assert [match["profileId"] for match in asked["watchlist"]["matches"]] == [ids["boris"]]
    mine = _group(alone, other, family=VERIFICATION)
    matches = alone.verify(own, _clip("anna"), watchlist=mine).json()["watchlist"]["matches"]
    assert matches == []
    matches = alone.verify(own, _clip("boris"), watchlist=mine).json()["watchlist"]["matches"]
    assert [match["profileId"] for match in matches] == [other]


def test_a_watchlist_where_words_count_is_refused(alone: BackedApi) -> None:
    answer = alone.verify(NOBODY, voices.phrase("anna", 3), TEXT_DEPENDENT, watchlist="staff")
    assert error_of(answer)[:2] == (400, "InvalidArgument")


def test_who_is_enrolled_twice_is_found(alone: BackedApi, ids: dict[str, str]) -> None:
    def duplicates(profile_id: str) -> list[str]:
        found = alone("POST", f"{IDENTIFICATION}/profiles/{profile_id}:findDuplicates").json()["value"]
        return [each["profileId"] for each in found]

    assert duplicates(ids["clara"]) == []
    twin = alone.enrolled(_clip("clara"), IDENTIFICATION)
    assert (duplicates(ids["clara"]), duplicates(twin)) == ([twin], [ids["clara"]])
    assert alone("DELETE", f"{IDENTIFICATION}/profiles/{twin}").ok
    assert duplicates(ids["clara"]) == []


def test_a_profile_without_a_voice_has_no_duplicates(alone: BackedApi) -> None:
    blank = alone.create(IDENTIFICATION)
    assert error_of(alone("POST", f"{IDENTIFICATION}/profiles/{blank}:findDuplicates"))[0] == 400
    assert error_of(alone("POST", f"{IDENTIFICATION}/profiles/{NOBODY}:findDuplicates"))[0] == 404


def _enrolling(api: Api, profile_id: str, clip: bytes, **query: str) -> requests.Response:
    return api.enroll(profile_id, clip, IDENTIFICATION, **query)


def test_enrolling_reports_whom_the_voice_is_already(alone: BackedApi, ids: dict[str, str]) -> None:
    reported = _enrolling(alone, alone.create(IDENTIFICATION), voices.seconds("clara", 12), duplicates="Report").json()
    assert [each["profileId"] for each in reported["details"]["duplicates"]] == [ids["clara"]]
    new = _enrolling(alone, alone.create(IDENTIFICATION), voices.seconds("ewan", 12), duplicates="report").json()
    assert new["details"]["duplicates"] == []
    again = _enrolling(alone, ids["clara"], voices.seconds("clara", 5), duplicates="report").json()
    assert again["details"]["duplicates"] == []
    assert "duplicates" not in _enrolling(alone, ids["clara"], _clip("clara"), details="true").json()["details"]


def test_enrolling_refuses_whom_the_voice_is_already_and_leaves_nothing(alone: BackedApi, ids: dict[str, str]) -> None:
    profile_id, before = alone.create(IDENTIFICATION), alone.stored()
    refused = _enrolling(alone, profile_id, voices.seconds("boris", 12), duplicates="refuse")
    status, code, message = error_of(refused)
    assert (status, code) == (409, "Conflict")
    assert ids["boris"] in message
    assert "retry-after" not in refused.headers
    assert alone.stored() == before
    assert alone.profile(profile_id, IDENTIFICATION)["enrollmentsCount"] == 0
    assert _enrolling(alone, profile_id, voices.seconds("ewan", 12), duplicates="refuse").status_code == 201


@pytest.mark.parametrize(("family", "choice"), [(IDENTIFICATION, "warn"), (TEXT_DEPENDENT, "report")])
def test_what_cannot_be_done_about_duplicates_is_refused(alone: BackedApi, family: str, choice: str) -> None:
    answer = alone.enroll(alone.create(family), voices.phrase("anna", 3), family, duplicates=choice)
    status, code, message = error_of(answer)
    assert (status, code) == (400, "InvalidArgument")
    assert "duplicates" in message


def test_2_0_does_not_look_at_duplicates(alone: BackedApi, ids: dict[str, str]) -> None:
    url = f"{alone.url}/speaker/identification/v2.0/text-independent/profiles/{ids['anna']}/enrollments"
    headers = {"Ocp-Apim-Subscription-Key": alone.key}
    answer = alone.request("POST", url, headers=headers, params={"duplicates": "x"}, data=_clip("anna"), timeout=30)
    assert answer.status_code == 201
    assert "details" not in answer.json()
