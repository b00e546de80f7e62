"""Messages are there as the Functions host reads them, and a queue is made when it is needed."""

import base64
from typing import Any, cast

import pytest
from azure.storage.queue import QueueClient

from devhost.azurite import azurite
from shared.errors import Misconfigured
from shared.store.azure_queue import AzureQueue
from shared.store.queues import QUEUE


def test_messages_arrive_in_base64_in_a_queue_that_was_not_there() -> None:
    with azurite() as account:
        sender = AzureQueue.by_secret(account)
        for text in ("first", "zweite ü"):
            sender.send(text)
        with QueueClient.from_connection_string(account, QUEUE, api_version="2025-11-05") as queue:
            found = [base64.b64decode(str(message.content)).decode() for message in queue.peek_messages(5)]
    assert found == ["first", "zweite ü"]


def test_without_its_address_a_queue_says_which_setting_is_missing() -> None:
    queue = AzureQueue.by_identity("", cast("Any", None))
    with pytest.raises(Misconfigured, match="SPEAKER_STORAGE_QUEUE_URL"):
        queue.send("x")
