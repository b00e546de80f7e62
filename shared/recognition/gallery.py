"""The gallery: every enrolled voice of a family in memory, and never much older than what is stored.

It begins with its snapshot, or with every row where there is none, and goes on with the change log, read at most once a
second. What this instance writes counts at once. Rows stay the truth: whoever is to be named is read by key first.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from shared.observing.trace import mark
from shared.recognition.indexed import Index, Packed, Voice, Way, number_of
from shared.recognition.snapshots import Snapshot, Snapshots
from shared.store import Store
from shared.store.changes import OVERLAP, ChangeLog, Kind
from shared.voices.families import Family
from shared.voices.records import Profile

FRESH: Final = timedelta(seconds=1)
"""For so long, the log is not read again."""
IDLE: Final = timedelta(minutes=30)
"""After so long without a request a gallery begins anew: the log does not reach back for ever."""


@dataclass(frozen=True, eq=False)
class Look:
    """A gallery as it is at a moment.

    Attributes:
        as_of: everything that was answered until then counts.
    """

    as_of: datetime
    parts: list[tuple[Way, Packed]]

    def count(self, group: str | None) -> int:
        """How many voices there are, or in a group, by its key."""
        return sum(packed.count(group) for _, packed in self.parts)


@dataclass(eq=False)
class _Held:
    """A family's voices, and up to when the log was read."""

    index: Index
    read_until: datetime
    seen: dict[str, datetime] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)


def _present() -> datetime:
    return datetime.now(UTC)


class Gallery:
    """The voices of each family; read when they are first asked for. Safe to use from several threads."""

    def __init__(self, store: Store, now: Callable[[], datetime] = _present) -> None:
        """Bind to a store, and hear of what is written to it."""
        self._store = store
        self._log = ChangeLog(store.changes, now)
        self._now = now
        self._held: dict[str, _Held] = {}
        self._lock = threading.Lock()
        self._loading: dict[str, threading.Lock] = {}
        store.watch(self._note)

    @property
    def snapshots(self) -> Snapshots:
        """Where galleries are written down."""
        return Snapshots(self._store.snapshots)

    def look(self, family: Family) -> Look:
        """All voices of a family.

        Raises:
            StorageUnavailable: they could not be read.
        """
        with self._lock:
            loading = self._loading.setdefault(family.name, threading.Lock())
        with loading:
            held = self._held.get(family.name)
            age = self._now() - held.read_until if held else IDLE
            if held is None or age >= IDLE:
                held = self._load(family)
            elif not timedelta() <= age < FRESH:  # clocks are put back at times
                self._follow(family, held)
        with held.lock:
            return Look(held.read_until, held.index.parts())

    def read(self, family: Family, snapshot: Snapshot | None) -> Snapshot:
        """A family's voices as they are stored now, given those of a moment that the log reaches back to.

        Raises:
            StorageUnavailable: they could not be read.
        """
        held = self._begun(family, snapshot)
        return Snapshot(held.read_until, held.index.pack())

    def _load(self, family: Family) -> _Held:
        """Everything that is stored; what is written here meanwhile is in the log as well."""
        held = self._held[family.name] = self._begun(family, self.snapshots.newest(family))
        return held

    def _begun(self, family: Family, snapshot: Snapshot | None) -> _Held:
        if snapshot:
            held = _Held(Index(packed=snapshot.parts), snapshot.as_of)
        else:
            began = self._now()
            voices = (Voice.of(profile) for profile in self._store.scan(family))
            held = _Held(Index(voice for voice in voices if voice), began)
        self._follow(family, held)
        return held

    def _follow(self, family: Family, held: _Held) -> None:
        """Take what the log has that was not seen."""
        now = self._now()
        told = [each for each in self._log.since(held.read_until) if each.key not in held.seen]
        self._take(family, held, {each.mark: each.kind for each in told if each.family == family})
        held.seen |= {each.key: each.at for each in told}
        held.seen = {key: at for key, at in held.seen.items() if now - at < 2 * OVERLAP + FRESH}
        held.read_until = now

    def _take(self, family: Family, held: _Held, changed: Mapping[str, Kind]) -> None:
        """Read profiles that have changed; those that were deleted are dropped unread."""
        ids = {told: self._id_of(family, held, told) for told, kind in changed.items() if kind is not Kind.DELETED}
        wanted = [profile_id for profile_id in ids.values() if profile_id]
        found = dict(zip(wanted, self._store.get_many(family, wanted), strict=True))
        with held.lock:
            for told in changed:
                held.index.set(number_of(told), Voice.of(found.get(ids.get(told) or "")))

    def _id_of(self, family: Family, held: _Held, told: str) -> str | None:
        """The id of the profile of a mark, as long as anybody knows it."""
        with held.lock:
            known = held.index.id_of(number_of(told))
        return known or self._log.who(family, told)

    def _note(self, profile: Profile) -> None:
        """Take a profile as it was just written here."""
        held = self._held.get(profile.family.name)
        if held:
            with held.lock:
                held.index.set(number_of(mark(profile.id)), Voice.of(profile))
