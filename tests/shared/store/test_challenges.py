"""Challenges: each for a short while and one attempt."""

import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.settings import Settings
from shared.store import Span, Store
from shared.store.azure import AzureStore
from shared.store.challenges import VALID, Challenges
from shared.store.failures import Failures
from shared.store.memory import MemoryStore
from shared.store.trials import forget_trials, sweep_trials
from shared.voices.families import PASSPHRASE_VERIFICATION, VERIFICATION
from shared.voices.records import Profile
from shared.voices.refusals import ChallengeOver
from tests.clock import Clock


@pytest.fixture(params=["memory", "azure"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "memory":
        return MemoryStore()
    return AzureStore.open(Settings.read({"SPEAKER_STORAGE_CONNECTION_STRING": request.getfixturevalue("storage")}))


@pytest.fixture
def challenges(store: Store, clock: Clock) -> Challenges:
    return Challenges(store, clock)


@pytest.fixture
def name() -> str:
    return str(uuid.uuid4())


def test_of_many_attempts_at_once_one_answers(challenges: Challenges, name: str) -> None:
    asked = challenges.ask(VERIFICATION, name, "1 2")
    rows = [challenges.find(VERIFICATION, name, asked.token) for _ in range(20)]

    def attempt(number: int) -> str:
        try:
            challenges.spend(rows[number])
        except ChallengeOver:
            return "over"
        return "answered"

    with ThreadPoolExecutor(20) as attempts:
        assert Counter(attempts.map(attempt, range(20))) == {"answered": 1, "over": 19}
    with pytest.raises(ChallengeOver):
        challenges.find(VERIFICATION, name, asked.token)


def test_it_is_valid_for_two_minutes_until_the_next_and_for_its_profile_alone(
    challenges: Challenges, name: str, clock: Clock
) -> None:
    first = challenges.ask(VERIFICATION, name, "1 2")
    second = challenges.ask(VERIFICATION, name, "3 4")
    assert challenges.find(VERIFICATION, name, second.token).values["Phrase"] == "3 4"
    for profile_id, token in ((name, first.token), (name, ""), (str(uuid.uuid4()), second.token)):
        with pytest.raises(ChallengeOver):
            challenges.find(VERIFICATION, profile_id, token)
    clock.let_pass(seconds=VALID.seconds)
    with pytest.raises(ChallengeOver, match="older than 2 minutes"):
        challenges.find(VERIFICATION, name, second.token)


def test_what_is_stored_does_not_answer_it_and_goes_with_the_profile(
    challenges: Challenges, store: Store, name: str
) -> None:
    token = challenges.ask(VERIFICATION, name, "1 2").token
    rows = [row for row in store.trials.since("") if name in row.name]
    assert len(rows) == 1
    assert token not in str(rows)
    forget_trials(store, VERIFICATION, name)
    assert [row for row in store.trials.since("") if name in row.name] == []


def test_what_was_tried_on_profiles_that_are_gone_is_swept_and_nothing_else(
    challenges: Challenges, store: Store, clock: Clock, name: str
) -> None:
    there = store.insert(Profile.new(VERIFICATION, "en-us", clock())).id
    other = store.insert(Profile.new(VERIFICATION, "en-us", clock())).id
    for each in (name, there, other):
        challenges.ask(VERIFICATION, each, "1 2")
        Failures(store, 9, clock).judged(VERIFICATION, each, accepted=False)
    sweep_trials(store, Span(VERIFICATION), {there})
    left = [row.name[:36] for row in store.trials.since("")]
    assert [left.count(each) for each in (name, there, other)] == [0, 2, 2]
    sweep_trials(store, Span(PASSPHRASE_VERIFICATION), set())
    forget_trials(store, VERIFICATION, there)
    assert [row.name[:36] for row in store.trials.since("")].count(there) == 0
