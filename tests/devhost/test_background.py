"""Timers and the warm-up."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.devhost.running import RunningApp, failing, serving, write_app

SOURCE = """
import collections
ran = collections.defaultdict(threading.Event)
infos = {}

@app.route(route="ran/{name}")
def has_run(req: func.HttpRequest) -> func.HttpResponse:
    name = req.route_params["name"]
    return reply(ran=ran[name].wait(15), info=infos.get(name))

def note(name, timer):
    infos[name] = {"past_due": timer.past_due, "status": sorted(timer.schedule_status)}
    ran[name].set()

@app.timer_trigger(schedule="%OFTEN%", arg_name="timer")
def every_second(timer: func.TimerRequest) -> None:
    note("every_second", timer)

@app.timer_trigger(schedule="0 0 0 1 1 *", arg_name="timer", run_on_startup=True)
async def at_once(timer: func.TimerRequest) -> None:
    note("at_once", timer)

@app.timer_trigger(schedule="0 0 0 1 1 *", arg_name="timer")
def yearly(timer: func.TimerRequest) -> None:
    note("yearly", timer)

@app.timer_trigger(schedule="0 0 0 1 1 *", arg_name="timer")
def broken(timer: func.TimerRequest) -> None:
    ran["broken"].set()
    raise RuntimeError("a timer failure")

@app.warm_up_trigger("warmup_context")
def warm_up(warmup_context) -> None:
    ran["warm_up"].set()
"""
STATUS = ["Last", "LastUpdated", "Next"]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    root = write_app(tmp_path_factory.mktemp("app"), SOURCE, settings={"OFTEN": "* * * * * *"})
    with serving(root) as app:
        yield app


@pytest.mark.parametrize("name", ["every_second", "at_once"])
def test_a_timer_runs_by_its_schedule_or_at_start(app: RunningApp, name: str) -> None:
    assert app.get(f"/ran/{name}").json == {"ran": True, "info": {"past_due": False, "status": STATUS}}


def test_the_app_is_warmed_up_at_start(app: RunningApp) -> None:
    assert app.get("/ran/warm_up").json["ran"] is True


def test_a_timer_is_run_by_hand(app: RunningApp) -> None:
    reply = app.call("POST", "/admin/functions/yearly", b'{"input": ""}', [("Content-Type", "application/json")])
    assert (reply.status, reply.body) == (202, b"")
    assert app.get("/ran/yearly").json["ran"] is True


def test_a_timer_that_fails_is_told_in_the_log_and_the_host_goes_on(app: RunningApp) -> None:
    assert app.call("POST", "/admin/functions/broken", b"").status == 202
    assert app.get("/ran/broken").json["ran"] is True
    assert app.call("POST", "/admin/functions/warm_up", b"").status == 202


def test_the_banner_shows_what_starts_them(app: RunningApp) -> None:
    assert "0 0 0 1 1 *" in app.banner
    assert "warmupTrigger" in app.banner


def test_a_schedule_may_not_name_a_setting_that_does_not_exist(tmp_path: Path) -> None:
    result = failing(write_app(tmp_path, SOURCE))
    assert result.returncode == 1
    assert result.stderr == "devhost: a timer's schedule names the setting %OFTEN%, which does not exist\n"
