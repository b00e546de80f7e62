"""Sample apps, served by devhost in a process of their own: the worker's state is global to its process."""

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

REPOSITORY = Path(__file__).parents[2]
PREAMBLE = """
import asyncio, json, logging, threading
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
log = logging.getLogger("sample")
def reply(**what): return func.HttpResponse(json.dumps(what), mimetype="application/json")
"""

HOLDING = """
@app.route(route="hold")
def hold(req: func.HttpRequest) -> func.HttpResponse:
    with open(req.params["fifo"]) as fifo:
        return reply(said=fifo.read())
"""
"""A function that answers once a pipe has been written and closed."""

STOPS_WITHIN_SEC = 5

type Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Reply:
    """A response as it came over the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, object]:
        """The body as a JSON object."""
        content: dict[str, object] = json.loads(self.body)
        return content


@dataclass(frozen=True)
class RunningApp:
    """An app that devhost serves."""

    process: subprocess.Popen[str]
    banner: str
    url: str
    log_file: Path

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        parts = urlsplit(self.url)
        return str(parts.hostname), int(parts.port or 0)

    @property
    def log(self) -> str:
        """What it has written to stderr."""
        return self.log_file.read_text()

    def call(self, method: str, target: str, body: bytes | None = None, headers: Headers = ()) -> Reply:
        """Send a request whose target and headers go out exactly as given."""
        with self.connect() as connection:
            given = {name.lower() for name, _ in headers}
            connection.putrequest(method, target, skip_host="host" in given, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            return Reply(response.status, dict(response.getheaders()), response.read())

    def connect(self) -> AbstractContextManager[HTTPConnection]:
        """Open a connection, for requests of an unusual kind."""
        return closing(HTTPConnection(*self.address, timeout=20))

    def converse(self, *turns: bytes) -> bytes:
        """Send and, between two turns to send, expect the one in the middle; return the rest of what comes back."""
        with socket.create_connection(self.address, timeout=20) as connection, connection.makefile("rb") as incoming:
            connection.sendall(turns[0])
            for expected, following in zip(turns[1::2], turns[2::2], strict=True):
                assert incoming.read(len(expected)) == expected
                connection.sendall(following)
            return incoming.read()

    def get(self, target: str, headers: Headers = ()) -> Reply:
        """Send a GET."""
        return self.call("GET", target, headers=headers)

    def next_line(self) -> str:
        """Wait for what it prints next."""
        assert self.process.stdout is not None
        return self.process.stdout.readline()


def write_app(
    root: Path,
    source: str,
    host: Mapping[str, object] | None = None,
    settings: Mapping[str, str] | None = None,
    origins: str = "",
) -> Path:
    """Write an app.

    `host` is merged into a host.json without route prefix, `settings` are local settings, `origins` those of pages.
    """
    default = {"version": "2.0", "extensions": {"http": {"routePrefix": ""}}}
    (root / "host.json").write_text(json.dumps({**default, **(host or {})}))
    local = {"IsEncrypted": False, "Values": settings or {}, "Host": {"CORS": origins}}
    (root / "local.settings.json").write_text(json.dumps(local))
    (root / "function_app.py").write_text(PREAMBLE + textwrap.dedent(source))
    return root


def command(root: Path, *options: str) -> list[str]:
    """The command that serves an app on a free port."""
    return [sys.executable, "-m", "devhost", "--root", str(root), "--port", "0", *options]


@contextmanager
def serving(root: Path, *options: str, **environment: str) -> Iterator[RunningApp]:
    """Serve an app until the block ends."""
    log_file = root / "stderr.log"
    with (
        log_file.open("w") as log,
        subprocess.Popen(
            command(root, *options),
            cwd=REPOSITORY,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        try:
            yield _ready(process, log_file)
        finally:
            _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    """Tell it to stop, and make it where a request holds it."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOPS_WITHIN_SEC)
    except subprocess.TimeoutExpired:
        process.kill()


def _ready(process: subprocess.Popen[str], log_file: Path) -> RunningApp:
    banner = ""
    for line in process.stdout or ():
        banner += line
        if line.startswith("Listening on "):
            return RunningApp(process, banner, line.split()[-1], log_file)
    raise AssertionError(f"devhost did not start:\n{banner}{log_file.read_text()}")


def failing(root: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run devhost where it is expected to give up."""
    env = {**os.environ, **environment}
    return subprocess.run(
        command(root, *options), cwd=REPOSITORY, env=env, capture_output=True, text=True, timeout=30, check=False
    )
