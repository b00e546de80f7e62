"""A managed identity on this machine: the endpoint that App Service gives an app, and a certificate to trust."""

import base64
import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.serving import serving

STORAGE: Final = "https://storage.azure.com"


@dataclass
class Identity:
    """A user-assigned identity, and what was asked of its endpoint.

    Attributes:
        url: of the endpoint.
        header: the secret that callers of the endpoint present.
        asked: the client ids and resources for which it gave tokens.
        refused: how many requests it refused.
    """

    url: str = ""
    client_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    header: str = field(default_factory=lambda: str(uuid.uuid4()))
    asked: list[tuple[str, str]] = field(default_factory=list)
    refused: int = 0

    @property
    def environment(self) -> dict[str, str]:
        """The variables that App Service sets."""
        return {"IDENTITY_ENDPOINT": self.url, "IDENTITY_HEADER": self.header}


@contextmanager
def identity() -> Iterator[Identity]:
    """Serve the endpoint; its tokens are unsigned, and only for the one identity."""
    known = Identity()

    class Endpoint(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            if self.headers["X-IDENTITY-HEADER"] != known.header or query.get("client_id") != known.client_id:
                known.refused += 1
                self.send_error(400)
                return
            known.asked.append((query["client_id"], query["resource"]))
            body = json.dumps(_token(query["resource"])).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with serving(Endpoint) as origin:
        known.url = f"{origin}/msi/token"
        yield known


def write_certificate(certificate: Path, private_key: Path) -> None:
    """Write a certificate for 127.0.0.1, signed by itself, and its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "local")])
    now = datetime.now(UTC)
    uses = ("content_commitment", "crl_sign", "data_encipherment", "decipher_only", "encipher_only", "key_agreement")
    usage = {**dict.fromkeys((*uses, "key_encipherment"), False), "digital_signature": True, "key_cert_sign": True}
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    private_key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _token(resource: str) -> dict[str, Any]:
    now = int(time.time())
    claims = {"aud": resource, "iss": f"https://sts.windows.net/{uuid.uuid4()}/", "iat": now, "nbf": now - 60}
    token = ".".join([_part({"alg": "none", "typ": "JWT"}), _part({**claims, "exp": now + 3600}), ""])
    return {"access_token": token, "expires_on": str(now + 3600), "resource": resource, "token_type": "Bearer"}


def _part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()
