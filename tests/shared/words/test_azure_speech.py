"""Azure AI Speech, for which a server on this machine stands."""

import logging
import time
import traceback
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import urllib3
from azure.core.exceptions import ClientAuthenticationError

from shared.errors import TranscriberUnavailable
from shared.words import azure_speech
from shared.words.azure_speech import AzureSpeech
from shared.words.transcript import Transcriber
from tests.speech_service import Answer, SpeechService, failure, heard, result, speech_service

SPEECH = (np.sin(np.arange(32_000) / 10) / 2).astype(np.float32)
TEXT = "my voice is my passport verify me"


@pytest.fixture
def service() -> Iterator[SpeechService]:
    with speech_service() as running:
        yield running


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(azure_speech, "_PAUSES_SEC", (0, 0))


def _by_key(service: SpeechService) -> AzureSpeech:
    return AzureSpeech.with_key(service.endpoint, service.key)


def _by_identity(service: SpeechService) -> AzureSpeech:
    return AzureSpeech.with_identity(service.endpoint, service.resource_id, lambda: service.token)


def _failure(transcriber: Transcriber) -> str:
    with pytest.raises(TranscriberUnavailable) as failed:
        transcriber.transcribe(SPEECH, "en-US")
    return str(failed.value)


def test_the_words_of_the_best_result_come_back(service: SpeechService) -> None:
    assert _by_key(service).transcribe(SPEECH, "en-US").text == TEXT


def test_the_language_is_asked_for_in_words_without_punctuation_or_asterisks(service: SpeechService) -> None:
    _by_key(service).transcribe(SPEECH, "de-DE")
    assert service.asked[0].query == {"language": "de-DE", "format": "detailed", "profanity": "raw"}


def test_a_key_is_sent_as_the_resource_wants_it(service: SpeechService) -> None:
    AzureSpeech.with_key(service.endpoint, f"{service.key}\n").transcribe(SPEECH, "en-US")
    headers = service.asked[0].headers
    assert headers["ocp-apim-subscription-key"] == service.key
    assert "authorization" not in headers


def test_an_identity_names_the_resource_beside_its_token(service: SpeechService) -> None:
    assert _by_identity(service).transcribe(SPEECH, "en-US").text == TEXT
    headers = service.asked[0].headers
    assert headers["authorization"] == f"Bearer aad#{service.resource_id}#{service.token}"
    assert "ocp-apim-subscription-key" not in headers


def test_a_token_is_asked_for_anew_with_every_clip(service: SpeechService) -> None:
    tokens = iter(["expired", service.token])
    transcriber = AzureSpeech.with_identity(service.endpoint, service.resource_id, lambda: next(tokens))
    assert "status 401" in _failure(transcriber)
    assert transcriber.transcribe(SPEECH, "en-US").text == TEXT


def test_the_clip_is_sent_as_a_wav_file_and_nothing_else_of_it(service: SpeechService) -> None:
    _by_key(service).transcribe(SPEECH, "en-US")
    (asked,) = service.asked
    assert asked.seconds == 2
    of_http = {"host", "accept-encoding", "content-length", "user-agent"}
    assert set(asked.headers) - of_http == {"content-type", "accept", "ocp-apim-subscription-key"}


def test_speech_is_cut_to_what_the_service_takes(service: SpeechService) -> None:
    assert _by_key(service).transcribe(np.zeros(90 * 16_000, np.float32), "en-US").text == TEXT
    assert service.asked[0].seconds == 60


def test_no_speech_is_not_sent(service: SpeechService) -> None:
    assert _by_key(service).transcribe(np.zeros(0, np.float32), "en-US").text == ""
    assert service.asked == []


def test_it_is_asked_in_any_language(service: SpeechService) -> None:
    assert _by_key(service).understands("ja-JP")
    assert service.asked == []


@pytest.mark.parametrize("end", ["", "/", "/ "])
def test_an_endpoint_may_end_in_a_slash(service: SpeechService, end: str) -> None:
    assert AzureSpeech.with_key(service.endpoint + end, service.key).transcribe(SPEECH, "en-US").text == TEXT


def test_the_base_path_of_a_private_endpoint_is_kept() -> None:
    with speech_service("/stt") as service:
        assert _by_key(service).transcribe(SPEECH, "en-US").text == TEXT
        assert service.asked[0].path.startswith("/stt/speech/recognition/")


@pytest.mark.parametrize("status", ["NoMatch", "InitialSilenceTimeout", "BabbleTimeout"])
def test_where_it_hears_no_words_there_are_none(service: SpeechService, status: str) -> None:
    service.answers = [result(status)]
    assert _by_key(service).transcribe(SPEECH, "en-US").text == ""


