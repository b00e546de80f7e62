"""Queue triggers on Azurite: lent for ten minutes, tried five times, then poison."""

import base64
import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueClient

from devhost.azurite import azurite
from tests.devhost.running import RunningApp, failing, serving, write_app

API_VERSION = "2025-11-05"
BUNDLE = {"id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[4.*, 5.0.0)"}
SOURCE = """
from collections import defaultdict
seen = defaultdict(list)
known = threading.Condition()

def note(message, **more):
    with known:
        seen[message.get_body().decode()].append({"count": message.dequeue_count, **more})
        known.notify_all()

@app.queue_trigger(arg_name="message", queue_name="%PIECES%", connection="AzureWebJobsStorage")
def piece(message: func.QueueMessage) -> None:
    times = [message.insertion_time, message.time_next_visible, message.expiration_time]
    note(message, id=message.id, receipt=message.pop_receipt, lent=(times[1] - times[0]).total_seconds(),
         kept=(times[2] - times[0]).total_seconds())
    what = message.get_body().decode()
    if what.startswith("fails"):
        raise RuntimeError(what)
    if what.startswith("hold:"):
        with open(what.removeprefix("hold:")) as fifo:
            fifo.read()
        note(message, ended=True)

@app.route(route="seen/{times:int}/{*what}")
def show(req: func.HttpRequest) -> func.HttpResponse:
    what, times = req.route_params["what"], int(req.route_params["times"])
    with known:
        known.wait_for(lambda: len(seen[what]) >= times, 15)
        return reply(seen=seen[what])
"""


@dataclass(frozen=True)
class Queues:
    """The queues of a fresh account."""

    account: str

    def queue(self, name: str) -> QueueClient:
        return QueueClient.from_connection_string(self.account, name, api_version=API_VERSION)

    def make(self, name: str) -> QueueClient:
        queue = self.queue(name)
        queue.create_queue()
        return queue


@pytest.fixture(scope="module")
def storage() -> Iterator[Queues]:
    with azurite() as account:
        yield Queues(account)


def serve(
    root: Path, storage: Queues, queue: str, lent: int = 600, queues: Mapping[str, object] | None = None
) -> AbstractContextManager[RunningApp]:
    host = {"extensions": {"http": {"routePrefix": ""}, "queues": queues or {}}, "extensionBundle": BUNDLE}
    write_app(root, SOURCE, host, {"AzureWebJobsStorage": storage.account, "PIECES": queue})
    return serving(root, DEVHOST_MESSAGE_INVISIBLE_SECONDS=str(lent))


def coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def seen(app: RunningApp, what: str, times: int = 1) -> list[dict[str, object]]:
    told = app.get(f"/seen/{times}/{what}").json["seen"]
    assert isinstance(told, list)
    assert len(told) >= times
    return told


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, storage: Queues) -> Iterator[RunningApp]:
    storage.make("pieces")
    with serve(tmp_path_factory.mktemp("app"), storage, "pieces") as app:
        yield app


def test_a_message_runs_the_function_and_is_gone(app: RunningApp, storage: Queues) -> None:
    queue = storage.queue("pieces")
    sent = queue.send_message(coded("first é"))
    (told,) = seen(app, "first%20%C3%A9")
    assert (told["id"], told["count"], told["kept"]) == (sent.id, 1, 7 * 24 * 3600)
    assert told["receipt"]
    assert 600 <= float(str(told["lent"])) < 630
    wait_until_empty(queue)


def test_a_failing_function_gets_the_message_five_times_at_once_and_then_it_is_poison(
    app: RunningApp, storage: Queues
) -> None:
    storage.queue("pieces").send_message(coded("fails"))
    assert poisoned(storage, "pieces") == coded("fails")
    assert [told["count"] for told in seen(app, "fails")] == [1, 2, 3, 4, 5]
    wait_until_empty(storage.queue("pieces"))


def test_a_message_in_another_encoding_is_poison_and_never_seen(app: RunningApp, storage: Queues) -> None:
    storage.queue("pieces").send_message("not base64!")
    assert poisoned(storage, "pieces") == "not base64!"
    assert app.log.count("is not base64") == 5


