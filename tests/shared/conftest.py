"""A store whose trail and outbox are empty, in memory and in Azurite; somebody listens to it."""

import uuid

import pytest
from azure.storage.blob import BlobServiceClient

from shared.settings import Settings
from shared.store import Store
from shared.store.audio import blob_bounds
from shared.store.azure import AzureStore
from shared.store.growing import ContainerAppends
from shared.store.memory import MemoryStore


@pytest.fixture(params=["memory", "azure"])
def listened(request: pytest.FixtureRequest) -> Store:
    if request.param == "memory":
        return _listening(MemoryStore())
    connection = request.getfixturevalue("storage")
    store = AzureStore.open(Settings.read({"SPEAKER_STORAGE_CONNECTION_STRING": connection}))
    account = BlobServiceClient.from_connection_string(connection, **blob_bounds())
    store.trail = ContainerAppends(account, f"trail-{uuid.uuid4()}")
    for row in store.outbox.since(""):
        store.outbox.remove(row.partition, row.name)
    return _listening(store)


@pytest.fixture
def memory() -> MemoryStore:
    store = MemoryStore()
    store.listeners = ("audit",)
    return store


def _listening(store: Store) -> Store:
    store.listeners = ("audit",)
    return store
