"""A service that answers whatever a test lets it answer."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class Pretended:
    """What it answers to GET, and what it was asked.

    Attributes:
        bodies: by path, as JSON; others are an empty page.
        statuses: by path, where it is not 200.
        headers: of every answer; ``url`` stands for its own address.
        asked: path and headers of each request.
    """

    bodies: Mapping[str, Any]
    statuses: Mapping[str, int] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    asked: list[tuple[str, Message]] = field(default_factory=list)
    url: str = ""


@contextmanager
def pretending(pretended: Pretended) -> Iterator[Pretended]:
    """Serve it on this machine, as ``url`` says, until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            pretended.asked.append((path, self.headers))
            body = json.dumps(pretended.bodies.get(path, {"value": []})).replace("{url}", pretended.url).encode()
            self.send_response_only(pretended.statuses.get(path, 200))
            headers = {"Date": formatdate(usegmt=True), **pretended.headers, "Content-Length": str(len(body))}
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        pretended.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield pretended
        finally:
            server.shutdown()
            thread.join()
