"""While one model follows another, everything that is said of a request names the model that was at work in it."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

import function_app  # noqa: F401  its import registers the handlers
from functions.fallback import routed
from functions.plumbing import guard
from functions.plumbing.guard import App
from shared.observing.trace import Trace
from shared.store.memory import MemoryStore
from tests import models, voices

pytestmark = pytest.mark.slow

OLD, NEW = "2026-11-22", models.TURNED_VERSION
CLIP = voices.seconds("anna", 6)
LOCAL = {"AZURE_FUNCTIONS_ENVIRONMENT": "Development"}


class Watched:
    """An app whose sinks are read: what it answers, writes into the log, and hands to telemetry."""

    def __init__(self, app: App, traces: list[Trace], log: pytest.LogCaptureFixture) -> None:
        self._app = app
        self._traces = traces
        self._log = log

    def told(self, path: str, body: bytes) -> tuple[str, str, str]:
        """The model's version in details, log line and telemetry, of a request with details."""
        document = self.call(path, body, details="true")
        line = json.loads(self._log.messages[-1])
        decision = self._traces[-1].decision
        return document["details"]["modelVersion"], line["model"], decision.model_version if decision else ""

    def call(self, path: str, body: bytes, **query: str) -> dict[str, Any]:
        url = f"http://127.0.0.1/speaker-recognition/{path}"
        params = {"api-version": "2021-09-05", "ignoreMinLength": "true", **query}
        answer = routed(self._app, func.HttpRequest(method="POST", url=url, params=params, body=body))
        assert answer.status_code < 300, answer.get_body()
        found: dict[str, Any] = json.loads(answer.get_body())
        return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return models.with_turned(tmp_path_factory.mktemp("models"))


@pytest.fixture
def apps(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Iterator[tuple[Watched, Watched]]:
    """One storage, under the old model and under the new one."""
    traces: list[Trace] = []
    monkeypatch.setattr(guard, "telemetry", lambda: traces.append)
    store = MemoryStore()
    with caplog.at_level(logging.INFO, "speaker"):
        yield tuple(
            Watched(App(LOCAL, store=store, listener=listener), traces, caplog)
            for listener in (models.listener(), models.listener(models.TURNED, folder))
        )  # type: ignore[misc]


def _create(app: Watched, family: str) -> str:
    return str(app.call(f"{family}/profiles", b'{"locale":"en-us"}')["profileId"])


def test_an_enrollment_names_the_model_of_the_profile(apps: tuple[Watched, Watched]) -> None:
    before, after = apps
    profile = _create(before, family := "verification/text-independent")
    path = f"{family}/profiles/{profile}/enrollments"
    assert before.told(path, CLIP) == (OLD, OLD, "")
    assert after.told(path, CLIP) == (OLD, OLD, "")
    fresh = _create(after, family)
    assert after.told(f"{family}/profiles/{fresh}/enrollments", CLIP) == (NEW, NEW, "")


def test_a_verification_names_the_model_that_compared(apps: tuple[Watched, Watched]) -> None:
    before, after = apps
    profile = _create(before, family := "verification/text-independent")
    before.call(f"{family}/profiles/{profile}/enrollments", CLIP)
    assert after.told(f"{family}/profiles/{profile}:verify", CLIP) == (OLD, OLD, OLD)


def test_an_identification_over_a_mix_names_the_model_that_decided_and_that_of_each_candidate(
    apps: tuple[Watched, Watched],
) -> None:
    before, after = apps
    family, ids = "identification/text-independent", []
    for app, name in ((before, "anna"), (after, "boris")):
        ids.append(_create(app, family))
        app.call(f"{family}/profiles/{ids[-1]}/enrollments", voices.seconds(name, 6))
    path = f"{family}/profiles:identifySingleSpeaker"
    for name, decided in (("anna", OLD), ("boris", NEW)):
        clip = voices.seconds(name, 5)
        answer = after.call(path, clip, details="true", profileIds=",".join(ids))
        versions = {of["profileId"]: of["modelVersion"] for of in answer["details"]["ranking"]}
        assert versions == dict(zip(ids, (OLD, NEW), strict=True))
        assert answer["details"]["modelVersion"] == decided
        assert json.loads(after._log.messages[-1])["model"] == f"{OLD},{NEW}"
        decision = after._traces[-1].decision
        assert decision is not None
        assert decision.model_version == decided
