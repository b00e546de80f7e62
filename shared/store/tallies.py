"""How many profiles there are, carried on with every change, so that nobody has to list them.

There is a row for every family and first hex digit of an id; in it stands one number for every second digit, which is
one for every partition of profiles. A profile and its tally are not written in one transaction: the tally is raised
before a profile is written, and lowered after it is marked. What is cut off in between leaves it too high, and upkeep,
which reads every partition anyway, sets it right.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from azure.data.tables import TableClient, TableEntity, TableTransactionError

from shared.errors import Conflict, StorageUnavailable
from shared.store import Span
from shared.store.entities import BOOKS, partition_of
from shared.store.entity_client import EntityClient
from shared.voices.families import FAMILIES, Family
from shared.voices.records import Profile

_HEX: Final = "0123456789abcdef"
_ATTEMPTS: Final = 20
"""How often a tally is written against others who change its row."""

type Row = Mapping[str, Any]


class Tallies:
    """The tallies in the table of the profiles; safe to use from several threads."""

    def __init__(self, table: TableClient, entities: EntityClient) -> None:
        """Bind to the table, and to its single entities."""
        self._table = table
        self._entities = entities

    def total(self, family: Family | None = None) -> int:
        """How many profiles of a family, or of all, there are that are not being deleted.

        Where nobody has counted yet, as older versions did not, they are counted now.
        """
        rows = list(self._rows()) or self._begun()
        mine = (row for row in rows if family is None or row["RowKey"].startswith(_row_key(family)))
        return sum(int(row.get(_number(digit), 0)) for row in mine for digit in _HEX)

    def add(self, profile: Profile, change: int) -> None:
        """Raise or lower the tally of a profile's partition; where nobody has counted yet, whoever does will see it.

        Raises:
            StorageUnavailable: others kept changing it.
        """
        name = _number(profile.id[1])
        for _ in range(_ATTEMPTS):
            row = self._entities.read(BOOKS, _row_key(profile.family, profile.id[0]))
            if row is None or self._write(row, {name: max(0, int(row.get(name, 0)) + change)}):
                return
        raise StorageUnavailable("others keep changing the tallies")

    def before(self, span: Span) -> list[Row]:
        """The rows of a span, for ``settle``; read before its profiles are listed."""
        key = _row_key(span.family)
        rows = (row for row in self._rows() if row["RowKey"].startswith(key) and span.holds(row["RowKey"][-1]))
        return [{**row, "etag": row.metadata["etag"]} for row in rows]

    def settle(self, span: Span, before: Iterable[Row], known: Iterable[Profile]) -> None:
        """Set the tallies of a span right; a row that has changed since ``before`` is left for another time.

        Args:
            known: every profile of the span.
        """
        found = Counter(profile.id[:2] for profile in known if not profile.deleting)
        for row in before:
            digits = (row["RowKey"][-1] + second for second in _HEX)
            held = {_number(digits[1]): found[digits] for digits in digits if span.holds(digits)}
            if any(row.get(name, 0) != number for name, number in held.items()):
                self._write(row, held)

    def _rows(self) -> Iterator[TableEntity]:
        within = "PartitionKey eq @books and RowKey ge 'held:' and RowKey lt 'held;'"
        return iter(self._table.query_entities(within, parameters={"books": BOOKS}))

    def _begun(self) -> list[TableEntity]:
        """Count everything by listing it, in one transaction, unless somebody else just has; what stands there then."""
        listed = self._table.query_entities("Deleting eq false", select=["PartitionKey"])
        found = Counter(str(entity["PartitionKey"]) for entity in listed)
        rows = [("create", _row(found, family, digit)) for family in FAMILIES.values() for digit in _HEX]
        try:
            self._table.submit_transaction(rows)
        except TableTransactionError as lost:
            if lost.status_code != 409:
                raise
        return list(self._rows())

    def _write(self, row: Row, numbers: Mapping[str, int]) -> bool:
        """Whether the row was still as it was read."""
        changed = {"PartitionKey": BOOKS, "RowKey": row["RowKey"], **numbers}
        try:
            self._entities.merge(changed, row["etag"])
        except Conflict:
            return False
        return True


def _row_key(family: Family, digit: str = "") -> str:
    return f"held:{family.name}:{digit}"


def _row(found: Mapping[str, int], family: Family, digit: str) -> dict[str, Any]:
    numbers = {_number(second): found[partition_of(family, digit + second)] for second in _HEX}
    return {"PartitionKey": BOOKS, "RowKey": _row_key(family, digit), **numbers}


def _number(digit: str) -> str:
    """Name of the property that counts the partition of a second digit."""
    return f"Held{digit}"
