"""Requests that are cut off between any two storage calls, and sent again."""

import json
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from functions.plumbing.guard import App
from shared.errors import Conflict
from shared.settings import Settings
from shared.store.azure import AzureStore
from shared.store.memory import MemoryStore
from shared.store.rows import MemoryRows, Row
from shared.trust.refusals import UsedForAnother
from shared.trust.repeats import KEPT, Repeatable, Repeats
from shared.voices.families import VERIFICATION
from shared.voices.records import Profile
from tests import remembering, voices
from tests.clock import Clock
from tests.conftest import KEYS
from tests.contract.api import VERIFICATION as PATH
from tests.contract.api import Api
from tests.contract.in_process import ORIGIN, sending_to

CLIP = voices.seconds("anna", 6)
ENVIRONMENT = {"SPEAKER_RECOGNITION_KEYS": KEYS[0]}


class KilledError(BaseException):
    """The process ends here."""


@dataclass
class Mortal:
    """A part of a store that counts its calls, and kills the process around one of them.

    Attributes:
        point: number of that call; the process dies before it, or once it has been done.
    """

    part: Any
    point: int
    after: bool
    calls: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> object:
        found = getattr(self.part, name)
        if isinstance(found, MemoryRows):
            return Mortal(found, self.point, self.after, self.calls)
        return self._counted(name, found) if callable(found) else found

    def _counted(self, name: str, call: Callable[..., object]) -> Callable[..., object]:
        def counted(*args: object, **options: object) -> object:
            self.calls.append(name)
            dies = len(self.calls) == self.point
            if dies and not self.after:
                raise KilledError
            result = call(*args, **options)
            if dies:
                raise KilledError
            return result

        return counted


def _send(store: Any, path: str, body: bytes, request_id: str) -> requests.Response:  # noqa: ANN401  mortal or not
    app = App(ENVIRONMENT, store=store, listener=remembering.listener(any_format=True))
    headers = {"Ocp-Apim-Subscription-Key": KEYS[0], "Repeatability-Request-ID": request_id}
    url = f"{ORIGIN}/speaker-recognition/{PATH}/{path}{'' if '?' in path else '?'}api-version=2021-09-05"
    return sending_to(app)("POST", url, headers=headers, data=body)


def _create(store: Any, request_id: str, _: str) -> requests.Response:  # noqa: ANN401
    return _send(store, "profiles", b'{"locale":"en-us"}', request_id)


def _enroll(store: Any, request_id: str, profile_id: str) -> requests.Response:  # noqa: ANN401
    return _send(store, f"profiles/{profile_id}/enrollments", CLIP, request_id)


def _blank() -> tuple[MemoryStore, str]:
    """A store with one profile, and its id."""
    store = MemoryStore()
    app = App(ENVIRONMENT, store=store, listener=remembering.listener(any_format=True))
    return store, Api(ORIGIN, KEYS[0], sending_to(app)).create()


def test_who_names_no_request_costs_no_row() -> None:
    store, profile_id = _blank()
    app = App(ENVIRONMENT, store=store, listener=remembering.listener(any_format=True))
    assert Api(ORIGIN, KEYS[0], sending_to(app)).enroll(profile_id, CLIP).status_code == 201
    assert list(store.requests.since("")) == []


@pytest.mark.parametrize("change", [_create, _enroll])
def test_a_kill_at_any_storage_call_is_made_good_by_the_repeated_request(
    change: Callable[[Any, str, str], requests.Response],
) -> None:
    whole = Mortal(_blank()[0], 0, after=False)
    profile_id = next(iter(whole.part.profiles))[1]
    assert change(whole, str(uuid.uuid4()), profile_id).status_code == 201
    assert len(whole.calls) >= 5
    for point in range(1, len(whole.calls) + 1):
        for after in (False, True):
            store, profile_id = _blank()
            request_id = str(uuid.uuid4())
            with pytest.raises(KilledError):
                change(Mortal(store, point, after), request_id, profile_id)
            first, again = (change(store, request_id, profile_id) for _ in range(2))
            assert (first.status_code, again.content) == (201, first.content)
            _check(store, first.json(), profile_id)


def _check(store: MemoryStore, answer: dict[str, Any], known_id: str) -> None:
    """One profile more, or one enrollment with its audio."""
    assert {profile_id for _, profile_id in store.profiles} == {known_id, answer["profileId"]}
    named = {clip.id for profile in store.profiles.values() for clip in profile.enrollments}
    assert len(named) == answer["enrollmentsCount"]
    assert named == {enrollment_id for _, _, enrollment_id in store.audio}


def test_a_repeated_enrollment_also_tells_whose_voice_it_is() -> None:
    path, request_id = "profiles/{}/enrollments?duplicates=report&", str(uuid.uuid4())
    other, other_id = _blank()
    whole = Mortal(other, 0, after=False)
    assert _send(whole, path.format(other_id), CLIP, request_id).status_code == 201
    store, profile_id = _blank()
    with pytest.raises(KilledError):
        _send(Mortal(store, whole.calls.index("replace") + 1, after=True), path.format(profile_id), CLIP, request_id)
    assert len(store.profiles[VERIFICATION.name, profile_id].enrollments) == 1
    assert _send(store, path.format(profile_id), CLIP, request_id).json()["details"]["duplicates"] == []


