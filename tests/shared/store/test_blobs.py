import uuid

import pytest
from azure.storage.blob import BlobServiceClient

from shared.store.audio import BLOB_API_VERSION
from shared.store.blobs import Blobs, MemoryBlobs
from shared.store.containers import ContainerBlobs


@pytest.fixture(params=["memory", "azure"])
def blobs(request: pytest.FixtureRequest) -> Blobs:
    if request.param == "memory":
        return MemoryBlobs()
    storage = request.getfixturevalue("storage")
    account = BlobServiceClient.from_connection_string(storage, api_version=BLOB_API_VERSION)
    return ContainerBlobs(lambda: account, f"test-{uuid.uuid4().hex}")


def test_a_value_is_there_under_its_name_until_it_is_removed(blobs: Blobs) -> None:
    assert (blobs.names("a"), blobs.get("a/1")) == ([], None)
    for name in ("a/2", "a/1", "b/1"):
        blobs.put(name, name.encode())
    blobs.put("a/1", b"again")
    assert blobs.names("a/") == ["a/1", "a/2"]
    assert blobs.get("a/1") == b"again"
    for _ in range(2):
        blobs.remove("a/1")
    assert blobs.names("") == ["a/2", "b/1"]
    assert blobs.get("a/1") is None
