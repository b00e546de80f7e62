"""Active enrollment: a voice says the activation phrase before anything else that it enrolls with."""

import json
import logging
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import requests

from tests import voices
from tests.contract.api import IDENTIFICATION, TEXT_DEPENDENT, VERIFICATION, Api, BackedApi, error_of
from tests.contract.conftest import Forsaken
from tests.privacy.stored import changes

pytestmark = pytest.mark.slow

PHRASE = "I'll talk for a few seconds so you can recognize my voice in the future."
ACTIVATION = voices.phrase("anna", 11)
SPEECH = voices.seconds("anna", 6)
TALK = voices.seconds("anna", 18)
"""Less speech than enrollment wants, but not without the activation phrase's."""
PROGRESS = {
    "profileId",
    "enrollmentStatus",
    "enrollmentsCount",
    "enrollmentsLengthInSec",
    "enrollmentsSpeechLengthInSec",
    "remainingEnrollmentsSpeechLengthInSec",
}
UNHEARD = (503, "ServiceUnavailable", "Speech recognition is not available. Try again.")

type Log = Callable[[Api], Callable[[], list[str]]]

families = pytest.mark.parametrize("family", [VERIFICATION, IDENTIFICATION])


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Log:
    """What a service has logged so far, wherever it is."""
    caplog.set_level(logging.INFO, "speaker")
    return lambda api: lambda: api.host.log if api.host else caplog.messages


def _recognize(api: Api, profile_id: str, clip: bytes, family: str) -> requests.Response:
    if family == VERIFICATION:
        return api.verify(profile_id, clip)
    return api("POST", f"{IDENTIFICATION}/profiles:identifySingleSpeaker", clip, profileIds=profile_id)


def _joined(*clips: bytes) -> bytes:
    return voices.to_wav(np.concatenate([voices.samples(clip) for clip in clips]))


@families
def test_a_voice_is_enrolled_by_the_phrase_and_free_speech(active: BackedApi, family: str) -> None:
    profile_id = active.create(family)
    assert active.profile(profile_id, family)["profileStatus"] == "Inactive"

    before = active.stored()
    answer = active.enroll(profile_id, ACTIVATION, family)
    assert answer.status_code == 201
    first = answer.json()
    assert set(first) == PROGRESS | {"audioLengthInSec", "audioSpeechLengthInSec"}
    assert (first["enrollmentStatus"], first["enrollmentsCount"]) == ("Enrolling", 1)
    assert first["remainingEnrollmentsSpeechLengthInSec"] == pytest.approx(20 - first["audioSpeechLengthInSec"])
    profile = active.profile(profile_id, family)
    assert (profile["profileStatus"], profile["enrollmentsCount"]) == ("Active", 1)
    assert "recognize" not in answer.text + json.dumps(profile)

    after = active.stored()
    written = {where: after.get(where) for where in changes(before, after)}
    assert any(where.endswith("/Active") for where in written)
    assert not [where for where, value in written.items() if "recognize" in f"{where}{value}"]
    assert not [where for where in after if profile_id in where and where.endswith("/Phrase")]

    last = active.enroll(profile_id, TALK, family).json()
    assert last["audioSpeechLengthInSec"] < 20 <= last["enrollmentsSpeechLengthInSec"]
    assert (last["enrollmentStatus"], last["remainingEnrollmentsSpeechLengthInSec"]) == ("Enrolled", 0)
    assert _recognize(active, profile_id, voices.speakers()["anna"].test, family).status_code == 200


