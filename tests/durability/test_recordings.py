"""The host is killed while a recording is worked on: its message comes back, and the job is done once."""

import time

import pytest
from aiohttp import web

from shared.voices.families import IDENTIFICATION as FAMILY
from tests import voices
from tests.contract.api import IDENTIFICATION, Api
from tests.contract.test_recordings import conversation
from tests.durability.world import World

JOBS = f"{IDENTIFICATION}/recordings"
LENT_SECONDS = 2


def _status(api: Api, job: str) -> str:
    return str(api("GET", f"{JOBS}/{job}").json()["status"])


def test_a_recording_survives_the_death_of_its_host_and_is_gone_when_it_is_deleted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOST", "devhost")
    monkeypatch.setenv("DEVHOST_MESSAGE_INVISIBLE_SECONDS", str(LENT_SECONDS))
    with world.app() as (running, api):
        profile = api.enrolled(voices.seconds("anna", 12), IDENTIFICATION)

        def kill(_: int, request: web.BaseRequest) -> None:
            if request.method == "PUT" and "/heard/" in request.path:
                running.process.kill()

        world.proxy.watch(before=kill)
        job = str(api("POST", JOBS, conversation("anna", "boris"), profileIds=profile).json()["recordingId"])
        running.process.wait(timeout=60)
        world.proxy.watch()
    store = world.store()
    assert f"{job}/source" in store.recordings.names(f"{job}/")
    with world.app() as (_, api):
        deadline = time.monotonic() + 60
        while _status(api, job) != "Succeeded":
            assert time.monotonic() < deadline
        told = api("GET", f"{JOBS}/{job}/turns").json()
        assert told["speakers"][0]["profileId"] == profile
        assert len(told["speakers"]) == 2
        while store.recordings.names("") != [f"{job}/turns"]:  # it is tidied up right after the last status is written
            assert time.monotonic() < deadline
        assert api("DELETE", f"{JOBS}/{job}").status_code == 204
    assert store.recordings.names("") == []
    assert list(store.jobs.page(FAMILY.name)) == []
