"""Groups of profiles, as callers see them."""

import json
import uuid

import pytest
import requests

from tests import voices
from tests.contract.api import IDENTIFICATION, TEXT_DEPENDENT, VERIFICATION, Api, error_of

NOBODY = str(uuid.UUID(int=7))


def _group(api: Api, family: str = VERIFICATION, **described: object) -> str:
    """The path of a new group."""
    path = f"{family}/groups/{uuid.uuid4()}"
    assert api("PUT", path, json.dumps(described)).status_code == 201
    return path


def _change(api: Api, group: str, how: str, *ids: str) -> requests.Response:
    return api("POST", f"{group}/profiles:{how}", json.dumps({"profileIds": ids}))


def _members(api: Api, group: str, size: int = 100) -> list[str]:
    """Ids of all pages."""
    answer, found = api("GET", f"{group}/profiles", maxpagesize=str(size)).json(), []
    while True:
        found += [profile["profileId"] for profile in answer["value"]]
        if "nextLink" not in answer:
            return found
        following = api.request("GET", answer["nextLink"], headers={"Ocp-Apim-Subscription-Key": api.key}, timeout=10)
        answer = following.json()


def _put(api: Api, group: str, body: bytes, **headers: str) -> requests.Response:
    url = f"{api.url}/speaker-recognition/{group}?api-version=2021-09-05"
    return api.request("PUT", url, headers={"Ocp-Apim-Subscription-Key": api.key, **headers}, data=body, timeout=10)


@pytest.mark.parametrize("family", [VERIFICATION, IDENTIFICATION])
def test_a_group_is_what_was_said_of_it_last(api: Api, family: str) -> None:
    group = _group(api, family, displayName="Staff", userData="ä" * 8192, falseMatchRate=0.01)
    read = api("GET", group).json()
    assert (read["displayName"], read["userData"], read["falseMatchRate"]) == ("Staff", "ä" * 8192, 0.01)
    assert (read["profilesCount"], read["lastUpdatedDateTime"]) == (0, None)
    changed = api("PUT", group)
    assert changed.status_code == 200
    assert changed.json()["displayName"] is None
    assert api("GET", group).json()["createdDateTime"] == read["createdDateTime"]


def test_a_group_is_known_in_its_own_family_only(api: Api) -> None:
    group = _group(api, VERIFICATION)
    assert error_of(api("GET", group.replace(VERIFICATION, IDENTIFICATION)))[0] == 404


def test_there_are_no_groups_of_passphrases_nor_in_2_0(api: Api) -> None:
    assert error_of(api("PUT", f"{TEXT_DEPENDENT}/groups/staff"))[:2] == (404, "404")
    older = f"{api.url}/speaker/verification/v2.0/text-independent/groups"
    answer = api.request("GET", older, headers={"Ocp-Apim-Subscription-Key": api.key}, timeout=10)
    assert error_of(answer)[:2] == (404, "404")


def test_who_writes_by_an_etag_overwrites_nobody(api: Api) -> None:
    group = _group(api)
    etag = api("GET", group).headers["etag"]
    written = _put(api, group, b'{"displayName":"first"}', **{"If-Match": etag})
    assert (written.status_code, written.headers["etag"] == etag) == (200, False)
    assert error_of(_put(api, group, b'{"displayName":"second"}', **{"If-Match": etag}))[0] == 412
    assert api("GET", group).json()["displayName"] == "first"
    assert _put(api, group, b"{}", **{"If-Match": "*"}).status_code == 200
    assert error_of(_put(api, f"{VERIFICATION}/groups/{uuid.uuid4()}", b"{}", **{"If-Match": "*"}))[0] == 412


def test_adding_and_removing_twice_is_once(api: Api) -> None:
    group, ids = _group(api), [api.create() for _ in range(3)]
    assert _change(api, group, "add", *ids[:2]).json() == {"added": 2, "removed": 0, "unknown": []}
    assert _change(api, group, "add", *ids, ids[0].upper(), NOBODY).json() == {
        "added": 1, "removed": 0, "unknown": [NOBODY],
    }  # fmt: skip
    assert _members(api, group, 1) == sorted(ids)
    assert api("GET", group).json()["profilesCount"] == 3
    assert _change(api, group, "remove", ids[0], NOBODY).json() == {"added": 0, "removed": 1, "unknown": [NOBODY]}
    assert _change(api, group, "remove", ids[0]).json() == {"added": 0, "removed": 0, "unknown": [ids[0]]}
    assert _members(api, group) == sorted(ids[1:])


