"""Starting and stopping the host."""

import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.devhost.running import HOLDING, failing, serving, write_app

EMPTY = """
@app.route(route="{*path}")
def anything(req: func.HttpRequest) -> func.HttpResponse:
    return reply(path=req.route_params.get("path"))
"""


def test_requests_in_flight_are_finished_before_the_host_stops(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with serving(write_app(tmp_path, HOLDING)) as app, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(app.get, f"/hold?fifo={fifo}")
        with fifo.open("w") as pipe:
            app.process.send_signal(signal.SIGTERM)
            assert app.next_line().startswith("Stopping")
            pipe.write("go on")
        assert answer.result().json == {"said": "go on"}
        assert app.process.wait(timeout=20) == 0


def test_ctrl_c_stops_the_host_and_closes_idle_connections(tmp_path: Path) -> None:
    with serving(write_app(tmp_path, EMPTY)) as app, app.connect() as idle:
        idle.request("GET", "/x")
        assert idle.getresponse().read() == b'{"path": "x"}'
        app.process.send_signal(signal.SIGINT)
        assert app.process.wait(timeout=20) == 0
        assert app.log == ""


def test_a_catch_all_takes_the_root_and_no_admin_path(tmp_path: Path) -> None:
    with serving(write_app(tmp_path, EMPTY)) as app:
        assert app.get("/").json == {"path": None}
        assert app.get("/admin/x").status == 404
        assert app.get("/administration").json == {"path": "administration"}


def test_a_function_whose_name_hides_another_is_told(tmp_path: Path) -> None:
    source = EMPTY + '\n@app.route(route="x")\ndef zulu(req: func.HttpRequest) -> func.HttpResponse: ...\n'
    with serving(write_app(tmp_path, source)) as app:
        assert "'anything' ({*path}) takes requests for 'zulu' (x)" in app.log
        assert app.get("/x").json == {"path": "x"}


def test_a_port_in_use_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = failing(write_app(tmp_path, EMPTY), "--port", str(port))
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith(f"devhost: cannot listen on 127.0.0.1:{port}: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("import not_installed", "ModuleNotFoundError: No module named 'not_installed' (function_app.py, line 7)"),
        ("raise RuntimeError('no key')", "RuntimeError: no key (function_app.py, line 7)"),
        ("app = None", "ValueError: Could not find top level function app instances in function_app.py."),
    ],
)
def test_an_app_that_cannot_be_indexed_is_told_in_one_line(tmp_path: Path, source: str, complaint: str) -> None:
    result = failing(write_app(tmp_path, source))
    assert result.returncode == 1
    assert result.stderr.startswith(f"devhost: cannot index function_app.py: {complaint}")
    assert result.stderr.count("\n") == 1


def test_an_app_without_functions_is_refused(tmp_path: Path) -> None:
    result = failing(write_app(tmp_path, ""))
    assert result.returncode == 1
    assert result.stderr.endswith("devhost: function_app.py registers no function that is enabled\n")


def test_a_route_that_devhost_cannot_match_is_refused(tmp_path: Path) -> None:
    result = failing(write_app(tmp_path, EMPTY.replace("{*path}", "{id:colour}")))
    assert result.returncode == 1
    assert result.stderr == "devhost: route '{id:colour}': devhost does not know the constraint 'colour'\n"


@pytest.mark.parametrize("missing", ["host.json", "function_app.py"])
def test_a_folder_that_is_no_app_is_refused(tmp_path: Path, missing: str) -> None:
    (write_app(tmp_path, EMPTY) / missing).unlink()
    result = failing(tmp_path)
    assert result.returncode == 1
    assert result.stderr.startswith(f"devhost: no {missing} in {tmp_path}")
