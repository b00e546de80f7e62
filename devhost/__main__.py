"""Command line and life cycle: bind, index, listen, serve until SIGINT or SIGTERM, finish what is in flight."""

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from devhost.background import Background
from devhost.banner import banner, warnings
from devhost.cors import with_cors
from devhost.errors import SetupError
from devhost.keys import Keys
from devhost.log import configure_logging
from devhost.server import Host
from devhost.serving import Handler, Server
from devhost.settings import load_settings
from devhost.worker import start_worker

_GRACE_SECONDS = 60
_SIGNALS = (signal.SIGINT, signal.SIGTERM)

_log = logging.getLogger("devhost")


@dataclass(frozen=True, slots=True)
class Options:
    """The command line."""

    host: str
    port: int
    root: Path
    enable_auth: bool


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the host; return the exit code."""
    options = _parse(arguments)
    configure_logging()
    try:
        asyncio.run(_run(options))
    except SetupError as error:
        sys.stderr.write(f"devhost: {error}\n")
        return 1
    except KeyboardInterrupt:  # while indexing
        return 130
    return 0


def _parse(arguments: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser("python -m devhost", description="Serve an Azure Functions app locally.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    parser.add_argument("--port", type=int, default=7071, help="0 picks a free one (default %(default)s)")
    parser.add_argument("--root", type=Path, default=Path(), help="folder of host.json (default: this one)")
    parser.add_argument("--enable-auth", action="store_true", help="check keys: FUNCTIONS_KEY, FUNCTIONS_MASTER_KEY")
    given = parser.parse_args(arguments)
    return Options(given.host, given.port, given.root.resolve(), given.enable_auth)


async def _run(options: Options) -> None:
    settings = load_settings(options.root)
    os.chdir(options.root)  # where the worker runs
    keys = Keys.from_environment(os.environ) if options.enable_auth else None
    with _listen(options.host, options.port) as server_socket:
        port = server_socket.getsockname()[1]
        _set_platform_variables(port)
        worker = await start_worker(options.root, settings.timeout)
        background = Background(worker, settings)
        host = Host(worker, background, settings, keys)
        print(banner(worker.functions, host.router), flush=True)
        for warning in warnings(host.router):
            _log.warning(warning)
        name = f"[{options.host}]" if ":" in options.host else options.host
        await _serve(with_cors(host.handle, settings.origins), background, server_socket, f"http://{name}:{port}")
        worker.stop()


def _listen(host: str, port: int) -> socket.socket:
    """Take the port before indexing, which can be slow: a port in use is told at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        raise SetupError(f"cannot listen on {host}:{port}: {error}") from error


def _set_platform_variables(port: int) -> None:
    """Set what Core Tools sets before the worker starts."""
    os.environ.setdefault("AZURE_FUNCTIONS_ENVIRONMENT", "Development")
    os.environ.setdefault("WEBSITE_HOSTNAME", f"localhost:{port}")


async def _serve(handle: Handler, background: Background, server_socket: socket.socket, url: str) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, stop.set)
    server = Server(handle)
    await server.start(server_socket)
    print(f"Listening on {url}", flush=True)
    background.start()
    await stop.wait()
    for number in _SIGNALS:  # a second one ends the process at once
        loop.remove_signal_handler(number)
    print("Stopping: what is in flight is finished first", flush=True)
    await asyncio.gather(background.stop(_GRACE_SECONDS), server.stop(_GRACE_SECONDS))


if __name__ == "__main__":
    sys.exit(main())
