"""An instance that is killed at one of its storage calls: before it, or once storage has done it."""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from itertools import count
from typing import Any

from shared.store import Store
from shared.store.blobs import Blobs
from shared.store.memory import MemoryStore
from shared.store.rows import Rows
from tests.galleries import elsewhere


class Killed(BaseException):
    """There is no process any more."""


@dataclass
class Life:
    """How long an instance lives.

    Attributes:
        point: number of the storage call that is its last; 0 for none.
        after: whether storage still does it.
        calls: made so far.
    """

    point: int = 0
    after: bool = False
    calls: int = 0

    def call(self, storage: Callable[..., Any], *given: object, **named: object) -> Any:  # noqa: ANN401
        """Let storage do something, as long as there is life."""
        self.calls += 1
        if self.point and self.calls > self.point - (not self.after):
            raise Killed
        done = storage(*given, **named)
        if self.calls == self.point:
            raise Killed
        return done


def living(store: MemoryStore, life: Life) -> MemoryStore:
    """The same storage as an instance with a life sees it."""
    seen = elsewhere(store)
    for name in ("groups", "changes"):
        setattr(seen, name, _counted(copy(getattr(store, name)), Rows, life))
    seen.snapshots = _counted(copy(store.snapshots), Blobs, life)
    return _counted(seen, Store, life)


def _counted[Part](part: Part, protocol: type, life: Life) -> Part:
    for name in vars(protocol):
        if not name.startswith("_") and name not in ("watch", "now") and callable(known := getattr(part, name)):
            setattr(part, name, lambda *given, _known=known, **named: life.call(_known, *given, **named))
    return part


def every_death(do: Callable[[Life], object]) -> int:
    """Do something in one life after the other, each one longer, until one survives it; how many did not."""
    for deaths in count():
        life = Life(deaths // 2 + 1, after=deaths % 2 == 1)
        try:
            do(life)
        except Killed:
            continue
        assert life.calls < life.point
        return deaths
    raise AssertionError
