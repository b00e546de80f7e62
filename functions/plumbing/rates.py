"""How often something may happen."""

import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from functions.contract.refusals import RateLimited, TooManyGuesses

type Clock = Callable[[], float]
"""Gives seconds, and never goes back."""

_GUESSES: Final = 30
"""Wrong keys that one address may present at once: a client in a loop, not a person."""
_GUESSES_PER_SEC: Final = 0.5
_GUESSES_OF_ALL: Final = 300
_GUESSES_OF_ALL_PER_SEC: Final = 10
_TRUSTED_SEC: Final = 600
"""How long an address from which a right key came is listened to, whatever wrong ones come from it."""
_ADDRESSES: Final = 4096
"""Addresses that are remembered; those that were not heard of for longest are forgotten."""


class Bucket:
    """Tokens, of which so many are there at most and some come back every second."""

    def __init__(self, size: float, per_second: float, clock: Clock) -> None:
        """Start full."""
        self._size, self._per_second = size, per_second
        self._tokens = size
        self._clock = clock
        self._filled_at = clock()

    def wait_sec(self) -> int:
        """In how many seconds there is a token; 0 if there is one."""
        now = self._clock()
        self._tokens = min(self._size, self._tokens + (now - self._filled_at) * self._per_second)
        self._filled_at = now
        return 0 if self._tokens >= 1 else math.ceil((1 - self._tokens) / self._per_second)

    def take(self) -> None:
        """Take one, also where there is none."""
        self._tokens = max(0.0, self._tokens - 1)


class RateLimit:
    """A limit on calls that lets one second's worth of them pass at once, at least one; safe to use from threads."""

    def __init__(self, per_second: float, clock: Clock) -> None:
        """Admit ``per_second`` calls on average; 0 admits all."""
        self._bucket = Bucket(max(1.0, per_second), per_second, clock) if per_second else None
        self._lock = threading.Lock()

    def admit(self) -> None:
        """Let one call pass.

        Raises:
            RateLimited: says after how many seconds the next call will pass.
        """
        if self._bucket is None:
            return
        with self._lock:
            if wait_sec := self._bucket.wait_sec():
                raise RateLimited(wait_sec)
            self._bucket.take()


@dataclass
class _Address:
    guesses: Bucket
    trusted_until: float = -math.inf


class Guesses:
    """A limit on wrong keys, from each address and from all together; safe to use from threads.

    Beyond it keys are not even compared, except those of addresses from which a right one came lately: they may be
    those of a gateway, with everybody behind it.
    """

    def __init__(self, clock: Clock) -> None:
        """Begin without suspicion."""
        self._clock = clock
        self._all = Bucket(_GUESSES_OF_ALL, _GUESSES_OF_ALL_PER_SEC, clock)
        self._addresses: OrderedDict[str, _Address] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, address: str) -> None:
        """Refuse to look at a key.

        Raises:
            TooManyGuesses: says after how many seconds the next one is looked at.
        """
        with self._lock:
            known = self._known(address)
            if known.trusted_until < self._clock():
                self._refuse(known)

    def wrong(self, address: str) -> None:
        """A key was wrong.

        Raises:
            TooManyGuesses: there were too many; the caller need not be told that it was wrong.
        """
        with self._lock:
            known = self._known(address)
            self._refuse(known)
            known.guesses.take()
            self._all.take()

    def right(self, address: str) -> None:
        """A key was right."""
        with self._lock:
            self._known(address).trusted_until = self._clock() + _TRUSTED_SEC

    def _refuse(self, known: _Address) -> None:
        if wait_sec := max(known.guesses.wait_sec(), self._all.wait_sec()):
            raise TooManyGuesses(wait_sec)

    def _known(self, address: str) -> _Address:
        known = self._addresses.pop(address, None)
        known = known or _Address(Bucket(_GUESSES, _GUESSES_PER_SEC, self._clock))
        self._addresses[address] = known
        if len(self._addresses) > _ADDRESSES:
            self._addresses.popitem(last=False)
        return known
