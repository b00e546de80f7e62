"""A clip that spoils a voice is noticed: another speaker's, the same recording again, a poor one."""

import io
import json
import logging
from typing import Any

import numpy as np
import pytest
import requests
import soundfile

from functions.contract.hints import QUALITY
from tests import voices
from tests.contract.api import TEXT_DEPENDENT, VERIFICATION, Api
from tests.contract.conftest import KEY, Serve
from tests.contract.in_process import in_process

OWN, MORE = voices.speakers()["anna"].enrollments[:2]
FOREIGN = voices.speakers()["david"].enrollments[0]


def _details(answer: requests.Response) -> dict[str, Any]:
    assert answer.status_code in (200, 201), answer.text
    details: dict[str, Any] = answer.json()["details"]
    return details


def _hints(answer: requests.Response) -> dict[str, str]:
    return {hint["code"]: hint["message"] for hint in _details(answer)["hints"]}


def _added(api: Api, clip: bytes, held: bytes = OWN) -> requests.Response:
    return api.enroll(api.enrolled(held), clip, details="true")


def _opus(clip: bytes) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, voices.samples(clip), 16_000, format="OGG", subtype="OPUS")
    return file.getvalue()


def test_a_foreign_clip_is_named_and_an_own_one_is_not(api: Api) -> None:
    own, foreign = _added(api, MORE), _added(api, FOREIGN)
    assert _details(own)["agreement"]["llr"] > 0 > _details(foreign)["agreement"]["llr"]
    assert _details(own)["agreement"]["cosine"] > 0.5 > _details(foreign)["agreement"]["cosine"]
    assert "otherVoice" not in _hints(own)
    assert "reset the profile" in _hints(foreign)["otherVoice"]


def test_a_telephone_clip_of_the_speaker_is_no_other_voice(api: Api) -> None:
    file = io.BytesIO()
    soundfile.write(file, voices.samples(MORE)[::2], 8_000, format="WAV", subtype="ULAW")
    added = _added(api, file.getvalue())
    assert "otherVoice" not in _hints(added)
    assert _details(added)["agreement"]["band"] == "narrow"


def test_a_first_clip_agrees_with_nothing(api: Api) -> None:
    details = _details(api.enroll(api.create(), OWN, details="true"))
    assert "agreement" not in details
    assert "repeats" not in details
    assert details["hints"] == []


def test_the_log_has_the_ratio_and_whether_the_recording_was_repeated(caplog: pytest.LogCaptureFixture) -> None:
    api = in_process(KEY)
    caplog.set_level(logging.INFO, "speaker")
    shown = _details(_added(api, FOREIGN))["agreement"]["llr"]
    logged = json.loads(caplog.messages[-1])
    assert logged["agreementLlr"] == round(shown, 1)
    assert logged["repeated"] is False


@pytest.mark.parametrize(
    "again", [OWN, _opus(OWN), voices.to_wav(voices.samples(OWN)[5000:])], ids=["same", "opus", "cut"]
)
def test_the_same_recording_counts_and_is_named(api: Api, again: bytes) -> None:
    added = _added(api, again)
    assert added.json()["enrollmentsCount"] == 2
    assert _details(added)["repeats"] == 1
    assert "enrollment 1" in _hints(added)["repeated"]


def test_a_repeated_passphrase_recording_is_named(api: Api) -> None:
    clip, profile = voices.phrase("anna", 5), api.create(TEXT_DEPENDENT)
    assert "repeats" not in _details(api.enroll(profile, clip, TEXT_DEPENDENT, details="true"))
    assert _details(api.enroll(profile, clip, TEXT_DEPENDENT, details="true"))["repeats"] == 1


def test_an_ignored_recording_adds_nothing_and_leaves_nothing(serve: Serve) -> None:
    with serve({**KEY, "SPEAKER_REPEATED_AUDIO": "ignore"}) as api:
        profile = api.enrolled(OWN)
        before, stored = api.profile(profile), api.stored()
        added = api.enroll(profile, _opus(OWN), details="true")
        assert (added.status_code, added.json()["audioSpeechLengthInSec"]) == (201, 0)
        assert added.json()["enrollmentsCount"] == 1
        assert "repeated" in _hints(added)
        assert api.profile(profile) == before
        assert api.stored() == stored


def test_a_refused_clip_changes_nothing(careful: Api) -> None:
    profile = careful.enrolled(OWN)
    before = careful.profile(profile)
    assert [careful.enroll(profile, clip).status_code for clip in (FOREIGN, _opus(OWN))] == [400, 400]
    assert careful.profile(profile) == before
    assert careful.enroll(profile, MORE).status_code == 201


def test_agreement_can_be_left_out(serve: Serve) -> None:
    with serve({**KEY, "SPEAKER_ENROLLMENT_AGREEMENT": "off"}) as api:
        assert "agreement" not in _details(_added(api, FOREIGN))


def _scaled(times: float) -> bytes:
    return voices.to_wav(np.clip(voices.samples(OWN) * times, -32768, 32767).astype(np.int16))


def _telephone() -> bytes:
    file = io.BytesIO()
    soundfile.write(file, voices.samples(OWN)[::2], 8_000, format="WAV", subtype="PCM_16")
    return file.getvalue()


POOR = {
    "clipped": (_scaled(5.0), "% of it is cut off"),
    "quiet": (_scaled(0.02), " dB of full volume"),
    "narrowband": (_telephone(), "no sound above"),
    "noisy": (voices.noisy(OWN, 1), " dB out of the noise"),
}


@pytest.mark.parametrize("code", POOR)
def test_a_poor_clip_is_used_with_a_hint(api: Api, code: str) -> None:
    clip, said = POOR[code]
    enrolled = api.enroll(api.create(), clip, details="true", ignoreMinLength="true")
    assert said in _hints(enrolled)[code]
    verified = api("POST", f"{VERIFICATION}/profiles/{api.enrolled(OWN)}:verify", clip, details="true")
    assert said in _hints(verified)[code]


def test_every_hint_on_quality_is_shown() -> None:
    assert {*POOR, "announced", "cancelled", "twoVoices"} == {
        row.code for row in QUALITY
    }  # the others: test_channels.py
