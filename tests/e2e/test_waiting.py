"""Who is refused, and who monitors, does not wait behind those who are recognized."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from devhost.stack import stack
from tests import voices
from tests.conftest import KEYS
from tests.contract.api import VERIFICATION, Api

PLACES = 4
LONG = voices.seconds("anna", 110)


@pytest.fixture(scope="module")
def one_thread() -> Iterator[Api]:
    """A service that does one thing at a time."""
    one = {"PYTHON_THREADPOOL_THREAD_COUNT": "1", "SPEAKER_MAX_IN_FLIGHT": str(PLACES)}
    with stack({"SPEAKER_RECOGNITION_KEYS": KEYS[0], **one}) as running:
        yield Api(running.url, KEYS[0])


def test_refusals_and_health_are_answered_while_recognitions_queue(one_thread: Api) -> None:
    profile = one_thread.enrolled(voices.seconds("anna", 6))
    verify = f"{one_thread.url}/speaker-recognition/{VERIFICATION}/profiles/{profile}:verify"
    with ThreadPoolExecutor(4) as callers:
        queued = [callers.submit(one_thread.verify, profile, LONG) for _ in range(4)]
        refused = requests.post(verify, headers={"Ocp-Apim-Subscription-Key": "wrong"}, data=LONG, timeout=60)
        healthy = requests.get(f"{one_thread.url}/health", timeout=60)
        waiting = [answer for answer in queued if not answer.done()]
        assert (refused.status_code, healthy.status_code) == (401, 200)
        assert waiting, "all of them were served first"
        assert {answer.result().status_code for answer in queued} == {200}


def test_whoever_comes_when_all_places_are_taken_is_refused_at_once_and_served_later(one_thread: Api) -> None:
    profile = one_thread.enrolled(voices.seconds("anna", 6))
    with ThreadPoolExecutor(3 * PLACES) as callers:
        answers = list(callers.map(lambda _: one_thread.verify(profile, LONG), range(3 * PLACES)))
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(answers) - len(refused) >= PLACES
    assert refused, "everybody was let in"
    for answer in refused:
        assert int(answer.headers["retry-after"]) >= 1
        assert answer.json()["error"]["code"] == answer.headers["x-ms-error-code"] == "RateLimit"
    assert one_thread.verify(profile, LONG).status_code == 200
