"""Verifications that fail in a row: counted in a row of the profile's own, which is locked for a while from a limit on.

The count is committed before anybody is told how a verification ended, so that of any number of attempts at once as
many are answered as the limit allows, and the others hear that the profile is locked. Delays follow NIST SP 800-63B
(rev. 3): 30 seconds at least, and more with each failure.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.errors import Conflict, StorageUnavailable
from shared.store import Store
from shared.store.changes import ChangeLog, Kind
from shared.store.entities import partition_of
from shared.store.outbox import Deed, Outbox
from shared.store.rows import Row
from shared.voices.families import Family
from shared.voices.refusals import Locked

SHORTEST: Final = timedelta(seconds=30)
"""Of a lock: the first one; each failure after it doubles the next."""
LONGEST: Final = timedelta(days=1)

_DOUBLINGS: Final = 12
"""After so many the longest is exceeded."""
_ATTEMPTS: Final = 200
"""How often a count is written against others who change it."""


@dataclass(frozen=True)
class Count:
    """Failures since the last success, and until when there are to be no more."""

    failures: int = 0
    locked_until: datetime | None = None

    def failed(self, limit: int, now: datetime) -> "Count":
        """The count with one more."""
        failures = self.failures + 1
        if failures < limit:
            return Count(failures)
        return Count(failures, now + min(SHORTEST * 2 ** min(failures - limit, _DOUBLINGS), LONGEST))


@dataclass(frozen=True, eq=False)
class Failures:
    """Counts for all profiles. Every method may raise ``StorageUnavailable``.

    Attributes:
        limit: failures in a row from which a profile is locked; 0 never.
    """

    store: Store
    limit: int
    now: Callable[[], datetime]

    def locked_until(self, family: Family, profile_id: str) -> datetime | None:
        """Until when a profile is locked; None if it is not."""
        until = _count(self._row(family, profile_id)).locked_until if self.limit else None
        return until if until and until > self.now() else None

    def check(self, family: Family, profile_id: str) -> None:
        """Refuse to verify.

        Raises:
            Locked: says for how long.
        """
        if self.limit:
            self._check(_count(self._row(family, profile_id)))

    def judged(self, family: Family, profile_id: str, *, accepted: bool) -> None:
        """Count what a verification came to, before it is answered.

        Raises:
            Locked: others have failed meanwhile, so that this one may not be answered.
        """
        for _ in range(_ATTEMPTS if self.limit else 0):
            row = self._row(family, profile_id)
            count = _count(row)
            self._check(count)
            after = Count() if accepted else count.failed(self.limit, self.now())
            if after == count or self._written(row, family, profile_id, after):
                return
        if self.limit:
            raise StorageUnavailable("others keep changing the failures")

    def unlock(self, family: Family, profile_id: str) -> None:
        """Begin to count anew; who listens is told if that ends a lock."""
        if self.locked_until(family, profile_id):
            with self._telling(Kind.UNLOCKED, family, profile_id):
                self.forget(family, profile_id)
        self.forget(family, profile_id)

    def forget(self, family: Family, profile_id: str) -> None:
        """Begin to count anew."""
        self.store.trials.remove(partition_of(family, profile_id), _name(profile_id))

    def _row(self, family: Family, profile_id: str) -> Row | None:
        return self.store.trials.read(partition_of(family, profile_id), _name(profile_id))

    def _check(self, count: Count) -> None:
        now = self.now()
        if count.locked_until and count.locked_until > now:
            raise Locked(count.failures, math.ceil((count.locked_until - now).total_seconds()))

    def _written(self, row: Row | None, family: Family, profile_id: str, count: Count) -> bool:
        """Whether the row was still as it was read; who listens is told of a lock."""
        locked = {"LockedUntil": count.locked_until} if count.locked_until else {}
        values = {"Failures": count.failures, **locked}
        fresh = Row(partition_of(family, profile_id), _name(profile_id), values, row.etag if row else None)
        write = self.store.trials.replace if row else self.store.trials.insert
        try:
            with self._telling(Kind.LOCKED, family, profile_id) if locked else nullcontext():
                write(fresh)
        except Conflict:
            return False
        return True

    @contextmanager
    def _telling(self, kind: Kind, family: Family, profile_id: str) -> Iterator[None]:
        """Let it be known that what is done within will be, and was."""
        log = ChangeLog(self.store.changes)
        log.expect(family, profile_id)
        with Outbox.of(self.store).telling(Deed(kind.value), family, profile_id) as ended:
            yield
            log.tell(kind, family, profile_id)
            ended(kind.value, "")


def _count(row: Row | None) -> Count:
    return Count(row.values["Failures"], row.values.get("LockedUntil")) if row else Count()


def _name(profile_id: str) -> str:
    return f"{profile_id}:failures"