def test_a_deleted_profile_is_in_no_group(api: Api) -> None:
    group, ids = _group(api), [api.create() for _ in range(2)]
    _change(api, group, "add", *ids)
    assert api("DELETE", f"{VERIFICATION}/profiles/{ids[0]}").status_code == 204
    assert _members(api, group) == ids[1:]
    assert api("GET", group).json()["profilesCount"] == 1


def test_a_profile_stays_in_its_groups_while_its_voice_comes_and_goes(api: Api) -> None:
    group, profile_id = _group(api), api.create()
    _change(api, group, "add", profile_id)
    assert api.enroll(profile_id, voices.seconds("anna", 6)).status_code == 201
    assert api("POST", f"{VERIFICATION}/profiles/{profile_id}:reset").status_code == 200
    assert _members(api, group) == [profile_id]


def test_a_group_that_is_made_again_is_empty_and_its_profiles_are_there(api: Api) -> None:
    group, profile_id = _group(api), api.create()
    _change(api, group, "add", profile_id)
    assert [api("DELETE", group).status_code for _ in range(2)] == [204, 204]
    assert error_of(api("GET", f"{group}/profiles"))[0] == 404
    assert api("PUT", group).status_code == 201
    assert _members(api, group) == []
    assert api.profile(profile_id)["profileId"] == profile_id


def test_groups_are_listed_in_id_order_page_by_page(api: Api) -> None:
    made = sorted(_group(api, IDENTIFICATION).rsplit("/", 1)[1] for _ in range(3))
    answer, seen = api("GET", f"{IDENTIFICATION}/groups", maxpagesize="2").json(), []
    while True:
        seen += [group["groupId"] for group in answer["value"]]
        if "nextLink" not in answer:
            break
        answer = api.request(
            "GET", answer["nextLink"], headers={"Ocp-Apim-Subscription-Key": api.key}, timeout=10
        ).json()
    assert seen == sorted(seen)
    assert set(made) <= set(seen)


BAD = [
    ('{"displayName":5}', "InvalidArgument", "Invalid displayName value."),
    (json.dumps({"displayName": "x" * 129}), "InvalidArgument", "Invalid displayName value."),
    (json.dumps({"userData": "ä" * 8192 + "x"}), "InvalidArgument", "Invalid userData value."),
    ('{"userData":"\\ud800"}', "InvalidArgument", "Invalid userData value."),
    ('{"falseMatchRate":true}', "InvalidArgument", "Invalid falseMatchRate value."),
    ('{"falseMatchRate":"0.01"}', "InvalidArgument", "Invalid falseMatchRate value."),
    ("[]", "InvalidRequest", "Invalid JSON format."),
    (json.dumps({"userData": "x" * 140_000}), "InvalidRequest", "Invalid JSON format. The body holds"),
]


@pytest.mark.parametrize(("body", "code", "message"), BAD)
def test_a_bad_description_is_refused_and_makes_no_group(api: Api, body: str, code: str, message: str) -> None:
    path = f"{VERIFICATION}/groups/{uuid.uuid4()}"
    status, said, text = error_of(api("PUT", path, body))
    assert (status, said) == (400, code)
    assert text.startswith(message)
    assert api("GET", path).status_code == 404


@pytest.mark.parametrize("body", ["{}", '{"profileIds":[]}', '{"profileIds":"x"}', '{"profileIds":[5]}', "", "x"])
@pytest.mark.parametrize("how", ["add", "remove"])
def test_bad_lists_of_members_are_refused(api: Api, how: str, body: str) -> None:
    assert error_of(api("POST", f"{_group(api)}/profiles:{how}", body))[0] == 400


@pytest.mark.parametrize("group_id", ["A", "a.b", "x" * 65, "ä", "a b"])
@pytest.mark.parametrize(("method", "below"), [("PUT", ""), ("GET", ""), ("DELETE", ""), ("GET", "/profiles")])
def test_a_name_that_no_group_can_have_is_refused(api: Api, group_id: str, method: str, below: str) -> None:
    assert error_of(api(method, f"{VERIFICATION}/groups/{group_id}{below}"))[:2] == (400, "InvalidArgument")
