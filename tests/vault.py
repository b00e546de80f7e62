"""A Key Vault on this machine, as far as wrapping goes: HTTPS, a challenge, one RSA key of several versions."""

import base64
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Final

from azure.core.credentials import AccessToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from shared.store.wrapping import VaultKey
from tests.infra.identity import write_certificate
from tests.serving import serving

OAEP: Final = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
CHALLENGE: Final = 'Bearer authorization="https://login.microsoftonline.com/tenant", resource="https://vault.azure.net"'


@dataclass
class Vault:
    """A vault, and what was asked of it.

    Attributes:
        keys: private keys by version, the newest last.
        asked: methods and paths of what was answered.
        status: instead of answering, if not 200.
    """

    certificate: Path
    url: str = ""
    keys: dict[str, rsa.RSAPrivateKey] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    status: int = 200

    def rotate(self) -> None:
        """A new version of the key."""
        self.keys[uuid.uuid4().hex] = rsa.generate_private_key(65537, 2048)

    def wrapping(self) -> VaultKey:
        """What a process wraps by."""
        trusted = {"verify_challenge_resource": False, "connection_verify": str(self.certificate), "retry_total": 0}
        return VaultKey(f"{self.url}/keys/sealing", Credential(), **trusted)

    def answer(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """What the vault says to a request for a key."""
        _, _, _, *rest = path.split("?", maxsplit=1)[0].split("/")
        version = rest[0] if rest and rest[0] else list(self.keys)[-1]
        key, kid = self.keys[version], f"{self.url}/keys/sealing/{version}"
        if not path.split("?", maxsplit=1)[0].endswith("unwrapkey"):
            numbers = key.public_key().public_numbers()
            jwk = {"kid": kid, "kty": "RSA", "key_ops": ["wrapKey", "unwrapKey"], "n": _number(numbers.n)}
            return {"key": {**jwk, "e": _number(numbers.e)}, "attributes": {"enabled": True}}
        return {"kid": kid, "value": _text(key.decrypt(_bytes(body["value"]), OAEP))}


class Credential:
    """Gives a token to anybody."""

    def get_token(self, *_: str, **__: object) -> AccessToken:
        return AccessToken("token", 2**33)


@contextmanager
def vault(folder: Path) -> Iterator[Vault]:
    """Serve a vault with one version of a key."""
    known = Vault(folder / "certificate.pem")
    private = folder / "private.pem"
    write_certificate(known.certificate, private)
    known.rotate()

    class Endpoint(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply({})

        def do_POST(self) -> None:
            self._reply(json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}"))

        def _reply(self, body: dict[str, Any]) -> None:
            authorized = self.headers["Authorization"] == "Bearer token"
            status = known.status if authorized else 401
            document = known.answer(self.path, body) if status == 200 else {"error": {"code": "X", "message": "x"}}
            if authorized:
                known.asked.append(f"{self.command} {self.path.split('?')[0].rpartition('/')[2]}")
            sent = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            if status == 401:
                self.send_header("WWW-Authenticate", CHALLENGE)
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with serving(Endpoint, known.certificate, private) as known.url:
        yield known


def _number(number: int) -> str:
    return _text(number.to_bytes((number.bit_length() + 7) // 8))


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
