"""Challenges, as callers see them. What is said is written down by a service of the test's own, or not at all."""

import re
from collections.abc import Iterator
from typing import Final
from unittest.mock import patch

import pytest

from shared.words.digits import random_digits
from tests import voices
from tests.contract.api import IDENTIFICATION, TEXT_DEPENDENT, VERIFICATION, BackedApi, error_of
from tests.contract.conftest import KEY
from tests.contract.in_process import in_process
from tests.speech_service import SpeechService, heard, speech_service

PHRASE: Final = voices.phrase("anna", 3)
SAID: Final = "my voice is my passport verify me"
CLIP: Final = voices.seconds("anna", 6)


@pytest.fixture(scope="module")
def speech() -> Iterator[SpeechService]:
    """What writes words down."""
    with speech_service() as running:
        yield running


@pytest.fixture(scope="module")
def service(speech: SpeechService) -> BackedApi:
    """A service that asks it."""
    settings = {"SPEAKER_SPEECH_ENDPOINT": speech.endpoint, "SPEAKER_SPEECH_KEY": speech.key}
    return in_process({**KEY, **settings})


def _asked(api: BackedApi, name: str, family: str) -> dict[str, str]:
    answer = api("POST", f"{family}/profiles/{name}:challenge")
    assert answer.status_code == 200, answer.text
    told: dict[str, str] = answer.json()
    return told


def _enrolled(api: BackedApi, speech: SpeechService, family: str) -> str:
    speech.answers = [heard(SAID)]
    return api.enrolled(PHRASE if family == TEXT_DEPENDENT else CLIP, family)


@pytest.mark.parametrize("family", [TEXT_DEPENDENT, VERIFICATION])
def test_the_voice_and_the_digits_that_were_asked_for_are_accepted_once(
    service: BackedApi, speech: SpeechService, family: str
) -> None:
    name = _enrolled(service, speech, family)
    asked = _asked(service, name, family)
    assert re.fullmatch(r"\d( \d){7}", asked["phrase"])
    speech.answers = [heard(asked["phrase"])]
    answers = [service.verify(name, PHRASE, family, challenge=asked["challenge"]) for _ in range(2)]
    assert answers[0].json()["recognitionResult"] == "Accept"
    assert error_of(answers[1])[:2] == (400, "InvalidRequest")


def test_another_thing_said_is_a_reject_with_the_voices_score_and_uses_the_challenge_up(
    service: BackedApi, speech: SpeechService
) -> None:
    name = _enrolled(service, speech, TEXT_DEPENDENT)
    asked = _asked(service, name, TEXT_DEPENDENT)
    speech.answers = [heard(SAID)]
    answer = service.verify(name, PHRASE, TEXT_DEPENDENT, challenge=asked["challenge"], details="true").json()
    assert answer["recognitionResult"] == "Reject"
    assert answer["score"] >= 0.5
    assert answer["details"]["phrase"]["nearest"] == asked["phrase"]
    again = service.verify(name, PHRASE, TEXT_DEPENDENT, challenge=asked["challenge"], details="true")
    assert again.json()["details"] == {"reason": "challengeOver"}


def test_the_digits_in_another_voice_are_a_reject(service: BackedApi, speech: SpeechService) -> None:
    name = _enrolled(service, speech, VERIFICATION)
    asked = _asked(service, name, VERIFICATION)
    speech.answers = [heard(asked["phrase"])]
    answer = service.verify(name, voices.seconds("david", 6), challenge=asked["challenge"])
    assert answer.json()["recognitionResult"] == "Reject"


def test_a_clip_that_is_refused_leaves_the_challenge_to_be_answered(service: BackedApi, speech: SpeechService) -> None:
    name = _enrolled(service, speech, VERIFICATION)
    asked = _asked(service, name, VERIFICATION)
    assert service.verify(name, voices.noise(5), challenge=asked["challenge"]).status_code == 400
    speech.answers = [heard(asked["phrase"])]
    assert service.verify(name, CLIP, challenge=asked["challenge"]).json()["recognitionResult"] == "Accept"


def test_who_has_not_to_answer_one_verifies_as_before(service: BackedApi, speech: SpeechService) -> None:
    name = _enrolled(service, speech, VERIFICATION)
    _asked(service, name, VERIFICATION)
    assert service.verify(name, CLIP).json()["recognitionResult"] == "Accept"


def test_where_there_are_no_challenges_none_is_taken_for_answered(service: BackedApi, speech: SpeechService) -> None:
    name = _enrolled(service, speech, VERIFICATION)
    assert service("POST", f"{IDENTIFICATION}/profiles/{name}:challenge").status_code == 404
    url = f"{service.url}/speaker/verification/v2.0/text-independent/profiles/{name}/verify?challenge=x"
    older = service.request("POST", url, headers={"Ocp-Apim-Subscription-Key": service.key}, data=CLIP, timeout=10)
    assert error_of(older)[1] == "InvalidArgument"


def test_a_locale_that_nobody_can_write_down_has_no_challenges() -> None:
    api = in_process(KEY)
    name = api.enrolled(CLIP, locale="de-de")
    assert error_of(api("POST", f"{VERIFICATION}/profiles/{name}:challenge"))[1] == "InvalidArgument"


def test_whisper_hears_that_a_phrase_is_not_the_digits() -> None:
    api = in_process(KEY)
    name = api.enrolled(CLIP)
    with patch("shared.recognition.recognizer.random_digits", wraps=random_digits) as made:
        asked = _asked(api, name, VERIFICATION)
    assert made.call_count == 1
    assert api.verify(name, PHRASE, challenge=asked["challenge"]).json()["recognitionResult"] == "Reject"
