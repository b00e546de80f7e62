"""How often one instance lets itself be called."""

import math
import threading
from collections.abc import Callable

from shared.errors import RateLimited


class RateLimit:
    """A token bucket that holds one second's worth of calls, at least one; safe to use from several threads."""

    def __init__(self, per_second: float, clock: Callable[[], float]) -> None:
        """Admit ``per_second`` calls on average; 0 admits all. ``clock`` gives seconds and never goes back."""
        self._rate = per_second
        self._size = max(1.0, per_second)
        self._tokens = self._size
        self._clock = clock
        self._filled_at = clock()
        self._lock = threading.Lock()

    def admit(self) -> None:
        """Let one call pass.

        Raises:
            RateLimited: says after how many seconds the next call will pass.
        """
        if not self._rate:
            return
        with self._lock:
            self._fill()
            if self._tokens < 1:
                raise RateLimited(math.ceil((1 - self._tokens) / self._rate))
            self._tokens -= 1

    def _fill(self) -> None:
        now = self._clock()
        self._tokens = min(self._size, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
