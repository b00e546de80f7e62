"""The audit trail is whole wherever its writer was killed, and tells when it is not."""

import json
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from shared.errors import Conflict
from shared.observing.trace import mark, tracing
from shared.store import Store
from shared.store.memory import MemoryStore
from shared.store.outbox import Deed, Outbox
from shared.trust.trail import Trail
from shared.trust.verifying import BESIDE, of_profile, verify
from shared.voices.families import IDENTIFICATION, VERIFICATION
from tests.clock import Clock
from tests.shared.killing import KilledError, Mortal

CALLS = 10
"""That writing two lines on a new day takes."""


def _tell(store: Store, *names: str) -> None:
    for name in names:
        Outbox.of(store).tell(Deed.VERIFIED, VERIFICATION, name, "Accept", "2026-11-22")


def _written(listened: Store) -> list[dict[str, Any]]:
    days = listened.trail.lengths()
    return [json.loads(line) for day in days for line in listened.trail.read(day).split(b"\n") if line]


def _profiles(listened: Store) -> list[str]:
    return [told["profile"] for told in _written(listened)]


def test_what_was_done_is_written_down_once_and_in_order(listened: Store) -> None:
    trail = Trail.of(listened)
    _tell(listened, "a", "b")
    assert (trail.drain(), trail.drain()) == (2, 0)
    _tell(listened, "c")
    assert trail.drain() == 1
    assert _profiles(listened) == [mark("a"), mark("b"), mark("c")]
    verdict = verify(listened)
    assert (verdict.breaks, verdict.lines, verdict.first) == ([], 3, 1)


def test_a_line_says_who_did_what_and_names_no_profile_by_its_id(listened: Store) -> None:
    with tracing("IdentifySingleSpeaker", "a-request") as trace:
        trace.key = "kiosk"
        among = ("the-found-one", "another")
        Outbox.of(listened).tell(Deed.IDENTIFIED, IDENTIFICATION, "the-found-one", "Accept", "2026-11-22", among)
    Trail.of(listened).drain()
    (told,) = _written(listened)
    assert {name: told[name] for name in ("deed", "outcome", "who", "operation", "request", "model")} == {
        "deed": "identified",
        "outcome": "Accept",
        "who": "key kiosk",
        "operation": "IdentifySingleSpeaker",
        "request": "a-request",
        "model": "2026-11-22",
    }
    assert (told["profile"], told["among"]) == (mark("the-found-one"), [mark(name) for name in among])
    assert "the-found-one" not in json.dumps(told)
    assert [found["outcome"] for found in of_profile(listened, "the-found-one")] == ["Accept"]
    assert [found["outcome"] for found in of_profile(listened, "another")] == [BESIDE]


def test_days_follow_each_other_in_one_chain(listened: Store) -> None:
    clock = Clock()
    trail = Trail.of(listened, clock)
    for name in ("a", "b", "c"):
        _tell(listened, name)
        trail.drain()
        clock.let_pass(days=2)
    assert [day[-len("2026/01/01.jsonl") :] for day in listened.trail.lengths()] == [
        f"{Clock(timedelta(days=days))():%Y/%m/%d}.jsonl" for days in (0, 2, 4)
    ]
    assert (verify(listened).breaks, _profiles(listened)) == ([], [mark("a"), mark("b"), mark("c")])
    begin = f"{Clock(timedelta(days=1))():%Y/%m/%d}"
    assert (list(of_profile(listened, "a", begin)), len(list(of_profile(listened, "b", begin)))) == ([], 1)


def test_days_that_were_kept_long_enough_are_not_missed(memory: MemoryStore) -> None:
    clock = Clock()
    for name in ("a", "b"):
        _tell(memory, name)
        Trail.of(memory, clock).drain()
        clock.let_pass(days=1)
    memory.trail.values.pop(min(memory.trail.values))
    verdict = verify(memory)
    assert (verdict.breaks, verdict.first, verdict.lines) == ([], 2, 1)
    memory.trail.values.clear()
    _tell(memory, "c")
    Trail.of(memory, clock).drain()
    assert (verify(memory).first, verify(memory).breaks) == (3, [])


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_writer_may_be_killed_at_any_call_and_nothing_is_lost_or_written_twice(*, after: bool) -> None:
    for dies_at in range(100):
        store, clock = MemoryStore(), Clock()
        store.listeners = ("audit",)
        _tell(store, "a", "b")
        Trail.of(store, clock).drain()
        clock.let_pass(days=1)
        _tell(store, "c", "d")
        calls = count()
        parts = [Mortal(part, calls.__next__, dies_at, after=after) for part in (store.trail, store.outbox)]
        trail, outbox = parts
        try:
            Trail(trail, Outbox(outbox, ("audit",)), clock).drain()  # type: ignore[arg-type]
        except KilledError:
            clock.let_pass(days=1)
            _tell(store, "e")
            Trail.of(store, clock).drain()
            assert _profiles(store) == [mark(name) for name in "abcde"], dies_at
            assert verify(store).breaks == [], dies_at
            continue
        assert dies_at == CALLS
        return
    pytest.fail("it never ended")


def test_every_byte_that_is_changed_is_found(memory: MemoryStore) -> None:
    _tell(memory, "a", "b", "c")
    Trail.of(memory).drain()
    (day,) = memory.trail.values
    whole = memory.trail.values[day]
    for place in range(len(whole) - 1):
        memory.trail.values[day] = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
        assert verify(memory).breaks, place
    memory.trail.values[day] = whole
    assert verify(memory).breaks == []


def test_a_line_that_is_removed_or_put_in_is_found(memory: MemoryStore) -> None:
    _tell(memory, "a", "b", "c")
    Trail.of(memory).drain()
    (day,) = memory.trail.values
    first, second, third = memory.trail.values[day].splitlines(keepends=True)
    for spoiled in ((first, third), (first, second), (first, second, second, third), (b"[]\n", first, second, third)):
        memory.trail.values[day] = b"".join(spoiled)
        assert verify(memory).breaks, spoiled


def test_the_trail_goes_on_behind_what_somebody_else_has_put_there(memory: MemoryStore) -> None:
    _tell(memory, "a")
    Trail.of(memory).drain()
    (day,) = memory.trail.values
    memory.trail.values[day] += b"not a line\n"
    _tell(memory, "b")
    assert Trail.of(memory).drain() == 1
    assert [told.split(":")[0] for told in verify(memory).breaks] == [f"{day}, line 2"]
    assert len(list(of_profile(memory, "b"))) == 1


def test_of_two_writers_one_stops(memory: MemoryStore) -> None:
    _tell(memory, "a", "b")
    other = Trail.of(memory)
    original = memory.trail.append

    class Overtaken:
        """Another instance writes everything just before we do."""

        def __getattr__(self, name: str) -> object:
            return getattr(memory.trail, name)

        def append(self, name: str, at: int, more: bytes) -> None:
            assert other.drain() == 2
            with pytest.raises(Conflict):
                original(name, at, more)
            raise Conflict

    assert Trail(Overtaken(), Outbox.of(memory)).drain() == 0  # type: ignore[arg-type]
    assert (_profiles(memory), verify(memory).breaks) == ([mark("a"), mark("b")], [])
