"""Whatever goes wrong behind the door, a caller reads the contract's words, and the operator all of it."""

import json
import logging

import azure.functions as func
import pytest

import function_app  # noqa: F401  its import registers the handlers
from functions.fallback import routed
from functions.plumbing import guard
from functions.plumbing.guard import App
from shared.store.memory import MemoryStore
from shared.voices.families import Family

URL = "http://localhost/speaker-recognition/verification/text-independent/profiles/0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9"


class Broken(MemoryStore):
    """A store with a bug."""

    def get(self, family: Family, profile_id: str) -> None:  # noqa: ARG002
        raise ZeroDivisionError("a secret")


def _get(app: App) -> func.HttpResponse:
    return routed(app, func.HttpRequest(method="GET", url=URL, params={"api-version": "2021-09-05"}, body=b""))


def test_an_error_that_nobody_expected_is_an_internal_one_and_the_log_has_it_whole(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = _get(App({"AZURE_FUNCTIONS_ENVIRONMENT": "Development"}, store=Broken()))
    assert answer.status_code == 500
    assert json.loads(answer.get_body())["error"]["message"] == "Internal Server Error."
    assert b"secret" not in answer.get_body()
    failed, line = [record for record in caplog.records if record.name == "speaker"]
    assert failed.exc_info is not None
    assert failed.exc_info[0] is ZeroDivisionError
    assert json.loads(line.getMessage())["problem"] == "ZeroDivisionError"


@pytest.mark.parametrize(
    ("environment", "level", "said"),
    [
        ({"AZURE_FUNCTIONS_ENVIRONMENT": "Development"}, logging.WARNING, "NO KEY IS CONFIGURED"),
        ({}, logging.CRITICAL, "No key is configured: every call will be refused."),
        ({"SPEAKER_RATE_LIMIT": "many"}, logging.CRITICAL, "SPEAKER_RATE_LIMIT"),
    ],
)
def test_who_may_call_is_said_once_at_the_start(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    environment: dict[str, str],
    level: int,
    said: str,
) -> None:
    monkeypatch.setattr(guard, "APP", App(environment))
    guard.announce_access()
    [record] = caplog.records
    assert record.levelno == level
    assert record.getMessage().startswith(said)


def test_nothing_is_said_where_everything_is_as_it_should_be(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(guard, "APP", App({"SPEAKER_RECOGNITION_KEYS": "a-key-of-sixteen-characters"}))
    guard.announce_access()
    assert caplog.records == []