def test_a_repeated_creation_leaves_what_was_enrolled_meanwhile_alone() -> None:
    store, known_id = _blank()
    request_id = str(uuid.uuid4())
    with pytest.raises(KilledError):
        _create(Mortal(store, 4, after=True), request_id, "")
    [profile_id] = {profile_id for _, profile_id in store.profiles} - {known_id}
    assert _enroll(store, str(uuid.uuid4()), profile_id).status_code == 201
    assert _create(store, request_id, "").json()["enrollmentsCount"] == 1


def test_instances_that_serve_the_same_requests_at_once_make_one_profile_and_one_enrollment(storage: str) -> None:
    settings = Settings.read({"SPEAKER_STORAGE_CONNECTION_STRING": storage})
    instances = [AzureStore.open(settings) for _ in range(4)]
    with ThreadPoolExecutor(4) as callers:

        def each(change: Callable[[Any, str, str], requests.Response], profile_id: str) -> requests.Response:
            request_id = str(uuid.uuid4())
            answers = list(callers.map(lambda store: change(store, request_id, profile_id), instances))
            assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
            return answers[0]

        profile_id = each(_create, "").json()["profileId"]
        assert each(_enroll, profile_id).json()["enrollmentsCount"] == 1
    profile = instances[0].get(VERIFICATION, profile_id)
    assert profile is not None
    assert [clip.enrollment_id for clip in instances[0].all_audio(profile)] == [clip.id for clip in profile.enrollments]


def test_who_is_faster_by_one_store_call_is_the_only_one(storage: str) -> None:
    store = AzureStore.open(Settings.read({"SPEAKER_STORAGE_CONNECTION_STRING": storage}))
    for known in (MemoryStore(), store):
        before = known.count(VERIFICATION)
        profile = Profile.new(VERIFICATION, "en-us", datetime.now(UTC))
        first = known.insert_once(profile)
        second = known.insert_once(profile.reset(datetime.now(UTC)))
        assert (second.etag, second.updated) == (first.etag, None)
        assert known.count(VERIFICATION) == before + 1


def test_a_row_tells_nobody_what_was_answered_and_goes_after_a_day(clock: Clock) -> None:
    store = MemoryStore(clock)
    app = App(ENVIRONMENT, store=store, listener=remembering.listener(any_format=True), now=clock)
    consent = {"version": "1", "givenDateTime": "2026-01-01T00:00:00Z", "by": "Anna Example"}
    body = json.dumps({"locale": "en-us", "consent": consent}).encode()
    created = _send(store, "profiles", body, str(uuid.uuid4())).json()
    assert created["consent"]["by"] == "Anna Example"
    [row] = store.requests.since("")
    assert [text for text in (created["profileId"], "Anna", "en-us") if text in f"{row}"] == []
    clock.let_pass(seconds=KEPT.total_seconds() - 60)
    list(app.upkeep.run())
    assert list(store.requests.since("")) == [row]
    clock.let_pass(minutes=2)
    store.requests.put(Row("00", "damaged"))
    list(app.upkeep.run())
    assert list(store.requests.since("")) == []


def test_the_answer_that_is_kept_first_counts() -> None:
    repeats, request = Repeats(MemoryRows(), lambda: datetime.now(UTC)), _request(b"x")
    first, second = (repeats.claim(request) for _ in range(2))
    assert second.answer is None
    assert [repeats.keep(first, "one"), repeats.keep(second, "two")] == ["one", "one"]
    assert repeats.claim(request).answer == "one"
    with pytest.raises(UsedForAnother, match=request.id):
        repeats.claim(_request(b"y"))


@pytest.mark.parametrize("damaged", [b"", b"damaged" * 9, "text"])
def test_a_damaged_answer_is_none_and_is_given_anew(damaged: object) -> None:
    rows = MemoryRows()
    repeats, request = Repeats(rows, lambda: datetime.now(UTC)), _request(b"x")
    row = repeats.claim(request).row
    rows.replace(replace(row, values={**row.values, "Answer": damaged}))
    claim = repeats.claim(request)
    assert claim.answer is None
    assert repeats.keep(claim, "anew") == "anew"
    assert repeats.claim(request).answer == "anew"


def test_an_answer_counts_also_where_its_claim_was_dropped_meanwhile() -> None:
    rows = MemoryRows()
    repeats, request = Repeats(rows, lambda: datetime.now(UTC)), _request(b"x")
    claim = repeats.claim(request)
    rows.remove(claim.row.partition, claim.row.name)
    assert repeats.keep(claim, "one") == "one"


def test_a_claim_that_goes_while_it_is_looked_at_is_made_anew() -> None:
    class Going(MemoryRows):
        refused = False

        def insert(self, row: Row) -> Row:
            if not self.refused:
                self.refused = True
                raise Conflict
            return super().insert(row)

    claim = Repeats(Going(), lambda: datetime.now(UTC)).claim(_request(b"x"))
    assert claim.row.etag is not None


def test_what_is_made_is_named_after_all_that_was_asked() -> None:
    assert _request(b"x").makes == _request(b"x").makes
    assert len({_request(b"x").makes, _request(b"y").makes, Repeatable.of(str(uuid.UUID(int=8)), b"x").makes}) == 3
    assert uuid.UUID(_request(b"x").makes).version == 5


def _request(asked: bytes) -> Repeatable:
    return Repeatable.of(str(uuid.UUID(int=7)), asked)
