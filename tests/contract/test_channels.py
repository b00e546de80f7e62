"""Recordings of several channels: one can be chosen, and two people on two of them are not enrolled as one."""

import numpy as np
import pytest
import requests

from functions.contract.description import description
from tests import voices
from tests.contract.api import IDENTIFICATION, VERIFICATION, VERSION, Api

CALL = voices.beside("anna", "david")
FOREIGN = "otherVoice"


def _hints(answer: requests.Response) -> dict[str, str]:
    assert answer.status_code in (200, 201), answer.text
    return {hint["code"]: hint["message"] for hint in answer.json()["details"]["hints"]}


def _score(api: Api, profile: str, **query: str) -> float:
    score: float = _verified(api, profile, CALL, **query).json()["score"]
    return score


def _verified(api: Api, profile: str, clip: bytes, **query: str) -> requests.Response:
    return api("POST", f"{VERIFICATION}/profiles/{profile}:verify", clip, details="true", **query)


@pytest.mark.wire
def test_a_call_is_not_enrolled_until_a_channel_is_chosen(api: Api) -> None:
    profile = api.create()
    refused = api.enroll(profile, CALL)
    assert refused.status_code == 400
    assert "channel=left or channel=right" in refused.json()["error"]["message"]
    assert api.profile(profile)["enrollmentsCount"] == 0
    assert api.enroll(profile, CALL, channel="left").status_code == 201


def test_the_chosen_channel_is_the_voice_that_is_enrolled_and_verified(api: Api) -> None:
    anna = api.enrolled(voices.speakers()["anna"].enrollments[0])
    assert _score(api, anna, channel="left") > 0.5 > _score(api, anna, channel="2")
    hints = [_hints(api.enroll(anna, CALL, channel=side, details="true")) for side in ("LEFT", "right")]
    assert [FOREIGN in each for each in hints] == [False, True]


def test_a_call_is_recognized_with_a_warning(api: Api) -> None:
    anna = voices.speakers()["anna"].enrollments[0]
    said = _hints(_verified(api, api.enrolled(anna), CALL))["twoVoices"]
    assert "channel=left or channel=right" in said
    assert "twoVoices" not in _hints(_verified(api, api.enrolled(anna), CALL, channel="left"))
    found = api(
        "POST",
        f"{IDENTIFICATION}/profiles:identifySingleSpeaker",
        CALL,
        profileIds=api.enrolled(anna, IDENTIFICATION),
        details="true",
    )
    assert "twoVoices" in _hints(found)


def test_two_of_three_channels_are_named_by_number(api: Api) -> None:
    refused = api.enroll(api.create(), voices.beside("anna", None, "david"))
    assert "channel=left or channel=3" in refused.json()["error"]["message"]


@pytest.mark.parametrize("other", [None, "anna"], ids=["silent", "same"])
def test_one_voice_is_enrolled_from_two_channels(api: Api, other: str | None) -> None:
    added = api.enroll(api.create(), voices.beside("anna", other), details="true", ignoreMinLength="true")
    assert _hints(added).keys() <= {"quiet"}


def test_headerless_samples_of_a_call_are_not_enrolled(api: Api) -> None:
    refused = api.request(
        "POST",
        f"{api.url}/speaker-recognition/{VERIFICATION}/profiles/{api.create()}/enrollments",
        params=VERSION,
        headers={
            "Ocp-Apim-Subscription-Key": api.key,
            "Content-Type": "audio/wav; codecs=audio/pcm; samplerate=16000; channels=2",
        },
        data=CALL[44:],
        timeout=30,
    )
    assert "channel=left or channel=right" in refused.json()["error"]["message"]


def test_a_mean_that_cancels_is_named(api: Api) -> None:
    voice = voices.samples(voices.seconds("anna", 6))
    hints = _hints(api.enroll(api.create(), voices.of_channels(voice, -(voice // 2)), details="true"))
    assert "channel=left alone" in hints["cancelled"]


def test_an_announcement_is_named_and_left_out(api: Api) -> None:
    parts = (
        voices.samples(voices.seconds("david", 5)),
        np.zeros(12_000, np.int16),
        voices.samples(voices.seconds("anna", 16)),
    )
    answer = api.enroll(api.create(), voices.to_wav(np.concatenate(parts)), details="true")
    assert "another voice, as an announcement is" in _hints(answer)["announced"]
    assert answer.json()["details"]["speechLengthInSec"] < 16.5


def test_version_2_does_not_look_at_channels(api: Api) -> None:
    clip = voices.seconds("anna", 6)
    answer = api.request(
        "POST",
        f"{api.url}/speaker/verification/v2.0/text-independent/profiles/{api.enrolled(clip)}/verify",
        params={"channel": "middle"},
        headers={"Ocp-Apim-Subscription-Key": api.key},
        data=clip,
        timeout=30,
    )
    assert answer.status_code == 200


def test_the_description_has_channels_where_they_can_be_chosen() -> None:
    having = {path for path, verbs in description("http://here")["paths"].items() if "'channel'" in str(verbs)}
    assert len(having) == 8  # of each family enroll, and verify or identify; recordings at once and later
    assert all(path.startswith("/speaker-recognition/") for path in having)


def test_the_description_has_separate_channels_for_recordings_alone() -> None:
    having = {path for path, verbs in description("http://here")["paths"].items() if "separate" in str(verbs)}
    assert {path.rsplit("/", 1)[1] for path in having} == {"recordings", "recordings:identify"}
