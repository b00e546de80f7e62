"""How many requests are in flight: those that are worked on, and those that wait for a thread.

They are counted before they wait. So a caller beyond the limit is refused at once, costs no thread, and is told when it
is worth trying again, from the time that requests take here: one after the other, or those who were refused together
would come back together. To the millisecond as well, which Azure's clients of JavaScript and Rust look at first: in
whole seconds, callers who once came together come together again, second after second.
"""

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from functions.plumbing.rates import Clock
from functions.plumbing.refusals import Busy, Starting
from shared.errors import SpeakerError

FOR_EACH_THREAD: Final = 16
"""Requests in flight for each that is worked on at once, unless the operator says otherwise.

A verification takes less than a tenth of a second, so whoever is let in waits a second or so, and clients that send a
dozen at once, as those of the retired service do, are all served.
"""
LONGEST_SEC: Final = 10
"""Nobody is told to wait longer for others who were refused: they may not come back."""
STARTING_SEC: Final = 2
"""When the first request has been served, about: models are loaded by then."""

_NEWEST: Final = 0.1
"""Weight of the newest request in the mean time that one takes."""


class Crowd:
    """A limit on requests in flight; safe to use from several threads."""

    def __init__(self, limit: int, threads: int, clock: Clock) -> None:
        """Let ``limit`` requests in, which as many ``threads`` serve; 0 stands for so many for each thread."""
        self._limit = limit or FOR_EACH_THREAD * threads
        self._threads = threads
        self._clock = clock
        self._held = 0
        self._takes_sec: float | None = None
        self._promised = clock()
        self._lock = threading.Lock()

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place for a request, until the block ends.

        Raises:
            Busy, Starting: there is none; says when one may be free.
        """
        with self._lock:
            if self._held >= self._limit:
                raise self._refusal()
            self._held += 1
        try:
            yield
        finally:
            with self._lock:
                self._held -= 1

    def timed[Result](self, work: Callable[[], Result]) -> Result:
        """What the work of a request gives; how long it takes is remembered, without the wait for a thread."""
        began = self._clock()
        try:
            return work()
        finally:
            self._remember(self._clock() - began)

    def _remember(self, sec: float) -> None:
        with self._lock:
            mean = sec if self._takes_sec is None else self._takes_sec
            self._takes_sec = mean + _NEWEST * (sec - mean)

    def _refusal(self) -> SpeakerError:
        """By then those who are in flight are through, and those who were refused before."""
        if self._takes_sec is None:
            return Starting(STARTING_SEC)
        now, takes_sec = self._clock(), self._takes_sec / self._threads
        through = now + self._held * takes_sec
        self._promised = max(through, min(self._promised + takes_sec, now + LONGEST_SEC))
        wait_sec = self._promised - now
        return Busy(max(1, math.ceil(wait_sec)), self._held, math.ceil(1000 * wait_sec))
