"""Parts of a store before which the process ends where a test says."""

from collections.abc import Callable
from functools import partial


class KilledError(Exception):
    """The process ends here."""


class Mortal:
    """Stands before a part of a store, and ends the process before or after the call of some number."""

    def __init__(
        self, part: object, count: Callable[[], int], dies_at: int, *, after: bool, only: tuple[str, ...] = ()
    ) -> None:
        """``only`` calls of these names count, where any are given."""
        self._part, self._count, self._dies_at, self._after, self._only = part, count, dies_at, after, only

    def __getattr__(self, name: str) -> object:
        found = getattr(self._part, name)
        return partial(self._called, found) if name in self._only or not self._only else found

    def _called(self, call: Callable[..., object], *given: object, **named: object) -> object:
        if self._count() != self._dies_at:
            return call(*given, **named)
        if self._after:
            call(*given, **named)
        raise KilledError
