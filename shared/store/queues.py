"""Work that is done later: the protocol of a queue, and one in memory."""

from typing import Final, Protocol

QUEUE: Final = "recordings"
"""Name of the queue; what is given up goes to the one with ``POISON`` after its name."""
POISON: Final = f"{QUEUE}-poison"


class Queue(Protocol):
    """Messages for those who work. Every method may raise ``StorageUnavailable``."""

    def send(self, text: str) -> None:
        """Add a message; it may come more than once, and to several at a time."""


class MemoryQueue:
    """Messages in a list.

    Attributes:
        messages: those that nobody has taken yet.
    """

    def __init__(self) -> None:
        """Start empty."""
        self.messages: list[str] = []

    def send(self, text: str) -> None:
        self.messages.append(text)
