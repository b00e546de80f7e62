"""The change log: what happened to voices lately, for every instance that keeps something of them in memory.

A change is a row, written before the operation answers; its partition is a stretch of time, so that one query reads
what is new. It names the profile by its mark: a row tells nobody the id of a profile that is gone. Before a profile is
written, a row of its own says that it may change, with the id: by it others find the profile, and nothing is lost where
the process is killed in between. That row goes with the profile, or once it is old.
"""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from shared.observing.trace import mark
from shared.store.rows import Row, Rows
from shared.voices.families import FAMILIES, Family

BUCKET: Final = timedelta(seconds=10)
"""Of one partition."""
OVERLAP: Final = 2 * BUCKET
"""For so long a row may turn up under a moment that has been read: clocks differ, and writing takes time."""
SLOW: Final = timedelta(seconds=5)
"""A row that took longer to write is written again, as of now."""

_EXPECTED: Final = "expected"
"""Partition of those that may change; it sorts after every stretch of time."""


class Kind(StrEnum):
    """What happened to a profile."""

    ENROLLED = "enrolled"
    RE_EXTRACTED = "re-extracted"
    RESET = "reset"
    DELETED = "deleted"
    JOINED = "joined"
    LEFT = "left"
    OPTED_OUT = "opted out"
    OPTED_IN = "opted in"
    EXPIRED = "expired"
    CONSENTED = "consented"
    LOCKED = "locked"
    UNLOCKED = "unlocked"
    UNSURE = "unsure"
    """It may have been written: who wrote it was cut off before he told; or a newer version told of something else."""

    @classmethod
    def _missing_(cls, _: object) -> "Kind":
        """What a newer version tells beside this one."""
        return cls.UNSURE


@dataclass(frozen=True)
class Change:
    """One row of the log.

    Attributes:
        key: of the row; no other has it.
        mark: of the profile.
        digits: the first two of its id, by which a part of a gallery is found; empty in rows of older versions.
    """

    key: str
    kind: Kind
    family: Family
    mark: str
    at: datetime
    digits: str = ""


@dataclass(frozen=True)
class Expected:
    """A profile that may have changed, since some time."""

    family: Family
    profile_id: str
    since: datetime


def _present() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, eq=False)
class ChangeLog:
    """Writes and reads the log. Every method may raise ``StorageUnavailable``."""

    rows: Rows
    now: Callable[[], datetime] = _present

    def expect(self, family: Family, profile_id: str) -> None:
        """Say that a profile is about to be written."""
        values = {"Family": family.name, "Profile": profile_id, "Since": self.now()}
        self.rows.put(Row(_EXPECTED, _name(family, mark(profile_id)), values))

    def tell(self, kind: Kind, family: Family, profile_id: str) -> None:
        """Say that it was written."""
        while True:
            began = self.now()
            values = {"Kind": kind.value, "Family": family.name, "Mark": mark(profile_id), "At": began}
            values["Digits"] = profile_id[:2]
            self.rows.put(Row(_bucket(began), f"{began.timestamp():.6f}-{secrets.token_hex(4)}", values))
            if self.now() - began < SLOW:
                return

    def since(self, moment: datetime) -> Iterator[Change]:
        """What happened since a moment, and a little before it, in order."""
        for row in self.rows.since(_bucket(moment - OVERLAP), before=_EXPECTED):
            told = row.values
            kind, family = Kind(told["Kind"]), FAMILIES[told["Family"]]
            yield Change(row.name, kind, family, told["Mark"], told["At"], told.get("Digits", ""))

    def who(self, family: Family, mark_of_it: str) -> str | None:
        """The id of a profile that changed lately, if it is there."""
        row = self.rows.read(_EXPECTED, _name(family, mark_of_it))
        return str(row.values["Profile"]) if row else None

    def expected(self) -> Iterator[Expected]:
        """Everybody who may have changed lately."""
        for row in self.rows.page(_EXPECTED):
            yield Expected(FAMILIES[row.values["Family"]], row.values["Profile"], row.values["Since"])

    def forget(self, family: Family, profile_id: str) -> None:
        """Keep the id of a profile no longer."""
        self.rows.remove(_EXPECTED, _name(family, mark(profile_id)))

    def drop_before(self, moment: datetime) -> None:
        """Remove what happened before a moment."""
        for row in self.rows.since("", before=_bucket(moment)):
            self.rows.remove(row.partition, row.name)


class Tail:
    """What one reader has not seen of the log yet. Not safe to use from several threads."""

    def __init__(self, log: ChangeLog, read_until: datetime) -> None:
        """Begin at a moment up to which everything is known."""
        self._log = log
        self._seen: dict[str, datetime] = {}
        self.read_until = read_until

    def take(self, use: Callable[[list[Change]], None]) -> None:
        """Use what is new; where that fails, it is new the next time as well."""
        now = self._log.now()
        told = [each for each in self._log.since(self.read_until) if each.key not in self._seen]
        use(told)
        self._seen |= {each.key: each.at for each in told}
        self._seen = {key: at for key, at in self._seen.items() if now - at < 2 * OVERLAP}
        self.read_until = now


def _name(family: Family, mark_of_it: str) -> str:
    return f"{family.name}:{mark_of_it}"


def _bucket(moment: datetime) -> str:
    return f"{int(moment.timestamp() // BUCKET.total_seconds()):011d}"
