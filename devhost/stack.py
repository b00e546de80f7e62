"""The whole service on this machine: storage, host and app. ``python -m devhost.stack`` runs it."""

import argparse
import math
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from devhost.azurite import ROOT, azurite
from devhost.processes import Ending, beside, output

READY_WITHIN_SEC: Final = 60
_ENDING: Final = Ending(by=signal.SIGINT)  # as Core Tools and the dev host are ended by hand
_READY: Final = {
    "devhost": re.compile(r"Listening on (?P<url>http://\S+)"),
    "func": re.compile(r"Worker process started and initialized"),
}


@dataclass
class Host:
    """A running Functions host.

    Attributes:
        url: where it answers.
        process: the host, and with it the app.
        log: what it has printed.
    """

    url: str
    process: subprocess.Popen[str]
    log: list[str] = field(default_factory=list)

    def wait(self) -> None:
        """Return once it has ended.

        A signal that comes just before a call that blocks does not interrupt it, and would be seen only after it; a
        limit of time, even this one, makes Python look 20 times a second.
        """
        self.process.wait(math.inf)


@contextmanager
def host(
    environment: Mapping[str, str], *, port: int = 0, echo: bool = False, root: Path = ROOT, python: Path | None = None
) -> Iterator[Host]:
    """Run the app on Core Tools where they are installed, otherwise on the dev host; ``HOST`` names one of them.

    Args:
        environment: settings, over those of this process.
        port: where to listen; 0 takes a free port.
        echo: also print what the host prints.
        root: the app's folder.
        python: interpreter of another environment, for the dev host to run on.

    Raises:
        RuntimeError: the host ended, or was not ready in time; says what it printed.
    """
    kind = "devhost" if python else os.environ.get("HOST") or ("func" if shutil.which("func") else "devhost")
    port = port or _free_port()
    command = _command(kind, port, str(python or sys.executable))
    variables = {**os.environ, "FUNCTIONS_WORKER_RUNTIME": "python", **environment}
    with ExitStack() as ending, beside(command, variables, root, _ENDING) as process:
        running = Host(f"http://127.0.0.1:{port}", process)
        ready = threading.Event()
        reader = threading.Thread(target=_read, args=(running, _READY[kind], ready), kwargs={"echo": echo})
        ending.enter_context(output(process))
        reader.start()
        ending.callback(reader.join)  # once the host has ended
        _wait(running, _READY[kind], ready)
        yield running


@contextmanager
def stack(
    environment: Mapping[str, str] | None = None,
    *,
    port: int = 0,
    folder: Path | None = None,
    echo: bool = False,
    root: Path = ROOT,
) -> Iterator[Host]:
    """Azurite and the app on it; see ``azurite`` and ``host``."""
    with (
        azurite(folder) as storage,
        host(
            {"SPEAKER_STORAGE_CONNECTION_STRING": storage, "AzureWebJobsStorage": storage, **(environment or {})},
            port=port,
            echo=echo,
            root=root,
        ) as running,
    ):
        yield running


def _command(kind: str, port: int, python: str) -> list[str]:
    if kind == "func":
        return ["func", "start", "--port", str(port)]
    return [python, "-m", "devhost", "--port", str(port)]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _read(running: Host, marker: re.Pattern[str], ready: threading.Event, *, echo: bool) -> None:
    """Keep what the host prints, until it ends; ``ready`` is set by the marker, or at the end."""
    for line in output(running.process):
        running.log.append(line)
        if echo:
            with suppress(OSError):  # the terminal may be gone; the host must still be read
                print(line, end="", flush=True)
        if marker.search(line):
            ready.set()
    ready.set()


def _wait(running: Host, marker: re.Pattern[str], ready: threading.Event) -> None:
    if not ready.wait(READY_WITHIN_SEC) or not any(map(marker.search, running.log)):
        raise RuntimeError(f"the host did not start:\n{''.join(running.log)}")


def main() -> None:
    """Serve until Ctrl-C, SIGTERM or SIGHUP."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, default=7071, help="0 takes a free one (default %(default)s)")
    parser.add_argument("--folder", type=Path, default=ROOT / ".azurite", help="what is stored (default .azurite)")
    given = parser.parse_args()
    try:
        with stack(port=given.port, folder=given.folder, echo=True) as running:
            running.wait()
    except KeyboardInterrupt:
        with suppress(OSError):
            print("stopped", flush=True)
    except RuntimeError as problem:
        sys.exit(str(problem))


if __name__ == "__main__":
    main()
