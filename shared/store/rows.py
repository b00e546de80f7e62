"""Small rows beside the profiles, by partition and name: the protocol, and a table of them in memory."""

import threading
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice, takewhile
from typing import Any, Protocol

from shared.errors import Conflict


@dataclass(frozen=True)
class Row:
    """A few values under a partition and a name.

    Attributes:
        etag: the store's version of this state; None before the first write.
    """

    partition: str
    name: str
    values: Mapping[str, Any] = field(default_factory=dict)
    etag: str | None = None


class Rows(Protocol):
    """A table of rows under optimistic concurrency. Every method may raise ``StorageUnavailable``."""

    def read(self, partition: str, name: str) -> Row | None:
        """The row, or None."""

    def page(self, partition: str, *, after: str = "", size: int | None = None) -> Iterator[Row]:
        """Rows of a partition by name, at most ``size``, those whose names follow ``after``."""

    def since(self, partition: str, before: str | None = None) -> Iterator[Row]:
        """Rows of a partition and of all that sort after it, in order; those from ``before`` on are not read."""

    def insert(self, row: Row) -> Row:
        """Write a new row; returns it with its etag.

        Raises:
            Conflict: there is one.
        """

    def replace(self, row: Row) -> Row:
        """Write a row over the state that its etag names; returns it with its new etag.

        Raises:
            Conflict: the stored row has changed since, or is gone.
        """

    def put(self, row: Row) -> None:
        """Write a row, whether there is one or not."""

    def remove(self, partition: str, name: str) -> None:
        """Remove a row, if it is there."""


class MemoryRows:
    """Rows in a dictionary."""

    def __init__(self) -> None:
        """Start empty."""
        self._rows: dict[tuple[str, str], Row] = {}
        self._lock = threading.Lock()

    def read(self, partition: str, name: str) -> Row | None:
        return self._rows.get((partition, name))

    def page(self, partition: str, *, after: str = "", size: int | None = None) -> Iterator[Row]:
        found = (row for row in self._sorted() if row.partition == partition and row.name > after)
        return islice(found, size)

    def since(self, partition: str, before: str | None = None) -> Iterator[Row]:
        found = (row for row in self._sorted() if row.partition >= partition)
        return found if before is None else takewhile(lambda row: row.partition < before, found)

    def insert(self, row: Row) -> Row:
        with self._lock:
            return self._write(row, None)

    def replace(self, row: Row) -> Row:
        with self._lock:
            return self._write(row, row.etag)

    def put(self, row: Row) -> None:
        with self._lock:
            known = self._rows.get((row.partition, row.name))
            self._write(row, known.etag if known else None)

    def remove(self, partition: str, name: str) -> None:
        self._rows.pop((partition, name), None)

    def _sorted(self) -> list[Row]:
        with self._lock:
            return [row for _, row in sorted(self._rows.items(), key=lambda item: item[0])]

    def _write(self, row: Row, expected: str | None) -> Row:
        """Write a row over the state of an etag; None where there is to be none."""
        known = self._rows.get((row.partition, row.name))
        if (known.etag if known else None) != expected:
            raise Conflict
        written = self._rows[row.partition, row.name] = replace(row, etag=f'W/"{uuid.uuid4().hex}"')
        return written
