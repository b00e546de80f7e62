"""What the timer does for galleries: writes them down, and lets go of what is too old to be needed.

A snapshot holds voices, so it is written again soon after one of them is gone; the change log names profiles by their
marks, and their ids for an hour. A gallery of very many is written part by part; what there is no time for, the next
run does, and as long as something is left the log is kept.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from shared.observing.trace import mark
from shared.recognition.gallery import IDLE, AnyGallery, Gallery, concerns
from shared.recognition.snapshots import Snapshots, spans
from shared.store import Span, Store
from shared.store.changes import OVERLAP, ChangeLog, Kind
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
    gallery: AnyGallery
    now: Callable[[], datetime] = _present
    worth_it: int = WORTH_IT

    @property
    def log(self) -> ChangeLog:
        """What happened."""
        return ChangeLog(self.store.changes, self.now)

    def run(self, until: datetime | None = None) -> None:
        """Do all of it, or as much as is done ``until`` then; whatever is cut off, the next run does."""
        began = self.now()
        self._tell_what_nobody_told(began)
        galleries = [family for family in FAMILIES.values() if not family.script.every_clip]
        done = [self._compact(family, until) for family in galleries]
        if not all(done):
            return
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

    def _compact(self, family: Family, until: datetime | None) -> bool:
        """Write those parts again in which anything has changed, or which are old; whether none is left."""
        if not isinstance(self.gallery, Gallery):  # where it is, nothing else has to be done than what a look does
            self.gallery.look(family)
            Snapshots(self.store.snapshots).drop_others(family, [])
            return True
        snapshots, profiles = self.gallery.snapshots, self.store.count(family)
        wanted = spans(family, profiles) if profiles >= self.worth_it else []
        for span in self._due(family, wanted):
            if until and self.now() >= until:
                return False
            fresh = self.gallery.read(span, snapshots.newest(span))
            if len(wanted) > 1 or sum(packed.count(None) for packed in fresh.parts.values()) >= self.worth_it:
                snapshots.keep(span, fresh)
            else:
                wanted = []
        snapshots.drop_others(family, wanted)
        return True

    def _due(self, family: Family, wanted: list[Span]) -> list[Span]:
        """Parts to be written, the oldest first."""
        kept, now = Snapshots(self.store.snapshots).kept(family), self.now()
        known = {span: kept[span].as_of for span in wanted if span in kept}
        changes = list(self.log.since(min(known.values(), default=now)))
        return sorted(
            (
                span
                for span in wanted
                if span not in known
                or now - known[span] >= RENEWED
                or any(change.at >= known[span] - OVERLAP and concerns(change, span) for change in changes)
            ),
            key=lambda span: known.get(span, datetime.min.replace(tzinfo=UTC)),
        )
