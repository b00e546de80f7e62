"""Rows in Azure Table Storage (or Azurite)."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any, Final

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableServiceClient

from shared.store.entity_client import EntityClient
from shared.store.faults import storage_faults
from shared.store.lines import Lines
from shared.store.rows import Row

_KEYS: Final = frozenset({"PartitionKey", "RowKey", "Timestamp", "etag"})


class TableRows:
    """One table; ``PartitionKey`` and ``RowKey`` are a row's partition and name."""

    def __init__(self, tables: TableServiceClient, lines: Lines, name: str) -> None:
        """Bind to a table, which is made when something is written into it."""
        self._table = tables.get_table_client(name)
        self._entities = EntityClient(lines, name, lambda: tables.create_table_if_not_exists(name))

    def read(self, partition: str, name: str) -> Row | None:
        entity = self._entities.read(partition, name)
        return _row(entity, entity["etag"]) if entity else None

    def page(self, partition: str, *, after: str = "", size: int | None = None) -> Iterator[Row]:
        condition = "PartitionKey eq @partition and RowKey gt @after"
        return islice(self._query(condition, size, partition=partition, after=after), size)

    def since(self, partition: str, before: str | None = None) -> Iterator[Row]:
        if before is None:
            return self._query("PartitionKey ge @partition", partition=partition)
        return self._query("PartitionKey ge @partition and PartitionKey lt @before", partition=partition, before=before)

    def insert(self, row: Row) -> Row:
        return replace(row, etag=self._entities.insert(_entity(row)))

    def replace(self, row: Row) -> Row:
        return replace(row, etag=self._entities.replace(_entity(row), row.etag))

    def put(self, row: Row) -> None:
        self._entities.put(_entity(row))

    def remove(self, partition: str, name: str) -> None:
        self._entities.remove(partition, name)

    def _query(self, condition: str, size: int | None = None, **values: str) -> Iterator[Row]:
        with storage_faults():
            found = self._table.query_entities(condition, parameters=values, results_per_page=size)
            try:
                for entity in found:
                    yield _row(entity, str(entity.metadata["etag"]))
            except ResourceNotFoundError:  # the table: nothing was written yet
                return


def _entity(row: Row) -> dict[str, Any]:
    return {"PartitionKey": row.partition, "RowKey": row.name, **row.values}


def _row(entity: Mapping[str, Any], etag: str) -> Row:
    values = {name: value for name, value in entity.items() if name not in _KEYS}
    return Row(entity["PartitionKey"], entity["RowKey"], values, etag)
