"""Reads and puts single entities of a table over connections of our own, one a thread.

An identification waits for fifty reads. The SDK spends 150 ms of processor on them, a pool of urllib3 29 ms, and plain
connections 10 ms. What is put without a condition, as rows of the change log and the outbox are, takes the same way;
other writes go through the SDK.
"""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Final
from urllib.parse import quote, urlsplit

from shared.errors import StorageUnavailable

type Authorize = Callable[[str], Mapping[str, str]]
"""Headers that authorize a request for the given path."""

_HEADERS: Final = {"Accept": "application/json;odata=minimalmetadata", "x-ms-version": "2019-02-02"}
_SENT: Final = {"Content-Type": "application/json", "DataServiceVersion": "3.0"}
_WAITS_SEC: Final = (0, 0, 0.4, 0.8)
"""Before each try: the second is at once, for a connection that the other side has closed meanwhile.

How long storage asks to wait is not looked at: it may be longer than a caller waits.
"""
_TRY_AGAIN: Final = frozenset((429, 500, 502, 503, 504))
_CONNECT_SEC: Final = 3
_READ_SEC: Final = 10
_KINDS: Final = {"http": HTTPConnection, "https": HTTPSConnection}
_READ_AS: Final[Mapping[str, Callable[[str], object]]] = {
    "Edm.Binary": base64.b64decode,
    "Edm.DateTime": datetime.fromisoformat,
    "Edm.Int64": int,
}


class PointReader:
    """Reads entities of one table by their keys; safe to use from several threads."""

    def __init__(self, table_url: str, authorize: Authorize) -> None:
        """Bind to a table; nothing is connected yet."""
        self._url = urlsplit(table_url)
        self._authorize = authorize
        self._own = threading.local()

    def read(self, partition: str, row: str) -> dict[str, Any] | None:
        """Properties of an entity, its etag under ``etag``; None if there is no such entity.

        Raises:
            StorageUnavailable: the table does not answer, or answers neither 200 nor 404.
        """
        status, etag, body = self._tried("GET", self._path(partition, row))
        if status == 404:
            return None
        if status != 200:
            raise StorageUnavailable(f"reading a table: status {status}")
        return {**_properties(json.loads(body)), "etag": etag}

    def put(self, partition: str, row: str, properties: Mapping[str, Any]) -> None:
        """Write an entity, in place of what has its keys; sent again, it comes to the same.

        Raises:
            StorageUnavailable: the table does not answer, or does not take it.
        """
        status, _, _ = self._tried("PUT", self._path(partition, row), json.dumps(_written(properties)).encode())
        if status != 204:
            raise StorageUnavailable(f"writing a table: status {status}")

    def _path(self, partition: str, row: str) -> str:
        return f"{self._url.path}(PartitionKey='{_quoted(partition)}',RowKey='{_quoted(row)}')"

    def _tried(self, method: str, path: str, sent: bytes | None = None) -> tuple[int, str, bytes]:
        """Status, etag and body of the first answer that is worth having, or of the last one."""
        answer, fault = None, ""
        for wait_sec in _WAITS_SEC:
            if wait_sec:
                time.sleep(wait_sec)
            try:
                answer = self._asked(method, path, sent)
            except (OSError, HTTPException) as broken:
                answer, fault = None, type(broken).__name__  # its text may have the path, and with it the profile's id
                continue
            if answer[0] not in _TRY_AGAIN:
                return answer
        if answer is None:
            raise StorageUnavailable(f"a table: {fault}")
        return answer

    def _asked(self, method: str, path: str, sent: bytes | None) -> tuple[int, str, bytes]:
        headers = {**_HEADERS, **self._authorize(path), **(_SENT if sent else {})}
        return self._line().ask(method, path, headers, sent)

    def _line(self) -> "_Line":
        """This thread's."""
        if not hasattr(self._own, "line"):
            self._own.line = _Line(_KINDS[self._url.scheme](self._url.netloc, timeout=_CONNECT_SEC))
        line: _Line = self._own.line
        return line


class _Line:
    """A connection of one thread, closed when the thread or its reader ends."""

    def __init__(self, connection: HTTPConnection) -> None:
        self._connection = connection

    def __del__(self) -> None:
        self._connection.close()

    def ask(self, method: str, path: str, headers: Mapping[str, str], sent: bytes | None) -> tuple[int, str, bytes]:
        """Status, etag and body; whatever goes wrong, the next call connects again."""
        try:
            self._connect()
            self._connection.request(method, path, sent, headers=headers)
            answer = self._connection.getresponse()
            return answer.status, answer.headers.get("ETag", ""), answer.read()
        except BaseException:
            self._connection.close()
            raise

    def _connect(self) -> None:
        is_open = self._connection.sock is not None
        if not is_open:
            self._connection.connect()
            self._connection.sock.settimeout(_READ_SEC)


def shared_key(account: str, key: str) -> Authorize:
    """Authorize with an account key, as SharedKeyLite for tables: for local use only."""
    secret = base64.b64decode(key)

    def headers(path: str) -> Mapping[str, str]:
        date = format_datetime(datetime.now(UTC), usegmt=True)
        signed = hmac.digest(secret, f"{date}\n/{account}{path}".encode(), hashlib.sha256)
        return {"x-ms-date": date, "Authorization": f"SharedKeyLite {account}:{base64.b64encode(signed).decode()}"}

    return headers


def bearer_token(token: Callable[[], str]) -> Authorize:
    """Authorize with the token of an identity."""
    return lambda _: {"Authorization": f"Bearer {token()}"}


def _quoted(key: str) -> str:
    """A key as it stands between quotes in a URL (OData doubles those within)."""
    return quote(key.replace("'", "''"), safe="")


def _properties(entity: Mapping[str, Any]) -> dict[str, Any]:
    """Plain values: OData names the type of those that JSON cannot hold in a sibling property."""
    kinds = {name: entity.get(f"{name}@odata.type", "") for name in entity if "odata" not in name}
    return {name: _READ_AS[kind](entity[name]) if kind in _READ_AS else entity[name] for name, kind in kinds.items()}


def _written(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Properties as they are sent: what JSON cannot hold as a text, and its type beside it."""
    sent: dict[str, Any] = {}
    for name, value in properties.items():
        kind, text = _written_as(value)
        sent |= {name: text, f"{name}@odata.type": kind} if kind else {name: text}
    return sent


def _written_as(value: object) -> tuple[str, object]:
    match value:
        case bytes():
            return "Edm.Binary", base64.b64encode(value).decode()
        case datetime():
            return "Edm.DateTime", value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case int() if not -(2**31) <= value < 2**31:
            return "Edm.Int64", str(value)
    return "", value
