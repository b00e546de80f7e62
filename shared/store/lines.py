"""Connections of our own to an account's tables, one a thread.

An identification waits for fifty reads. The SDK spends 150 ms of processor on them, a pool of urllib3 29 ms, and plain
connections 10 ms; of a single write it spends 3 ms, and these 0.3 ms.
"""

import base64
import hashlib
import hmac
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from shared.errors import StorageUnavailable
from shared.observing import trace

type Authorize = Callable[[str], Mapping[str, str]]
"""Headers that authorize a request for the given path."""

_HEADERS: Final = {"Accept": "application/json;odata=minimalmetadata", "x-ms-version": "2019-02-02"}
_WAITS_SEC: Final = (0, 0, 0.4, 0.8)
"""Before each try: the second is at once, for a connection that the other side has closed meanwhile.

How long storage asks to wait is not looked at: it may be longer than a caller waits.
"""
_TRY_AGAIN: Final = frozenset((429, 500, 502, 503, 504))
_CONNECT_SEC: Final = 3
_READ_SEC: Final = 10
_KINDS: Final = {"http": HTTPConnection, "https": HTTPSConnection}


class Answer(NamedTuple):
    """What a table says to a request."""

    status: int
    etag: str
    body: bytes


class Lines:
    """Asks an account; safe to use from several threads."""

    def __init__(self, account_url: str, authorize: Authorize) -> None:
        """Bind to an account; nothing is connected yet."""
        self._url = urlsplit(account_url)
        self._authorize = authorize
        self._own = threading.local()

    def ask(
        self, method: str, path: str, sent: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """The first answer that is worth having, or the last one.

        A request may arrive twice, where the answer to the first was lost.

        Args:
            path: below the account's.

        Raises:
            StorageUnavailable: there was no answer.
        """
        answer, fault, path = None, "", f"{self._url.path.rstrip('/')}/{path}"
        for wait_sec in _WAITS_SEC:
            if wait_sec:
                time.sleep(wait_sec)
            try:
                with trace.stage("storage"):
                    given = {**_HEADERS, **self._authorize(path), **(headers or {})}
                    answer = self._line().ask(method, path, given, sent)
            except (OSError, HTTPException) as broken:
                answer, fault = None, type(broken).__name__  # its text may have the path, and with it the profile's id
                continue
            if answer.status not in _TRY_AGAIN:
                return answer
        if answer is None:
            raise StorageUnavailable(f"a table: {fault}")
        return answer

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

    def ask(self, method: str, path: str, headers: Mapping[str, str], sent: bytes | None) -> Answer:
        """Whatever goes wrong, the next call connects again."""
        try:
            self._connect()
            self._connection.request(method, path, sent, headers=headers)
            answer = self._connection.getresponse()
            return Answer(answer.status, answer.headers.get("ETag", ""), answer.read())
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
