"""Single entities of a table, read and written one at a time."""

import base64
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from shared.errors import Conflict, StorageUnavailable
from shared.store.lines import Answer, Lines

_SENT: Final = {"Content-Type": "application/json", "DataServiceVersion": "3.0", "Prefer": "return-no-content"}
_READ_AS: Final[Mapping[str, Callable[[str], object]]] = {
    "Edm.Binary": base64.b64decode,
    "Edm.DateTime": datetime.fromisoformat,
    "Edm.Int64": int,
}
_MISSED: Final = frozenset((404, 409, 412))
"""What an entity is no longer, or already: there, not there, as it was read."""


class EntityClient:
    """Reads and writes entities of one table by their keys; safe to use from several threads.

    An entity is a mapping of its properties, with ``PartitionKey`` and ``RowKey``. A table that is not there holds
    nothing, and is made when something is written into it. Every method may raise ``StorageUnavailable``.
    """

    def __init__(self, lines: Lines, table: str, make: Callable[[], object]) -> None:
        """Bind to a table, which ``make`` makes if it is not there."""
        self._lines = lines
        self._table = table
        self._make = make

    def read(self, partition: str, row: str) -> dict[str, Any] | None:
        """Properties of an entity, its etag under ``etag``; None if there is no such entity."""
        answer = self._lines.ask("GET", self._path(partition, row))
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise StorageUnavailable(f"reading a table: status {answer.status}")
        return {**_properties(json.loads(answer.body)), "etag": answer.etag}

    def put(self, entity: Mapping[str, Any]) -> str:
        """Write an entity, in place of what has its keys; its etag. Sent again, it comes to the same."""
        return self._written("PUT", self._path_of(entity), entity)

    def insert(self, entity: Mapping[str, Any]) -> str:
        """Write a new entity; its etag.

        Raises:
            Conflict: its keys are taken.
        """
        return self._written("POST", self._table, entity)

    def replace(self, entity: Mapping[str, Any], etag: str | None) -> str:
        """Write an entity over the state that an etag names; its new etag.

        Raises:
            Conflict: the stored one has changed since, or is gone.
        """
        return self._written("PUT", self._path_of(entity), entity, {"If-Match": str(etag)})

    def merge(self, entity: Mapping[str, Any], etag: str) -> str:
        """Write some properties of an entity, otherwise as ``replace``."""
        return self._written("PATCH", self._path_of(entity), entity, {"If-Match": etag})

    def remove(self, partition: str, row: str) -> None:
        """Remove an entity, if it is there."""
        answer = self._lines.ask("DELETE", self._path(partition, row), headers={"If-Match": "*"})
        if answer.status not in (204, 404):
            raise StorageUnavailable(f"removing from a table: status {answer.status}")

    def _written(self, method: str, path: str, entity: Mapping[str, Any], on: Mapping[str, str] | None = None) -> str:
        body, headers = json.dumps(_sent(entity)).encode(), {**_SENT, **(on or {})}
        answer = self._lines.ask(method, path, body, headers)
        if _is_missing(answer):
            self._make()
            answer = self._lines.ask(method, path, body, headers)
        if answer.status in _MISSED:
            raise Conflict
        if answer.status != 204:
            raise StorageUnavailable(f"writing a table: status {answer.status}")
        return answer.etag

    def _path_of(self, entity: Mapping[str, Any]) -> str:
        return self._path(entity["PartitionKey"], entity["RowKey"])

    def _path(self, partition: str, row: str) -> str:
        return f"{self._table}(PartitionKey='{_quoted(partition)}',RowKey='{_quoted(row)}')"


def _is_missing(answer: Answer) -> bool:
    """Whether it is the table that is not there."""
    return answer.status == 404 and b"TableNotFound" in answer.body


def _quoted(key: str) -> str:
    """A key as it stands between quotes in a URL (OData doubles those within)."""
    return quote(key.replace("'", "''"), safe="")


def _properties(entity: Mapping[str, Any]) -> dict[str, Any]:
    """Plain values: OData names the type of those that JSON cannot hold in a sibling property."""
    kinds = {name: entity.get(f"{name}@odata.type", "") for name in entity if "odata" not in name}
    return {name: _READ_AS[kind](entity[name]) if kind in _READ_AS else entity[name] for name, kind in kinds.items()}


def _sent(entity: Mapping[str, Any]) -> dict[str, Any]:
    """Properties as they are sent: what JSON cannot hold as a text, and its type beside it."""
    sent: dict[str, Any] = {}
    for name, value in entity.items():
        kind, text = _sent_as(value)
        sent |= {name: text, f"{name}@odata.type": kind} if kind else {name: text}
    return sent


def _sent_as(value: object) -> tuple[str, object]:
    match value:
        case bytes():
            return "Edm.Binary", base64.b64encode(value).decode()
        case datetime():
            return "Edm.DateTime", value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case float():
            return "Edm.Double", value
        case int() if not -(2**31) <= value < 2**31:
            return "Edm.Int64", str(value)
    return "", value
