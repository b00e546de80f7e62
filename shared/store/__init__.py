"""Where profiles and enrollment audio live. One entity is one profile and the commit point of every change to it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.store.blobs import Blobs
from shared.store.rows import Rows
from shared.voices.families import Family
from shared.voices.records import Profile


@dataclass(frozen=True)
class StoredAudio:
    """The audio of one enrollment, as it lies in storage, whether an entity names it or not."""

    family: Family
    profile_id: str
    enrollment_id: str
    written: datetime


@dataclass(frozen=True)
class UpkeepReport:
    """When a walk through everything that is stored ended, and what it could not read."""

    finished: datetime
    unreadable_profiles: int
    foreign_audio: int


class Store(Protocol):
    """Profiles under optimistic concurrency, and enrollment audio beside them.

    Every method may raise ``StorageUnavailable``. Profiles come back as they are, also those being
    deleted and those of which nothing can be read.
    """

    @property
    def groups(self) -> Rows:
        """Rows of groups and of their members."""

    @property
    def changes(self) -> Rows:
        """Rows of the change log."""

    @property
    def snapshots(self) -> Blobs:
        """Galleries, written down."""

    def insert(self, profile: Profile) -> Profile:
        """Write a new profile; returns it with its etag."""

    def get(self, family: Family, profile_id: str) -> Profile | None:
        """The profile, or None."""

    def get_many(self, family: Family, profile_ids: Sequence[str]) -> Iterator[Profile | None]:
        """The profiles in the order asked for, None for each that is not there.

        Reading begins at once; the iterator only waits for it, so that a caller can do something else meanwhile.
        """

    def page(self, family: Family, *, after: str, size: int) -> list[Profile]:
        """At most ``size`` profiles with ids above ``after``, ascending, neither unreadable nor being deleted."""

    def scan(self, family: Family | None = None) -> Iterator[Profile]:
        """Every profile of a family, or of all of them, also those being deleted."""

    def enrolled(self, family: Family, size: int) -> list[Profile]:
        """At most ``size`` enrolled profiles of a family, those with the lowest ids."""

    def watch(self, told: Callable[[Profile], None]) -> None:
        """Tell of every profile that ``replace`` has written here, from now on."""

    def count(self) -> int:
        """How many profiles of all families there are that are not being deleted."""

    def replace(self, profile: Profile) -> Profile:
        """Write a profile over the state that its etag names; returns it with its new etag.

        Raises:
            Conflict: the stored profile has changed since, or is gone.
        """

    def remove(self, profile: Profile) -> None:
        """Remove a profile's entity, if it is still there."""

    def put_audio(self, profile: Profile, enrollment_id: str, wav: bytes) -> None:
        """Keep the audio of one enrollment."""

    def get_audio(self, profile: Profile, enrollment_id: str) -> bytes | None:
        """The audio of one enrollment as a WAV file, or None if it is not kept (any more)."""

    def all_audio(self, of: Profile | Family | None = None) -> Iterator[StoredAudio]:
        """All audio, one profile's together; or only that of one family, or under one profile's id."""

    def folders(self, family: Family) -> Iterator[str]:
        """Names of the folders in which a family's audio lies, and of whatever else lies there."""

    def delete_folder(self, family: Family, name: str) -> None:
        """Remove everything that lies in a folder of a family, or under its name."""

    def foreign_audio(self) -> Iterator[str]:
        """Names of what lies among the audio and is none: ``all_audio`` passes it over."""

    def delete_audio(self, family: Family, profile_id: str, enrollment_ids: Iterable[str]) -> None:
        """Remove the audio of these enrollments, as far as it is there."""

    def now(self) -> datetime:
        """The time by the clock that dates ``StoredAudio``."""

    def write_report(self, report: UpkeepReport) -> None:
        """Keep what a walk through everything has found, in place of what the last one had."""

    def report(self) -> UpkeepReport | None:
        """What the last walk through everything has found, if there was one."""

    def ping(self) -> None:
        """Answer if tables and blobs can be reached."""
