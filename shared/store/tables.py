"""Rows in Azure Table Storage (or Azurite)."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any, Final

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.data.tables import TableClient, TableServiceClient, UpdateMode

from shared.errors import Conflict
from shared.store.faults import storage_faults
from shared.store.point_reads import Authorize, PointReader
from shared.store.rows import Row

_KEYS: Final = frozenset({"PartitionKey", "RowKey", "Timestamp", "etag"})


class TableRows:
    """One table; ``PartitionKey`` and ``RowKey`` are a row's partition and name."""

    def __init__(self, tables: TableServiceClient, name: str, authorize: Authorize) -> None:
        """Bind to a table, which is made if it is not there.

        Raises:
            StorageUnavailable: the account does not answer.
        """
        with storage_faults():
            self._table: TableClient = tables.create_table_if_not_exists(name)
        self._point = PointReader(f"{tables.url}/{name}", authorize)

    def read(self, partition: str, name: str) -> Row | None:
        with storage_faults():
            entity = self._point.read(partition, name)
        return _row(entity, entity["etag"]) if entity else None

    def page(self, partition: str, *, after: str = "", size: int | None = None) -> Iterator[Row]:
        condition = "PartitionKey eq @partition and RowKey gt @after"
        return islice(self._query(condition, size, partition=partition, after=after), size)

    def since(self, partition: str) -> Iterator[Row]:
        return self._query("PartitionKey ge @partition", partition=partition)

    def insert(self, row: Row) -> Row:
        with storage_faults():
            try:
                written = self._table.create_entity(_entity(row))
            except ResourceExistsError as known:
                raise Conflict from known
        return replace(row, etag=written["etag"])

    def replace(self, row: Row) -> Row:
        condition = MatchConditions.IfNotModified
        with storage_faults():
            try:
                written = self._table.update_entity(
                    _entity(row), mode=UpdateMode.REPLACE, etag=row.etag, match_condition=condition
                )
            except (ResourceModifiedError, ResourceNotFoundError) as lost:
                raise Conflict from lost
        return replace(row, etag=written["etag"])

    def put(self, row: Row) -> None:
        with storage_faults():
            self._point.put(row.partition, row.name, row.values)

    def remove(self, partition: str, name: str) -> None:
        with storage_faults():
            self._table.delete_entity(partition, name)

    def _query(self, condition: str, size: int | None = None, **values: str) -> Iterator[Row]:
        with storage_faults():
            found = self._table.query_entities(condition, parameters=values, results_per_page=size)
            for entity in found:
                yield _row(entity, str(entity.metadata["etag"]))


def _entity(row: Row) -> dict[str, Any]:
    return {"PartitionKey": row.partition, "RowKey": row.name, **row.values}


def _row(entity: Mapping[str, Any], etag: str) -> Row:
    values = {name: value for name, value in entity.items() if name not in _KEYS}
    return Row(entity["PartitionKey"], entity["RowKey"], values, etag)
