from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from shared.observing.trace import mark
from shared.profiles.changes import change
from shared.settings import Settings
from shared.store import Store
from shared.store.azure import AzureStore
from shared.store.changes import OVERLAP, SLOW, ChangeLog, Kind
from shared.store.memory import MemoryStore
from shared.store.rows import MemoryRows, Row
from shared.voices.families import VERIFICATION
from shared.voices.records import Profile
from tests.clock import Clock
from tests.domain import Domain


@pytest.fixture(params=["memory", "azure"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "memory":
        return MemoryStore()
    return AzureStore.open(Settings.read({"SPEAKER_STORAGE_CONNECTION_STRING": request.getfixturevalue("storage")}))


def _told_of(log: ChangeLog, profile_id: str) -> list[Kind]:
    return [told.kind for told in log.since(datetime.now(UTC)) if told.mark == mark(profile_id)]


def test_every_change_of_a_profile_is_told_by_its_mark_and_found_by_it(store: Store) -> None:
    profile, log = store.insert(Profile.new(VERIFICATION, "en-us", datetime.now(UTC))), ChangeLog(store.changes)
    for to in (lambda p: p.joining("a"), lambda p: p.leaving("a"), lambda p: p.reset(datetime.now(UTC))):
        change(store, VERIFICATION, profile.id, to)
    assert _told_of(log, profile.id) == [Kind.JOINED, Kind.LEFT, Kind.RESET]
    assert log.who(VERIFICATION, mark(profile.id)) == profile.id
    assert profile.id in [expected.profile_id for expected in log.expected()]
    Domain.on(store, object(), Clock()).delete(VERIFICATION, profile.id)
    assert _told_of(log, profile.id)[-1] == Kind.DELETED
    assert log.who(VERIFICATION, mark(profile.id)) is None
    assert not [row for row in store.changes.since("") if profile.id in f"{row}"]


def test_the_log_is_read_from_a_moment_on_and_what_is_old_can_be_dropped() -> None:
    clock = Clock(timedelta(hours=-1))
    log = ChangeLog(MemoryRows(), clock)
    log.tell(Kind.ENROLLED, VERIFICATION, "old")
    log.expect(VERIFICATION, "old")
    clock.ahead = timedelta()
    log.tell(Kind.RESET, VERIFICATION, "new")
    now = datetime.now(UTC)
    assert [told.kind for told in log.since(now - timedelta(hours=1))] == [Kind.ENROLLED, Kind.RESET]
    assert [told.kind for told in log.since(now - OVERLAP)] == [Kind.RESET]
    log.drop_before(now - timedelta(minutes=1))
    assert [told.kind for told in log.since(now - timedelta(hours=2))] == [Kind.RESET]
    assert [expected.profile_id for expected in log.expected()] == ["old"]


def test_who_reads_what_is_new_reads_none_of_those_who_may_have_changed_however_many() -> None:
    read = list[Row]()

    class Watched(MemoryRows):
        def since(self, partition: str, before: str | None = None) -> Iterator[Row]:
            for row in super().since(partition, before):
                read.append(row)
                yield row

    now = datetime.now(UTC)
    log = ChangeLog(Watched(), lambda: now)
    for number in range(50):
        log.expect(VERIFICATION, f"{number}")
    log.tell(Kind.ENROLLED, VERIFICATION, "new")
    assert [told.kind for told in log.since(now)] == [Kind.ENROLLED]
    log.drop_before(now)
    assert len(read) == 1


def test_what_took_long_to_write_is_told_again_where_readers_are_now() -> None:
    times = iter([timedelta(), SLOW, SLOW, SLOW])
    began = datetime(2026, 1, 1, tzinfo=UTC)
    log = ChangeLog(MemoryRows(), lambda: began + next(times))
    log.tell(Kind.ENROLLED, VERIFICATION, "slow")
    assert [told.at - began for told in log.since(began)] == [timedelta(), SLOW]
