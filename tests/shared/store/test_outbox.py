from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.errors import Conflict, StorageUnavailable
from shared.observing.trace import tracing
from shared.store import Store
from shared.store.memory import MemoryStore
from shared.store.outbox import CUT_OFF, UNSURE, Deed, Entry, Outbox
from shared.voices.families import IDENTIFICATION, VERIFICATION
from tests.clock import Clock


def test_an_entry_waits_as_it_was_told_until_every_listener_has_taken_it(listened: Store) -> None:
    outbox = Outbox(listened.outbox, ("audit", "events"))
    with tracing("IdentifySingleSpeaker", "a-request") as trace:
        trace.key = "kiosk"
        outbox.tell(Deed.IDENTIFIED, IDENTIFICATION, "b", "Accept", "2026-11-22", among=("a", "b"))
    (told,) = outbox.pending("audit")
    expected = Entry(
        told.id, told.at, Deed.IDENTIFIED, IDENTIFICATION, "b", "Accept", "key kiosk", "IdentifySingleSpeaker",
        "a-request", "2026-11-22", ("a", "b"),
    )  # fmt: skip
    assert told == expected
    outbox.done("audit", told.id)
    assert (list(outbox.pending("audit")), list(outbox.pending("events"))) == ([], [told])
    outbox.done("events", told.id)
    outbox.done("events", told.id)
    assert not list(listened.outbox.since(""))


def test_entries_come_in_the_order_in_which_they_began(listened: Store) -> None:
    outbox = Outbox(listened.outbox, ("audit",))
    for name in ("first", "second", "third"):
        outbox.tell(Deed.VERIFIED, VERIFICATION, name, "Reject")
    assert [told.profile_id for told in outbox.pending("audit")] == ["first", "second", "third"]


def test_nothing_is_written_while_nobody_listens(listened: Store) -> None:
    outbox = Outbox(listened.outbox, ())
    outbox.tell(Deed.VERIFIED, VERIFICATION, "a", "Accept")
    with outbox.telling(Deed.RESET, VERIFICATION, "a") as ended:
        ended("enrolling", "")
    assert not list(listened.outbox.since(""))


def test_what_has_begun_is_told_once_it_has_ended(listened: Store) -> None:
    outbox = Outbox(listened.outbox, ("audit",))
    with outbox.telling(Deed.ENROLLED, VERIFICATION, "a") as ended:
        assert not list(outbox.pending("audit"))
        ended("enrolled", "v1")
    (told,) = outbox.pending("audit")
    assert (told.deed, told.outcome, told.model, told.who) == (Deed.ENROLLED, "enrolled", "v1", "service none")


def test_what_was_refused_is_not_told(listened: Store) -> None:
    outbox = Outbox(listened.outbox, ("audit",))
    with pytest.raises(Conflict), outbox.telling(Deed.RESET, VERIFICATION, "a"):
        raise Conflict
    assert not list(listened.outbox.since(""))


def test_what_was_cut_off_is_told_as_unsure_once_nobody_can_end_it_any_more() -> None:
    clock = Clock()
    outbox = Outbox(MemoryStore().outbox, ("audit",), clock)
    with pytest.raises(StorageUnavailable), outbox.telling(Deed.RESET, VERIFICATION, "a"):
        raise StorageUnavailable("gone")
    assert not list(outbox.pending("audit"))
    clock.let_pass(seconds=CUT_OFF.total_seconds())
    assert [(told.deed, told.outcome) for told in outbox.pending("audit")] == [(Deed.RESET, UNSURE)]


def test_two_listeners_who_take_an_entry_at_once_both_have_it() -> None:
    store = MemoryStore()
    outbox = Outbox(store.outbox, ("audit", "events", "third"))
    outbox.tell(Deed.VERIFIED, VERIFICATION, "a", "Accept")
    (told,) = outbox.pending("audit")

    class Overtaken:
        """Another listener takes the entry between our read and our write, once."""

        def __getattr__(self, name: str) -> object:
            return getattr(store.outbox, name)

        def read(self, *keys: str) -> object:
            row = store.outbox.read(*keys)
            if row and "events" in row.values["Due"]:
                store.outbox.replace(replace(row, values={**row.values, "Due": '["audit", "third"]'}))
            return row

    Outbox(Overtaken(), outbox.listeners).done("audit", told.id)  # type: ignore[arg-type]
    assert [len(list(outbox.pending(who))) for who in outbox.listeners] == [0, 0, 1]


def test_a_principal_is_named_where_no_key_was_presented() -> None:
    outbox = Outbox(MemoryStore().outbox, ("audit",), lambda: datetime(2026, 1, 1, tzinfo=UTC))
    with tracing("Verify", None) as trace:
        trace.principal = "11111111-2222"
        outbox.tell(Deed.VERIFIED, VERIFICATION, "a", "Accept")
    assert [told.who for told in outbox.pending("audit")] == ["principal 11111111-2222"]
