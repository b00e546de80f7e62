"""What is published of the life of a profile, to a listener on this machine."""

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from unittest.mock import patch

import jsonschema
import pytest

from functions import outbox
from functions.plumbing.guard import App
from shared.settings import ROOT, Settings
from shared.store.memory import MemoryStore
from shared.store.outbox import Deed, Outbox
from shared.trust.events import TYPES, Events, event_of, to_topic
from shared.trust.refusals import TopicUnavailable
from shared.voices.families import IDENTIFICATION as FAMILY
from tests import remembering, voices
from tests.clock import Clock
from tests.conftest import KEYS
from tests.contract.api import IDENTIFICATION, VERIFICATION, Api
from tests.contract.conftest import KEY
from tests.contract.in_process import ORIGIN, sending_to

SCHEMA = json.loads((ROOT / "docs" / "events.schema.json").read_text())


@dataclass
class Listener:
    """Takes what is published.

    Attributes:
        answers: statuses that are answered, one after the other, before it is 200.
        heard: events that were taken.
        refused: ids of events that were not.
    """

    url: str
    answers: list[int] = field(default_factory=list)
    heard: list[dict[str, Any]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)


@pytest.fixture
def listener() -> Iterator[Listener]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            events = json.loads(self.rfile.read(int(self.headers["content-length"])))
            status = made.answers.pop(0) if made.answers else 200
            if status == 200:
                made.heard += events
            else:
                made.refused += [event["id"] for event in events]
            made.kinds.add(self.headers["content-type"])
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        made = Listener(f"http://127.0.0.1:{server.server_port}/api/events")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield made
        server.shutdown()
        thread.join()


def _app(listener: Listener, **settings: str) -> tuple[App, Api]:
    environment = {**KEY, "SPEAKER_EVENTS_TOPIC": listener.url, **settings}
    app = App(environment, store=MemoryStore(), listener=remembering.listener(any_format=True))
    return app, Api(ORIGIN, KEYS[0], sending_to(app))


def test_a_life_is_published_as_the_schema_says(listener: Listener) -> None:
    app, api = _app(listener)
    anna, boris = (api.enrolled(voices.seconds(name, 12), IDENTIFICATION) for name in ("anna", "boris"))
    assert api("GET", f"{IDENTIFICATION}/profiles/{anna}").ok
    path, stranger = f"{IDENTIFICATION}/profiles:identifySingleSpeaker", voices.seconds("ewan", 6)
    found = api("POST", path, voices.speakers()["anna"].test, profileIds=f"{anna},{boris}")
    assert found.json()["identifiedProfile"]["profileId"] == anna
    assert api("POST", path, stranger, profileIds=boris, ignoreMinLength="true").ok
    assert api("POST", f"{IDENTIFICATION}/profiles/{anna}:reset").ok
    assert api("DELETE", f"{IDENTIFICATION}/profiles/{anna}").ok
    app.events.drain()
    for event in listener.heard:
        jsonschema.validate(event, SCHEMA, format_checker=jsonschema.FormatChecker())
    told = [(event["type"].removeprefix("SpeakerRecognition."), event.get("subject")) for event in listener.heard]
    assert told == [
        ("ProfileCreated", f"profiles/{anna}"),
        ("ProfileEnrolled", f"profiles/{anna}"),
        ("ProfileCreated", f"profiles/{boris}"),
        ("ProfileEnrolled", f"profiles/{boris}"),
        ("SpeakerIdentified", f"profiles/{anna}"),
        ("SpeakerIdentified", None),
        ("ProfileReset", f"profiles/{anna}"),
        ("ProfileDeleted", f"profiles/{anna}"),
    ]
    assert [event["data"]["outcome"] for event in listener.heard][4:6] == ["Accept", "Reject"]
    assert len({event["id"] for event in listener.heard}) == len(listener.heard)
    assert listener.kinds == {"application/cloudevents-batch+json; charset=utf-8"}
    assert list(app.store.outbox.since("")) == []


