"""Requests that may be sent again: nothing is done twice, and the first answer is given again.

A request claims its caller's id for it with a row, before anything is done; the row says what was asked, as a digest.
What the request makes has an id that is derived from the request. So whoever finds a claim without an answer, because
the first attempt is still at work or was cut off, does the work once more, and it comes to the same. The answer that is
kept first counts for all of them. A row tells nobody a profile's id, and goes after a while.
"""

import hashlib
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from shared.errors import Conflict
from shared.store.rows import Row, Rows
from shared.trust.refusals import UsedForAnother

KEPT: Final = timedelta(hours=24)
"""How long an answer is kept; upkeep removes it within the hour after that."""

_ASKED, _ANSWER, _CLAIMED = "Asked", "Answer", "Claimed"


@dataclass(frozen=True)
class Repeatable:
    """A request that its caller may send again.

    Attributes:
        id: the caller's GUID for it.
        asked: digest of all that matters in it.
    """

    id: str
    asked: str

    @classmethod
    def of(cls, request_id: str, *asked: str | bytes) -> "Repeatable":
        """A request by its id and all that matters in it; nobody who does not know the id can tell what it was."""
        parts = [hashlib.sha256(part.encode() if isinstance(part, str) else part).hexdigest() for part in asked]
        return cls(request_id, _digest(json.dumps([request_id, *parts])))

    @property
    def makes(self) -> str:
        """Id of what it makes: a UUID of version 5, the same each time."""
        return str(uuid.uuid5(uuid.UUID(self.id), self.asked))

    @property
    def row(self) -> Row:
        """Its row, before it is claimed."""
        name = _digest(self.id)
        return Row(name[:2], name, {_ASKED: self.asked})


@dataclass(frozen=True, eq=False)
class Repeats:
    """Knows the requests of the last day. Every method may raise ``StorageUnavailable``."""

    rows: Rows
    now: Callable[[], datetime]

    def claim(self, request: Repeatable) -> Row:
        """The row of a request, new or as it was left.

        Raises:
            UsedForAnother: the id was that of another request.
        """
        fresh = request.row
        while True:
            try:
                return self.rows.insert(replace(fresh, values={**fresh.values, _CLAIMED: self.now()}))
            except Conflict:
                known = self.rows.read(fresh.partition, fresh.name)
            if known:
                _check_same(request, known)
                return known

    def keep(self, claim: Row, answer: str) -> str:
        """Keep the answer to a claimed request, unless there is one; the one that counts."""
        try:
            self.rows.replace(replace(claim, values={**claim.values, _ANSWER: answer}))
        except Conflict:
            first = self.rows.read(claim.partition, claim.name)
            return (answer_in(first) if first else None) or answer
        return answer

    def drop_old(self) -> None:
        """Remove what was kept long enough."""
        before = self.now() - KEPT
        for row in self.rows.since(""):
            claimed = row.values.get(_CLAIMED)
            if not isinstance(claimed, datetime) or claimed < before:
                self.rows.remove(row.partition, row.name)


def answer_in(claim: Row) -> str | None:
    """The first answer to a claimed request; None if there is none yet."""
    answer = claim.values.get(_ANSWER)
    return None if answer is None else str(answer)


def _check_same(request: Repeatable, known: Row) -> None:
    if known.values.get(_ASKED) != request.asked:
        raise UsedForAnother(request.id)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
