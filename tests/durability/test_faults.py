"""Storage that throttles, answers 503, cuts connections or is slow: a bounded number of tries, then a clean error,
and nothing half-done."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from aiohttp import web

from shared.voices.families import IDENTIFICATION
from shared.voices.families import VERIFICATION as FAMILY
from tests import voices
from tests.contract.api import IDENTIFICATION as IDENTIFY
from tests.contract.api import VERIFICATION, error_of
from tests.durability.proxy import CutOffError, Hook, SilenceError
from tests.durability.world import World

CLIENTS = 12


def _status(code: int) -> Hook:
    return lambda _, __: web.Response(status=code, headers={"Retry-After": "0"})


def _cut(_number: int, _request: web.BaseRequest) -> None:
    raise CutOffError


FAULTS: dict[str, Hook] = {"500": _status(500), "503, throttled": _status(503), "cut off": _cut}


def _silent(_number: int, _request: web.BaseRequest) -> None:
    raise SilenceError


def _once(fault: Hook, on: Callable[[web.BaseRequest], bool]) -> Hook:
    """The fault, at the first call that it fits."""
    left = [1]

    def hook(number: int, request: web.BaseRequest) -> web.Response | None:
        if left and on(request):
            left.clear()
            return fault(number, request)
        return None

    return hook


def _is_change(request: web.BaseRequest) -> bool:
    return request.method != "GET"


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_fault_that_passes_is_not_seen_by_the_caller(world: World, fault: Hook, when: str) -> None:
    clip = voices.speakers()["anna"].enrollments[0]
    with world.app() as (_, api):
        profile_id = api.create()
        world.proxy.watch(**{when: _once(fault, _is_change)})
        answer = api("POST", f"{VERIFICATION}/profiles/{profile_id}/enrollments", clip)
        world.proxy.watch()
        assert answer.status_code == 201, answer.text
        assert api.profile(profile_id)["enrollmentsCount"] == 1
    assert _names_what_it_keeps(world, profile_id)


def test_storage_that_once_says_nothing_is_asked_again(world: World) -> None:
    clip = voices.speakers()["anna"].enrollments[0]
    with world.app() as (_, api):
        profile_id = api.create()
        world.proxy.watch(before=_once(_silent, _is_change))
        answer = api("POST", f"{VERIFICATION}/profiles/{profile_id}/enrollments", clip)
        world.proxy.watch()
        assert answer.status_code == 201, answer.text
        assert api.profile(profile_id)["enrollmentsCount"] == 1
    assert _names_what_it_keeps(world, profile_id)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_that_stays_is_a_clean_error_and_nothing_is_half_done(world: World, fault: Hook) -> None:
    clip = voices.speakers()["anna"].enrollments[0]
    with world.app() as (running, api):
        profile_id = api.enrolled(clip)
        world.proxy.watch(before=lambda number, request: fault(number, request) if _is_change(request) else None)
        status, code, _ = error_of(api("POST", f"{VERIFICATION}/profiles/{profile_id}/enrollments", clip))
        tries = len([call for call in world.proxy.calls if not call.startswith("GET")])
        world.proxy.watch()
        assert (status, code) == (503, "ServiceUnavailable")
        assert tries <= 5
        assert running.process.poll() is None
        assert api.profile(profile_id)["enrollmentsCount"] == 1
        assert api("POST", f"{VERIFICATION}/profiles/{profile_id}:verify", clip).status_code == 200


def test_reading_through_a_fault_that_stays_is_a_clean_error(world: World) -> None:
    with world.app() as (_, api):
        profile_id = api.create()
        world.proxy.watch(before=_status(503))
        answer = api("GET", f"{VERIFICATION}/profiles/{profile_id}")
        world.proxy.watch()
        assert error_of(answer)[0] == 503


def test_every_enrollment_that_was_acknowledged_is_counted_once(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = voices.seconds("anna", 6)
    with world.app() as (_, api), ThreadPoolExecutor(CLIENTS) as clients:
        profile_id = api.create()
        path = f"{VERIFICATION}/profiles/{profile_id}/enrollments"
        answers = list(clients.map(lambda _: api("POST", path, clip), range(2 * CLIENTS)))
        statuses = Counter(answer.status_code for answer in answers)
        assert set(statuses) <= {201, 409}
        assert api.profile(profile_id)["enrollmentsCount"] == statuses[201]
    assert _names_what_it_keeps(world, profile_id)
    with capsys.disabled():
        print(f"\n{CLIENTS} clients enrolled one profile at once: {dict(statuses)}")


def test_changes_of_every_kind_at_once_leave_every_profile_whole(world: World) -> None:
    anna = voices.speakers()["anna"]
    with world.app() as (running, api), ThreadPoolExecutor(CLIENTS) as clients:
        ids = [api.enrolled(anna.enrollments[0], IDENTIFY) for _ in range(3)]
        work = [
            change
            for profile_id in ids
            for path in [f"{IDENTIFY}/profiles/{profile_id}"]
            for change in (
                lambda path=path: api("POST", f"{path}/enrollments", anna.test, ignoreMinLength="true"),
                lambda path=path: api("POST", f"{path}:reset"),
                lambda path=path: api("GET", path),
                lambda path=path: api("POST", f"{path}/enrollments", anna.test),
                lambda ids=ids: api(
                    "POST", f"{IDENTIFY}/profiles:identifySingleSpeaker", anna.test, profileIds=",".join(ids)
                ),
            )
        ] + [lambda: api("DELETE", f"{IDENTIFY}/profiles/{ids[0]}")]
        statuses = {answer.status_code for answer in clients.map(_call, work)}
        assert statuses <= {200, 201, 204, 400, 404, 409}
        assert running.process.poll() is None
        assert api("GET", f"{IDENTIFY}/profiles/{ids[0]}").status_code == 404
    store = world.store()
    assert store.get(IDENTIFICATION, ids[0]) is None
    for profile_id in ids[1:]:
        profile = store.get(IDENTIFICATION, profile_id)
        assert profile is not None
        weight = profile.signature.speech_sec if profile.signature else 0
        assert weight == pytest.approx(profile.speech_sec), "signature and enrollments disagree"


def _call(work: Callable[[], requests.Response]) -> requests.Response:
    return work()


def _names_what_it_keeps(world: World, profile_id: str) -> bool:
    store = world.store()
    profile = store.get(FAMILY, profile_id)
    assert profile is not None
    return {e.id for e in profile.enrollments} == {clip.enrollment_id for clip in store.all_audio(profile)}
