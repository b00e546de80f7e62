"""Keys of what is sealed: one a profile, wrapped by a service key, which another key wraps that is not kept here.

Data keys are wrapped by AES key wrap (RFC 3394), each a row under its owner, in a table of their own which no backup
holds: who removes the row shreds every copy of what was sealed. The service key is a row too, wrapped by a key in Key
Vault or by one on this machine. It is unwrapped once a process; data keys are kept for five to ten minutes.
"""

import secrets
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from shared.errors import Conflict, Misconfigured
from shared.store.rows import Row, Rows

KEPT_SEC: Final = 300
"""After so long, or twice of it at most, a data key is read again."""
SETTLED: Final = timedelta(hours=1)
"""Age from which every process wraps by a service key, and by no older one."""

_BYTES: Final = 32
_SERVICE: Final = "service"
"""The partition of service keys; the newest one wraps what is new."""


class UnusableKey(ValueError):
    """What is kept of a data key is none, or nobody can unwrap it any more."""


class Wrapping(Protocol):
    """A key that wraps service keys. Its methods may raise ``StorageUnavailable``, where it is elsewhere."""

    def wrap(self, key: bytes) -> tuple[bytes, str]:
        """The key, wrapped, and by what."""

    def unwrap(self, wrapped: bytes, by: str) -> bytes:
        """The key; raises ``Misconfigured`` where it was not wrapped by this."""


@dataclass(frozen=True)
class LocalKey:
    """A key of 256 bits on this machine."""

    key: bytes

    def wrap(self, key: bytes) -> tuple[bytes, str]:
        return aes_key_wrap(self.key, key), "local"

    def unwrap(self, wrapped: bytes, by: str) -> bytes:  # noqa: ARG002  there is one
        try:
            return aes_key_unwrap(self.key, wrapped)
        except (InvalidUnwrap, ValueError) as wrong:
            raise Misconfigured("SPEAKER_SEALING_KEY is not the key by which this storage was sealed") from wrong


class DataKeys:
    """Keys by partition and name of their owner; safe to use from several threads.

    Every method may raise ``StorageUnavailable``, ``Misconfigured`` where the service key cannot be unwrapped, and
    ``UnusableKey`` where that of an owner cannot.
    """

    def __init__(self, rows: Rows, wrapping: Wrapping, clock: Callable[[], float] = time.monotonic) -> None:
        """Bind to a table and to what wraps the service key; nothing is read yet."""
        self._rows = rows
        self._wrapping = wrapping
        self._clock = clock
        self._services: dict[str, bytes] = {}
        self._young: dict[tuple[str, str], AESGCM] = {}
        self._old: dict[tuple[str, str], AESGCM] = {}
        self._loaded: set[str] = set()
        self._since = clock()
        self._lock = threading.RLock()

    def begin(self) -> str:
        """Unwrap the newest service key, or make the first one; its id."""
        newest = max(self._rows.page(_SERVICE), key=lambda row: (row.values["Made"], row.name), default=None)
        if newest is None:
            return self._make_service_key()
        self._service(newest.name)
        return newest.name

    def known(self, partition: str, name: str) -> AESGCM | None:
        """An owner's key, as it was lately; None where there is none."""
        self._forget_old()
        where = (partition, name)
        return self._young.get(where) or self._old.get(where) or self.read(partition, name)

    def read(self, partition: str, name: str) -> AESGCM | None:
        """An owner's key, as it is now."""
        row = self._rows.read(partition, name)
        if row is None:
            self._drop(partition, name)
            return None
        return self._remember(row)

    def load(self, partition: str) -> None:
        """Read all keys of a partition at once, unless that was done lately."""
        self._forget_old()
        if partition not in self._loaded:
            self._loaded.add(partition)
            for row in self._rows.page(partition):
                with suppress(UnusableKey):  # harms nobody but its owner, who is told when it is asked for
                    self._remember(row)

    def made(self, partition: str, name: str) -> AESGCM:
        """An owner's key, as it is now, or a new one."""
        while True:
            known = self.read(partition, name)
            if known:
                return known
            with suppress(Conflict):
                return self._remember(self._rows.insert(self._fresh(partition, name)))

    def shred(self, partition: str, name: str) -> None:
        """Forget an owner's key: whatever it sealed is lost, wherever it lies."""
        self._rows.remove(partition, name)
        self._drop(partition, name)

    def rotate(self) -> Iterator[int]:
        """Wrap every data key by a new service key; yields how many are done. What is sealed is not touched.

        It may be cut off, and run again, at any time. Service keys stay until nothing can be wrapped by them any more:
        the next rotation removes them.
        """
        newest, done = self._make_service_key(), 0
        for row in self._rows.since(""):
            if row.partition != _SERVICE and row.values["By"] != newest:
                done += self._wrapped_again(row, newest)
                yield done
        self._remove_unused()

    def _remove_unused(self) -> None:
        services = {row.name: row.values["Made"] for row in self._rows.page(_SERVICE)}
        used = {row.values["By"] for row in self._rows.since("") if row.partition != _SERVICE}
        settled = [made for made in services.values() if datetime.now(UTC) - made > SETTLED]
        for name, made in services.items():
            if name not in used and settled and made < max(settled):
                self._rows.remove(_SERVICE, name)

    def _wrapped_again(self, row: Row, service: str) -> bool:
        """Wrap a data key by another service key; whether that was done, and not by others, who shredded it."""
        with suppress(Conflict):
            self._rows.replace(replace(row, values={**row.values, **self._wrapped(self._unwrapped(row), service)}))
            return True
        return False

    def _fresh(self, partition: str, name: str) -> Row:
        values = {**self._wrapped(secrets.token_bytes(_BYTES), self.begin()), "Made": datetime.now(UTC)}
        return Row(partition, name, values)

    def _wrapped(self, key: bytes, service: str) -> dict[str, Any]:
        return {"Wrapped": aes_key_wrap(self._service(service), key), "By": service}

    def _unwrapped(self, row: Row) -> bytes:
        try:
            return aes_key_unwrap(self._service(row.values["By"]), row.values["Wrapped"])
        except (InvalidUnwrap, KeyError, TypeError, ValueError) as damaged:
            raise UnusableKey("a data key cannot be unwrapped") from damaged

    def _make_service_key(self) -> str:
        key, name = secrets.token_bytes(_BYTES), str(uuid.uuid4())
        wrapped, by = self._wrapping.wrap(key)
        self._rows.insert(Row(_SERVICE, name, {"Wrapped": wrapped, "By": by, "Made": datetime.now(UTC)}))
        self._services[name] = key
        return name

    def _service(self, name: str) -> bytes:
        """A service key, unwrapped once."""
        with self._lock:
            if name not in self._services:
                row = self._rows.read(_SERVICE, name)
                if row is None:
                    raise UnusableKey("the service key by which it was wrapped is gone")
                self._services[name] = self._wrapping.unwrap(row.values["Wrapped"], row.values["By"])
            return self._services[name]

    def _remember(self, row: Row) -> AESGCM:
        key = self._young[row.partition, row.name] = AESGCM(self._unwrapped(row))
        return key

    def _drop(self, partition: str, name: str) -> None:
        self._young.pop((partition, name), None)
        self._old.pop((partition, name), None)

    def _forget_old(self) -> None:
        with self._lock:
            if self._clock() - self._since >= KEPT_SEC:
                self._old, self._young, self._loaded, self._since = self._young, {}, set(), self._clock()
