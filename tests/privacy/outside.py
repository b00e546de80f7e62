"""Whom a process talks to, and who asks for a way out of this machine."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any, Final
from urllib.parse import urlsplit

import psutil

_EVERY_SEC: Final = 0.01


@contextmanager
def way_out() -> Iterator[tuple[Mapping[str, str], list[str]]]:
    """Environment variables of a proxy for all but this machine, and what it is asked for; it answers nothing."""
    asked: list[str] = []

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            asked.append(self.rfile.readline().decode(errors="replace").strip())

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        proxy = f"http://127.0.0.1:{server.server_address[1]}"
        schemes = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
        try:
            yield {**dict.fromkeys(schemes, proxy), "no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}, asked
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def ends(pid: int, url: str) -> Iterator[set[tuple[str, int]]]:
    """Address and port of whatever a process and its children talk to meanwhile, other than callers of ``url``."""
    seen: set[tuple[str, int]] = set()
    served, done = urlsplit(url).port, threading.Event()

    def look() -> None:
        while not done.wait(_EVERY_SEC):
            seen.update(_ends(pid, served))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()


def _ends(pid: int, served: int | None) -> Iterator[tuple[str, int]]:
    try:
        parent = psutil.Process(pid)
        processes = [parent, *parent.children(recursive=True)]
        held = [each for process in processes for each in process.net_connections("inet")]
    except psutil.NoSuchProcess:
        return
    for each in held:
        here: tuple[Any, ...] = each.laddr
        there: tuple[Any, ...] = each.raddr
        if here and here[1] != served and (there or each.type == socket.SOCK_DGRAM):
            yield there or here
