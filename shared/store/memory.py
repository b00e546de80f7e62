"""A store in memory, with the same promises, for tests of the domain."""

import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice

from shared.errors import Conflict
from shared.store import Span, StoredAudio, UpkeepReport, Walk
from shared.store.appends import MemoryAppends
from shared.store.blobs import MemoryBlobs
from shared.store.queues import MemoryQueue
from shared.store.rows import MemoryRows
from shared.store.seals import InClear
from shared.voices.families import FAMILIES, Family
from shared.voices.records import Profile


class MemoryStore:
    """Profiles and audio in two dictionaries.

    Attributes:
        profiles: by family name and id.
        audio: WAV files by family name, profile id and enrollment id.
    """

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Start empty; ``now`` dates the audio."""
        self._now = now
        self._report: UpkeepReport | None = None
        self._walk: Walk | None = None
        self._written: dict[tuple[str, str, str], datetime] = {}
        self.profiles: dict[tuple[str, str], Profile] = {}
        self.audio: dict[tuple[str, str, str], bytes] = {}
        self._watchers: list[Callable[[Profile], None]] = []
        self._lock = threading.Lock()
        self.groups = MemoryRows()
        self.changes = MemoryRows()
        self.trials = MemoryRows()
        self.requests = MemoryRows()
        self.outbox = MemoryRows()
        self.seals = InClear()
        self.listeners: tuple[str, ...] = ()
        self.snapshots = MemoryBlobs()
        self.trail = MemoryAppends()
        self.jobs = MemoryRows()
        self.recordings = MemoryBlobs()
        self.queue = MemoryQueue()

    def insert(self, profile: Profile) -> Profile:
        return self._write(profile)

    def insert_once(self, profile: Profile) -> Profile:
        with self._lock:
            return self.get(profile.family, profile.id) or self._write(profile)

    def get(self, family: Family, profile_id: str) -> Profile | None:
        return self.profiles.get((family.name, profile_id))

    def get_many(self, family: Family, profile_ids: Sequence[str]) -> Iterator[Profile | None]:
        return iter([self.get(family, profile_id) for profile_id in profile_ids])

    def page(self, family: Family, *, after: str, size: int) -> list[Profile]:
        known = sorted(self.profiles.values(), key=lambda profile: profile.id)
        shown = (p for p in known if p.family == family and p.id > after and p.is_readable and not p.deleting)
        return list(islice(shown, size))

    def scan(self, of: Family | Span | None = None) -> Iterator[Profile]:
        known = sorted(self.profiles.items())
        return iter([profile for key, profile in known if _is_of(key, of)])

    def recount(self, span: Span) -> list[Profile]:
        return list(self.scan(span))

    def enrolled(self, family: Family, size: int) -> list[Profile]:
        known = sorted(self.profiles.values(), key=lambda profile: profile.id)
        return list(islice((profile for profile in known if profile.family == family and profile.enrolled), size))

    def watch(self, told: Callable[[Profile], None]) -> None:
        self._watchers.append(told)

    def count(self, family: Family | None = None) -> int:
        return sum(not profile.deleting for profile in self.scan(family))

    def replace(self, profile: Profile) -> Profile:
        with self._lock:
            stored = self.get(profile.family, profile.id)
            if stored is None or stored.etag != profile.etag:
                raise Conflict
            written = self._write(profile)
        for told in self._watchers:
            told(written)
        return written

    def remove(self, profile: Profile) -> None:
        self.profiles.pop((profile.family.name, profile.id), None)

    def shred(self, family: Family, profile_id: str) -> None:
        """Nothing is sealed here."""

    def reseal_audio(self, clip: StoredAudio) -> None:
        """Nothing is sealed here."""

    def put_audio(self, profile: Profile, enrollment_id: str, wav: bytes) -> None:
        self.audio[profile.family.name, profile.id, enrollment_id] = wav
        self._written[profile.family.name, profile.id, enrollment_id] = self._now()

    def get_audio(self, profile: Profile, enrollment_id: str) -> bytes | None:
        return self.audio.get((profile.family.name, profile.id, enrollment_id))

    def all_audio(self, of: Profile | Family | Span | None = None) -> Iterator[StoredAudio]:
        for name, profile_id, enrollment_id in sorted(self.audio):
            if _is_of((name, profile_id), of):
                written = self._written[name, profile_id, enrollment_id]
                yield StoredAudio(FAMILIES[name], profile_id, enrollment_id, written)

    def folders(self, family: Family) -> Iterator[str]:
        return iter(sorted({profile_id for name, profile_id, _ in self.audio if name == family.name}))

    def delete_folder(self, family: Family, name: str) -> None:
        for key in [key for key in self.audio if key[:2] == (family.name, name)]:
            del self.audio[key]

    def foreign_audio(self, of: Span | None = None) -> Iterator[str]:  # noqa: ARG002  there is never any
        return iter(())

    def delete_audio(self, family: Family, profile_id: str, enrollment_ids: Iterable[str]) -> None:
        for enrollment_id in enrollment_ids:
            self.audio.pop((family.name, profile_id, enrollment_id), None)

    def now(self) -> datetime:
        return self._now()

    def write_report(self, report: UpkeepReport) -> None:
        self._report = report

    def report(self) -> UpkeepReport | None:
        return self._report

    def write_walk(self, walk: Walk) -> None:
        self._walk = walk

    def walk(self) -> Walk | None:
        return self._walk

    def ping(self) -> None:
        return

    def _write(self, profile: Profile) -> Profile:
        written = replace(profile, etag=uuid.uuid4().hex)
        self.profiles[profile.family.name, profile.id] = written
        return written


def _is_of(key: tuple[str, str], of: Profile | Family | Span | None) -> bool:
    """Whether a family's name and an id are those of a profile, or of one in a family or span."""
    match of:
        case Profile():
            return key == (of.family.name, of.id)
        case Family():
            return key[0] == of.name
        case Span():
            return key[0] == of.family.name and of.holds(key[1][:2])
    return True
