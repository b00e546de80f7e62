"""The gallery: every enrolled voice of a family in memory, and never much older than what is stored.

It begins with its snapshots, or with the rows where there are none, and goes on with the change log, read at most once
a second. What this instance writes counts at once. Rows stay the truth: whoever is to be named is read by key first.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from shared.observing.trace import mark
from shared.recognition.indexed import Index, Voice, Voices, Way, number_of
from shared.recognition.refusals import GalleryNotReady
from shared.recognition.snapshots import Snapshot, Snapshots
from shared.store import Span, Store
from shared.store.changes import Change, ChangeLog, Kind, Tail
from shared.voices.families import Family
from shared.voices.records import Profile

FRESH: Final = timedelta(seconds=1)
"""For so long, the log is not read again."""
IDLE: Final = timedelta(minutes=30)
"""After so long without a request a gallery begins anew: the log does not reach back for ever."""
PATIENCE: Final = timedelta(seconds=20)
"""So long a request waits for a gallery to begin; then it is told to come again, and the reading goes on."""


@dataclass(frozen=True, eq=False)
class Look:
    """A gallery as it is at a moment.

    Attributes:
        as_of: everything that was answered until then counts.
    """

    as_of: datetime
    parts: Sequence[tuple[Way, Voices]]

    def count(self, group: str | None) -> int:
        """How many voices there are, or in a group, by its key."""
        return sum(voices.count(group) for _, voices in self.parts)


class AnyGallery(Protocol):
    """The voices of each family, wherever they are."""

    def look(self, family: Family) -> Look:
        """All voices of a family; raises ``GalleryNotReady`` or ``StorageUnavailable``."""


@dataclass(eq=False)
class _Held:
    """Voices of a family, and up to when the log was read."""

    index: Index
    tail: Tail
    lock: threading.RLock = field(default_factory=threading.RLock)


@dataclass(eq=False)
class _Begun:
    """A family's gallery that is being read, or was; and what was written here meanwhile."""

    held: Future[_Held]
    written: list[Profile] = field(default_factory=list)
    following: threading.Lock = field(default_factory=threading.Lock)


def _present() -> datetime:
    return datetime.now(UTC)


class Gallery:
    """The voices of each family; read when they are first asked for. Safe to use from several threads."""

    def __init__(self, store: Store, now: Callable[[], datetime] = _present, *, patience: timedelta = PATIENCE) -> None:
        """Bind to a store, and hear of what is written to it."""
        self._store = store
        self._log = ChangeLog(store.changes, now)
        self._now = now
        self._patience = patience
        self._begun: dict[str, _Begun] = {}
        self._lock = threading.Lock()
        self._reader = ThreadPoolExecutor(1, "gallery")
        store.watch(self._note)

    @property
    def snapshots(self) -> Snapshots:
        """Where galleries are written down."""
        return Snapshots(self._store.snapshots)

    def look(self, family: Family) -> Look:
        """All voices of a family.

        Raises:
            GalleryNotReady: they are being read, and that takes long.
            StorageUnavailable: they could not be read.
        """
        begun = self._beginning(family)
        held = self._waited_for(begun)
        with begun.following:
            if not timedelta() <= self._now() - held.tail.read_until < FRESH:  # clocks are put back at times
                self._follow(family, held)
        with held.lock:
            return Look(held.tail.read_until, held.index.parts())

    def read(self, span: Span, snapshot: Snapshot | None) -> Snapshot:
        """Voices of a span as they are stored now, given those of a moment that the log reaches back to.

        Raises:
            StorageUnavailable: they could not be read.
        """
        held = self._of([(span, snapshot)])
        self._follow(span, held)
        return Snapshot(held.tail.read_until, held.index.pack())

    def _beginning(self, family: Family) -> _Begun:
        """The reading of a family that has begun last, unless it failed or is too old to go on with."""
        with self._lock:
            begun = self._begun.get(family.name)
            if begun is None or self._is_over(begun):
                begun = self._begun[family.name] = _Begun(self._reader.submit(self._load, family))
            return begun

    def _is_over(self, begun: _Begun) -> bool:
        if not begun.held.done():
            return False
        return begun.held.exception() is not None or self._now() - begun.held.result().tail.read_until >= IDLE

    def _waited_for(self, begun: _Begun) -> _Held:
        """What was read, with what was written here meanwhile."""
        try:
            held = begun.held.result(self._patience.total_seconds())
        except TimeoutError:
            raise GalleryNotReady from None
        with self._lock:
            for profile in begun.written:
                _set(held, profile)
            begun.written.clear()
        return held

    def _load(self, family: Family) -> _Held:
        held = self._of(self.snapshots.parts(family))
        self._follow(family, held)
        return held

    def _of(self, parts: Iterable[tuple[Span, Snapshot | None]]) -> _Held:
        """Voices of spans, from their snapshots, or from their rows."""
        index, as_of = Index(), self._now()
        for span, snapshot in parts:
            if snapshot:
                index.join(snapshot.parts)
                as_of = min(as_of, snapshot.as_of)
            else:
                index.take(filter(None, map(Voice.of, self._store.scan(span))))
        return _Held(index, Tail(self._log, as_of))

    def _follow(self, of: Family | Span, held: _Held) -> None:
        """Take what the log has that was not seen."""
        held.tail.take(lambda told: self._take(of, held, {each.mark: each.kind for each in told if concerns(each, of)}))

    def _take(self, of: Family | Span, held: _Held, changed: Mapping[str, Kind]) -> None:
        """Read profiles that have changed; those that were deleted are dropped unread."""
        family = of if isinstance(of, Family) else of.family
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
        """Take a profile as it was just written here; a gallery that is being read takes it when it has been."""
        with self._lock:
            begun = self._begun.get(profile.family.name)
            if begun and (begun.written or not begun.held.done()):
                begun.written.append(profile)
            elif begun and begun.held.exception() is None:
                _set(begun.held.result(), profile)


def _set(held: _Held, profile: Profile) -> None:
    with held.lock:
        held.index.set(number_of(mark(profile.id)), Voice.of(profile))


def concerns(change: Change, of: Family | Span) -> bool:
    """Whether a change is of a family, or may be of a span."""
    if isinstance(of, Family):
        return change.family == of
    return change.family == of.family and (not change.digits or of.holds(change.digits))
