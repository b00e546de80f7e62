"""What wraps service keys: a key on this machine, or one in Key Vault."""

import base64
import binascii
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError, HttpResponseError
from azure.keyvault.keys.crypto import CryptographyClient, KeyWrapAlgorithm

from shared.errors import Misconfigured, StorageUnavailable
from shared.store.keys import LocalKey, Wrapping

_BYTES: Final = 32
_ALGORITHM: Final = KeyWrapAlgorithm.rsa_oaep_256
_REFUSED: Final = (400, 404)
"""The vault knows no such key, or it wrapped nothing of the kind."""


def wrapping_of(named: str) -> Wrapping:
    """What a setting names: the URL of a key in a vault, 32 bytes in base64, or a file that holds them.

    Raises:
        Misconfigured: none of them.
    """
    if urlsplit(named).scheme == "https":
        from azure.identity import DefaultAzureCredential  # slow to import and not needed locally

        return VaultKey(named, DefaultAzureCredential())
    file = Path(named)
    return LocalKey(_decoded(file.read_text().strip() if file.is_file() else named))


class VaultKey:
    """A key in Key Vault, of which the newest version wraps; the vault unwraps by the version that did."""

    def __init__(self, key_id: str, credential: TokenCredential, **options: Any) -> None:  # noqa: ANN401
        """Bind to a key; ``options`` are those of the client."""
        self._key_id = key_id
        self._credential = credential
        self._options: dict[str, Any] = {"retry_total": 3, "connection_timeout": 3, "read_timeout": 10, **options}

    def wrap(self, key: bytes) -> tuple[bytes, str]:
        with _vault_faults():
            wrapped = self._client(self._key_id).wrap_key(_ALGORITHM, key)
        return wrapped.encrypted_key, str(wrapped.key_id)

    def unwrap(self, wrapped: bytes, by: str) -> bytes:
        if urlsplit(by).netloc != urlsplit(self._key_id).netloc:
            raise Misconfigured("SPEAKER_SEALING_KEY names another vault than the one by which this storage was sealed")
        with _vault_faults():
            return self._client(by).unwrap_key(_ALGORITHM, wrapped).key

    def _client(self, key_id: str) -> CryptographyClient:
        return CryptographyClient(key_id, self._credential, **self._options)


@contextmanager
def _vault_faults() -> Iterator[None]:
    """A vault that refuses is configured wrongly; one that does not answer may do so later."""
    try:
        yield
    except HttpResponseError as refused:
        told = f"Key Vault answers {refused.status_code}: {refused.reason}"
        raise (Misconfigured if refused.status_code in _REFUSED else StorageUnavailable)(told) from refused
    except AzureError as fault:
        raise StorageUnavailable(f"Key Vault: {type(fault).__name__}") from fault


def _decoded(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _BYTES:
        raise Misconfigured(
            "SPEAKER_SEALING_KEY must be the URL of a key in Key Vault, 32 bytes in base64, or a file of them"
        )
    return key
