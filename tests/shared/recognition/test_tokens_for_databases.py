"""The token of the identity is a password: a server whose certificate nobody known has signed does not get it."""

import socket
import ssl
import struct
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Final

import psycopg
import pytest

from shared.recognition.postgres import SCOPE, connecting
from shared.settings import Settings
from tests.infra.identity import write_certificate

_PROBLEM: Final = b"SFATAL\0C28000\0Mnobody is let in\0\0"
# https://www.postgresql.org/docs/current/protocol-message-formats.html
ASKS_FOR_PASSWORD: Final = b"R" + struct.pack("!ii", 8, 3)
LETS_NOBODY_IN: Final = b"E" + struct.pack("!i", 4 + len(_PROBLEM)) + _PROBLEM


@dataclass(frozen=True)
class Pretender:
    """A server that says to be a database, and tells what password it was given; an error if it was given none."""

    port: int
    certificate: Path
    given: Future[str]


@pytest.fixture
def pretender(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pretender]:
    credential = SimpleNamespace(get_token=lambda scope: SimpleNamespace(token=f"for {scope}"))
    monkeypatch.setattr("azure.identity.DefaultAzureCredential", lambda: credential)
    certificate, key = tmp_path / "certificate", tmp_path / "key"
    write_certificate(certificate, key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    with ThreadPoolExecutor(1) as beside, socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)
        yield Pretender(listening.getsockname()[1], certificate, beside.submit(_asked, listening, context))


def _asked(listening: socket.socket, context: ssl.SSLContext) -> str:
    """The password that the first caller sends."""
    with listening.accept()[0] as caller:
        caller.recv(8)  # asks for TLS
        caller.sendall(b"S")
        with context.wrap_socket(caller, server_side=True) as secured:
            secured.recv(1000)
            secured.sendall(ASKS_FOR_PASSWORD)
            password = secured.recv(1000)[5:-1].decode()
            secured.sendall(LETS_NOBODY_IN)
            return password


def _connect(pretender: Pretender, more: str = "") -> None:
    told = f"host=127.0.0.1 port={pretender.port} user=app dbname=voices gssencmode=disable {more}"
    connecting(Settings.read({"SPEAKER_GALLERY": "postgres", "SPEAKER_POSTGRES": told}))()


@pytest.mark.parametrize("mode", ["", "sslmode=verify-full"])
def test_who_signed_for_itself_gets_no_token(pretender: Pretender, mode: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        _connect(pretender, mode)
    assert isinstance(pretender.given.exception(), ssl.SSLError)


def test_whom_the_settings_trust_gets_the_token(pretender: Pretender) -> None:
    with pytest.raises(psycopg.OperationalError, match="nobody is let in"):
        _connect(pretender, f"sslmode=verify-full sslrootcert={pretender.certificate}")
    assert pretender.given.result() == f"for {SCOPE}"
