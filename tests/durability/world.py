"""The app on storage behind a proxy, and a view of the storage from outside."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from devhost.azurite import azurite
from devhost.stack import Host, host
from shared.settings import Settings
from shared.store.azure import AzureStore
from tests.contract.api import Api
from tests.durability.proxy import Proxy, proxied

KEY: Final = "durable"


@dataclass
class World:
    """Storage, a proxy in front of it, and what both hold.

    Attributes:
        direct: connection string of the storage itself.
        through: connection string that leads through the proxy.
    """

    direct: str
    through: str
    proxy: Proxy

    @contextmanager
    def app(self) -> Iterator[tuple[Host, Api]]:
        """The app, from its start to its end or death."""
        environment = {
            "SPEAKER_STORAGE_CONNECTION_STRING": self.through,
            "AzureWebJobsStorage": self.direct,
            "SPEAKER_RECOGNITION_KEYS": KEY,
            "SPEAKER_MAX_IN_FLIGHT": "64",
        }
        with host(environment) as running:
            yield running, Api(running.url, KEY)

    def store(self) -> AzureStore:
        """Storage, seen from outside the app."""
        return AzureStore.open(Settings.read({"SPEAKER_STORAGE_CONNECTION_STRING": self.direct}))


@contextmanager
def world() -> Iterator[World]:
    """A world of its own."""
    with azurite() as direct, proxied(direct) as (proxy, through):
        yield World(direct, through, proxy)
