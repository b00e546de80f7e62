"""What was done to voices and by whom, for those who are told of it: the audit trail, and whoever gets events.

An entry is a row that is written before the operation answers. What changes a profile writes it twice: that it has
begun, before the profile is written, and how it ended. A process that is killed in between leaves the first one, and
after a while it is told as unsure. Rows wait until every listener has taken them; listeners take them out of the way
of requests, each at its own pace, and may meet one again whose taking was cut off: its id is the same then.
"""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from shared.errors import Conflict, SpeakerError, StorageUnavailable
from shared.observing.trace import current
from shared.store import Store
from shared.store.rows import Row, Rows
from shared.voices.families import FAMILIES, Family

UNSURE: Final = "unsure"
"""Outcome of what was cut off: it may have been done or not."""
CUT_OFF: Final = timedelta(minutes=10)
"""Age from which nobody will say any more how something ended."""

_WAITING: Final = "waiting"
"""The partition of entries that somebody has yet to take."""
_BEGUN: Final = "begun"


class Deed(StrEnum):
    """What was done."""

    CONSENTED = "consented"
    CREATED = "created"
    DELETED = "deleted"
    ENROLLED = "enrolled"
    ERASED = "erased"
    """Nothing is left of a profile that was deleted."""
    EXPIRED = "expired"
    EXPORTED = "exported"
    IDENTIFIED = "identified"
    JOINED = "joined"
    LEFT = "left"
    LOCKED = "locked"
    OPTED_IN = "opted in"
    OPTED_OUT = "opted out"
    READ = "read"
    RECORDING = "recording"
    RESET = "reset"
    RE_EXTRACTED = "re-extracted"
    UNLOCKED = "unlocked"
    VERIFIED = "verified"


@dataclass(frozen=True)
class Entry:
    """One thing that was done.

    Attributes:
        id: no other entry has it; ids sort as the entries began.
        profile_id: whom it was done to; of an identification who was found, empty for nobody.
        outcome: where the profile stands after a change; ``Accept`` or ``Reject``; or ``UNSURE``.
        who: name of the key, the token's principal, or the part of the service.
        operation: the contract's name for the request.
        model: version of the model that decided, or made the signature.
        among: ids of those who were named as candidates; empty where it was everyone.
    """

    id: str
    at: datetime
    deed: Deed
    family: Family
    profile_id: str
    outcome: str
    who: str
    operation: str
    correlation_id: str
    model: str = ""
    among: tuple[str, ...] = ()


type Ended = Callable[[str, str], None]
"""Told the outcome and the version of the model."""


def _present() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, eq=False)
class Outbox:
    """Entries of a store. Every method may raise ``StorageUnavailable``.

    Attributes:
        listeners: who is to take what is written; while there are none, nothing is.
    """

    rows: Rows
    listeners: tuple[str, ...]
    now: Callable[[], datetime] = _present

    @classmethod
    def of(cls, store: Store) -> "Outbox":
        """That of a store."""
        return cls(store.outbox, store.listeners)

    def tell(
        self,
        deed: Deed,
        family: Family,
        profile_id: str,
        outcome: str,
        model: str = "",
        among: tuple[str, ...] = (),
    ) -> None:
        """Write down what changed no profile: one small row."""
        if self.listeners:
            self.append(replace(self._entry(deed, family, profile_id), outcome=outcome, model=model, among=among))

    @contextmanager
    def telling(self, deed: Deed, family: Family, profile_id: str) -> Iterator[Ended]:
        """Write down that something begins, and how it ended.

        Yields what has to be called with the outcome and the model's version once it is done. Where it was refused,
        nothing was done, and nothing is told; where storage did not answer, it stays unsure.
        """
        if not self.listeners:
            yield lambda _outcome, _model: None
            return
        entry = replace(self._entry(deed, family, profile_id), outcome=_BEGUN)
        self.append(entry)
        try:
            yield lambda outcome, model: self.append(replace(entry, outcome=outcome, model=model))
        except SpeakerError as refused:
            if not isinstance(refused, StorageUnavailable):
                self.rows.remove(_WAITING, entry.id)
            raise

    def append(self, entry: Entry) -> None:
        """Write an entry, in place of what has its id."""
        self.rows.put(Row(_WAITING, entry.id, {**_values(entry), "Due": json.dumps(self.listeners)}))

    def pending(self, listener: str) -> Iterator[Entry]:
        """What a listener has yet to take, by id: what has ended, and what was cut off."""
        sure = self.now() - CUT_OFF
        for row in self.rows.page(_WAITING):
            entry = _entry_of(row)
            if listener in _due(row) and (entry.outcome != _BEGUN or entry.at <= sure):
                yield replace(entry, outcome=UNSURE) if entry.outcome == _BEGUN else entry

    def done(self, listener: str, entry_id: str) -> None:
        """A listener has taken an entry; once all have for whom it was written, it is removed."""
        while row := self.rows.read(_WAITING, entry_id):
            with suppress(Conflict):
                self._leave_to(row, [due for due in _due(row) if due != listener])
                break

    def _leave_to(self, row: Row, due: list[str]) -> None:
        """Note who has yet to take an entry; raises Conflict where another listener does the same."""
        if due:
            self.rows.replace(replace(row, values={**row.values, "Due": json.dumps(due)}))
        else:
            self.rows.remove(_WAITING, row.name)

    def _entry(self, deed: Deed, family: Family, profile_id: str) -> Entry:
        """What begins now, by whoever is asking."""
        asking, at = current(), self.now()
        name = f"{at.timestamp():017.6f}-{secrets.token_hex(4)}"
        return Entry(name, at, deed, family, profile_id, "", asking.who, asking.operation, asking.correlation_id)


def _values(entry: Entry) -> dict[str, Any]:
    return {
        "At": entry.at,
        "Deed": entry.deed.value,
        "Family": entry.family.name,
        "Profile": entry.profile_id,
        "Outcome": entry.outcome,
        "Who": entry.who,
        "Operation": entry.operation,
        "Correlation": entry.correlation_id,
        "Model": entry.model,
        "Among": json.dumps(entry.among),
    }


def _entry_of(row: Row) -> Entry:
    told: Mapping[str, Any] = row.values
    return Entry(
        row.name,
        told["At"],
        Deed(told["Deed"]),
        FAMILIES[told["Family"]],
        told["Profile"],
        told["Outcome"],
        told["Who"],
        told["Operation"],
        told["Correlation"],
        told["Model"],
        tuple(json.loads(told["Among"])),
    )


def _due(row: Row) -> list[str]:
    return list(json.loads(row.values["Due"]))
