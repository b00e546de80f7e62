"""Values that only grow, by name: the protocol, and one in memory."""

import threading
from typing import Protocol

from shared.errors import Conflict


class Appends(Protocol):
    """Values by name. Every method may raise ``StorageUnavailable``."""

    def lengths(self) -> dict[str, int]:
        """How many bytes each value has, by name in ascending order."""

    def append(self, name: str, at: int, more: bytes) -> None:
        """Let a value grow; one that is not there has no bytes.

        Raises:
            Conflict: it has another length than ``at``.
        """

    def read(self, name: str, begin: int = 0) -> bytes:
        """A value from some byte on; nothing where there is none."""


class MemoryAppends:
    """Values in a dictionary."""

    def __init__(self) -> None:
        """Start empty."""
        self.values: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def lengths(self) -> dict[str, int]:
        return {name: len(value) for name, value in sorted(self.values.items())}

    def append(self, name: str, at: int, more: bytes) -> None:
        with self._lock:
            known = self.values.get(name, b"")
            if len(known) != at:
                raise Conflict
            self.values[name] = known + more

    def read(self, name: str, begin: int = 0) -> bytes:
        return self.values.get(name, b"")[begin:]
