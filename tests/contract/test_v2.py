"""Version 2.0: the same service under older names. Paths and fields are written out here, not taken from the app."""

from typing import Any

import pytest
import requests

from tests import voices
from tests.contract.api import VERIFICATION, Api, error_of

VERIFY = "verification/v2.0/text-independent"
IDENTIFY = "identification/v2.0/text-independent"
COMMON = {
    "profileId",
    "enrollmentStatus",
    "enrollmentsCount",
    "enrollmentsLength",
    "enrollmentsSpeechLength",
    "remainingEnrollmentsSpeechLength",
}
PROFILE = COMMON | {"locale", "modelVersion", "createdDateTime", "lastUpdatedDateTime", "enrollmentSpeechLength"}


class Older:
    """A hand on version 2.0."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def __call__(self, method: str, path: str, body: bytes | str | None = None, **query: str) -> requests.Response:
        headers = {"Ocp-Apim-Subscription-Key": self.api.key}
        url = f"{self.api.url}/speaker/{path}"
        return self.api.request(method, url, params=query, headers=headers, data=body, timeout=60)

    def create(self, family: str) -> dict[str, Any]:
        answer = self("POST", f"{family}/profiles", '{"locale":"en-us"}')
        assert answer.status_code == 201
        profile: dict[str, Any] = answer.json()
        assert answer.headers["Location"] == f"{self.api.url}/speaker/{family}/profiles/{profile['profileId']}"
        return profile


@pytest.fixture
def older(api: Api) -> Older:
    return Older(api)


def test_a_profile_is_enrolled_verified_reset_and_deleted(older: Older) -> None:
    anna = voices.speakers()["anna"]
    created = older.create(VERIFY)
    assert set(created) == PROFILE
    path = f"{VERIFY}/profiles/{created['profileId']}"
    assert older("GET", path).json() == created

    answer = older("POST", f"{path}/enrollments", anna.enrollments[0], ignoreMinLength="true")
    assert answer.status_code == 201
    assert set(answer.json()) == COMMON | {"audioLength", "audioSpeechLength"}
    assert answer.json()["enrollmentStatus"] == "Enrolled"

    answer = older("POST", f"{path}/verify", anna.test)
    assert (answer.status_code, answer.json()["recognitionResult"]) == (200, "Accept")

    answer = older("POST", f"{path}/reset")
    assert (answer.status_code, answer.content) == (204, b"")
    assert older("GET", path).json()["enrollmentsCount"] == 0
    assert older("DELETE", path).status_code == 204
    assert error_of(older("GET", path))[:2] == (404, "Not Found")


def test_a_speaker_is_identified(older: Older) -> None:
    ids = {}
    for name in ("anna", "david"):
        ids[name] = older.create(IDENTIFY)["profileId"]
        clip = voices.speakers()[name].enrollments[0]
        older("POST", f"{IDENTIFY}/profiles/{ids[name]}/enrollments", clip, ignoreMinLength="true")
    path, clip = f"{IDENTIFY}/profiles/identifySingleSpeaker", voices.speakers()["david"].test
    found = older("POST", path, clip, profileIds=",".join(ids.values())).json()
    assert found["identifiedProfile"]["profileId"] == ids["david"]
    assert len(found["profilesRanking"]) == 2


def test_a_list_is_walked_and_its_last_page_has_an_empty_link(older: Older) -> None:
    mine = {older.create(IDENTIFY)["profileId"] for _ in range(3)}
    seen: list[str] = []
    answer = older("GET", f"{IDENTIFY}/profiles", **{"$top": "2"}).json()
    while link := answer["@nextLink"]:
        assert "?$top=2&$continuationToken=" in link
        seen += [profile["profileId"] for profile in answer["profiles"]]
        key = {"Ocp-Apim-Subscription-Key": older.api.key}
        answer = older.api.request("GET", link, headers=key, timeout=10).json()
    seen += [profile["profileId"] for profile in answer["profiles"]]
    assert seen == sorted(set(seen))
    assert mine <= set(seen)


@pytest.mark.parametrize("size", ["0", "501", "x"])
def test_page_sizes_out_of_range(older: Older, size: str) -> None:
    status, code, said = error_of(older("GET", f"{VERIFY}/profiles", **{"$top": size}))
    assert (status, code) == (400, "InvalidArgument")
    assert said == "Invalid $top parameter value. Value should be positive integer in the range [1, 500]."


def test_both_versions_see_the_same_profiles(older: Older, api: Api) -> None:
    profile_id = older.create(VERIFY)["profileId"]
    assert api.profile(profile_id)["profileId"] == profile_id
    assert older("GET", f"{VERIFY}/profiles/{api.create(VERIFICATION)}").status_code == 200


@pytest.mark.wire
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"{VERIFY}/profiles/identifySingleSpeaker"),
        ("POST", f"{VERIFY}/profiles/0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9:verify"),
        ("GET", "identification/v2.0/text-dependent/profiles"),
        ("POST", "verification/v2.0/text-dependent/profiles/identifySingleSpeaker"),
        ("GET", "verification/v3.0/text-independent/profiles"),
        ("GET", "verification/text-independent/profiles"),
    ],
)
def test_what_the_version_does_not_have_is_no_resource(older: Older, method: str, path: str) -> None:
    assert error_of(older(method, path)) == (404, "404", "Resource not found")
