"""Where profiles and enrollment audio live. One entity is one profile and the commit point of every change to it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from operator import add, sub
from typing import Final, Protocol

from shared.store.appends import Appends
from shared.store.blobs import Blobs
from shared.store.queues import Queue
from shared.store.rows import Rows
from shared.store.seals import Seals
from shared.voices.families import Family
from shared.voices.records import Profile


@dataclass(frozen=True)
class StoredAudio:
    """The audio of one enrollment, as it lies in storage, whether an entity names it or not."""

    family: Family
    profile_id: str
    enrollment_id: str
    written: datetime
    sealed: bool = False


PARTITIONS: Final = 256
"""Into so many a family's profiles fall, by the first two hex digits of their ids."""

WIDTHS: Final = (PARTITIONS, 16, 1)
"""Partitions that a span may have: those of ids that begin with the same hex digits."""


@dataclass(frozen=True)
class Span:
    """Neighbouring partitions of a family: all of them, sixteen, or one.

    Attributes:
        begin: number of the first one.
        width: how many they are.
    """

    family: Family
    begin: int = 0
    width: int = PARTITIONS

    @property
    def end(self) -> int:
        """Number of the partition after the last one."""
        return self.begin + self.width

    @property
    def prefix(self) -> str:
        """How all its ids begin, and no others."""
        return {PARTITIONS: "", 16: f"{self.begin // 16:x}", 1: f"{self.begin:02x}"}[self.width]

    def holds(self, digits: str) -> bool:
        """Whether ids that begin with these two, or this one, are among its own."""
        return digits.startswith(self.prefix) or self.prefix.startswith(digits)


@dataclass(frozen=True)
class Met:
    """What a walk has met so far, in numbers.

    Attributes:
        unreadable_profiles: those of which nothing can be read.
        foreign_audio: what lies among the audio and is none.
        consenting: profiles that hold a voice, of speakers who consented.
        without_consent: likewise, of whom no consent was taken down.
    """

    unreadable_profiles: int = 0
    foreign_audio: int = 0
    consenting: int = 0
    without_consent: int = 0

    def __add__(self, other: "Met") -> "Met":
        """Both together."""
        return Met(*map(add, astuple(self), astuple(other)))

    def __sub__(self, other: "Met") -> "Met":
        """What was met since the other."""
        return Met(*map(sub, astuple(self), astuple(other)))


@dataclass(frozen=True)
class Walk:
    """How far upkeep has come on its way through everything.

    Attributes:
        moved: when it last went on.
        family: name of the one that it is in; empty where the next walk begins.
        begin: number of the partition that comes next.
        after: id up to which signatures are done there.
        met: what it has met.
    """

    moved: datetime
    family: str = ""
    begin: int = 0
    after: str = ""
    met: Met = Met()

    def entering(self, span: Span) -> "Walk":
        """The walk at the begin of a span, or where it had stopped within."""
        here = (span.family.name, span.begin)
        after = self.after if (self.family, self.begin) == here else ""
        return replace(self, family=here[0], begin=here[1], after=after)

    def leaving(self, span: Span, met: Met) -> "Walk":
        """The walk at the end of a span in which that was met."""
        return replace(self, begin=span.end, after="", met=self.met + met)


