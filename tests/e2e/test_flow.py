"""The main job over HTTP, on the real worker, the real model and Azurite."""

import pytest
import requests

from devhost.stack import Host
from tests import voices
from tests.conftest import KEYS
from tests.contract.api import IDENTIFICATION, VERIFICATION, Api


@pytest.fixture(scope="module")
def api(service: Host) -> Api:
    return Api(service.url, KEYS[0])


def test_a_profile_grows_until_it_is_enrolled_and_then_knows_its_speaker(api: Api) -> None:
    anna = voices.speakers()["anna"]
    profile_id = api.create()
    path = f"{VERIFICATION}/profiles/{profile_id}"

    assert api("POST", f"{path}:verify", anna.test).json()["error"]["message"].startswith("Profile is not enrolled.")
    first = api("POST", f"{path}/enrollments", anna.enrollments[0]).json()
    assert (first["enrollmentStatus"], first["enrollmentsCount"]) == ("Enrolling", 1)
    assert 0 < first["remainingEnrollmentsSpeechLengthInSec"] < 20
    second = api("POST", f"{path}/enrollments", anna.enrollments[1]).json()
    assert (second["enrollmentStatus"], second["enrollmentsCount"]) == ("Enrolled", 2)
    assert second["remainingEnrollmentsSpeechLengthInSec"] == 0

    known = api.profile(profile_id)
    assert known["lastUpdatedDateTime"] > known["createdDateTime"]
    assert known["enrollmentsSpeechLengthInSec"] == second["enrollmentsSpeechLengthInSec"]
    assert api("POST", f"{path}:verify", anna.test).json()["recognitionResult"] == "Accept"
    assert api("POST", f"{path}:verify", voices.speakers()["david"].test).json()["recognitionResult"] == "Reject"


def test_reset_forgets_the_voice_and_keeps_the_id(api: Api) -> None:
    anna = voices.speakers()["anna"]
    profile_id = api.enrolled(anna.enrollments[0])
    answer = api("POST", f"{VERIFICATION}/profiles/{profile_id}:reset")
    assert answer.status_code == 200
    assert answer.json() == api.profile(profile_id)
    assert (answer.json()["enrollmentStatus"], answer.json()["enrollmentsCount"]) == ("Enrolling", 0)
    assert answer.json()["modelVersion"] is None
    assert api("POST", f"{VERIFICATION}/profiles/{profile_id}:verify", anna.test).status_code == 400


def test_a_deleted_profile_is_gone_and_deleting_it_again_is_no_error(api: Api) -> None:
    profile_id = api.enrolled(voices.speakers()["anna"].enrollments[0])
    for _ in range(2):
        answer = api("DELETE", f"{VERIFICATION}/profiles/{profile_id}")
        assert (answer.status_code, answer.content) == (204, b"")
    assert api("GET", f"{VERIFICATION}/profiles/{profile_id}").status_code == 404


def test_speakers_are_told_apart_and_a_stranger_is_nobody(api: Api) -> None:
    *known, stranger = voices.speakers().values()
    ids = {speaker.name: api.enrolled(speaker.enrollments[0], IDENTIFICATION) for speaker in known}
    for speaker in (*known, stranger):
        path, everybody = f"{IDENTIFICATION}/profiles:identifySingleSpeaker", ",".join(ids.values())
        found = api("POST", path, speaker.test, profileIds=everybody).json()
        nobody = "00000000-0000-0000-0000-000000000000"
        assert found["identifiedProfile"]["profileId"] == ids.get(speaker.name, nobody)
        scores = [candidate["score"] for candidate in found["profilesRanking"]]
        assert scores == sorted(scores, reverse=True)
        assert len(scores) == len(known)


def test_the_ranking_holds_the_best_five(api: Api) -> None:
    anna, ewan = voices.speakers()["anna"], voices.speakers()["ewan"]
    ids = [api.enrolled(ewan.enrollments[0], IDENTIFICATION) for _ in range(6)]
    own = api.enrolled(anna.enrollments[0], IDENTIFICATION)
    path = f"{IDENTIFICATION}/profiles:identifySingleSpeaker"
    found = api("POST", path, anna.test, profileIds=",".join([*ids, own])).json()
    assert len(found["profilesRanking"]) == 5
    assert found["profilesRanking"][0] == found["identifiedProfile"]
    assert found["identifiedProfile"]["profileId"] == own


def test_a_list_is_walked_by_its_links_in_id_order(api: Api) -> None:
    mine = {api.create(IDENTIFICATION) for _ in range(5)}
    seen: list[str] = []
    answer = api("GET", f"{IDENTIFICATION}/profiles", maxpagesize="2").json()
    while True:
        seen += [profile["profileId"] for profile in answer["value"]]
        if "nextLink" not in answer:
            break
        assert answer["nextLink"].startswith(f"{api.url}/speaker-recognition/")
        headers = {"Ocp-Apim-Subscription-Key": api.key}
        answer = requests.get(answer["nextLink"], headers=headers, timeout=10).json()
    assert seen == sorted(set(seen))
    assert mine <= set(seen)


def test_links_name_the_host_that_was_asked_whatever_is_forwarded(api: Api) -> None:
    forwarded = {"X-Forwarded-Host": "voice.example.org", "X-Forwarded-Proto": "https"}
    answer = requests.post(
        f"{api.url}/speaker-recognition/{VERIFICATION}/profiles/",
        params={"api-version": "2021-09-05"},
        headers={"Ocp-Apim-Subscription-Key": KEYS[1], **forwarded},
        data='{"locale": "en-us"}',
        timeout=10,
    )
    profile_id = answer.json()["profileId"]
    expected = f"{api.url}/speaker-recognition/{VERIFICATION}/profiles/{profile_id}"
    assert answer.headers["location"] == expected


def test_paths_are_read_as_clients_write_them(api: Api) -> None:
    profile_id = api.enrolled(voices.speakers()["anna"].enrollments[0])
    headers, query = {"Ocp-Apim-Subscription-Key": api.key}, "api-version=2021-09-05"
    for path in (
        f"/speaker-recognition//{VERIFICATION}/profiles/{profile_id}",
        f"/Speaker-Recognition/Verification/TEXT-independent/Profiles/{profile_id}/",
    ):
        assert requests.get(f"{api.url}{path}?{query}", headers=headers, timeout=10).status_code == 200, path
    encoded = f"{api.url}/speaker-recognition/{VERIFICATION}/profiles/{profile_id}%3Averify?{query}"
    answer = requests.post(encoded, data=voices.speakers()["anna"].test, headers=headers, timeout=10)
    assert answer.json()["recognitionResult"] == "Accept"


@pytest.mark.parametrize("path", ["health", "openapi.json"])
def test_monitors_that_ask_by_head_are_answered(service: Host, path: str) -> None:
    answer = requests.head(f"{service.url}/{path}", timeout=10)
    assert (answer.status_code, answer.content) == (200, b"")


def test_health_needs_no_key(service: Host) -> None:
    answer = requests.get(f"{service.url}/health", timeout=10)
    assert answer.status_code == 200
    assert answer.json()["status"] == "Healthy"
