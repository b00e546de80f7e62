"""A long recording as a job, as callers see it: handed in, worked on, read, deleted."""

import json
import time
import uuid
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from shared.recordings.desk import MAX_BYTES
from tests import voices
from tests.contract.api import IDENTIFICATION, VERIFICATION, BackedApi, error_of
from tests.contract.conftest import KEY, Serve
from tests.contract.test_recordings import call, conversation, flac

JOBS = f"{IDENTIFICATION}/recordings"
NOBODY = str(uuid.UUID(int=0))


@pytest.fixture(scope="module")
def api(alone: BackedApi) -> BackedApi:
    """Nobody else is enrolled: Anna might be known twice."""
    return alone


def handed_in(api: BackedApi, clip: bytes, **asked: str) -> str:
    """The id of a recording that was taken."""
    answer = api("POST", JOBS, clip, **asked)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["recordingId"])


def ended(api: BackedApi, job: str) -> dict[str, object]:
    """What the service says of a recording once it is done, and the worker has tidied up: the source goes last."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        api.work()
        answer = api("GET", f"{JOBS}/{job}")
        assert answer.status_code == 200, answer.text
        told: dict[str, object] = answer.json()
        if told["status"] in ("Succeeded", "Failed"):
            assert "retry-after" not in answer.headers
            if f"{job}/source" not in api.store.recordings.names(f"{job}/"):
                return told
            continue
        assert answer.headers["retry-after"] == "5"
    raise TimeoutError(job)


@pytest.mark.wire
def test_a_recording_becomes_turns_with_names_and_is_gone_when_it_is_deleted(
    api: BackedApi, known: dict[str, str]
) -> None:
    before = api.stored()
    answer = api("POST", JOBS, conversation("anna", "boris"), profileIds=",".join(known.values()), displayName="call")
    assert answer.status_code == 202
    taken = answer.json()
    assert (taken["status"], taken["percentComplete"], taken["displayName"]) == ("NotStarted", 0, "call")
    where = urlsplit(answer.headers["location"])
    assert answer.headers["operation-location"] == answer.headers["location"]
    assert answer.headers["retry-after"] == "5"
    assert where.path == f"/speaker-recognition/{JOBS}/{taken['recordingId']}"
    assert parse_qs(where.query) == {"api-version": ["2021-09-05"]}
    done = ended(api, taken["recordingId"])
    assert (done["status"], done["percentComplete"]) == ("Succeeded", 100)
    assert "error" not in done
    told = api("GET", f"{JOBS}/{taken['recordingId']}/turns").json()
    assert [each["profileId"] for each in told["speakers"]] == [known["anna"], NOBODY]
    assert api("DELETE", f"{JOBS}/{taken['recordingId']}").status_code == 204
    assert api("GET", f"{JOBS}/{taken['recordingId']}").status_code == 404
    assert api("DELETE", f"{JOBS}/{taken['recordingId']}").status_code == 204
    assert api.stored() == before


@pytest.fixture(scope="module")
def job(api: BackedApi, known: dict[str, str]) -> Iterator[str]:
    """A recording that is done."""
    job = handed_in(api, conversation("anna", "boris"), profileIds=known["anna"])
    assert ended(api, job)["status"] == "Succeeded"
    yield job
    api("DELETE", f"{JOBS}/{job}")


def test_turns_are_those_of_an_answer_at_once(api: BackedApi, known: dict[str, str], job: str) -> None:
    at_once = api("POST", f"{JOBS}:identify", conversation("anna", "boris"), profileIds=known["anna"], details="true")
    later = api("GET", f"{JOBS}/{job}/turns", details="true")
    assert later.json() == at_once.json()


def test_separate_channels_are_those_of_an_answer_at_once(api: BackedApi, known: dict[str, str]) -> None:
    asked = {"profileIds": known["anna"], "channel": "separate"}
    job = handed_in(api, call("boris", "anna"), **asked)
    assert ended(api, job)["status"] == "Succeeded"
    at_once = api("POST", f"{JOBS}:identify", call("boris", "anna"), details="true", **asked)
    assert api("GET", f"{JOBS}/{job}/turns", details="true").json() == at_once.json()
    assert [each["channel"] for each in at_once.json()["details"]["speakers"]] == [1, 2]
    assert api("DELETE", f"{JOBS}/{job}").status_code == 204


@pytest.mark.parametrize(
    ("name", "kind", "start"),
    [("rttm", "text/plain", "SPEAKER recording 1 "), ("vtt", "text/vtt", "WEBVTT\n"), ("csv", "text/csv", "offsetMs,")],
)
def test_turns_are_files_as_well(
    api: BackedApi, known: dict[str, str], job: str, name: str, kind: str, start: str
) -> None:
    answer = api("GET", f"{JOBS}/{job}/turns", format=name)
    assert answer.headers["content-type"].split(";")[0] == kind
    assert answer.text.startswith(start)
    assert known["anna"] in answer.text
    assert "speaker-2" in answer.text


def test_audio_and_what_was_heard_in_it_are_gone_when_it_is_done(api: BackedApi, job: str) -> None:
    assert api.store.recordings.names(f"{job}/") == [f"{job}/turns"]


def test_recordings_are_listed_in_pages(api: BackedApi, job: str) -> None:
    others = [handed_in(api, conversation("anna"), profileIds=_anna(api, job), displayName=str(n)) for n in range(2)]
    first = api("GET", JOBS, maxpagesize="2").json()
    token = parse_qs(urlsplit(first["nextLink"]).query)["$continuationToken"][0]
    second = api("GET", JOBS, maxpagesize="2", **{"$continuationToken": token}).json()
    assert "nextLink" not in second
    listed = [each["recordingId"] for each in (*first["value"], *second["value"])]
    assert listed == sorted([job, *others])
    for other in others:
        assert api("DELETE", f"{JOBS}/{other}").status_code == 204
    api.work()
    assert [each["recordingId"] for each in api("GET", JOBS).json()["value"]] == [job]


def _anna(api: BackedApi, job: str) -> str:
    return str(api("GET", f"{JOBS}/{job}/turns").json()["speakers"][0]["profileId"])


@pytest.mark.parametrize(
    ("clip", "reason"),
    [
        (b"this is no audio", "The body is no audio: it looks like text."),
        (flac(4 * 3600 + 1), "At most 14400 seconds are decoded; the audio is 14,401.00 seconds long."),
        (voices.silence(0.5), "Minimum allowed length is 1 second(s)."),
    ],
    ids=["text", "long", "short"],
)
def test_what_cannot_be_heard_fails_with_its_reason(
    api: BackedApi, known: dict[str, str], clip: bytes, reason: str
) -> None:
    failed = handed_in(api, clip, profileIds=known["anna"])
    told = ended(api, failed)
    assert told["status"] == "Failed"
    assert reason in json.dumps(told["error"])
    status, code, _ = error_of(api("GET", f"{JOBS}/{failed}/turns"))
    assert (status, code) == (409, "RecordingFailed")
    assert api.store.recordings.names(f"{failed}/") == []


def test_in_silence_nobody_speaks(api: BackedApi, known: dict[str, str]) -> None:
    quiet = handed_in(api, voices.silence(10), profileIds=known["anna"])
    assert ended(api, quiet)["status"] == "Succeeded"
    told = api("GET", f"{JOBS}/{quiet}/turns").json()
    assert told == {"durationMs": 10_000, "speakers": [], "value": [], "exclusive": []}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"minSpeakers": "0"}, "Invalid value of minSpeakers. It should be a whole number from 1 to 100."),
        ({"minSpeakers": "3", "maxSpeakers": "2"}, "Invalid value of minSpeakers."),
        ({"maxSpeakers": "many"}, "Invalid value of maxSpeakers."),
        ({"timeToLiveHours": "745"}, "Invalid value of timeToLiveHours. It should be a whole number from 1 to 744."),
        (
            {"keepAudioHours": "25"},
            "Invalid value of keepAudioHours. It should be at most timeToLiveHours, which is 24.",
        ),
        ({"falseMatchRate": "0.5"}, "Invalid value of falseMatchRate. It should be a number from 1e-06 to 0.1."),
        ({"falseMatchRate": "x"}, "Invalid value of falseMatchRate."),
        ({"exclusive": "perhaps"}, "Invalid value of exclusive. It should be true or false."),
        ({"displayName": "x" * 129}, "Invalid value of displayName. It should be a text of at most 128 characters."),
        ({"channel": "middle"}, "Invalid channel parameter value."),
        ({"profileIds": ","}, "Invalid profileIds parameter value."),
        ({"profileIds": NOBODY}, "Requested profile doesn't exist."),
    ],
)
def test_what_is_asked_wrongly_is_refused_and_nothing_is_kept(
    api: BackedApi, known: dict[str, str], asked: dict[str, str], said: str
) -> None:
    before = api.stored()
    answer = api("POST", JOBS, conversation("anna"), **{"profileIds": known["anna"], **asked})
    assert said in error_of(answer)[2]
    assert api.stored() == before


def test_without_candidates_nobody_is_heard(api: BackedApi) -> None:
    assert error_of(api("POST", JOBS, conversation("anna")))[0] == 400


def test_a_body_may_hold_an_hour_of_opus_and_no_more_than_is_said(api: BackedApi, known: dict[str, str]) -> None:
    assert MAX_BYTES >= 30_000_000
    answer = api("POST", JOBS, b"\0" * (MAX_BYTES + 100_000), profileIds=known["anna"])
    assert f"at most {MAX_BYTES:,} are allowed" in error_of(answer)[2]


@pytest.mark.parametrize("job_id", [NOBODY, "x", ".."])
def test_an_unknown_recording_is_not_found(api: BackedApi, job_id: str) -> None:
    for path in (f"{JOBS}/{job_id}", f"{JOBS}/{job_id}/turns"):
        assert api("GET", path).status_code == 404


def test_a_file_of_another_format_is_refused(api: BackedApi, job: str) -> None:
    said = error_of(api("GET", f"{JOBS}/{job}/turns", format="srt"))[2]
    assert said == "Invalid value of format. It should be one of json, rttm, vtt, csv."


def test_other_families_have_no_recordings(api: BackedApi) -> None:
    assert api("POST", f"{VERIFICATION}/recordings", conversation("anna"), profileIds=NOBODY).status_code == 404


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({}, "profileIds parameter is missing."),
        ({"profileIds": [NOBODY]}, "Invalid value of contentUrl. It should be an https URL"),
        ({"profileIds": [NOBODY], "contentUrl": 7}, "Invalid value of contentUrl."),
        ({"profileIds": [NOBODY], "contentUrl": "http://calls.example/"}, "Invalid value of contentUrl."),
        ({"profileIds": [NOBODY], "contentUrl": "https://elsewhere.example/"}, "an https URL of calls.example."),
        ({"profileIds": [7], "contentUrl": "https://calls.example/"}, "Invalid profileIds parameter value."),
        ({"profileIds": {}, "contentUrl": "https://calls.example/"}, "Invalid profileIds parameter value."),
        ({"contentUrl": "https://calls.example/", "matching": []}, "profileIds parameter is missing."),
        ({"contentUrl": "https://calls.example/", "matching": [1]}, "Invalid value of matching."),
        ({"profileIds": [NOBODY], "matching": {"falseMatchRate": True}}, "Invalid value of falseMatchRate."),
        ({"profileIds": [NOBODY], "minSpeakers": True}, "Invalid value of minSpeakers."),
        ({"profileIds": [NOBODY], "channel": "middle"}, "Invalid channel parameter value."),
        ({"profileIds": [NOBODY], "displayName": "\ud800"}, "Invalid value of displayName."),
        ({"profileIds": [NOBODY], "contentUrl": "https://calls.example/"}, "Requested profile doesn't exist."),
    ],
)
def test_what_is_said_of_a_recording_elsewhere_is_read_or_refused(
    serve: Serve, told: dict[str, object], said: str
) -> None:
    with serve({**KEY, "SPEAKER_RECORDING_HOSTS": "calls.example"}) as api:
        answer = api("POST", JOBS, json.dumps(told))
        assert answer.status_code in (400, 404)
        assert said in error_of(answer)[2]


def test_a_recording_that_lies_elsewhere_is_taken_and_its_address_told_to_nobody(serve: Serve) -> None:
    with serve({**KEY, "SPEAKER_RECORDING_HOSTS": "127.0.0.1:9"}) as api:
        profile = api.enrolled(voices.seconds("anna", 12), IDENTIFICATION)
        url = "https://127.0.0.1:9/call.wav?sig=secret"
        asked = {"profileIds": [profile], "contentUrl": url, "matching": {"exclusive": False}, "displayName": "call"}
        answer = api("POST", JOBS, json.dumps(asked))
        assert answer.status_code == 202, answer.text
        job = str(answer.json()["recordingId"])
        failed = ended(api, job)
        assert failed["status"] == "Failed"
        assert "could not be fetched" in json.dumps(failed["error"])
        assert "secret" not in answer.text + json.dumps(failed)
        assert not [line for line in (api.host.log if api.host else []) if "secret" in line]
        assert api("DELETE", f"{JOBS}/{job}").status_code == 204
        assert api("DELETE", f"{IDENTIFICATION}/profiles/{profile}").ok


def test_a_json_body_that_is_none_is_refused(api: BackedApi) -> None:
    for body, said in ((b"{", "Invalid JSON format."), (b'{"a":"' + b"x" * 70_000 + b'"}', "65,536 are allowed")):
        answer = api.request(
            "POST",
            f"{api.url}/speaker-recognition/{JOBS}?api-version=2021-09-05",
            headers={"Ocp-Apim-Subscription-Key": api.key, "Content-Type": "application/json"},
            data=body,
            timeout=60,
        )
        assert said in error_of(answer)[2]


def test_a_group_is_looked_through(api: BackedApi, known: dict[str, str]) -> None:
    group = f"{IDENTIFICATION}/groups/callers"
    assert api("PUT", group).ok
    assert api("POST", f"{group}/profiles:add", json.dumps({"profileIds": [known["anna"]]})).ok
    named = handed_in(api, conversation("anna", "boris"), groupId="callers")
    assert ended(api, named)["status"] == "Succeeded"
    told = api("GET", f"{JOBS}/{named}/turns").json()
    assert [each["profileId"] for each in told["speakers"]] == [known["anna"], NOBODY]
    assert api("DELETE", f"{JOBS}/{named}").ok


def test_everybody_may_speak(api: BackedApi, known: dict[str, str]) -> None:
    job = handed_in(api, conversation("anna"), profileIds="*")
    assert ended(api, job)["status"] == "Succeeded"
    [speaker] = api("GET", f"{JOBS}/{job}/turns").json()["speakers"]
    assert speaker["profileId"] == known["anna"]
    assert api("DELETE", f"{JOBS}/{job}").ok


def test_a_speaker_is_enrolled_while_the_audio_is_kept(api: BackedApi, known: dict[str, str]) -> None:
    boris, clip = api.create(IDENTIFICATION), conversation("anna", "boris", length=10)
    job = handed_in(api, clip, profileIds=known["anna"], keepAudioHours="1")
    assert ended(api, job)["status"] == "Succeeded"
    assert api.store.recordings.names(f"{job}/") == [f"{job}/audio/000", f"{job}/turns"]
    path = f"{JOBS}/{job}/speakers"
    answer = api("POST", f"{path}/2:enroll", profileId=boris, ignoreMinLength="true")
    assert answer.status_code == 201, answer.text
    assert 5 < answer.json()["enrollmentsSpeechLengthInSec"] < 10
    again = api("POST", f"{JOBS}:identify", conversation("boris"), profileIds=f"{known['anna']},{boris}").json()
    assert [each["profileId"] for each in again["speakers"]] == [boris]
    for speaker, profile, status, said in (
        ("3", boris, 404, "Requested speaker doesn't exist. The recording has 2."),
        ("0", boris, 400, "Invalid value of speaker."),
        ("x", boris, 400, "Invalid value of speaker."),
        ("1", NOBODY, 404, "Requested profile doesn't exist."),
        ("1", "x", 404, "Requested profile doesn't exist."),
    ):
        answer = api("POST", f"{path}/{speaker}:enroll", profileId=profile)
        assert answer.status_code == status
        assert said in error_of(answer)[2]
    assert api("DELETE", f"{JOBS}/{job}").ok


def test_without_its_audio_nobody_is_enrolled_from_a_recording(api: BackedApi, job: str) -> None:
    answer = api("POST", f"{JOBS}/{job}/speakers/1:enroll", profileId=api.create(IDENTIFICATION))
    assert error_of(answer)[0] == 404
    assert error_of(answer)[2] == "The audio of the recording is not kept. Hand it in with keepAudioHours."
