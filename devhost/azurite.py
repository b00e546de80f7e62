"""Azure Storage on this machine: Azurite, started for as long as somebody needs it."""

import base64
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from devhost.processes import Ending, beside, output

ROOT: Final = Path(__file__).parent.parent
ACCOUNT: Final = "local"

_PROGRAM: Final = ROOT / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
_FREE_PORTS: Final = ("--blobPort", "0", "--queuePort", "0", "--tablePort", "0")
_ENDING: Final = Ending(grace=10)
_LISTENING: Final = re.compile(r"Azurite (Blob|Queue|Table) service is successfully listening at (\S+)")


@contextmanager
def azurite(folder: Path | None = None) -> Iterator[str]:
    """Run Azurite on free ports; yields a connection string under a key made for this run.

    Args:
        folder: where it keeps its data; None keeps it in memory.

    Raises:
        RuntimeError: Node or Azurite is missing, or it does not start.
    """
    key = _new_key()
    with _running(key, ["--location", str(folder)] if folder else ["--inMemoryPersistence"]) as endpoints:
        yield _connection_string(endpoints, key)


@contextmanager
def azurite_for_identities(certificate: Path, private_key: Path) -> Iterator[dict[str, str]]:
    """Run Azurite in memory over https, open to the tokens of an identity; nobody gets to know its account key.

    It looks at a token's audience, issuer and dates, but neither at its signature nor at roles.

    Args:
        certificate: PEM file that clients must trust.
        private_key: PEM file of its key.

    Yields:
        The account's URL by service: ``Blob``, ``Queue`` and ``Table``.

    Raises:
        RuntimeError: Node or Azurite is missing, or it does not start.
    """
    tls = ["--oauth", "basic", "--cert", str(certificate), "--key", str(private_key)]
    with _running(_new_key(), ["--inMemoryPersistence", *tls]) as endpoints:
        yield {service: f"{url}/{ACCOUNT}" for service, url in endpoints.items()}


@contextmanager
def _running(key: str, options: list[str]) -> Iterator[dict[str, str]]:
    command = [_node(), str(_PROGRAM), "--silent", "--disableTelemetry", *_FREE_PORTS, *options]
    accounts = {"AZURITE_ACCOUNTS": f"{ACCOUNT}:{key}"}
    with ExitStack() as ending, beside(command, accounts, ending=_ENDING) as process:
        yield _endpoints(ending.enter_context(output(process)))


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(64)).decode()


def _node() -> str:
    node = shutil.which("node")
    if node is None or not _PROGRAM.is_file():
        missing = "Node 20 or newer is missing" if node is None else "Azurite is missing: run 'make setup'"
        raise RuntimeError(missing)
    return node


def _endpoints(lines: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    said = []
    for line in lines:
        said.append(line.strip())
        found.update(_LISTENING.findall(line))
        if len(found) == 3:
            return found
    raise RuntimeError(f"Azurite did not start: {' / '.join(said)}")


def _connection_string(endpoints: dict[str, str], key: str) -> str:
    services = ";".join(f"{name}Endpoint={url}/{ACCOUNT}" for name, url in endpoints.items())
    return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={key};{services}"
