"""Verifications that fail in a row, and how long a profile is locked for it."""

import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest

from shared.errors import Conflict, StorageUnavailable
from shared.observing.trace import mark
from shared.settings import Settings
from shared.store import Store
from shared.store.azure import AzureStore
from shared.store.changes import ChangeLog, Kind
from shared.store.failures import LONGEST, SHORTEST, Failures
from shared.store.memory import MemoryStore
from shared.store.rows import MemoryRows, Row
from shared.voices.families import VERIFICATION
from shared.voices.refusals import Locked
from tests.clock import Clock

LIMIT = 5


@pytest.fixture(params=["memory", "azure"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "memory":
        return MemoryStore()
    return AzureStore.open(Settings.read({"SPEAKER_STORAGE_CONNECTION_STRING": request.getfixturevalue("storage")}))


@pytest.fixture
def failures(store: Store, clock: Clock) -> Failures:
    return Failures(store, LIMIT, clock)


@pytest.fixture
def name() -> str:
    return str(uuid.uuid4())


def _fail(failures: Failures, name: str, times: int = 1) -> None:
    for _ in range(times):
        failures.judged(VERIFICATION, name, accepted=False)


def _locks(failures: Failures, name: str) -> Iterator[int]:
    """Seconds of one lock after the other, each of them waited for."""
    clock = failures.now
    assert isinstance(clock, Clock)
    while True:
        with pytest.raises(Locked) as refused:
            failures.check(VERIFICATION, name)
        yield refused.value.wait_sec
        clock.let_pass(seconds=refused.value.wait_sec)
        failures.check(VERIFICATION, name)
        _fail(failures, name)


def test_of_a_hundred_attempts_at_once_as_many_are_told_as_the_limit_allows(
    failures: Failures, store: Store, name: str
) -> None:
    together = threading.Barrier(100)

    def attempt(_: int) -> str:
        together.wait()
        try:
            failures.judged(VERIFICATION, name, accepted=False)
        except Locked:
            return "locked"
        return "told"

    with ThreadPoolExecutor(100) as attempts:
        assert Counter(attempts.map(attempt, range(100))) == {"told": LIMIT, "locked": 95}
    told = [change.kind for change in ChangeLog(store.changes).since(failures.now()) if change.mark == mark(name)]
    assert told == [Kind.LOCKED]


def test_a_lock_lasts_thirty_seconds_and_twice_as_long_with_each_failure_after_it(
    failures: Failures, name: str
) -> None:
    _fail(failures, name, LIMIT)
    seconds = [seconds for seconds, _ in zip(_locks(failures, name), range(14), strict=False)]
    first, longest = SHORTEST.total_seconds(), LONGEST.total_seconds()
    assert seconds == [min(first * 2**n, longest) for n in range(14)]


def test_who_is_accepted_begins_anew(failures: Failures, name: str) -> None:
    for _ in range(3):
        _fail(failures, name, LIMIT - 1)
        failures.judged(VERIFICATION, name, accepted=True)
    failures.check(VERIFICATION, name)


def test_who_is_accepted_while_others_fail_is_not_told_so_once_it_is_locked(failures: Failures, name: str) -> None:
    _fail(failures, name, LIMIT)
    with pytest.raises(Locked, match="The last 5 verifications"):
        failures.judged(VERIFICATION, name, accepted=True)


def test_unlocking_begins_anew_and_is_told(failures: Failures, store: Store, name: str) -> None:
    _fail(failures, name, LIMIT)
    until = failures.locked_until(VERIFICATION, name)
    assert until
    assert SHORTEST - timedelta(seconds=9) < until - failures.now() <= SHORTEST
    for _ in range(2):
        failures.unlock(VERIFICATION, name)
    failures.check(VERIFICATION, name)
    assert failures.locked_until(VERIFICATION, name) is None
    told = [change.kind for change in ChangeLog(store.changes).since(failures.now()) if change.mark == mark(name)]
    assert told == [Kind.LOCKED, Kind.UNLOCKED]
    _fail(failures, name, LIMIT - 1)


def test_without_a_limit_nothing_is_read_or_written(clock: Clock, name: str) -> None:
    class Untouched(MemoryRows):
        def read(self, *_: str) -> Row | None:
            raise AssertionError

    store = MemoryStore()
    store.trials = Untouched()
    failures = Failures(store, 0, clock)
    failures.check(VERIFICATION, name)
    _fail(failures, name, 99)
    assert failures.locked_until(VERIFICATION, name) is None
    assert list(store.trials.since("")) == []


def test_a_process_that_is_killed_at_any_write_has_told_nobody_and_forgets_no_failure(clock: Clock, name: str) -> None:
    class CutOffError(BaseException):
        pass

    class Dying(MemoryRows):
        left = 0

        def _write(self, row: Row, expected: str | None) -> Row:
            self.left -= 1
            if self.left == 0:
                raise CutOffError
            written = super()._write(row, expected)
            if self.left == 1:
                self.left = 0
                raise CutOffError
            return written

    for point in range(1, 3 * LIMIT):
        store, told = MemoryStore(), 0
        store.trials = store.changes = store.outbox = rows = Dying()
        store.listeners = ("audit",)
        failures = Failures(store, LIMIT, clock)
        rows.left = point
        with suppress(Locked):
            for _ in range(LIMIT + 2):
                with suppress(CutOffError):
                    _fail(failures, name)
                    told += 1
        assert told <= LIMIT
        with pytest.raises(Locked):
            failures.check(VERIFICATION, name)


def test_who_keeps_losing_races_is_told_that_storage_fails(clock: Clock, name: str) -> None:
    class Contended(MemoryRows):
        def insert(self, _: Row) -> Row:
            raise Conflict

    store = MemoryStore()
    store.trials = Contended()
    failures = Failures(store, LIMIT, clock)
    with pytest.raises(StorageUnavailable):
        _fail(failures, name)
