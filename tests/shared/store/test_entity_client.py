"""Reads over connections that break, are closed, or say nothing; retried a bounded number of times."""

import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest.mock import patch

import pytest

from shared.errors import StorageUnavailable
from shared.store import lines
from shared.store.entity_client import EntityClient
from shared.store.lines import Lines

ROW = b'{"PartitionKey":"p","RowKey":"r","Created@odata.type":"Edm.DateTime","Created":"2026-01-02T03:04:05Z"}'


class Table(ThreadingHTTPServer):
    """Answers with the statuses that are left to it, then 200; 0 breaks the connection, 1 closes it after an answer."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.statuses: list[int] = []
        self.asked: list[str] = []
        self.sent: list[object] = []
        self.connected = 0


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Table

    def setup(self) -> None:
        super().setup()
        self.server.connected += 1

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        if status == 0:
            self.close_connection = True
            return
        body = ROW if status in (1, 200) else b"{}"
        self.send_response(200 if status == 1 else status)
        self.send_header("ETag", 'W/"1"')
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Retry-After", "60")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = status == 1

    def do_PUT(self) -> None:
        self.server.asked.append(self.path)
        self.server.sent.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_DELETE(self) -> None:
        self.send_response(self.server.statuses.pop(0))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def table() -> Iterator[Table]:
    with Table() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def waited() -> Iterator[list[float]]:
    """How long the client would have waited before each try."""
    waits: list[float] = []
    with patch("shared.store.lines.time.sleep", waits.append):
        yield waits


@pytest.fixture
def entities(table: Table) -> EntityClient:
    return _client(table.server_port)


def _client(port: int) -> EntityClient:
    return EntityClient(Lines(f"http://127.0.0.1:{port}/local", lambda _: {"Authorization": "yes"}), "Rows", _never)


def _never() -> None:
    raise AssertionError("the table is there")


def test_a_row_is_read_with_its_etag_over_one_connection(table: Table, entities: EntityClient) -> None:
    for _ in range(3):
        row = entities.read("p", "it's")
        assert row is not None
        assert (row["etag"], row["Created"].year) == ('W/"1"', 2026)
    assert table.connected == 1
    assert set(table.asked) == {"/local/Rows(PartitionKey='p',RowKey='it%27%27s')"}


def test_every_thread_has_a_connection_of_its_own(table: Table, entities: EntityClient) -> None:
    together = threading.Barrier(4)

    def read(_: int) -> object:
        together.wait()
        return entities.read("p", "r")

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(read, range(4)))
    assert table.connected == 4


@pytest.mark.parametrize("status", [0, 1, 429, 500, 503])
def test_a_fault_that_passes_is_not_seen(
    table: Table, entities: EntityClient, waited: list[float], status: int
) -> None:
    table.statuses = [status]
    assert [entities.read("p", "r") is not None for _ in range(2)] == [True, True]
    assert waited == []
    assert table.connected == (2 if status in (0, 1) else 1)


@pytest.mark.parametrize(("status", "says"), [(0, "RemoteDisconnected"), (503, "status 503"), (429, "status 429")])
def test_a_fault_that_stays_is_tried_four_times(
    table: Table, entities: EntityClient, waited: list[float], status: int, says: str
) -> None:
    table.statuses = [status] * 9
    with pytest.raises(StorageUnavailable, match=says) as fault:
        entities.read("p", "an-id")
    assert "an-id" not in str(fault.value)
    assert (len(table.asked), waited) == (4, [0.4, 0.8])


def test_a_row_that_is_not_there_is_asked_for_once(table: Table, entities: EntityClient) -> None:
    table.statuses = [404]
    assert entities.read("p", "r") is None
    assert len(table.asked) == 1


def test_an_answer_that_will_not_change_is_not_asked_for_again(table: Table, entities: EntityClient) -> None:
    table.statuses = [403]
    with pytest.raises(StorageUnavailable, match="status 403"):
        entities.read("p", "r")
    assert len(table.asked) == 1


def test_storage_that_says_nothing_is_given_up(waited: list[float]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, patch.object(lines, "_READ_SEC", 0.05):
        asking = _client(silent.getsockname()[1])
        with pytest.raises(StorageUnavailable, match="TimeoutError"):
            asking.read("p", "r")
    assert waited == [0.4, 0.8]


def test_a_row_is_put_with_the_types_of_its_values_and_once_more_where_storage_was_ill(
    table: Table, entities: EntityClient, waited: list[float]
) -> None:
    table.statuses = [503]
    at = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
    keys = {"PartitionKey": "p", "RowKey": "it's"}
    entities.put({**keys, "At": at, "Key": b"\x00\xff", "Few": 7, "Many": 2**40, "Part": 0.5, "Yes": True, "Text": "a"})
    assert table.sent[0] == table.sent[1] == {
        **keys,
        "At": "2026-01-02T03:04:05.000678Z", "At@odata.type": "Edm.DateTime",
        "Key": "AP8=", "Key@odata.type": "Edm.Binary",
        "Few": 7, "Many": "1099511627776", "Many@odata.type": "Edm.Int64", "Yes": True, "Text": "a",
        "Part": 0.5, "Part@odata.type": "Edm.Double",
    }  # fmt: skip
    assert (set(table.asked), waited) == ({"/local/Rows(PartitionKey='p',RowKey='it%27%27s')"}, [])


def test_a_row_that_is_not_taken_is_told(table: Table, entities: EntityClient) -> None:
    table.statuses = [400]
    with pytest.raises(StorageUnavailable, match="status 400"):
        entities.put({"PartitionKey": "p", "RowKey": "r"})


def test_a_row_that_cannot_be_removed_is_told(table: Table, entities: EntityClient) -> None:
    table.statuses = [403]
    with pytest.raises(StorageUnavailable, match="status 403"):
        entities.remove("p", "r")
