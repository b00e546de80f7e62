"""Everything that the service has stored or written anywhere, as it can be compared and searched."""

import base64
import hashlib
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from shared.store.audio import BLOB_API_VERSION
from shared.store.azure_queue import QUEUE_API_VERSION

type Stored = Mapping[str, object]
"""What is stored, by where it is."""


@dataclass
class Everything:
    """All tables, blobs and messages of an account, and all files below some folders."""

    connection_string: str
    folders: tuple[Path, ...]

    def now(self) -> Stored:
        """What there is at the moment. A folder's date is there too: it tells of files that came and went."""
        parts = (self._entities(), self._blobs(), self._messages(), self._files())
        return {name: value for part in parts for name, value in part}

    def _entities(self) -> Iterator[tuple[str, object]]:
        with TableServiceClient.from_connection_string(self.connection_string) as account:
            for table in account.list_tables():
                for entity in account.get_table_client(table.name).list_entities():
                    for name, value in entity.items():
                        yield f"{table.name}/{entity['PartitionKey']}/{entity['RowKey']}/{name}", value

    def _blobs(self) -> Iterator[tuple[str, object]]:
        with BlobServiceClient.from_connection_string(self.connection_string, api_version=BLOB_API_VERSION) as account:
            for container in account.list_containers():
                client = account.get_container_client(container.name)
                for blob in client.list_blobs(include=["snapshots", "metadata", "uncommittedblobs"]):
                    yield f"{container.name}/{blob.name}@{blob.snapshot}", (blob.etag, blob.metadata)

    def _messages(self) -> Iterator[tuple[str, object]]:
        """How many wait or are worked on, in queues that hold any."""
        with QueueServiceClient.from_connection_string(
            self.connection_string, api_version=QUEUE_API_VERSION
        ) as account:
            for queue in account.list_queues():
                properties = account.get_queue_client(queue.name).get_queue_properties()
                if properties.approximate_message_count:
                    yield f"messages of {queue.name}", properties.approximate_message_count

    def _files(self) -> Iterator[tuple[str, object]]:
        for folder in self.folders:
            for path in (folder, *folder.rglob("*")):
                about = path.lstat()
                content = hashlib.sha256(path.read_bytes()).hexdigest() if stat.S_ISREG(about.st_mode) else ""
                yield str(path), (about.st_mtime_ns, content)


def changes(before: Stored, after: Stored) -> set[str]:
    """Where something came, went or changed."""
    return {where for where in {*before, *after} if before.get(where) != after.get(where)}


def spellings(secret: bytes) -> set[str]:
    """How a piece of binary data would look in a text: hexadecimal, base64 wherever it begins, Python's own."""
    middles = {base64.b64encode(secret[skipped:]).decode().rstrip("=")[:-2] for skipped in range(3)}
    return {secret.hex(), repr(secret)[2:-1], *middles}
