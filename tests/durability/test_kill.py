"""The process is killed before and after every storage call of every change; what was acknowledged is there
afterwards, and what was not is there whole or not at all.

What a kill leaves is what storage holds. That is the same after a call and before the next one, so one of the two is
tried: before the first call, and after each.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from unittest.mock import patch
from uuid import UUID

import pytest
import requests

from shared.profiles.upkeep import GRACE
from shared.store.azure import AzureStore
from shared.voices.families import PASSPHRASE_VERIFICATION, VERIFICATION, Family
from tests import models, voices
from tests.contract.api import VERSION, Api
from tests.domain import Domain
from tests.durability.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

CREATE: Final = "create"
ENROLL: Final = "enroll"
ENROLL_PHRASE: Final = "enroll a passphrase"
RESET: Final = "reset"
DELETE: Final = "delete"


def _change(api: Api, profile_id: str, change: str) -> int:
    path = f"{_path(change)}/profiles/{profile_id}"
    calls: dict[str, Callable[[], requests.Response]] = {
        CREATE: lambda: api("POST", f"{_path(change)}/profiles", '{"locale":"en-us"}'),
        ENROLL: lambda: api("POST", f"{path}/enrollments", voices.speakers()["anna"].enrollments[1]),
        ENROLL_PHRASE: lambda: api("POST", f"{path}/enrollments", voices.phrase("anna", 3)),
        RESET: lambda: api("POST", f"{path}:reset"),
        DELETE: lambda: api("DELETE", path),
    }
    return calls[change]().status_code


def _family(change: str) -> Family:
    return PASSPHRASE_VERIFICATION if change == ENROLL_PHRASE else VERIFICATION


def _path(change: str) -> str:
    return f"{_family(change).mode}/{_family(change).dependency}"


def _begun(api: Api, change: str) -> str:
    """A profile with one enrollment."""
    first = voices.phrase("anna", 3) if change == ENROLL_PHRASE else voices.speakers()["anna"].enrollments[0]
    profile_id = api.create(_path(change))
    assert api.enroll(profile_id, first, _path(change)).status_code == 201
    return profile_id


def _killed_at(world: World, change: str, point: int) -> tuple[str, int | None]:
    """The profile and the status that the caller read, None where the process died before it answered.

    Args:
        point: number of the call after which it dies; 0 for before the first one.
    """
    with world.app() as (running, api):
        profile_id = _begun(api, change)

        def kill(number: int, _request: object) -> None:
            if number == max(point, 1):
                running.process.kill()

        world.proxy.watch(**{"after" if point else "before": kill})
        try:
            return profile_id, _change(api, profile_id, change)
        except requests.ConnectionError:
            return profile_id, None
        finally:
            world.proxy.watch()


def _storage_calls(world: World, change: str) -> int:
    with world.app() as (_, api):
        profile_id = _begun(api, change)
        world.proxy.watch()
        assert _change(api, profile_id, change) in (200, 201, 204)
        return len(world.proxy.calls)


def _upkeep(store: AzureStore) -> None:
    later = datetime.now(UTC) + 2 * GRACE
    with patch.object(store, "now", lambda: later):
        Domain.on(store, models.listener(), lambda: later).upkeep()


def _check(world: World, profile_id: str, change: str, status: int | None) -> None:
    store = world.store()
    _upkeep(store)
    profile = store.get(_family(change), profile_id)
    kept = {clip.enrollment_id for clip in store.all_audio() if clip.profile_id == profile_id}
    if profile is None:
        assert change == DELETE
        assert kept == set()
        return
    assert not profile.deleting, "a deletion was not finished"
    assert {enrollment.id for enrollment in profile.enrollments} == kept, "audio and entity disagree"
    assert (profile.signature is None) is (not profile.enrollments)
    if profile.signature:
        assert profile.speech_sec <= profile.signature.speech_sec <= profile.audio_sec, "a clip counts twice, or not"
    assert (profile.phrase is None) is (change != ENROLL_PHRASE)
    allowed = {RESET: {0, 1}, DELETE: {1}}.get(change, {1, 2})
    acknowledged = {RESET: {0}, DELETE: set()}.get(change, {2})
    assert len(profile.enrollments) in (acknowledged if status and status < 300 else allowed)


def _held(store: AzureStore) -> int:
    return sum(not profile.deleting for profile in store.scan())


@pytest.mark.parametrize("change", [CREATE, DELETE])
def test_a_kill_at_any_storage_call_leaves_a_count_that_is_not_too_low_and_that_upkeep_sets_right(
    world: World, change: str
) -> None:
    for point in range(_storage_calls(world, change) + 1):
        _killed_at(world, change, point)
        store = world.store()
        assert store.count() >= _held(store)
        _upkeep(store)
        assert store.count() == _held(store)


@pytest.mark.parametrize("change", [ENROLL, ENROLL_PHRASE, RESET, DELETE])
def test_a_kill_at_any_storage_call_loses_nothing_acknowledged_and_leaves_nothing_behind(
    world: World, change: str, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = _storage_calls(world, change)
    died = 0
    for point in range(calls + 1):
        profile_id, status = _killed_at(world, change, point)
        died += status is None
        _check(world, profile_id, change, status)
    with capsys.disabled():
        print(f"\n{change}: killed at {calls + 1} points around {calls} storage calls; {died} callers had no answer")
    assert died == calls + 1


def _named(api: Api, profile_id: str, request_id: str) -> requests.Response:
    """An enrollment under a request's id."""
    return api.request(
        "POST",
        f"{api.url}/speaker-recognition/{_path(ENROLL)}/profiles/{profile_id}/enrollments",
        params=VERSION,
        headers={"Ocp-Apim-Subscription-Key": api.key, "Repeatability-Request-ID": request_id},
        data=voices.speakers()["anna"].enrollments[1],
    )


def _killed_while_naming(world: World, request_id: str, point: int) -> str:
    """The profile of a process that died after so many storage calls of an enrollment."""
    with world.app() as (running, api):
        profile_id = _begun(api, ENROLL)

        def kill(number: int, _request: object) -> None:
            if number == point:
                running.process.kill()

        world.proxy.watch(after=kill)
        with pytest.raises(requests.ConnectionError):
            _named(api, profile_id, request_id)
        world.proxy.watch()
        return profile_id


def test_an_enrollment_whose_process_died_counts_once_when_it_is_sent_again_under_its_name(world: World) -> None:
    with world.app() as (_, api):
        assert _named(api, _begun(api, ENROLL), str(UUID(int=99))).status_code == 201  # it makes the table
        profile_id = _begun(api, ENROLL)
        world.proxy.watch()
        assert _named(api, profile_id, str(UUID(int=98))).status_code == 201
        calls = len(world.proxy.calls)
    for point in (1, calls - 1, calls):
        request_id = str(UUID(int=point))
        profile_id = _killed_while_naming(world, request_id, point)
        with world.app() as (_, api):
            first, again = (_named(api, profile_id, request_id) for _ in range(2))
        assert (first.status_code, again.content) == (201, first.content)
        _check(world, profile_id, ENROLL, first.status_code)
