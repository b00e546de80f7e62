"""How many profiles the service may hold."""

import threading
from collections.abc import Callable
from typing import Final

from shared.errors import QuotaExceeded

COUNT_AGAIN_AFTER_SEC: Final = 600
"""Age at which a count is not relied on any more."""


class ProfileQuota:
    """A limit on profiles that does not count them at every creation; safe to use from several threads.

    The count is read from storage, which lists nothing for it, carried on with the creations of this instance, and read
    again when it is old or when the limit seems to be reached. So one instance never exceeds the limit; several may, by
    what the others create within ten minutes.
    """

    def __init__(self, limit: int, count: Callable[[], int], clock: Callable[[], float]) -> None:
        """Hold ``limit``; ``count`` asks storage, ``clock`` gives seconds."""
        self._limit = limit
        self._count = count
        self._clock = clock
        self._held = limit
        self._counted_at = clock()
        self._lock = threading.Lock()

    def take(self) -> None:
        """Make room for one more profile.

        Raises:
            QuotaExceeded: with the limit and what is held.
        """
        with self._lock:
            if self._held >= self._limit or self._clock() - self._counted_at > COUNT_AGAIN_AFTER_SEC:
                self._held, self._counted_at = self._count(), self._clock()
            if self._held >= self._limit:
                raise QuotaExceeded(self._limit, self._held)
            self._held += 1
