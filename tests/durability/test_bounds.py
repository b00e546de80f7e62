"""Bodies of the worst kinds and sizes: memory stays bounded, and a monitor is answered meanwhile."""

import json
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Final

import psutil
import pytest
import requests

from devhost.stack import Host, stack
from shared.listening.containers import MAX_BODY_BYTES
from shared.settings import ROOT
from tests import voices

KEY: Final = "a-key-of-sixteen-characters"
MAX_RESIDENT: Final = 512 * 2**20
HUGE: Final = 100 * 2**20
LIMIT: Final = "34603008"
PATH: Final = "/speaker-recognition/verification/text-independent/profiles"
VERSION: Final = {"api-version": "2021-09-05"}
FORM: Final = {"Content-Type": "multipart/form-data; boundary=x"}


def _nested(size: int) -> bytes:
    return b'{"x":[' + b"{},[]," * (size // 6) + b"0]}"


def _form(size: int) -> bytes:
    return b"\r\n--xAB" * (size // 7)


KINDS: Final[Mapping[str, tuple[Callable[[int], bytes], dict[str, str]]]] = {
    "json": (_nested, {}),
    "form": (_form, FORM),
    "zeros": (bytes, {}),
    "wav": (lambda size: b"RIFF\xff\xff\xff\xffWAVEfmt " + bytes(size), {"Content-Type": "audio/wav"}),
    "flac": (lambda size: b"fLaC" + b"\xff\xf8" * (size // 2), {"Content-Type": "audio/flac"}),
}


@pytest.fixture
def bounded() -> Iterator[Host]:
    """The service with the limit on bodies that the template sets; nothing counts its lines, which takes memory too."""
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
        yield from _serving()


def _serving() -> Iterator[Host]:
    bounds = {"FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": LIMIT, "SPEAKER_MAX_IN_FLIGHT": "8"}
    with stack({"SPEAKER_RECOGNITION_KEYS": KEY, **bounds}) as running:
        requests.get(f"{running.url}/health", timeout=30).raise_for_status()
        yield running


@contextmanager
def _watched(running: Host) -> Iterator[tuple[list[int], list[float]]]:
    """Resident bytes of the host, and how long a monitor waited in seconds, until the block ends."""
    process, done = psutil.Process(running.process.pid), threading.Event()
    resident: list[int] = []
    waited: list[float] = []

    def watch() -> None:
        while not done.wait(0.05):
            started = time.perf_counter()
            assert requests.get(f"{running.url}/health", timeout=30).status_code == 200
            waited.append(time.perf_counter() - started)
            resident.append(process.memory_info().rss)

    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(watch)
        try:
            yield resident, waited
        finally:
            done.set()
            watching.result()


def _send(running: Host, kind: str, size: int, *, with_key: bool) -> int | None:
    """The status, or None where the host closed the connection before the body was through."""
    make, headers = KINDS[kind]
    key = {"Ocp-Apim-Subscription-Key": KEY} if with_key else {}
    path = PATH if kind == "json" else f"{PATH}/0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9:verify"
    with suppress(requests.ConnectionError):
        return requests.post(
            f"{running.url}{path}", params=VERSION, headers={**headers, **key}, data=make(size), timeout=60
        ).status_code
    return None


def _report(capsys: pytest.CaptureFixture[str], what: str, resident: list[int], waited: list[float]) -> None:
    median, longest = (round(1000 * each(waited)) for each in (statistics.median, max))
    with capsys.disabled():
        print(
            f"\n{what}: at most {max(resident) / 2**20:.0f} MiB; a monitor waited {median} ms, at the most {longest} ms"
        )


def test_twenty_bodies_of_100_mb_one_after_another(bounded: Host, capsys: pytest.CaptureFixture[str]) -> None:
    with _watched(bounded) as (resident, waited):
        for number in range(20):
            kind = list(KINDS)[number % len(KINDS)]
            assert _send(bounded, kind, HUGE, with_key=number % 2 == 0) in (None, 413, 500)
    _report(capsys, "20 bodies of 100 MB", resident, waited)
    assert max(resident) < MAX_RESIDENT


@pytest.mark.parametrize("kind", KINDS)
def test_four_of_the_largest_size_that_is_accepted_at_once(
    bounded: Host, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with _watched(bounded) as (resident, waited), ThreadPoolExecutor(4) as callers:
        for with_key in (True, False):
            sent = [callers.submit(_send, bounded, kind, MAX_BODY_BYTES, with_key=with_key) for _ in range(4)]
            statuses = {answer.result() for answer in sent}
            assert statuses <= ({400, 404} if with_key else {401})
    _report(capsys, f"four of {MAX_BODY_BYTES:,} bytes, {kind}", resident, waited)
    assert max(resident) < MAX_RESIDENT


def test_clips_of_the_greatest_length_at_once(bounded: Host, capsys: pytest.CaptureFixture[str]) -> None:
    headers, clip = {"Ocp-Apim-Subscription-Key": KEY}, voices.seconds("anna", 120)
    profile = requests.post(
        f"{bounded.url}{PATH}", params=VERSION, headers=headers, data='{"locale":"en-us"}', timeout=30
    ).json()["profileId"]
    url = f"{bounded.url}{PATH}/{profile}"
    enrolled = requests.post(f"{url}/enrollments", params=VERSION, headers=headers, data=clip, timeout=60)
    assert enrolled.status_code == 201
    with _watched(bounded) as (resident, waited), ThreadPoolExecutor(4) as callers:
        sent = [
            callers.submit(requests.post, f"{url}:verify", params=VERSION, headers=headers, data=clip, timeout=120)
            for _ in range(4)
        ]
        assert [answer.result().json()["recognitionResult"] for answer in sent] == ["Accept"] * 4
    _report(capsys, "four clips of 120 s", resident, waited)
    assert max(resident) < MAX_RESIDENT


def test_the_template_sets_the_limit_that_is_tested() -> None:
    template = (ROOT / "infra" / "main.bicep").read_text()
    assert f"FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '{LIMIT}'" in template
    assert json.loads(LIMIT) > MAX_BODY_BYTES
