"""Who spoke when in a recording of up to five minutes, as callers see it."""

import io
import json
import uuid

import numpy as np
import pytest
import soundfile

from shared.recordings.conversations import LIMITS, MAX_BYTES
from tests import voices
from tests.contract.api import IDENTIFICATION, TEXT_DEPENDENT, VERIFICATION, Api, BackedApi, error_of

TURNS = f"{IDENTIFICATION}/recordings:identify"
NOBODY = str(uuid.UUID(int=0))


@pytest.fixture(scope="module")
def api(alone: BackedApi) -> BackedApi:
    """Nobody else is enrolled: Anna might be known twice."""
    return alone


def conversation(*names: str, length: float = 6.0) -> bytes:
    """Voices one after the other, of what they do not say when they enroll."""
    pause = np.zeros(voices.RATE // 2, np.int16)
    turns = (
        np.concatenate([voices.samples(voices.speakers()[name].test)[: int(length * voices.RATE)], pause])
        for name in names
    )
    return voices.to_wav(np.concatenate(list(turns)))


def test_known_speakers_have_their_names_and_strangers_have_none(api: BackedApi, known: dict[str, str]) -> None:
    clip = conversation("anna", "boris")
    before = api.stored()
    answer = api("POST", TURNS, clip, profileIds=",".join(known.values()))
    assert answer.status_code == 200, answer.text
    assert api.stored() == before
    told = answer.json()
    assert [each["profileId"] for each in told["speakers"]] == [known["anna"], NOBODY]
    anna, stranger = told["speakers"]
    assert anna["score"] >= 0.5 > stranger["score"]
    assert anna["runnerUp"]["profileId"] == known["david"]
    assert [each["speaker"] for each in told["speakers"]] == [1, 2]
    assert told["durationMs"] == (len(clip) - 44) // 32
    assert {turn["speaker"] for turn in told["value"]} == {turn["speaker"] for turn in told["exclusive"]} == {1, 2}
    assert all(turn["offsetMs"] + turn["durationMs"] <= told["durationMs"] for turn in told["value"])
    assert [turn["offsetMs"] for turn in told["value"]] == sorted(turn["offsetMs"] for turn in told["value"])
    assert "details" not in told


def test_details_say_how_close_it_was(api: BackedApi, known: dict[str, str]) -> None:
    told = api("POST", TURNS, conversation("anna"), profileIds=known["anna"], details="true").json()
    [evidence] = told["details"]["speakers"]
    assert evidence["margin"] is None
    assert evidence["aloneMs"] > 4_000
    [candidate] = evidence["candidates"]
    assert candidate["llr"] >= candidate["threshold"]
    assert "runnerUp" not in told["speakers"][0]


def call(left: str, right: str, *, leak: float = 0.0) -> bytes:
    """A voice on each channel for six seconds, the right one from four on; a share of each leaks into the other."""
    sides = np.zeros((2, 11 * voices.RATE))
    for side, name, start in ((0, left, 0), (1, right, 4)):
        said = voices.samples(voices.speakers()[name].test)[: 6 * voices.RATE]
        sides[side, start * voices.RATE : start * voices.RATE + len(said)] = said / 2
    mixed = sides + leak * sides[::-1]
    return voices.of_channels(*mixed.astype(np.int16))


@pytest.mark.parametrize("leak", [0.0, 0.1], ids=["clean", "leaks"])
def test_with_separate_channels_each_is_one_speaker_and_they_may_overlap(
    api: BackedApi, known: dict[str, str], leak: float
) -> None:
    answer = api(
        "POST", TURNS, call("boris", "anna", leak=leak), profileIds=",".join(known.values()), channel="Separate"
    )
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert [each["profileId"] for each in told["speakers"]] == [NOBODY, known["anna"]]
    assert any(turn["overlapped"] for turn in told["value"])
    ends = {turn["speaker"]: turn["offsetMs"] + turn["durationMs"] for turn in told["value"]}
    starts = {turn["speaker"]: turn["offsetMs"] for turn in reversed(told["value"])}
    assert starts[2] > 3_500
    assert ends[1] < 6_500


def test_one_voice_on_two_channels_is_two_speakers_and_details_say_on_which(
    api: BackedApi, known: dict[str, str]
) -> None:
    told = api("POST", TURNS, call("anna", "anna"), profileIds=known["anna"], channel="separate", details="true").json()
    assert [each["channel"] for each in told["details"]["speakers"]] == [1, 2]
    assert {turn["speaker"] for turn in told["value"]} == {1, 2}


def test_separate_channels_are_refused_where_there_is_one(api: BackedApi, known: dict[str, str]) -> None:
    status, code, message = error_of(
        api("POST", TURNS, conversation("anna"), profileIds=known["anna"], channel="separate")
    )
    assert (status, code) == (400, "InvalidRequest")
    assert "channel=separate takes one channel for each speaker; the audio has 1" in message


def test_only_recordings_have_separate_channels(api: BackedApi, known: dict[str, str]) -> None:
    clip, asked = call("anna", "boris"), {"profileIds": known["anna"], "channel": "separate"}
    for path in (
        f"{IDENTIFICATION}/profiles:identifySingleSpeaker",
        f"{IDENTIFICATION}/profiles/{known['anna']}/enrollments",
    ):
        status, code, message = error_of(api("POST", path, clip, **asked))
        assert (status, code) == (400, "InvalidArgument")
        assert "Invalid channel parameter value." in message


@pytest.mark.parametrize("seconds", [1, 10])
def test_in_silence_nobody_speaks(api: BackedApi, known: dict[str, str], seconds: int) -> None:
    told = api("POST", TURNS, voices.silence(seconds), profileIds=known["anna"]).json()
    assert told == {"durationMs": seconds * 1000, "speakers": [], "value": [], "exclusive": []}


def test_a_recording_may_be_longer_than_any_clip_in_any_format_that_is_read(api: Api, known: dict[str, str]) -> None:
    body = io.BytesIO()
    quiet = np.concatenate([np.zeros(200 * voices.RATE, np.int16), voices.samples(voices.seconds("anna", 6))])
    soundfile.write(body, quiet, voices.RATE, format="FLAC")
    told = api("POST", TURNS, body.getvalue(), profileIds=known["anna"]).json()
    assert told["durationMs"] == 206_000
    assert [each["profileId"] for each in told["speakers"]] == [known["anna"]]
    assert told["value"][0]["offsetMs"] >= 199_500


def flac(seconds: float) -> bytes:
    """Digital silence, of which an hour fits into a body."""
    body = io.BytesIO()
    soundfile.write(body, np.zeros(int(seconds * voices.RATE), np.int16), voices.RATE, format="FLAC")
    return body.getvalue()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (voices.silence(LIMITS.max_sec + 0.5), "Maximum allowed length is 300 second(s). The audio is 300.50"),
        (flac(LIMITS.max_sec + 0.5), "At most 300 seconds are decoded; the audio is 300.50 seconds long."),
        (voices.silence(0.5), "Minimum allowed length is 1 second(s)."),
        (b"", "Minimum allowed length is 1 second(s)."),
        (b"\0" * (MAX_BYTES + 100_000), f"at most {MAX_BYTES:,} are allowed"),
        (b"this is no audio", "The body is no audio: it looks like text."),
    ],
    ids=["long", "long-flac", "short", "empty", "large", "text"],
)
def test_what_cannot_be_heard_is_refused_with_its_limit(
    api: Api, known: dict[str, str], body: bytes, said: str
) -> None:
    answer = api("POST", TURNS, body, profileIds=known["anna"])
    status, _, message = error_of(answer)
    assert status == 400
    assert said in message


