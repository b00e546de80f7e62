"""Recordings are fetched from known hosts only, over TLS, without redirects, and not for ever."""

import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from shared.errors import Misconfigured
from shared.recordings.fetching import FetchError, Fetching
from shared.recordings.refusals import BadRecording
from shared.settings import Settings
from tests.infra.identity import write_certificate

KNOWN = Fetching(("calls.example", "other.example:8443"), "voices.blob.example", lambda: "token")


class Server(BaseHTTPRequestHandler):
    """Answers by path; ``asked`` has the headers of every request."""

    asked: list[dict[str, str]]

    def do_GET(self) -> None:
        self.asked.append({name.lower(): value for name, value in self.headers.items()})
        path = self.path.split("?")[0]
        self.send_response({"/moved": 302, "/secret": 403}.get(path, 200))
        if path == "/moved":
            self.send_header("Location", "/recording")
        if path in ("/recording", "/large"):
            self.send_header("Content-Length", "9")
        self.end_headers()
        if path == "/endless":
            try:
                while True:
                    self.wfile.write(b"0" * 1000)
            except OSError:
                return
        self.wfile.write(b"recording")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@dataclass
class Served:
    """A host on this machine, what it was asked, and what fetches from it."""

    url: str
    asked: list[dict[str, str]]
    fetching: Fetching


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    certificate, key = (tmp_path_factory.mktemp("tls") / name for name in ("certificate", "key"))
    write_certificate(certificate, key)
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        server.socket = _tls(server, certificate, key)
        Server.asked = []
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        host = f"127.0.0.1:{server.server_port}"
        trusting = ssl.create_default_context(cafile=str(certificate))
        yield Served(f"https://{host}", Server.asked, Fetching((host,), "", lambda: "token", trusting))
        server.shutdown()
        thread.join()


def _tls(server: ThreadingHTTPServer, certificate: Path, key: Path) -> ssl.SSLSocket:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context.wrap_socket(server.socket, server_side=True)


@pytest.mark.parametrize(
    "url",
    [
        "https://calls.example/a.wav?sig=1",
        "https://calls.example:443/",
        "https://CALLS.example",
        "https://other.example:8443/",
    ],
)
def test_known_hosts_may_be_named(url: str) -> None:
    KNOWN.check(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "calls.example",
        "http://calls.example/a.wav",
        "ftp://calls.example/a.wav",
        "file:///etc/passwd",
        "https://elsewhere.example/",
        "https://calls.example.elsewhere.example/",
        "https://calls.example:8443/",
        "https://other.example/",
        "https://calls.example@elsewhere.example/",
        "https://user:password@calls.example/",
        "https://elsewhere.example#calls.example",
        "https://calls.example:port/",
        "https://[::1]/",
        "https://[",
        "https://voices.blob.example/",
        "https://169.254.169.254/metadata",
    ],
)
def test_from_elsewhere_nothing_is_fetched(url: str) -> None:
    with pytest.raises(BadRecording) as refused:
        KNOWN.check(url)
    assert "calls.example or other.example:8443" in str(refused.value)


def test_without_a_list_the_storage_account_is_known_and_without_one_nobody() -> None:
    own = replace(KNOWN, hosts=())
    own.check("https://voices.blob.example/calls/1.wav")
    with pytest.raises(BadRecording, match=r"voices\.blob\.example"):
        own.check("https://calls.example/1.wav")
    with pytest.raises(BadRecording, match="none is configured"):
        replace(own, own="").check("https://voices.blob.example/calls/1.wav")


def test_the_operator_names_hosts_and_the_account_and_its_identity_opens_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Credential:
        def get_token(self, scope: str) -> SimpleNamespace:
            return SimpleNamespace(token=f"for {scope}")

    monkeypatch.setattr("azure.identity.DefaultAzureCredential", Credential)
    settings = {"SPEAKER_STORAGE_BLOB_URL": "https://voices.blob.example", "SPEAKER_RECORDING_HOSTS": "A.example, b:1"}
    fetching = Fetching.of(Settings.read(settings))
    assert (fetching.hosts, fetching.own) == (("a.example", "b:1"), "voices.blob.example")
    assert fetching.token() == "for https://storage.azure.com/.default"


def test_hosts_that_are_none_are_refused() -> None:
    with pytest.raises(Misconfigured, match="names of hosts are needed"):
        Settings.read({"SPEAKER_RECORDING_HOSTS": "https://calls.example"})


def test_what_is_there_is_fetched_as_it_is(served: Served) -> None:
    assert served.fetching.fetch(f"{served.url}/recording?sig=x") == b"recording"
    assert "authorization" not in served.asked[-1]
    assert served.asked[-1]["accept-encoding"] == "identity"


@pytest.mark.parametrize(("query", "token"), [("", "Bearer token"), ("?sig=x", None)])
def test_the_own_account_is_asked_by_identity_unless_the_address_is_signed(
    served: Served, query: str, token: str | None
) -> None:
    own = replace(served.fetching, hosts=(), own=served.fetching.hosts[0])
    assert own.fetch(f"{served.url}/recording{query}") == b"recording"
    assert served.asked[-1].get("authorization") == token


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("moved", "it answered 302, and redirects are not followed"),
        ("secret", "it answered 403"),
        ("large", "it has 9 bytes; at most 8 are fetched"),
        ("endless", "it goes on after 8 bytes"),
    ],
)
def test_what_cannot_be_fetched_says_why_and_not_from_where(served: Served, path: str, why: str) -> None:
    asked = len(served.asked)
    with pytest.raises(FetchError) as failed:
        replace(served.fetching, max_bytes=8).fetch(f"{served.url}/{path}?sig=secret")
    assert str(failed.value) == why
    assert len(served.asked) == asked + 1


def test_what_does_not_end_in_time_is_given_up(served: Served) -> None:
    with pytest.raises(FetchError, match="it has not come within 0 seconds"):
        replace(served.fetching, max_sec=0).fetch(f"{served.url}/endless")


def test_who_is_not_trusted_or_not_there_tells_nothing_of_the_address(served: Served) -> None:
    for url in (f"{served.url}/recording?sig=secret", "https://127.0.0.1:9/recording?sig=secret"):
        with pytest.raises(FetchError) as failed:
            replace(served.fetching, context=None).fetch(url)
        assert str(failed.value).endswith("Error on the way")
        assert failed.value.__cause__ is None
        assert "secret" not in str(failed.value)