NOT_THE_PHRASE = {
    "free speech": SPEECH,
    "a passphrase": voices.phrase("anna", 7),
    "half of it": voices.to_wav(voices.samples(ACTIVATION)[: len(voices.samples(ACTIVATION)) // 2]),
    "after something else": _joined(voices.seconds("anna", 4), ACTIVATION),
    "no language at all": voices.to_wav(voices.samples(ACTIVATION)[::-1]),
}


@pytest.mark.parametrize("clip", NOT_THE_PHRASE.values(), ids=NOT_THE_PHRASE)
def test_what_is_not_the_phrase_cannot_come_first(active: BackedApi, clip: bytes) -> None:
    profile_id = active.create()
    before = active.stored()
    status, code, said = error_of(active.enroll(profile_id, clip, ignoreMinLength="true"))
    assert (status, code) == (400, "InvalidRequest")
    assert said.startswith(f'The first enrollment must match an activation phrase. The nearest phrase is "{PHRASE}": ')
    assert said.endswith("of it was heard, from 76% to 132% are needed.")
    assert active.stored() == before


@families
def test_the_phrase_alone_enrolls_where_the_minimum_is_waived(active: BackedApi, family: str) -> None:
    profile_id = active.create(family)
    answer = active.enroll(profile_id, ACTIVATION, family, ignoreMinLength="true", details="true").json()
    assert (answer["enrollmentStatus"], answer["enrollmentsCount"]) == ("Enrolled", 1)
    assert answer["details"]["phrase"] == {
        "nearest": PHRASE,
        "distance": 0,
        "length": 1,
        "allowed": {"distance": 0.25, "length": 0.76, "logLikelihood": -1.75, "llr": -1},
    }
    assert _recognize(active, profile_id, voices.speakers()["anna"].test, family).status_code == 200


def test_speech_may_go_on_after_the_phrase(active: BackedApi) -> None:
    profile_id = active.create()
    assert active.enroll(profile_id, _joined(ACTIVATION, SPEECH)).status_code == 201
    assert active.profile(profile_id)["profileStatus"] == "Active"


def test_free_speech_is_not_transcribed_once_the_phrase_was_heard(active: BackedApi, log: Log) -> None:
    profile_id = active.create()
    lines = [_logged(log(active), active.enroll(profile_id, clip)) for clip in (ACTIVATION, SPEECH)]
    assert ["transcribe" in line["ms"] for line in lines] == [True, False]
    assert [line.get("phraseHeard") for line in lines] == [True, None]


@families
def test_nobody_is_recognised_who_has_not_said_the_phrase(active: BackedApi, family: str) -> None:
    profile_id = active.create(family)
    status, code, said = error_of(_recognize(active, profile_id, SPEECH, family))
    assert (status, code) == (400, "InvalidRequest")
    assert said.startswith("Profile is not enrolled.")


@families
def test_a_reset_asks_for_the_phrase_again(active: BackedApi, family: str) -> None:
    profile_id = active.enrolled(ACTIVATION, family)
    answer = active("POST", f"{family}/profiles/{profile_id}:reset")
    assert (answer.status_code, answer.json()["profileStatus"]) == (200, "Inactive")
    refused = active.enroll(profile_id, SPEECH, family)
    assert error_of(refused)[2].startswith("The first enrollment must match an activation phrase.")
    assert active.enroll(profile_id, ACTIVATION, family).status_code == 201
    assert active.profile(profile_id, family)["profileStatus"] == "Active"


@families
@pytest.mark.parametrize("locale", ["de-de", "JA-JP"])
def test_a_language_that_the_transcriber_does_not_understand_is_refused(
    active: BackedApi, family: str, locale: str
) -> None:
    before = active.stored()
    status, code, said = error_of(active("POST", f"{family}/profiles", f'{{"locale":"{locale}"}}'))
    assert (status, code) == (400, "InvalidArgument")
    assert said == (
        "Invalid locale value. Supported locales are en-AU, en-CA, en-GB, en-IN, en-US: "
        "those that the configured transcriber understands."
    )
    assert active.stored() == before


def test_the_phrase_of_another_english_is_understood(active: BackedApi) -> None:
    profile_id = active.create(VERIFICATION, "en-gb")
    assert active.enroll(profile_id, voices.phrase("boris", 11)).status_code == 201
    assert active.profile(profile_id)["profileStatus"] == "Active"


def test_text_dependent_profiles_are_as_they_always_are(active: BackedApi) -> None:
    profile_id = active.create(TEXT_DEPENDENT)
    assert "profileStatus" not in active.profile(profile_id, TEXT_DEPENDENT)
    said = error_of(active.enroll(profile_id, ACTIVATION, TEXT_DEPENDENT))[2]
    assert said.startswith("Invalid passphrase. ")
    answer = active.enroll(profile_id, voices.phrase("anna", 7), TEXT_DEPENDENT).json()
    assert answer["passPhrase"].endswith("stronger than passwords")
    said = error_of(active("POST", f"{TEXT_DEPENDENT}/profiles", '{"locale":"de-de"}'))[2]
    assert said == "Invalid locale value. Supported locales are en-US."


@families
def test_without_the_setting_any_speech_enrolls_and_none_is_transcribed(api: Api, log: Log, family: str) -> None:
    profile_id = api.create(family, "de-de")
    assert api.profile(profile_id, family)["profileStatus"] == "Active"
    answer = api.enroll(profile_id, SPEECH, family, details="true")
    assert answer.status_code == 201
    assert "phrase" not in answer.json()["details"]
    assert "transcribe" not in _logged(log(api), answer)["ms"]
    assert api("POST", f"{family}/profiles/{profile_id}:reset").json()["profileStatus"] == "Active"


def test_another_language_is_understood_by_azure_ai_speech(forsaken: Forsaken) -> None:
    refused, activated, talked = forsaken.answers
    status, _, said = error_of(refused)
    assert status == 400
    assert said.startswith("The first enrollment must match an activation phrase. The nearest phrase is 'Ich spreche ")
    assert (activated.status_code, activated.json()["enrollmentsCount"]) == (201, 1)
    assert (talked.status_code, talked.json()["enrollmentStatus"]) == (201, "Enrolled")
    languages = [request.query["language"] for request in forsaken.asked]
    assert languages == ["de-DE", "de-DE", "en-US", "en-US", "en-US"]
    assert min(request.seconds for request in forsaken.asked) > 1


def test_who_has_said_the_phrase_is_recognised_without_azure_ai_speech(forsaken: Forsaken) -> None:
    assert forsaken.api.profile(forsaken.german)["profileStatus"] == "Active"
    answer = forsaken.api.verify(forsaken.german, voices.speakers()["anna"].test)
    assert answer.json()["recognitionResult"] == "Accept"


@pytest.mark.parametrize("act", ["activate", "enroll", "verify"])
def test_nothing_is_stored_when_azure_ai_speech_does_not_answer(forsaken: Forsaken, act: str) -> None:
    api, phrase = forsaken.api, voices.phrase("anna", 3)
    inactive = api.create(VERIFICATION, "fr-fr")
    before = api.stored()
    answer = {
        "activate": lambda: api.enroll(inactive, ACTIVATION, ignoreMinLength="true"),
        "enroll": lambda: api.enroll(forsaken.passphrase, phrase, TEXT_DEPENDENT),
        "verify": lambda: api.verify(forsaken.passphrase, phrase, TEXT_DEPENDENT),
    }[act]()
    assert error_of(answer) == UNHEARD
    assert api.stored() == before


def _logged(log: Callable[[], list[str]], answer: requests.Response) -> dict[str, Any]:
    """The line that a service has logged of a request, soon after it was answered."""
    name, ends = answer.headers["apim-request-id"], time.monotonic() + 10
    while not (lines := [line for line in log() if name in line and '{"operation"' in line]):
        assert time.monotonic() < ends
        time.sleep(0.01)
    found: dict[str, Any] = json.loads(lines[0][lines[0].index("{") : lines[0].rindex("}") + 1])
    return found