def test_a_result_without_words_is_none(service: SpeechService) -> None:
    service.answers = [heard("")]
    assert _by_key(service).transcribe(SPEECH, "en-US").text == ""


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (result("Error"), "RecognitionStatus is Error"),
        (result("Later"), "no result"),
        (result("Success", DisplayText=TEXT), "no result"),
        (result("Success", NBest=[]), "no result"),
        (result("Success", NBest=[{"Lexical": None}]), "no result"),
        (Answer(body=b'{"RecognitionStatus'), "no result"),
        (Answer(body=b"\xff\xfe"), "no result"),
        (Answer(body=b"[]"), "no result"),
        (Answer(), "no result"),
        (failure(400), "status 400; it may not know the language"),
        (failure(401), "check the key, or that the identity has the role Cognitive Services Speech User"),
        (failure(403), "check the key, or that the identity has the role Cognitive Services Speech User"),
        (failure(404), "status 404; check the endpoint"),
        (failure(418), "status 418"),
        (failure(429), "status 429; the resource is called more often"),
        (failure(500), "status 500"),
        (failure(503), "status 503"),
        (Answer(sent="cut"), "no answer: ProtocolError: RemoteDisconnected"),
        (Answer(body=heard(TEXT).body, sent="half"), "no answer: ProtocolError: IncompleteRead"),
        (Answer(body=b"220 mail\r\n\r\n", sent="bare"), "no answer: ProtocolError: BadStatusLine"),
    ],
)
def test_every_failure_says_what_happened(service: SpeechService, answer: Answer, told: str) -> None:
    service.answers = [answer]
    assert told in _failure(_by_key(service))


def test_a_service_that_is_not_there_is_named_as_such() -> None:
    with speech_service() as service:
        transcriber = _by_key(service)
    assert "NewConnectionError" in _failure(transcriber)


def test_a_wrong_key_is_refused_once_and_not_quoted(service: SpeechService) -> None:
    assert "status 401; check the key" in _failure(AzureSpeech.with_key(service.endpoint, "wrong-key"))
    assert len(service.asked) == 1


def test_an_empty_key_is_one_that_is_missing(service: SpeechService) -> None:
    assert "status 403; check the key" in _failure(AzureSpeech.with_key(service.endpoint, ""))


def test_an_identity_without_a_token_is_told_as_that(service: SpeechService) -> None:
    def token() -> str:
        raise ClientAuthenticationError("no identity here")

    transcriber = AzureSpeech.with_identity(service.endpoint, service.resource_id, token)
    assert "the identity got no token: ClientAuthenticationError" in _failure(transcriber)
    assert service.asked == []


@pytest.mark.parametrize("first", [failure(429), failure(503), Answer(sent="cut"), Answer(body=b"12", sent="half")])
def test_what_passes_is_tried_again(service: SpeechService, first: Answer) -> None:
    service.answers = [first, first, heard(TEXT)]
    assert _by_key(service).transcribe(SPEECH, "en-US").text == TEXT
    assert len(service.asked) == 3


def test_nothing_is_tried_more_than_three_times(service: SpeechService) -> None:
    service.answers = [failure(503)] * 3 + [heard(TEXT)]
    assert "status 503" in _failure(_by_key(service))
    assert len(service.asked) == 3


def test_the_service_does_not_say_how_long_a_caller_waits(service: SpeechService) -> None:
    service.answers = [Answer(503, headers={"Retry-After": "3600"}), heard(TEXT)]
    assert _by_key(service).transcribe(SPEECH, "en-US").text == TEXT


@pytest.mark.parametrize("answer", [Answer(sent="hang"), Answer(body=heard(TEXT).body, sent="stall")])
def test_a_service_that_hangs_is_given_up_and_not_asked_again(service: SpeechService, answer: Answer) -> None:
    service.answers = [answer]
    headers = {"Ocp-Apim-Subscription-Key": service.key}
    transcriber = AzureSpeech(service.endpoint, lambda: headers, urllib3.Timeout(connect=1, read=0.1))
    start = time.monotonic()
    assert "ReadTimeoutError" in _failure(transcriber)
    assert time.monotonic() - start < 5
    assert len(service.asked) == 1


def test_a_caller_waits_seconds_and_not_minutes() -> None:
    timeout = azure_speech._TIMEOUT
    assert (timeout.connect_timeout, timeout.read_timeout) == (3, 10)


def test_the_key_does_not_follow_a_redirect(service: SpeechService) -> None:
    with speech_service() as elsewhere:
        service.answers = [Answer(307, headers={"Location": elsewhere.url})]
        assert "status 307" in _failure(_by_key(service))
        assert elsewhere.asked == []


@pytest.mark.parametrize(
    "answer",
    [
        Answer(401, f"{TEXT} is no key".encode()),
        Answer(body=f'{{"RecognitionStatus": "{TEXT}"}}'.encode()),
        Answer(body=TEXT.encode()),
        Answer(body=TEXT.encode(), sent="half"),
        Answer(body=f"{TEXT}\r\n\r\n".encode(), sent="bare"),
        Answer(500, TEXT.encode()),
        Answer(sent="cut"),
    ],
)
@pytest.mark.parametrize("way", [_by_key, _by_identity])
def test_no_failure_tells_the_key_the_token_or_the_text(
    service: SpeechService,
    answer: Answer,
    way: Callable[[SpeechService], AzureSpeech],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    service.answers = [answer]
    _tells_nothing(way(service), service, caplog)


@pytest.mark.parametrize("flaw", ["\n", "é", "€"])
def test_a_key_that_no_header_can_carry_is_not_quoted(
    service: SpeechService, flaw: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    _tells_nothing(AzureSpeech.with_key(service.endpoint, f"{service.key}{flaw}x"), service, caplog)


def _tells_nothing(transcriber: AzureSpeech, service: SpeechService, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(TranscriberUnavailable) as failed:
        transcriber.transcribe(SPEECH, "en-US")
    told = "".join(traceback.format_exception(failed.value)) + caplog.text
    assert not [secret for secret in (service.key, service.token, "passport", "RIFF") if secret in told]
