"""Queue triggers, as measured on host 4.1037 with the queues extension 5.3.10.

A message is invisible for ten minutes from when it is taken, and that is renewed while it runs. A function that fails
gets it again after `visibilityTimeout`, which is at once by default; after `maxDequeueCount` tries it goes to the queue
`<name>-poison`. One that is not in the encoding of `messageEncoding` goes there too, and the function never sees it.
"""

import asyncio
import base64
import logging
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import azure.core  # noqa: F401  the whole first: threads of the app may be importing it, and it has cycles
from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient

from devhost.errors import FunctionFailedError
from devhost.messages import Message
from devhost.settings import QueueSettings, Settings, resolved
from devhost.worker import Function, Worker

_API_VERSION: Final = "2025-11-05"  # of the pinned Azurite
_SHORTEST_POLL_SECONDS: Final = 0.1

_log = logging.getLogger("devhost")


def listeners(worker: Worker, settings: Settings) -> Iterator["Listener"]:
    """Yield those of the queue functions that can run; the log says what the others lack, as the host's does.

    Raises:
        SetupError: a queue's name names a setting that does not exist.
    """
    for function in worker.functions:
        if function.kind != "queueTrigger":
            continue
        queue = resolved(str(function.trigger["queueName"]), "a queue's name")
        connection = str(function.trigger.get("connection") or "AzureWebJobsStorage")
        account = os.environ.get(f"AzureWebJobs{connection}") or os.environ.get(connection)
        if account and settings.has_bundle:
            yield Listener(function, worker, settings.queues, account, queue)
        else:
            missing = "an extensionBundle in host.json" if account else f"the setting {connection}"
            _log.error("Function '%s' is not run: its queue trigger needs %s", function.name, missing)


class Listener:
    """Runs a function on the messages of a queue."""

    def __init__(self, function: Function, worker: Worker, settings: QueueSettings, account: str, queue: str) -> None:
        self._function = function
        self._worker = worker
        self._settings = settings
        self._queue, self._poison = (
            QueueClient.from_connection_string(account, name, api_version=_API_VERSION)
            for name in (queue, f"{queue}-poison")
        )
        self._running: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()

    async def listen(self) -> None:
        """Take messages until told to stop, then end what runs."""
        async with self._queue, self._poison:
            poll = _SHORTEST_POLL_SECONDS
            while not self._stopping.is_set():
                taken = await self._take()
                poll = _SHORTEST_POLL_SECONDS if taken else min(2 * poll, self._settings.longest_poll)
                await (self._all_but(self._settings.threshold) if taken else self._wait(poll))
            await self._all_but(0)

    def stop(self) -> None:
        """Take no more messages."""
        self._stopping.set()

    async def _take(self) -> bool:
        """Start a batch; whether there was one."""
        invisible = int(self._settings.invisible)
        try:
            messages = self._queue.receive_messages(max_messages=self._settings.batch, visibility_timeout=invisible)
            taken = [message async for message in messages]
        except ResourceNotFoundError:  # there is no such queue yet
            return False
        except AzureError as error:
            _log.error("Queue '%s' cannot be read: %s", self._queue.queue_name, error)
            return False
        for message in taken:
            task = asyncio.create_task(self._settle(message))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return bool(taken)

    async def _all_but(self, number: int) -> None:
        while len(self._running) > number:
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)

    async def _wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _settle(self, message: QueueMessage) -> None:
        """Run the function, and say to the queue what became of the message."""
        try:
            async with self._invisible(message):
                done = await self._succeeds(message)
            if done:
                await self._queue.delete_message(message)
            elif (message.dequeue_count or 0) >= self._settings.tries:
                await self._give_up(message)
            else:
                await self._queue.update_message(message, visibility_timeout=int(self._settings.pause))
        except AzureError as error:
            _log.error("Message %s of queue '%s': %s", message.id, self._queue.queue_name, error)

    @asynccontextmanager
    async def _invisible(self, message: QueueMessage) -> AsyncIterator[None]:
        """Keep others from taking it."""
        renewing = asyncio.create_task(self._renew(message))
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.wait([renewing])

    async def _renew(self, message: QueueMessage) -> None:
        while True:
            await asyncio.sleep(self._settings.invisible / 2)
            renewed = await self._queue.update_message(message, visibility_timeout=int(self._settings.invisible))
            message.pop_receipt = renewed.pop_receipt

    async def _succeeds(self, message: QueueMessage) -> bool:
        try:
            body = self._decode(str(message.content))
        except ValueError:
            _log.error("Message %s of queue '%s' is not base64", message.id, self._queue.queue_name)
            return False
        try:
            await self._worker.invoke(self._function, Message(bytes=body), metadata=_metadata(message))
        except FunctionFailedError:  # the worker has logged it
            return False
        return True

    def _decode(self, content: str) -> bytes:
        return base64.b64decode(content, validate=True) if self._settings.is_base64 else content.encode()

    async def _give_up(self, message: QueueMessage) -> None:
        with suppress(ResourceExistsError):
            await self._poison.create_queue()
        await self._poison.send_message(message.content)
        await self._queue.delete_message(message)
        _log.error("Message %s goes to queue '%s'", message.id, self._poison.queue_name)


def _metadata(message: QueueMessage) -> dict[str, Message]:
    """What the host tells a function beside the body."""
    told = {
        "Id": message.id,
        "DequeueCount": message.dequeue_count,
        "PopReceipt": message.pop_receipt,
        "InsertionTime": message.inserted_on and message.inserted_on.isoformat(),
        "ExpirationTime": message.expires_on and message.expires_on.isoformat(),
        "NextVisibleTime": message.next_visible_on and message.next_visible_on.isoformat(),
    }
    return {name: Message(string=str(value)) for name, value in told.items() if value is not None}
