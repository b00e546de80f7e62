"""Requests sent to the byte, and what comes back."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass

from tests.devhost.running import RunningApp

_OF_THE_SERVER = frozenset(("connection", "content-length", "date"))


@dataclass(frozen=True)
class Answer:
    """An answer; its headers are those that an app can influence, with names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def ask(app: RunningApp, request: str) -> Answer:
    """Send a request, in latin-1, that asks for the connection to be closed."""
    with socket.create_connection(app.address, timeout=20) as connection, connection.makefile("rb") as incoming:
        connection.sendall(request.encode("latin-1"))
        head, _, body = incoming.read().partition(b"\r\n\r\n")
    status_line, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    told = {name: value for name, value in headers.items() if name not in _OF_THE_SERVER}
    return Answer(int(status_line.split()[1]), told, body)