@pytest.mark.parametrize(
    ("ids", "status", "said"),
    [
        (None, 400, "profileIds"),
        ("", 400, "profileIds"),
        (str(uuid.UUID(int=7)), 404, "Requested profile doesn't exist."),
        (
            ",".join(str(uuid.UUID(int=number)) for number in range(1, 52)),
            400,
            "Maximum number of profiles allowed per request is 50.",
        ),
    ],
)
def test_profiles_that_cannot_be_offered_are_refused(api: Api, ids: str | None, status: int, said: str) -> None:
    answer = api("POST", TURNS, conversation("anna"), **({} if ids is None else {"profileIds": ids}))
    found, _, message = error_of(answer)
    assert found == status
    assert said in message


def test_a_profile_that_is_not_enrolled_is_refused(api: Api) -> None:
    answer = api("POST", TURNS, conversation("anna"), profileIds=api.create(IDENTIFICATION))
    assert error_of(answer)[:2] == (400, "InvalidRequest")
    assert "not enrolled" in error_of(answer)[2]


@pytest.mark.parametrize("family", [VERIFICATION, TEXT_DEPENDENT])
def test_other_families_have_no_recordings(api: Api, family: str) -> None:
    assert api("POST", f"{family}/recordings:identify", conversation("anna"), profileIds=NOBODY).status_code == 404


def test_speakers_are_looked_for_in_a_group_or_among_everybody(api: Api, known: dict[str, str]) -> None:
    clip, group = conversation("anna", "boris"), f"{IDENTIFICATION}/groups/staff"
    assert api("PUT", group).ok
    assert api("POST", f"{group}/profiles:add", json.dumps({"profileIds": [known["anna"]]})).ok
    for among in ({"profileIds": "*"}, {"groupId": "staff"}):
        told = api("POST", TURNS, clip, **among).json()
        assert [each["profileId"] for each in told["speakers"]] == [known["anna"], NOBODY]
        assert ("runnerUp" in told["speakers"][0]) == ("profileIds" in among)


def test_in_a_group_of_nobody_all_speakers_are_unknown_and_have_no_score(api: Api) -> None:
    assert api("PUT", f"{IDENTIFICATION}/groups/nobody").ok
    told = api("POST", TURNS, conversation("anna"), groupId="nobody", details="true").json()
    [speaker] = told["speakers"]
    assert speaker["profileId"] == NOBODY
    assert not {"score", "llr", "runnerUp"} & speaker.keys()
    assert told["details"]["speakers"][0]["candidates"] == []


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ({"groupId": "nobodys"}, 404, "Requested group doesn't exist."),
        ({"groupId": "No Group"}, 400, "Invalid groupId value."),
        ({"groupId": "staff", "profileIds": "*"}, 400, "Name either profileIds or groupId, not both."),
    ],
)
def test_a_group_that_cannot_be_is_refused(api: Api, asked: dict[str, str], status: int, said: str) -> None:
    found, _, message = error_of(api("POST", TURNS, conversation("anna"), **asked))
    assert found == status
    assert said in message
