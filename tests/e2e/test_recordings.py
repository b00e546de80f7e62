"""Many recordings at once over the real queue, and what is stored when they are gone."""

import itertools
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

import pytest

from devhost.azurite import azurite
from devhost.stack import Host, host
from shared.recordings.sweep import Sweep
from tests import voices
from tests.conftest import KEYS
from tests.contract.api import IDENTIFICATION, BackedApi, backed
from tests.contract.test_recordings import conversation
from tests.privacy.stored import Stored, changes

pytestmark = pytest.mark.slow

JOBS: Final = f"{IDENTIFICATION}/recordings"
NAMES: Final = ("anna", "boris", "clara", "david")
PAIRS: Final = list(itertools.islice(itertools.cycle(itertools.permutations(NAMES, 2)), 20))
"""Who speaks first and second in each of twenty recordings."""
STEPS: Final = 3
"""Of a short recording: it is cut, its one piece is heard, the turns are put together."""
PATIENCE_SEC: Final = 120


@dataclass
class Seen:
    """What became of recordings that were handed in at once, in turns to two hosts on the same storage.

    Attributes:
        jobs: the twenty, and one that is no recording.
        heard: profiles of the speakers of each of the twenty, in order.
        before, done, deleted, expired: all that was stored without them, when all had ended, when every second one was
            deleted, and when the others had expired.
        steps: errors of the steps that the hosts have logged, None for those that went well.
    """

    jobs: list[str]
    known: dict[str, str]
    heard: list[list[str]]
    failed: dict[str, Any]
    before: Stored
    done: Stored
    deleted: Stored
    expired: Stored
    steps: Counter[str | None]


def until[T](found: Callable[[], T], wanted: Callable[[T], bool]) -> T:
    """What is found once it is as wanted."""
    deadline = time.monotonic() + PATIENCE_SEC
    while not wanted(seen := found()):
        assert time.monotonic() < deadline, seen
    return seen


@pytest.fixture(scope="module")
def seen() -> Iterator[Seen]:
    """Twenty at once, and one that fails; all ended, deleted or expired."""
    with azurite() as storage:
        own = {"SPEAKER_STORAGE_CONNECTION_STRING": storage, "AzureWebJobsStorage": storage}
        environment = {**own, "SPEAKER_RECOGNITION_KEYS": KEYS[0]}
        with host(environment) as one, host(environment) as other:
            apis = [backed(each, KEYS[0], storage) for each in (one, other)]
            found = _worked(apis)
        yield Seen(**found, steps=_steps(one) + _steps(other))


def _worked(apis: list[BackedApi]) -> dict[str, Any]:
    api = apis[0]
    known = {name: api.enrolled(voices.seconds(name, 20), IDENTIFICATION) for name in NAMES}
    before, offered = api.stored(), ",".join(known.values())
    clips = [*(conversation(*pair) for pair in PAIRS), b"this is no audio"]
    jobs = [
        str(each("POST", JOBS, clip, profileIds=offered).json()["recordingId"])
        for each, clip in zip(itertools.cycle(apis), clips, strict=False)
    ]
    ended = [until(partial(_told, api, job), _has_ended) for job in jobs]
    done = until(api.stored, _is_quiet)
    told = [api("GET", f"{JOBS}/{job}/turns").json() for job in jobs[:-1]]
    assert all(api("DELETE", f"{JOBS}/{job}").status_code == 204 for job in jobs[::2])
    deleted = api.stored()
    Sweep(api.store, lambda: datetime.now(UTC) + timedelta(hours=24)).run()
    heard = [[speaker["profileId"] for speaker in each["speakers"]] for each in told]
    return {
        "jobs": jobs, "known": known, "heard": heard, "failed": ended[-1],
        "before": before, "done": done, "deleted": deleted, "expired": api.stored(),
    }  # fmt: skip


def _told(api: BackedApi, job: str) -> dict[str, Any]:
    told: dict[str, Any] = api("GET", f"{JOBS}/{job}").json()
    return told


def _has_ended(told: dict[str, Any]) -> bool:
    return told["status"] in ("Succeeded", "Failed")


def _is_quiet(stored: Stored) -> bool:
    """Whether no message waits or is worked on."""
    return not any(where.startswith("messages of ") for where in stored)


def _steps(running: Host) -> Counter[str | None]:
    lines = (re.search(r'\{"operation".*\}', line) for line in running.log)
    steps = (json.loads(line[0]) for line in lines if line and '"RecordingStep"' in line[0])
    return Counter(step.get("error") for step in steps)


def test_twenty_at_once_all_finish_each_with_its_own_answer(seen: Seen) -> None:
    assert seen.heard == [[seen.known[name] for name in pair] for pair in PAIRS]


def test_two_hosts_on_one_queue_do_every_step_once(seen: Seen) -> None:
    assert seen.steps == {None: STEPS * len(PAIRS) + 1}


def test_of_a_recording_that_has_failed_nothing_is_left_but_that_it_has(seen: Seen) -> None:
    assert seen.failed["status"] == "Failed"
    new = changes(seen.before, seen.done)
    [table] = {where.split("/")[0] for where in new if seen.jobs[-1] in where}
    left = [where for where in new if not where.startswith(f"{table}/")]
    assert sorted(left) == sorted(f"recordings/{job}/turns@None" for job in seen.jobs[:-1])


def test_nothing_is_left_of_what_was_deleted(seen: Seen) -> None:
    assert not [where for where in changes(seen.before, seen.deleted) if any(job in where for job in seen.jobs[::2])]


def test_nothing_is_left_anywhere_of_what_has_expired(seen: Seen) -> None:
    assert changes(seen.before, seen.deleted)
    assert changes(seen.before, seen.expired) == set()
