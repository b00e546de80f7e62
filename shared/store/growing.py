"""Values that only grow, in append blobs of Azure Blob Storage (or Azurite)."""

from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import BlobServiceClient, ContainerClient

from shared.errors import Conflict
from shared.store.faults import storage_faults


class ContainerAppends:
    """One container, which is made when something is kept in it."""

    def __init__(self, blobs: BlobServiceClient, name: str) -> None:
        """Bind to a container."""
        self._container: ContainerClient = blobs.get_container_client(name)

    def lengths(self) -> dict[str, int]:
        with storage_faults():
            try:
                return {str(blob.name): int(blob.size) for blob in self._container.list_blobs()}
            except ResourceNotFoundError:
                return {}

    def append(self, name: str, at: int, more: bytes) -> None:
        with storage_faults():
            if at == 0:
                self._begin(name)
            try:
                self._container.get_blob_client(name).append_block(more, appendpos_condition=at)
            except HttpResponseError as refused:
                if refused.status_code != 412:
                    raise
                raise Conflict from refused

    def read(self, name: str, begin: int = 0) -> bytes:
        with storage_faults():
            try:
                blob = self._container.get_blob_client(name)
                return b"" if blob.get_blob_properties().size <= begin else blob.download_blob(offset=begin).readall()
            except ResourceNotFoundError:
                return b""

    def _begin(self, name: str) -> None:
        """Make the container and an empty blob, unless they are there."""
        if not self._container.exists():
            self._container.create_container()
        try:
            self._container.get_blob_client(name).create_append_blob(if_none_match="*")
        except ResourceExistsError:
            return
