"""What lies in storage of a job, all of it under its id."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from shared.store.blobs import Blobs

SOURCE: Final = "source"
"""The recording as it came."""
TURNS: Final = "turns"
AUDIO: Final = "audio/"
HEARD: Final = "heard/"


class GoneError(Exception):
    """What a step needs of a recording never came, or is there no more."""


@dataclass(frozen=True, eq=False)
class Shelf:
    """One job's. Every method may raise ``StorageUnavailable``."""

    blobs: Blobs
    job_id: str

    def put(self, name: str, value: bytes) -> None:
        """Keep something, in place of what has the name."""
        self.blobs.put(f"{self.job_id}/{name}", value)

    def get(self, name: str) -> bytes | None:
        """What has the name, or None."""
        return self.blobs.get(f"{self.job_id}/{name}")

    def take(self, name: str) -> bytes:
        """What has the name.

        Raises:
            GoneError: nothing has.
        """
        value = self.get(name)
        if value is None:
            raise GoneError
        return value

    def clear(self, *kept: str) -> None:
        """Remove everything whose name does not begin with one of these."""
        for name in self.blobs.names(f"{self.job_id}/"):
            if not name.removeprefix(f"{self.job_id}/").startswith(kept):
                self.blobs.remove(name)


def owners(blobs: Blobs) -> Iterator[str]:
    """Ids of the jobs of which something lies in storage."""
    return iter(dict.fromkeys(name.split("/")[0] for name in blobs.names("")))


def audio(piece: int) -> str:
    """Name of a piece of the recording."""
    return f"{AUDIO}{piece:03}"


def heard(piece: int) -> str:
    """Name of what was heard in it."""
    return f"{HEARD}{piece:03}"
