"""What a monitor is told: quickly, once a second at most, and also when upkeep has stopped."""

import json
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest

from functions.contract.version import VERSION
from functions.health import LATE, Checked
from functions.plumbing.guard import App
from shared.errors import StorageUnavailable
from shared.store import UpkeepReport
from shared.store.memory import MemoryStore
from tests import models
from tests.clock import Clock


class Ticks:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def checked(store: MemoryStore, clock: Clock, ticks: Ticks) -> Checked:
    return Checked(App({}, store=store, listener=models.listener(), now=clock), ticks)


def _told(checked: Checked) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(checked.answer().get_body())
    return found


def test_a_fresh_app_is_healthy_and_names_its_version(checked: Checked) -> None:
    assert _told(checked) == {
        "status": "Healthy",
        "version": VERSION,
        "modelVersion": "2026-11-22",
        "upkeep": {"finishedDateTime": None, "unreadableProfiles": None, "foreignAudio": None},
    }


def test_it_tells_when_upkeep_ended_and_what_that_could_not_read(
    checked: Checked, store: MemoryStore, clock: Clock
) -> None:
    store.write_report(UpkeepReport(clock() - timedelta(hours=1), 2, 3))
    told = _told(checked)
    assert (told["status"], told["upkeep"]["unreadableProfiles"], told["upkeep"]["foreignAudio"]) == ("Healthy", 2, 3)


@pytest.mark.parametrize("ran_before", [True, False])
def test_it_degrades_where_upkeep_does_not_run_any_more(
    checked: Checked, store: MemoryStore, clock: Clock, ticks: Ticks, *, ran_before: bool
) -> None:
    if ran_before:
        store.write_report(UpkeepReport(clock(), 0, 0))
    clock.let_pass(seconds=LATE.total_seconds() - 60)
    assert _told(checked)["status"] == "Healthy"
    clock.let_pass(seconds=120)
    ticks.now += 1
    assert _told(checked)["status"] == "Degraded"


def test_storage_is_asked_once_a_second_at_most_also_when_it_does_not_answer(
    checked: Checked, store: MemoryStore, ticks: Ticks
) -> None:
    with patch.object(store, "ping", side_effect=StorageUnavailable("no answer")) as ping:
        for _ in range(50):
            with pytest.raises(StorageUnavailable):
                checked.answer()
        ticks.now += 1
        with pytest.raises(StorageUnavailable):
            checked.answer()
        assert ping.call_count == 2
    ticks.now += 1
    assert _told(checked)["status"] == "Healthy"
