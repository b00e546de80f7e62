"""Pages of other origins: who may read the answers, and who may send what."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.devhost.running import RunningApp, serving, write_app

SOURCE = """
@app.route(route="{*path}", methods=["GET", "POST", "OPTIONS"])
def answer(req: func.HttpRequest) -> func.HttpResponse:
    return reply(method=req.method)
"""
OURS, OTHERS = "https://voice.example.org", "https://example.com"
ASKED = (("Access-Control-Request-Method", "DELETE"), ("Access-Control-Request-Headers", "ocp-apim-subscription-key"))


def _served(root: Path, origins: str) -> Iterator[RunningApp]:
    with serving(write_app(root, SOURCE, origins=origins)) as app:
        yield app


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    yield from _served(tmp_path_factory.mktemp("app"), f"http://localhost:8080, {OURS}")


@pytest.fixture(scope="module")
def open_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    yield from _served(tmp_path_factory.mktemp("open"), "*")


def _allowed(app: RunningApp, origin: str) -> str | None:
    reply = app.get("/x", headers=[("Origin", origin)])
    assert reply.json == {"method": "GET"}
    return reply.headers.get("access-control-allow-origin")


def test_a_page_of_a_listed_origin_may_read_the_answer(app: RunningApp) -> None:
    assert _allowed(app, OURS) == OURS
    assert _allowed(app, "http://localhost:8080") == "http://localhost:8080"
    assert _allowed(app, OTHERS) is None


def test_every_page_may_where_the_star_is_listed(open_app: RunningApp) -> None:
    assert _allowed(open_app, OTHERS) == "*"


def test_the_host_permits_what_a_listed_page_is_going_to_send(app: RunningApp) -> None:
    reply = app.call("OPTIONS", "/x", headers=[("Origin", OURS), *ASKED])
    assert (reply.status, reply.body) == (204, b"")
    assert reply.headers["access-control-allow-origin"] == OURS
    assert reply.headers["access-control-allow-methods"] == "DELETE"
    assert reply.headers["access-control-allow-headers"] == "ocp-apim-subscription-key"


@pytest.mark.parametrize("headers", [[("Origin", OTHERS), *ASKED], [("Origin", OURS)], ASKED])
def test_other_questions_are_the_apps(app: RunningApp, headers: list[tuple[str, str]]) -> None:
    assert app.call("OPTIONS", "/x", headers=headers).json == {"method": "OPTIONS"}
