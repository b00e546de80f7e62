"""A recording that is fetched from where its caller says: from known hosts only, bounded in size and time.

Its address may hold a signature that lets anybody in: it is never logged, never answered, and in no text of an error.
"""

import io
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ssl import SSLContext
from typing import Final, Self
from urllib.parse import parse_qs, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from shared.recordings.refusals import BadRecording
from shared.settings import Settings

MAX_BYTES: Final = 512 * 1024 * 1024
"""Four hours at 16 kHz in 16 bits are 461 MB."""
MAX_SEC: Final = 240
"""Until all of it has come; the host gives a step ten minutes."""
_BLOCK: Final = 1024 * 1024
_BLOB_API: Final = {"x-ms-version": "2025-11-05"}
_TIMEOUT: Final = urllib3.Timeout(connect=5, read=20)


class FetchError(Exception):
    """A recording could not be fetched; says why, and not from where."""


@dataclass(frozen=True, eq=False)
class Fetching:
    """Fetches recordings.

    Attributes:
        hosts: from which, with a port where it is not the usual one.
        own: the host of this service's storage account; empty where it has none.
        token: gives a bearer token for that one, for addresses without a signature.
        context: whom to trust, if not everybody whom the machine trusts.
    """

    hosts: tuple[str, ...]
    own: str
    token: Callable[[], str]
    context: SSLContext | None = None
    max_bytes: int = MAX_BYTES
    max_sec: float = MAX_SEC

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """As the operator decided."""
        return cls(settings.recording_hosts, urlsplit(settings.blob_url).hostname or "", _storage_token)

    def check(self, url: str) -> None:
        """Refuse an address from which nothing is fetched.

        Raises:
            BadRecording: it is none, not https, or of a host that is not known.
        """
        known = self.hosts or ((self.own,) if self.own else ())
        if _host_of(url) not in known:
            raise BadRecording("contentUrl", f"an https URL of {' or '.join(known) or 'no host: none is configured'}")

    def fetch(self, url: str) -> bytes:
        """What is there.

        Raises:
            FetchError: it cannot be had, is too large, or takes too long.
        """
        started = time.monotonic()
        try:
            with urllib3.PoolManager(ssl_context=self.context) as pool:
                answer = pool.request(
                    "GET",
                    url,
                    headers=self._headers(url),
                    redirect=False,
                    retries=False,
                    preload_content=False,
                    timeout=_TIMEOUT,
                )
                with answer:
                    self._check(answer.status, answer.headers)
                    return self._read(answer, started + self.max_sec)
        except (HTTPError, OSError, ValueError) as failure:  # whose text may hold the address
            raise FetchError(f"{type(failure).__name__} on the way") from None

    def _headers(self, url: str) -> dict[str, str]:
        signed = "sig" in parse_qs(urlsplit(url).query)
        if _host_of(url) != self.own or signed:
            return {"accept-encoding": "identity"}
        return {"accept-encoding": "identity", "authorization": f"Bearer {self.token()}", **_BLOB_API}

    def _check(self, status: int, headers: Mapping[str, str]) -> None:
        if status in range(300, 400):
            raise FetchError(f"it answered {status}, and redirects are not followed")
        if status != 200:
            raise FetchError(f"it answered {status}")
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > self.max_bytes:
            raise FetchError(f"it has {int(length):,} bytes; at most {self.max_bytes:,} are fetched")

    def _read(self, answer: urllib3.BaseHTTPResponse, until: float) -> bytes:
        body = io.BytesIO()
        for block in answer.stream(_BLOCK):
            body.write(block)
            if body.tell() > self.max_bytes:
                raise FetchError(f"it goes on after {self.max_bytes:,} bytes")
            if time.monotonic() > until:
                raise FetchError(f"it has not come within {self.max_sec:g} seconds")
        return body.getvalue()


def _host_of(url: str) -> str:
    """Host and port of an https address without credentials; empty of anything else."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme != "https" or "@" in parts.netloc or not parts.hostname:
        return ""
    return parts.hostname if port in (None, 443) else f"{parts.hostname}:{port}"


def _storage_token() -> str:
    """A token for the storage account, by the managed identity."""
    from azure.identity import DefaultAzureCredential

    from shared.store.azure import STORAGE_SCOPE

    return DefaultAzureCredential().get_token(STORAGE_SCOPE).token
