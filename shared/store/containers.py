"""Values in Azure Blob Storage (or Azurite)."""

from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError

from shared.store.faults import storage_faults

if TYPE_CHECKING:  # a quarter of a second, and a verification needs no blob
    from azure.storage.blob import BlobServiceClient, ContainerClient

type Account = Callable[[], BlobServiceClient]
"""The account's blobs, when they are asked for."""


def made(container: "ContainerClient") -> "ContainerClient":
    """The container, which is there from now on."""
    if not container.exists():
        with suppress(ResourceExistsError):
            container.create_container()
    return container


class Container:
    """One container, which is made when something is kept in it."""

    def __init__(self, blobs: Account, name: str) -> None:
        """Bind to a container."""
        self._blobs = blobs
        self._name = name

    @cached_property
    def _container(self) -> "ContainerClient":
        return self._blobs().get_container_client(self._name)


class ContainerBlobs(Container):
    """Blobs of one container."""

    def put(self, name: str, value: bytes) -> None:
        with storage_faults():
            made(self._container).upload_blob(name, value, overwrite=True)

    def get(self, name: str) -> bytes | None:
        with storage_faults():
            try:
                return self._container.download_blob(name).readall()
            except ResourceNotFoundError:
                return None

    def names(self, prefix: str) -> list[str]:
        with storage_faults():
            try:
                return sorted(self._container.list_blob_names(name_starts_with=prefix))
            except ResourceNotFoundError:
                return []

    def remove(self, name: str) -> None:
        with storage_faults():
            try:
                self._container.delete_blob(name, delete_snapshots="include")
            except ResourceNotFoundError:
                return
