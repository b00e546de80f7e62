"""Requests that may be sent again: nothing is done twice, and the first answer is given again.

A request claims its caller's id for it with a row, before anything is done; the row says what was asked, as a digest.
What the request makes has an id that is derived from the request. So whoever finds a claim without an answer, because
the first attempt is still at work or was cut off, does the work once more, and it comes to the same. The answer that is
kept first counts for all of them.

An answer may say of a profile what its deletion takes back. So it is encrypted by a key that comes from the caller's
id, of which the row has only a digest: nobody reads it but who sends the request again. Rows go after a while.
"""

import hashlib
import json
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from shared.errors import Conflict
from shared.store.rows import Row, Rows
from shared.trust.refusals import UsedForAnother

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEPT: Final = timedelta(hours=24)
"""How long an answer is kept; upkeep removes it within the hour after that."""

_ASKED, _ANSWER, _CLAIMED = "Asked", "Answer", "Claimed"
_NONCE: Final = 12
"""Bytes that AES-GCM wants, and that stand before what it has encrypted."""


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
        return cls(request_id, _digest(json.dumps([request_id, *parts])).hex())

    @property
    def makes(self) -> str:
        """Id of what it makes: a UUID of version 5, the same each time."""
        return str(uuid.uuid5(uuid.UUID(self.id), self.asked))

    @property
    def row(self) -> Row:
        """Its row, before it is claimed."""
        name = _digest(self.id).hex()
        return Row(name[:2], name, {_ASKED: self.asked})

    def closed(self, answer: str) -> bytes:
        """An answer as it is kept."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._key.encrypt(nonce, answer.encode(), None)

    def opened(self, kept: object) -> str | None:
        """An answer that was kept; None where there is none, or it is damaged."""
        if not isinstance(kept, bytes):
            return None
        from cryptography.exceptions import InvalidTag

        try:
            return self._key.decrypt(kept[:_NONCE], kept[_NONCE:], None).decode()
        except (InvalidTag, ValueError):
            return None

    @property
    def _key(self) -> "AESGCM":
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # most requests are not named

        return AESGCM(_digest(f"answer to {self.id} {self.asked}"))


@dataclass(frozen=True)
class Claim:
    """A request that was claimed, and its row as it was then."""

    request: Repeatable
    row: Row

    @property
    def answer(self) -> str | None:
        """The first answer; None if there is none yet."""
        return self.request.opened(self.row.values.get(_ANSWER))


@dataclass(frozen=True, eq=False)
class Repeats:
    """Knows the requests of the last day. Every method may raise ``StorageUnavailable``."""

    rows: Rows
    now: Callable[[], datetime]

    def claim(self, request: Repeatable) -> Claim:
        """A request is claimed, or was.

        Raises:
            UsedForAnother: the id was that of another request.
        """
        fresh = request.row
        while True:
            try:
                return Claim(request, self.rows.insert(replace(fresh, values={**fresh.values, _CLAIMED: self.now()})))
            except Conflict:
                known = self.rows.read(fresh.partition, fresh.name)
            if known:
                if known.values.get(_ASKED) != request.asked:
                    raise UsedForAnother(request.id)
                return Claim(request, known)

    def keep(self, claim: Claim, answer: str) -> str:
        """Keep the answer to a claimed request, unless there is one; the one that counts."""
        row = claim.row
        try:
            self.rows.replace(replace(row, values={**row.values, _ANSWER: claim.request.closed(answer)}))
        except Conflict:
            first = self.rows.read(row.partition, row.name)
            return (Claim(claim.request, first).answer if first else None) or answer
        return answer

    def drop_old(self) -> None:
        """Remove what was kept long enough."""
        before = self.now() - KEPT
        for row in self.rows.since(""):
            claimed = row.values.get(_CLAIMED)
            if not isinstance(claimed, datetime) or claimed < before:
                self.rows.remove(row.partition, row.name)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
