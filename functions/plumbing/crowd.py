"""How many requests are in flight: those that are worked on, and those that wait for a thread.

They are counted before they wait. So a caller beyond the limit is refused at once, costs no thread, and is told when it
is worth trying again, from the time that requests take here: one after the other, or those who were refused together
would come back together. To the millisecond as well, which Azure's clients of JavaScript and Rust look at first: in
whole seconds, callers who once came together come together again, second after second.

A burst is let in, a crowd that stays is not: a thread that idles for as long as a request takes earns a place beyond
those that there always are, and whoever is let in beyond them spends one. Where more come than can be served nothing is
earned, and whoever is let in waits for about one other.
"""

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from functions.plumbing.rates import Clock
from functions.plumbing.refusals import Busy, Starting
from shared.errors import SpeakerError

ALWAYS: Final = 2
"""Requests that may be in flight for each that is worked on at once, however many come."""
IN_A_BURST: Final = 8
"""The same while places were earned: clients that send a dozen at once, as those of the retired service do, are served.

Both hold unless the operator says otherwise."""
LONGEST_SEC: Final = 10
"""Nobody is told to wait longer for others who were refused: they may not come back."""
STARTING_SEC: Final = 2
"""When the first request has been served, about: models are loaded by then."""

_NEWEST: Final = 0.1
"""Weight of the newest request in the mean time that one takes."""


class Crowd:
    """A limit on requests in flight; safe to use from several threads."""

    def __init__(self, limit: int, threads: int, clock: Clock) -> None:
        """Let ``limit`` requests in, which as many ``threads`` serve; 0 stands for the limits above."""
        self._always = limit or ALWAYS * threads
        self._most = limit or IN_A_BURST * threads
        self._earned: float = self._most - self._always
        self._threads = threads
        self._clock = clock
        self._held = 0
        self._takes_sec: float | None = None
        self._promised = self._changed = clock()
        self._lock = threading.Lock()

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place for a request, until the block ends.

        Raises:
            Busy, Starting: there is none; says when one may be free.
        """
        with self._lock:
            self._enter()
        try:
            yield
        finally:
            with self._lock:
                self._earn()
                self._held -= 1

    def _enter(self) -> None:
        self._earn()
        if self._held >= self._always:
            if self._held >= self._most or self._earned < 1:
                raise self._refusal()
            self._earned -= 1
        self._held += 1

    def _earn(self) -> None:
        """For the time that threads had nothing to do since somebody last came or left."""
        now = self._clock()
        idle_sec = max(0, self._threads - self._held) * (now - self._changed)
        self._changed = now
        if self._takes_sec:
            self._earned = min(self._earned + idle_sec / self._takes_sec, self._most - self._always)

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
