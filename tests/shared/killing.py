"""Parts of a store before which the process ends where a test says."""

from collections.abc import Callable


class KilledError(Exception):
    """The process ends here."""


class Mortal:
    """Stands before a part of a store, and ends the process before or after the call of some number."""

    def __init__(self, part: object, count: Callable[[], int], dies_at: int, *, after: bool) -> None:
        self._part, self._count, self._dies_at, self._after = part, count, dies_at, after

    def __getattr__(self, name: str) -> Callable[..., object]:
        return lambda *given, **named: self._called(getattr(self._part, name), *given, **named)

    def _called(self, call: Callable[..., object], *given: object, **named: object) -> object:
        if self._count() != self._dies_at:
            return call(*given, **named)
        if self._after:
            call(*given, **named)
        raise KilledError
