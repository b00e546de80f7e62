"""The audit trail: a line of JSON for everything that was done to a voice, each chained to the one before it.

Lines stand in one append blob a day, of the day on which they were written down. Each holds the SHA-256 of the line
before it, without its end of line, so that one that is changed, removed or put between no longer fits. How far the
trail has come stands in a row beside the outbox: by it the end is known, and what was cut off is carried on. Profiles
are named by their marks: who has an id finds its lines, and a line tells nobody the id of a voice that is gone.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import batched
from typing import Any, Final

from shared.errors import Conflict
from shared.observing.trace import mark
from shared.store import Store
from shared.store.appends import Appends
from shared.store.outbox import Entry, Outbox
from shared.store.rows import Row, Rows

LISTENER: Final = "audit"
"""As the outbox knows the trail."""
NOTHING: Final = "0" * 64
"""What stands before the first line."""

_AT_ONCE: Final = 500
"""Lines that are written in one block: some 300 kB; a block may have 4 MiB, and a blob 50,000 of them."""
_HEAD: Final = ("trail", "head")
_CLOSED: Final = b"\n"
"""Ends a day: whoever was about to write there finds the blob longer than it was, and stops."""


@dataclass(frozen=True)
class Head:
    """How far the trail has come.

    Attributes:
        day: name of the blob that holds the last line.
        length: bytes of that blob, up to which lines are settled.
        number: of the last line, from 1 on.
        hash: SHA-256 of the last line.
        etag: of the row; None where there is none.
    """

    day: str = ""
    length: int = 0
    number: int = 0
    hash: str = NOTHING
    etag: str | None = None

    @classmethod
    def read(cls, rows: Rows) -> "Head":
        """As it is kept."""
        row = rows.read(*_HEAD)
        if row is None:
            return cls()
        told = row.values
        return cls(told["Day"], int(told["Length"]), int(told["Number"]), told["Hash"], row.etag)

    def kept(self, rows: Rows) -> "Head":
        """Keep it; raises Conflict where somebody else has carried the trail on."""
        values = {"Day": self.day, "Length": self.length, "Number": self.number, "Hash": self.hash}
        row = Row(*_HEAD, values, self.etag)
        return replace(self, etag=(rows.replace(row) if self.etag else rows.insert(row)).etag)

    def followed_by(self, line: bytes) -> "Head":
        """As it is after one more line, without its end."""
        return replace(self, number=self.number + 1, hash=hashlib.sha256(line).hexdigest())


def _present() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, eq=False)
class Trail:
    """Writes the trail. Every method may raise ``StorageUnavailable``."""

    appends: Appends
    outbox: Outbox
    now: Callable[[], datetime] = _present

    @classmethod
    def of(cls, store: Store, now: Callable[[], datetime] = _present) -> "Trail":
        """That of a store."""
        return cls(store.trail, Outbox(store.outbox, store.listeners, now), now)

    def drain(self) -> int:
        """Write down what waits in the outbox; how much it was.

        It may be cut off anywhere, and nothing is written twice or lost. Where another instance does the same, one of
        them stops.
        """
        drained = 0
        with suppress(Conflict):
            head = self._recovered()
            for entries in batched(self.outbox.pending(LISTENER), _AT_ONCE, strict=False):
                head = self._written(head, entries)
                drained += len(entries)
        return drained

    def _recovered(self) -> Head:
        """The head, after lines that somebody wrote and could not settle any more."""
        head = Head.read(self.outbox.rows)
        lengths = {day: length for day, length in self.appends.lengths().items() if day >= head.day}
        for day, length in lengths.items():
            begin = head.length if day == head.day else 0
            if length > begin:
                lines = self.appends.read(day, begin).splitlines()
                head = self._settled(replace(head, day=day, length=length), [line for line in lines if line])
        return replace(head, length=lengths.get(head.day, 0))

    def _written(self, head: Head, entries: Iterable[Entry]) -> Head:
        """The head, after entries were appended to the blob of today."""
        today, at, lines, after = max(f"{self.now():%Y/%m/%d}.jsonl", head.day), head.length, [], head
        if head.day != today:
            self._close(head)
            at = 0
        for entry in entries:
            lines.append(line_of(after, entry))
            after = after.followed_by(lines[-1])
        block = b"".join(line + b"\n" for line in lines)
        self.appends.append(today, at, block)
        return self._settled(replace(head, day=today, length=at + len(block)), lines)

    def _close(self, head: Head) -> None:
        """Let nobody append to the last day any more who has not seen that it is over."""
        if head.length:
            self.appends.append(head.day, head.length, _CLOSED)

    def _settled(self, head: Head, lines: list[bytes]) -> Head:
        """Take lines out of the outbox, then keep the head: in this order, so that none is written twice."""
        for line in lines:
            with suppress(ValueError, KeyError, TypeError):  # somebody else's line: verifying will tell
                self.outbox.done(LISTENER, json.loads(line)["id"])
            head = head.followed_by(line)
        return head.kept(self.outbox.rows)


def line_of(head: Head, entry: Entry) -> bytes:
    """The line of an entry that follows a head, without its end."""
    told: dict[str, Any] = {
        "number": head.number + 1,
        "before": head.hash,
        "id": entry.id,
        "at": entry.at.isoformat(),
        "deed": entry.deed.value,
        "family": entry.family.name,
        "profile": mark(entry.profile_id) if entry.profile_id else "",
        "among": [mark(name) for name in entry.among],
        "outcome": entry.outcome,
        "who": entry.who,
        "operation": entry.operation,
        "request": entry.correlation_id,
        "model": entry.model,
    }
    return json.dumps({name: value for name, value in told.items() if value}, separators=(",", ":")).encode()
