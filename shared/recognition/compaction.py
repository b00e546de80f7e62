"""What the timer does for galleries: writes them down, and lets go of what is too old to be needed.

A snapshot holds voices, so it is written again soon after one of them is gone; the change log names profiles by their
marks, and their ids for an hour.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from shared.observing.trace import mark
from shared.recognition.gallery import IDLE, Gallery
from shared.recognition.snapshots import Snapshot
from shared.store import Store
from shared.store.changes import ChangeLog, Kind
from shared.voices.families import FAMILIES, Family

WORTH_IT: Final = 1_000
"""Voices from which a snapshot is kept: fewer are read from their rows in no time."""
RENEWED: Final = timedelta(hours=12)
"""Age from which it is written again, though nothing changed; storage's own policy removes those that are not."""
SURE: Final = timedelta(minutes=5)
"""After so long a profile that was to be written has been, or never will be by that request."""
KEPT: Final = 2 * IDLE
"""How long the log is kept: no gallery that goes by it is older than ``IDLE``."""


def _present() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, eq=False)
class Compaction:
    """Keeps the change log short and snapshots new. Every method may raise ``StorageUnavailable``.

    Attributes:
        worth_it: voices from which a snapshot is kept.
    """

    store: Store
    gallery: Gallery
    now: Callable[[], datetime] = _present
    worth_it: int = WORTH_IT

    @property
    def log(self) -> ChangeLog:
        """What happened."""
        return ChangeLog(self.store.changes, self.now)

    def run(self) -> None:
        """Do all of it; whatever is cut off, the next run does."""
        began = self.now()
        self._tell_what_nobody_told(began)
        for family in FAMILIES.values():
            if not family.script.every_clip:
                self._compact(family)
        for expected in list(self.log.expected()):
            if began - expected.since > KEPT:
                self.log.forget(expected.family, expected.profile_id)
        self.log.drop_before(began - KEPT)

    def _tell_what_nobody_told(self, now: datetime) -> None:
        """Speak for those who were cut off between writing a profile and telling of it."""
        due = [expected for expected in self.log.expected() if now - expected.since > SURE]
        if not due:
            return
        told: dict[tuple[str, str], datetime] = {}
        for change in self.log.since(min(expected.since for expected in due)):
            told[change.family.name, change.mark] = change.at
        for expected in due:
            last = told.get((expected.family.name, mark(expected.profile_id)))
            if last is None or last < expected.since:
                self.log.tell(Kind.UNSURE, expected.family, expected.profile_id)

    def _compact(self, family: Family) -> None:
        """Write a family's snapshot again, where anything has changed or it is old."""
        snapshots, began = self.gallery.snapshots, self.now()
        known = snapshots.newest(family)
        if known and began - known.as_of < RENEWED and not self._has_changed(family, known):
            return
        fresh = self.gallery.read(family, known)
        voices = sum(packed.count(None) for packed in fresh.parts.values())
        snapshots.keep(family, fresh if voices >= self.worth_it else None)

    def _has_changed(self, family: Family, known: Snapshot) -> bool:
        return any(change.family == family for change in self.log.since(known.as_of))
