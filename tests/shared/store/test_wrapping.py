"""Service keys are wrapped by a key in Key Vault: asked once a process, by the version that wrapped."""

import base64
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.errors import Misconfigured, StorageUnavailable
from shared.store.keys import DataKeys, LocalKey
from shared.store.rows import MemoryRows
from shared.store.wrapping import VaultKey, wrapping_of
from tests.vault import Credential, Vault, vault


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vault]:
    with vault(tmp_path_factory.mktemp("vault")) as known:
        yield known


@pytest.fixture
def known(served: Vault) -> Vault:
    served.asked.clear()
    served.status = 200
    return served


def test_a_process_asks_the_vault_once_however_many_keys_it_needs(known: Vault) -> None:
    rows = MemoryRows()
    made = DataKeys(rows, known.wrapping()).made("family:0f", "a")
    known.asked.clear()
    other = DataKeys(rows, known.wrapping())
    for name in ("a", "b", "c", "a"):
        other.made("family:0f", name)
    assert [each for each in known.asked if each.startswith("POST")] == ["POST unwrapkey"]
    found = other.known("family:0f", "a")
    assert found
    assert found.decrypt(bytes(12), made.encrypt(bytes(12), b"voice", b""), b"") == b"voice"


def test_what_an_older_version_wrapped_is_unwrapped_by_it_and_a_rotation_wraps_by_the_newest(known: Vault) -> None:
    rows = MemoryRows()
    DataKeys(rows, known.wrapping()).made("family:0f", "a")
    known.rotate()
    assert DataKeys(rows, known.wrapping()).known("family:0f", "a")
    list(DataKeys(rows, known.wrapping()).rotate())
    newest = max(rows.page("service"), key=lambda row: row.values["Made"])
    assert str(newest.values["By"]).endswith(list(known.keys)[-1])
    assert DataKeys(rows, known.wrapping()).known("family:0f", "a")


@pytest.mark.parametrize(
    ("status", "error"), [(404, Misconfigured), (403, StorageUnavailable), (503, StorageUnavailable)]
)
def test_a_vault_that_refuses_or_is_ill_is_told(known: Vault, status: int, error: type[Exception]) -> None:
    rows = MemoryRows()
    DataKeys(rows, known.wrapping()).begin()
    known.status = status
    with pytest.raises(error, match="Key Vault"):
        DataKeys(rows, known.wrapping()).begin()


def test_a_vault_that_is_not_there_is_told() -> None:
    nowhere = VaultKey("https://127.0.0.1:1/keys/sealing", Credential(), retry_total=0)
    with pytest.raises(StorageUnavailable, match="Key Vault"):
        nowhere.wrap(bytes(32))


def test_no_token_is_sent_to_another_vault_that_a_row_may_name(known: Vault) -> None:
    with pytest.raises(Misconfigured, match="another vault"):
        known.wrapping().unwrap(bytes(256), "https://evil.vault.azure.net/keys/sealing/1")
    assert known.asked == []


def test_a_local_key_is_named_or_stands_in_a_file(tmp_path: Path) -> None:
    key = secrets.token_bytes(32)
    file = tmp_path / "key"
    file.write_text(base64.b64encode(key).decode() + "\n")
    assert wrapping_of(str(file)) == wrapping_of(base64.b64encode(key).decode()) == LocalKey(key)


def test_a_url_names_a_key_in_a_vault() -> None:
    assert isinstance(wrapping_of("https://voices.vault.azure.net/keys/sealing"), VaultKey)


@pytest.mark.parametrize("named", ["short", base64.b64encode(bytes(31)).decode(), "/no/such/file"])
def test_what_is_no_key_is_refused(named: str) -> None:
    with pytest.raises(Misconfigured, match="32 bytes in base64"):
        wrapping_of(named)
