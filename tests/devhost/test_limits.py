"""Keys, limits and the route prefix: what only shows when it is configured."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.devhost.running import HOLDING, RunningApp, serving, write_app

SOURCE = """
@app.route(route="open", auth_level=func.AuthLevel.ANONYMOUS)
def free(req: func.HttpRequest) -> func.HttpResponse:
    return reply(length=len(req.get_body()))

@app.route(route="function", auth_level=func.AuthLevel.FUNCTION)
def function(req: func.HttpRequest) -> func.HttpResponse:
    return reply()

@app.route(route="admin-only", auth_level=func.AuthLevel.ADMIN)
def admin(req: func.HttpRequest) -> func.HttpResponse:
    return reply()

@app.route(route="forever")
async def forever(req: func.HttpRequest) -> func.HttpResponse:
    await asyncio.Event().wait()

running = peak = 0

@app.route(route="count")
async def count(req: func.HttpRequest) -> func.HttpResponse:
    global running, peak
    running += 1
    peak = max(peak, running)
    for _ in range(200):
        await asyncio.sleep(0)
    running -= 1
    return reply(peak=peak)
"""
HOST = {"functionTimeout": "00:00:01", "extensions": {"http": {"maxConcurrentRequests": 1}}}
SETTINGS = {"FUNCTIONS_KEY": "key", "FUNCTIONS_MASTER_KEY": "master", "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": "1000"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    root = write_app(tmp_path_factory.mktemp("app"), SOURCE, HOST, SETTINGS)
    with serving(root, "--enable-auth") as app:
        yield app


@pytest.mark.parametrize(
    ("target", "key", "status"),
    [
        ("/api/open", None, 200),
        ("/api/open", "wrong", 200),
        ("/api/function", None, 401),
        ("/api/function", "wrong", 401),
        ("/api/function", "", 401),
        ("/api/function", "key", 200),
        ("/api/function", "master", 200),
        ("/api/function?code=key", None, 200),
        ("/api/function?code=key", "wrong", 401),
        ("/api/function?code=wrong", "key", 200),
        ("/api/admin-only", "key", 401),
        ("/api/admin-only", "master", 200),
        ("/admin/host/status", "key", 401),
        ("/admin/host/status", "master", 200),
        ("/admin/host/ping", None, 200),
        ("/api/unknown", None, 404),
    ],
)
def test_keys_open_what_their_level_allows(app: RunningApp, target: str, key: str | None, status: int) -> None:
    headers = [("x-functions-key", key)] if key is not None else []
    assert app.get(target, headers).status == status


def test_the_default_route_prefix_is_api(app: RunningApp) -> None:
    assert app.get("/API/open").status == 200
    assert app.get("/open").status == 404


def test_a_body_at_the_limit_is_served_and_one_over_it_is_500(app: RunningApp) -> None:
    assert app.call("POST", "/api/open", b"x" * 1000).json == {"length": 1000}
    reply = app.call("POST", "/api/open", b"x" * 1001)
    assert (reply.status, reply.body) == (500, b"")
    assert "500 for /api/open: the body is over the limit" in app.log


def test_a_chunked_body_over_the_limit_is_500(app: RunningApp) -> None:
    with app.connect() as connection:
        connection.request("POST", "/api/open", iter([b"x" * 600, b"x" * 600]), encode_chunked=True)
        assert connection.getresponse().status == 500


def test_a_caller_that_sends_much_too_much_reads_its_answer(app: RunningApp) -> None:
    assert app.call("POST", "/api/open", bytes(20_000_000)).status == 500
    assert app.call("POST", "/api/nowhere", bytes(20_000_000)).status == 404


def test_a_function_that_runs_longer_than_function_timeout_is_500(app: RunningApp) -> None:
    reply = app.get("/api/forever", [("x-functions-key", "key")])
    assert (reply.status, reply.body) == (500, b"")
    assert "longer than functionTimeout" in app.log


def test_no_more_than_max_concurrent_requests_run_at_a_time(app: RunningApp) -> None:
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(app.get, ["/api/count?code=key"] * 4))
    assert [reply.json for reply in replies] == [{"peak": 1}] * 4


def test_over_max_outstanding_requests_is_429(tmp_path: Path) -> None:
    """A pipe holds the first request: opening it for writing waits until the function reads."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    write_app(tmp_path, HOLDING, {"extensions": {"http": {"maxOutstandingRequests": 1}}})
    with serving(tmp_path) as app, ThreadPoolExecutor(1) as pool:
        first = pool.submit(app.get, f"/api/hold?fifo={fifo}")
        with fifo.open("w") as pipe:
            second = app.get("/api/hold")
            pipe.write("go on")
        assert (second.status, second.body) == (429, b"")
        assert first.result().json == {"said": "go on"}