def test_who_is_locked_opts_out_or_expires_is_published(listener: Listener, clock: Clock) -> None:
    environment = {
        **KEY,
        "SPEAKER_EVENTS_TOPIC": listener.url,
        "SPEAKER_FAILURE_LIMIT": "1",
        "SPEAKER_EXPIRY_DAYS": "9",
    }
    heard = remembering.listener(any_format=True)
    app = App(environment, store=MemoryStore(clock), listener=heard, now=clock)
    api = Api(ORIGIN, KEYS[0], sending_to(app))
    ids = [api.enrolled(voices.seconds(name, 12)) for name in ("anna", "boris", "clara")]
    assert api.verify(ids[0], voices.seconds("ewan", 6)).json()["recognitionResult"] == "Reject"
    assert api("POST", f"{VERIFICATION}/profiles/{ids[0]}:unlock").ok
    assert api("POST", f"{VERIFICATION}/profiles/{ids[1]}:optOut").ok
    assert api("POST", f"{VERIFICATION}/profiles/{ids[1]}:optIn").ok
    clock.let_pass(days=10)
    list(app.upkeep.run())
    app.events.drain()
    told = {(event["type"].removeprefix("SpeakerRecognition."), event["subject"][9:]) for event in listener.heard}
    assert {
        ("ProfileLocked", ids[0]),
        ("ProfileUnlocked", ids[0]),
        ("ProfileOptedOut", ids[1]),
        ("ProfileOptedIn", ids[1]),
        ("ProfileExpired", ids[2]),
    } <= told
    for event in listener.heard:
        jsonschema.validate(event, SCHEMA, format_checker=jsonschema.FormatChecker())


def test_what_a_topic_does_not_take_is_published_later_under_the_same_ids(listener: Listener) -> None:
    app, api = _app(listener)
    api.create()
    listener.answers = [400]
    with pytest.raises(TopicUnavailable, match="HttpResponseError"):
        app.events.drain()
    assert app.events.drain() == 1
    assert [event["id"] for event in listener.heard] == listener.refused
    assert app.events.drain() == 0


def test_what_was_cut_off_before_it_was_noted_is_published_again_under_the_same_id(listener: Listener) -> None:
    app, api = _app(listener)
    api.create()
    with patch.object(Outbox, "done", side_effect=KeyboardInterrupt), suppress(KeyboardInterrupt):
        app.events.drain()
    assert app.events.drain() == 1
    first, again = listener.heard
    assert first == again


@pytest.mark.parametrize("audit", ["true", "false"])
def test_the_timer_tells_everybody_who_listens_whoever_else_does_not_answer(
    listener: Listener, audit: str, caplog: pytest.LogCaptureFixture
) -> None:
    app, api = _app(listener, SPEAKER_AUDIT=audit)
    api.create()
    listener.answers = [400]
    tell = outbox.outbox.build().get_user_function()
    with patch.object(outbox, "APP", app):
        tell(None)
        assert '"error": "TopicUnavailable"' in caplog.text
        assert listener.heard == []
        tell(None)
    assert len(listener.heard) == 1
    assert bool(app.store.trail.lengths()) is (audit == "true")
    assert [row for row in app.store.outbox.since("") if row.partition == "waiting"] == []


def test_everybody_who_may_listen_is_told() -> None:
    asked = {"SPEAKER_AUDIT": "true", "SPEAKER_EVENTS_TOPIC": "https://topic.example/api/events"}
    assert tuple(outbox.LISTENERS) == Settings.read(asked).listeners


def test_the_schema_names_every_type() -> None:
    assert SCHEMA["properties"]["type"]["enum"] == [f"SpeakerRecognition.{name}" for name in TYPES.values()]


def test_more_than_a_call_takes_are_several_calls_and_deeds_without_an_event_are_passed_over(clock: Clock) -> None:
    store = MemoryStore(clock)
    box, calls = Outbox(store.outbox, ("events",), clock), []
    for number in range(101):
        box.tell(Deed.LOCKED, FAMILY, f"{number:036}", "locked")
    box.tell(Deed.READ, FAMILY, "1" * 36, "enrolled")
    assert Events(box, lambda events: calls.append(len(events))).drain() == 101
    assert calls == [100, 1]
    assert list(store.outbox.since("")) == []


def test_what_is_unsure_says_so(clock: Clock) -> None:
    store = MemoryStore(clock)
    box = Outbox(store.outbox, ("events",), clock)
    with suppress(KeyboardInterrupt), box.telling(Deed.ENROLLED, FAMILY, "1" * 36):
        raise KeyboardInterrupt
    assert list(box.pending("events")) == []
    clock.let_pass(minutes=11)
    [entry] = box.pending("events")
    assert event_of(entry)["data"]["outcome"] == "unsure"


def test_a_topic_in_azure_is_told_by_identity() -> None:
    """Nobody is asked for a token before something is published."""
    assert callable(to_topic("https://topic.example/api/events"))
