"""Stands in for somebody else's service, on this machine."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@contextmanager
def serving(
    endpoint: type[BaseHTTPRequestHandler], certificate: Path | None = None, private_key: Path | None = None
) -> Iterator[str]:
    """Where the endpoint answers; by TLS, if there is a certificate with its private key."""
    with ThreadingHTTPServer(("127.0.0.1", 0), endpoint) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, private_key)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
