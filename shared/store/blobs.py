"""A few large values by name: the protocol, and one in memory."""

from typing import Protocol


class Blobs(Protocol):
    """Values by name. Every method may raise ``StorageUnavailable``."""

    def put(self, name: str, value: bytes) -> None:
        """Keep a value, in place of what has the name."""

    def get(self, name: str) -> bytes | None:
        """The value, or None."""

    def names(self, prefix: str) -> list[str]:
        """Names that begin so, ascending."""

    def remove(self, name: str) -> None:
        """Remove a value, if it is there."""


class MemoryBlobs:
    """Values in a dictionary."""

    def __init__(self) -> None:
        """Start empty."""
        self.values: dict[str, bytes] = {}

    def put(self, name: str, value: bytes) -> None:
        self.values[name] = value

    def get(self, name: str) -> bytes | None:
        return self.values.get(name)

    def names(self, prefix: str) -> list[str]:
        return sorted(name for name in self.values if name.startswith(prefix))

    def remove(self, name: str) -> None:
        self.values.pop(name, None)