@dataclass(frozen=True)
class UpkeepReport:
    """When a walk through everything that is stored ended, and what it has met, as ``Met`` has it."""

    finished: datetime
    unreadable_profiles: int
    foreign_audio: int
    consenting: int = 0
    without_consent: int = 0


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
    def requests(self) -> Rows:
        """Rows of requests that may be sent again."""

    @property
    def trials(self) -> Rows:
        """Rows of what was tried on profiles: failures in a row, and challenges."""

    @property
    def outbox(self) -> Rows:
        """Rows of what was done, until those who listen have taken them."""

    listeners: tuple[str, ...]
    """Who takes them; while there are none, nothing is written there."""

    @property
    def trail(self) -> Appends:
        """The audit trail, written down by day."""

    @property
    def snapshots(self) -> Blobs:
        """Galleries, written down."""

    @property
    def jobs(self) -> Rows:
        """Rows of long recordings."""

    @property
    def recordings(self) -> Blobs:
        """What is kept of long recordings, each under its id."""

    @property
    def queue(self) -> Queue:
        """What is to be done for them."""

    def insert(self, profile: Profile) -> Profile:
        """Write a new profile; returns it with its etag."""

    def insert_once(self, profile: Profile) -> Profile:
        """Write a new profile unless there is one with its id; returns the one that is there then."""

    def get(self, family: Family, profile_id: str) -> Profile | None:
        """The profile, or None."""

    def get_many(self, family: Family, profile_ids: Sequence[str]) -> Iterator[Profile | None]:
        """The profiles in the order asked for, None for each that is not there.

        Reading begins at once; the iterator only waits for it, so that a caller can do something else meanwhile.
        """

    def page(self, family: Family, *, after: str, size: int) -> list[Profile]:
        """At most ``size`` profiles with ids above ``after``, ascending, neither unreadable nor being deleted."""

    def scan(self, of: Family | Span | None = None) -> Iterator[Profile]:
        """Every profile of a family, a span, or of all families, in id order, also those being deleted.

        What stands in no partition where a profile belongs is in the outermost span on its side.
        """

    def recount(self, span: Span) -> list[Profile]:
        """What ``scan`` gives; how many they are is set right."""

    def enrolled(self, family: Family, size: int) -> list[Profile]:
        """At most ``size`` enrolled profiles of a family, those with the lowest ids."""

    def watch(self, told: Callable[[Profile], None]) -> None:
        """Tell of every profile that ``replace`` has written here, from now on."""

    def count(self, family: Family | None = None) -> int:
        """How many profiles of a family, or of all, there are that are not being deleted; nobody lists them for that.

        A change that was cut off may be missing, until ``recount`` comes by.
        """

    def replace(self, profile: Profile) -> Profile:
        """Write a profile over the state that its etag names; returns it with its new etag.

        Raises:
            Conflict: the stored profile has changed since, or is gone.
        """

    def remove(self, profile: Profile) -> None:
        """Remove a profile's entity, if it is still there."""

    @property
    def seals(self) -> Seals:
        """What is done to voices before they are kept."""

    def shred(self, family: Family, profile_id: str) -> None:
        """Make what was sealed of a profile unreadable for ever, in every copy; what is in clear stays."""

    def reseal_audio(self, clip: StoredAudio) -> None:
        """Write audio once more, sealed or in clear as all that is written now; its date stays.

        Raises:
            UnreadableProfile: it cannot be opened.
        """

    def put_audio(self, profile: Profile, enrollment_id: str, wav: bytes) -> None:
        """Keep the audio of one enrollment."""

    def get_audio(self, profile: Profile, enrollment_id: str) -> bytes | None:
        """The audio of one enrollment as a WAV file, or None if it is not kept (any more)."""

    def all_audio(self, of: Profile | Family | Span | None = None) -> Iterator[StoredAudio]:
        """All audio, one profile's together; or only that of a family or span, or under one profile's id."""

    def folders(self, family: Family) -> Iterator[str]:
        """Names of the folders in which a family's audio lies, and of whatever else lies there."""

    def delete_folder(self, family: Family, name: str) -> None:
        """Remove everything that lies in a folder of a family, or under its name."""

    def foreign_audio(self, of: Span | None = None) -> Iterator[str]:
        """Names of what lies among the audio of a span, or beside that of all families, and is none.

        ``all_audio`` passes it over. What begins with no hex digit is in a family's first span; what begins with one
        only is in none where spans are single partitions.
        """

    def delete_audio(self, family: Family, profile_id: str, enrollment_ids: Iterable[str]) -> None:
        """Remove the audio of these enrollments, as far as it is there."""

    def now(self) -> datetime:
        """The time by the clock that dates ``StoredAudio``."""

    def write_report(self, report: UpkeepReport) -> None:
        """Keep what a walk through everything has found, in place of what the last one had."""

    def report(self) -> UpkeepReport | None:
        """What the last walk through everything has found, if there was one."""

    def write_walk(self, walk: Walk) -> None:
        """Keep how far the walk has come."""

    def walk(self) -> Walk | None:
        """How far the walk has come, if there was one."""

    def ping(self) -> None:
        """Answer if tables and blobs can be reached."""
