"""What reaches Application Insights, under the template's settings: the measurements, by token, and nothing private."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Final

import pytest

from devhost.stack import stack
from shared.settings import ROOT
from tests import voices
from tests.infra.deployment import Deployment
from tests.infra.identity import identity, write_certificate
from tests.infra.policy.access import CLIENT_ID
from tests.serving import serving
from tools.client import Client

KEY: Final = "a-key-that-nobody-else-has"
MONITOR: Final = "https://monitor.azure.com"


@dataclass
class Ingestion:
    """An endpoint of Application Insights, and what was sent to it."""

    url: str = ""
    envelopes: list[dict[str, Any]] = field(default_factory=list)
    text: str = ""
    without_token: int = 0

    def metrics(self) -> dict[str, list[dict[str, str]]]:
        """Properties of the data points of each metric."""
        found: dict[str, list[dict[str, str]]] = {}
        for data in (envelope["data"]["baseData"] for envelope in self.envelopes):
            for metric in data.get("metrics", ()):
                found.setdefault(metric["name"], []).append(data["properties"])
        return found

    def spans(self) -> set[str]:
        """Names of the spans that are no requests."""
        data = (envelope["data"] for envelope in self.envelopes)
        return {each["baseData"]["name"] for each in data if each["baseType"] == "RemoteDependencyData"}


@dataclass
class Measured:
    """A session with the service, and what it sent."""

    sent: Ingestion
    profile_id: str
    asked: list[tuple[str, str]]
    client_id: str


@contextmanager
def ingestion(certificate: Path, private_key: Path) -> Iterator[Ingestion]:
    """Serve the endpoint."""
    received = Ingestion()

    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            text = (gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body).decode()
            received.text += self.path + text
            if self.path.endswith("/track"):
                received.without_token += not self.headers.get("Authorization", "").startswith("Bearer ")
                received.envelopes += json.loads(text)
            self.answer(b'{"itemsReceived": 1, "itemsAccepted": 1, "errors": []}')

        def answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with serving(Endpoint, certificate, private_key) as origin:
        received.url = f"{origin}/"
        yield received


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """One speaker enrolled and verified; the service has ended, and with that sent everything."""
    files = [tmp_path_factory.mktemp("tls") / name for name in ("certificate.pem", "key.pem")]
    write_certificate(*files)
    with ingestion(*files) as sent, identity() as user_assigned:
        environment = {
            **_settings(sent, user_assigned.client_id),
            **user_assigned.environment,
            "REQUESTS_CA_BUNDLE": str(files[0]),
            "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",  # Microsoft's statistics of its own SDK
        }
        with stack(environment) as running:
            client, anna = Client(running.url, "verification", KEY), voices.speakers()["anna"]
            profile_id = client.create()
            client.enroll(profile_id, anna.enrollments[0], ignoreMinLength="true")
            client.verify(profile_id, anna.test)
        return Measured(sent, profile_id, user_assigned.asked, user_assigned.client_id)


def test_requests_stages_and_decisions_arrive(measured: Measured) -> None:
    metrics = measured.sent.metrics()
    assert {(point["operation"], point["status"]) for point in metrics["speaker.request"]} == {
        ("CreateProfile", "201"),
        ("CreateEnrollment", "201"),
        ("Verify", "200"),
    }
    assert {point["stage"] for point in metrics["speaker.stage"]} >= {"decode", "detect", "embed"}
    [decision] = metrics["speaker.decisions"]
    assert (decision["operation"], decision["accepted"], decision["tenth"]) == ("Verify", "True", "0.9")
    assert {"speaker.score", "speaker.net_speech", "speaker.snr"} <= set(metrics)
    assert all(name.startswith("speaker.") for name in measured.sent.spans())
    assert measured.sent.spans() >= {"speaker.decode", "speaker.detect", "speaker.embed"}


def test_it_is_sent_by_the_token_of_the_identity(measured: Measured) -> None:
    assert measured.sent.without_token == 0
    assert {(client, resource.rstrip("/")) for client, resource in measured.asked} == {(measured.client_id, MONITOR)}


def test_neither_profile_nor_key_is_sent(measured: Measured) -> None:
    assert measured.sent.envelopes
    assert measured.profile_id not in measured.sent.text
    assert KEY not in measured.sent.text


def test_the_queries_ask_for_metrics_that_are_sent(measured: Measured) -> None:
    queries = sorted((ROOT / "infra" / "queries").glob("*.kql"))
    named = {word for query in queries for word in _quoted(query.read_text()) if word.startswith("speaker.")}
    assert named == {name for name in measured.sent.metrics() if name.startswith("speaker.")}


def _quoted(text: str) -> list[str]:
    return text.split('"')[1::2]


def _settings(sent: Ingestion, client_id: str) -> dict[str, str]:
    """What the template sets for telemetry, with what Azure would fill in."""
    settings = Deployment.load("telemetry").settings
    kept = ("APPLICATIONINSIGHTS_", "AZURE_", "ORT_", "OTEL_", "PYTHON_", "AzureFunctionsJobHost")
    own = {name: value for name, value in settings.items() if name.startswith(kept)}
    connection = f"InstrumentationKey=00000000-0000-0000-0000-000000000001;IngestionEndpoint={sent.url}"
    return {
        **{name: value.replace(CLIENT_ID, client_id) for name, value in own.items()},
        "APPLICATIONINSIGHTS_CONNECTION_STRING": f"{connection};LiveEndpoint={sent.url}",
        "SPEAKER_RECOGNITION_KEYS": KEY,
    }