def test_a_queue_may_be_made_later_and_its_messages_plain(tmp_path: Path, storage: Queues) -> None:
    with serve(tmp_path, storage, "later", queues={"messageEncoding": "none"}) as app:
        storage.make("later").send_message("plain")
        assert seen(app, "plain")
        assert "later" not in app.log


def test_one_at_a_time_and_a_pause_between_two_tries(tmp_path: Path, storage: Queues) -> None:
    queue, fifo = storage.make("slow"), tmp_path / "fifo"
    os.mkfifo(fifo)
    for what in (f"hold:{fifo}", "fails slowly", "last"):
        queue.send_message(coded(what))
    settings = {"batchSize": 1, "newBatchThreshold": 0, "visibilityTimeout": "01:00:00"}
    with serve(tmp_path, storage, "slow", queues=settings) as app:
        with fifo.open("w"):  # which waits until the function reads
            assert seen(app, "last", 0) == []
        assert seen(app, "last")
        assert [told["count"] for told in seen(app, "fails%20slowly")] == [1]
        assert storage.queue("slow").receive_message() is None


def test_a_message_that_runs_is_not_lent_to_others(tmp_path: Path, storage: Queues) -> None:
    queue, fifo = storage.make("renewed"), tmp_path / "fifo"
    os.mkfifo(fifo)
    queue.send_message(coded(f"hold:{fifo}"))
    with serve(tmp_path, storage, "renewed", lent=2) as app, fifo.open("w"):
        loans_over = time.monotonic() + 2 * 2
        while time.monotonic() < loans_over:
            assert queue.receive_message() is None
        assert app.process.poll() is None


def test_a_message_that_runs_ends_before_the_host_stops(tmp_path: Path, storage: Queues) -> None:
    queue, fifo = storage.make("ending"), tmp_path / "fifo"
    os.mkfifo(fifo)
    queue.send_message(coded(f"hold:{fifo}"))
    with serve(tmp_path, storage, "ending") as app:
        with fifo.open("w"):
            app.process.send_signal(signal.SIGTERM)
            assert app.next_line().startswith("Stopping")
        assert app.process.wait(timeout=20) == 0
    assert queue.get_queue_properties().approximate_message_count == 0


def test_a_message_of_a_host_that_was_killed_comes_back_when_its_loan_is_over(tmp_path: Path, storage: Queues) -> None:
    queue, fifo = storage.make("killed"), tmp_path / "fifo"
    os.mkfifo(fifo)
    queue.send_message(coded(f"hold:{fifo}"))
    with serve(tmp_path, storage, "killed", lent=3) as app, fifo.open("w"):
        app.process.kill()
        app.process.wait(timeout=20)
        assert queue.receive_message() is None
    with serve(tmp_path, storage, "killed", lent=3) as app, fifo.open("w"):
        assert [told["count"] for told in seen(app, f"hold:{fifo}")] == [2]


@pytest.mark.parametrize(
    ("host", "connection", "missing"),
    [
        ({}, "UseDevelopmentStorage=true", "an extensionBundle in host.json"),
        ({"extensionBundle": BUNDLE}, "", "the setting AzureWebJobsStorage"),
    ],
)
def test_a_trigger_that_lacks_something_is_told_and_the_rest_is_served(
    tmp_path: Path, host: dict[str, object], connection: str, missing: str
) -> None:
    write_app(tmp_path, SOURCE, host, {"PIECES": "pieces"})
    with serving(tmp_path, AzureWebJobsStorage=connection) as app:
        assert f"Function 'piece' is not run: its queue trigger needs {missing}" in app.log
        assert app.get("/seen/0/x").json == {"seen": []}


def test_a_queue_of_a_setting_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    result = failing(write_app(tmp_path, SOURCE, {"extensionBundle": BUNDLE}))
    assert result.stderr == "devhost: a queue's name names the setting %PIECES%, which does not exist\n"


def poisoned(storage: Queues, queue: str) -> str:
    """Wait for a poison message, and take it."""
    while True:
        with suppress(ResourceNotFoundError):
            poison = storage.queue(f"{queue}-poison")
            if message := poison.receive_message():
                poison.delete_message(message)
                return str(message.content)


def wait_until_empty(queue: QueueClient) -> None:
    while queue.get_queue_properties().approximate_message_count:
        pass
