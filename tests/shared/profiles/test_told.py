"""Whatever is done to a profile is told, wherever the process is killed: nothing that happened is missing."""

from collections.abc import Callable
from itertools import count
from types import SimpleNamespace
from typing import TYPE_CHECKING, Final, cast

import pytest

from shared.store.memory import MemoryStore
from shared.store.outbox import CUT_OFF, UNSURE, Deed, Outbox
from shared.voices.families import VERIFICATION
from tests.clock import Clock
from tests.domain import Domain
from tests.shared.killing import KilledError, Mortal

if TYPE_CHECKING:
    from shared.store import Store

type Change = Callable[[Domain, str], object]

CHANGES: Final[dict[str, tuple[Change, list[Deed]]]] = {
    "create": (lambda domain, _: domain.create(VERIFICATION, "en-us"), [Deed.CREATED]),
    "reset": (lambda domain, profile_id: domain.reset(VERIFICATION, profile_id), [Deed.RESET]),
    "delete": (lambda domain, profile_id: domain.delete(VERIFICATION, profile_id), [Deed.DELETED, Deed.ERASED]),
}


def _killed(change: Change, dies_at: int, *, after: bool) -> tuple[MemoryStore, str, bool]:
    """The store after a change that was killed at a write; the profile; whether it was."""
    store = MemoryStore()
    profile_id = Domain.on(store, object(), Clock()).create(VERIFICATION, "en-us").id
    calls = count().__next__
    rows = Mortal(store.outbox, calls, dies_at, after=after)
    writes = Mortal(store, calls, dies_at, after=after, only=("insert", "replace", "remove"))
    vars(writes)["outbox"] = rows
    domain = Domain.on(cast("Store", writes), SimpleNamespace(), Clock(), audit=True)
    try:
        change(domain, profile_id)
    except KilledError:
        return store, profile_id, True
    return store, profile_id, False


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("name", CHANGES)
def test_what_happened_is_told_wherever_the_process_was_killed(name: str, *, after: bool) -> None:
    change, deeds = CHANGES[name]
    for dies_at in range(20):
        store, profile_id, was_killed = _killed(change, dies_at, after=after)
        told = list(Outbox(store.outbox, ("audit",), Clock(CUT_OFF)).pending("audit"))
        if not was_killed:
            assert [(entry.deed, entry.outcome == UNSURE) for entry in told] == [(deed, False) for deed in deeds]
            assert dies_at >= 3
            return
        assert len({entry.id for entry in told}) == len(told)
        assert [entry.deed for entry in told] == deeds[: len(told)]
        profile = store.profiles.get((VERIFICATION.name, profile_id))
        happened = {
            "create": len(store.profiles) > 1,
            "reset": profile is not None and profile.updated is not None,
            "delete": profile is None or profile.deleting,
        }
        assert told or not happened[name], (dies_at, name)
    pytest.fail("it never ended")
