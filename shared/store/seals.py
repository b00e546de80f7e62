"""What may be done to values of voices before they are kept: the protocol, and doing nothing."""

from collections.abc import Mapping
from typing import Any, Final, Protocol

SEALED: Final = "Sealed"
"""The property that holds what is sealed of a profile."""
MARK: Final = b"\x89SEALED1"
"""How a sealed value begins."""


class Broken(ValueError):
    """What is sealed cannot be opened: it was changed, or belongs elsewhere, or its key is gone."""


def is_sealed(value: bytes) -> bool:
    """Whether a value begins as sealed ones do."""
    return value.startswith(MARK)


class Seals(Protocol):
    """Seals values and opens them, by the partition and the name of the profile that they belong to.

    Every method may raise ``StorageUnavailable``.
    """

    @property
    def on(self) -> bool:
        """Whether what is written is sealed."""

    def closed(self, partition: str, name: str, value: bytes, about: str) -> bytes:
        """A value as it is to be kept, bound to what it is about.

        Raises:
            UnreadableProfile: the profile's key is damaged.
        """

    def opened(self, partition: str, name: str, value: bytes, about: str) -> bytes:
        """A value in clear, however it is kept; raises ``Broken``."""

    def closed_entity(self, entity: Mapping[str, Any]) -> Mapping[str, Any]:
        """A profile's properties as they are to be kept."""

    def opened_entity(self, entity: Mapping[str, Any]) -> Mapping[str, Any]:
        """A profile's properties in clear, however they are kept; raises ``Broken``."""

    def expect(self, partition: str) -> None:
        """Be ready for many profiles of a partition."""

    def shred(self, partition: str, name: str) -> None:
        """Let nobody open what was sealed of a profile any more, wherever it lies."""


class InClear:
    """Seals nothing, and can open nothing that is sealed."""

    on: Final = False

    def closed(self, partition: str, name: str, value: bytes, about: str) -> bytes:  # noqa: ARG002
        return value

    def opened(self, partition: str, name: str, value: bytes, about: str) -> bytes:  # noqa: ARG002
        if is_sealed(value):
            raise Broken("no SPEAKER_SEALING_KEY says what opens it")
        return value

    def closed_entity(self, entity: Mapping[str, Any]) -> Mapping[str, Any]:
        return entity

    def opened_entity(self, entity: Mapping[str, Any]) -> Mapping[str, Any]:
        if SEALED in entity:
            raise Broken("no SPEAKER_SEALING_KEY says what opens it")
        return entity

    def expect(self, partition: str) -> None:
        """There are no keys."""

    def shred(self, partition: str, name: str) -> None:
        """There are no keys."""
