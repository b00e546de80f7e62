"""Messages in Azure Queue Storage (or Azurite)."""

from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Self

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError

from shared.errors import Misconfigured
from shared.store.audio import TIMEOUTS
from shared.store.faults import storage_faults
from shared.store.queues import QUEUE

if TYPE_CHECKING:  # no recognition needs a queue
    from azure.core.credentials import TokenCredential
    from azure.storage.queue import QueueClient

QUEUE_API_VERSION: Final = "2025-11-05"  # the newest that both Azure and the pinned Azurite speak


class AzureQueue:
    """One queue, which is made when a message is sent."""

    def __init__(self, connect: Callable[[], "QueueClient"]) -> None:
        """Bind to a queue, to which nobody connects before it is needed."""
        self._connect = connect

    @classmethod
    def by_secret(cls, connection_string: str) -> Self:
        """That of an account which a connection string names."""

        def connect() -> "QueueClient":
            from azure.storage import queue

            return queue.QueueClient.from_connection_string(connection_string, QUEUE, **_bounds())

        return cls(connect)

    @classmethod
    def by_identity(cls, url: str, credential: "TokenCredential") -> Self:
        """That of an account which is reached by identity; without a URL, whoever sends is told what is missing."""

        def connect() -> "QueueClient":
            from azure.storage import queue

            if not url:
                raise Misconfigured("SPEAKER_STORAGE_QUEUE_URL must name the account of the queue")
            return queue.QueueClient(url, QUEUE, credential=credential, **_bounds())

        return cls(connect)

    def send(self, text: str) -> None:
        with storage_faults():
            try:
                self._queue.send_message(text)
            except ResourceNotFoundError:
                with suppress(ResourceExistsError):
                    self._queue.create_queue()
                self._queue.send_message(text)

    @cached_property
    def _queue(self) -> "QueueClient":
        return self._connect()


def _bounds() -> dict[str, Any]:
    """Bounds as the queue client takes them, and the encoding in which the Functions host reads messages."""
    from azure.storage.queue import LinearRetry, TextBase64EncodePolicy

    policy = LinearRetry(backoff=1, retry_total=3, random_jitter_range=1)
    encoding = TextBase64EncodePolicy()
    return {"retry_policy": policy, "api_version": QUEUE_API_VERSION, "message_encode_policy": encoding, **TIMEOUTS}
