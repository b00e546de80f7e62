"""Values in Azure Blob Storage (or Azurite)."""

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobServiceClient, ContainerClient

from shared.store.faults import storage_faults


class ContainerBlobs:
    """One container, which is made when something is kept in it."""

    def __init__(self, blobs: BlobServiceClient, name: str) -> None:
        """Bind to a container."""
        self._container: ContainerClient = blobs.get_container_client(name)

    def put(self, name: str, value: bytes) -> None:
        with storage_faults():
            if not self._container.exists():
                self._container.create_container()
            self._container.upload_blob(name, value, overwrite=True)

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
