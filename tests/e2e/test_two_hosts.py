"""Two hosts on one storage, as an app that is scaled out has them, and changes in random order on both at once.

``INTERLEAVINGS=1000`` makes so many changes; without it they are few.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import pytest
import requests

from devhost.azurite import azurite
from devhost.stack import host
from tests import voices
from tests.contract.api import IDENTIFICATION, Api
from tests.interleaving import GROUPS, SEEN_WITHIN_SEC, Person, interleaved, interleavings

CHANGES: Final = interleavings(14)
pytestmark = [pytest.mark.slow, pytest.mark.timeout(60 + 5 * CHANGES)]

ENROLLED_SEC: Final = 3
"""Of speech; what is asked for begins where nobody has enrolled."""
NOBODY: Final = "00000000-0000-0000-0000-000000000000"
KEY: Final = "two-hosts-of-these-tests"
SETTINGS: Final = {"SPEAKER_RECOGNITION_KEYS": KEY, "SPEAKER_CENTRING": "false"}


@dataclass(frozen=True)
class Hosted:
    """The service as one host runs it."""

    api: Api

    def may_be_behind(self, since: float) -> bool:
        """Time passes by itself."""
        return time.monotonic() - since < SEEN_WITHIN_SEC

    def create(self) -> str:
        return self.api.create(IDENTIFICATION)

    def enroll(self, profile_id: str, voice: bytes) -> None:
        _done(self.api.enroll(profile_id, voice, IDENTIFICATION, ignoreMinLength="true"))

    def reset(self, profile_id: str) -> None:
        _done(self.api("POST", f"{IDENTIFICATION}/profiles/{profile_id}:reset"))

    def delete(self, profile_id: str) -> None:
        _done(self.api("DELETE", f"{IDENTIFICATION}/profiles/{profile_id}"))

    def add(self, profile_id: str, group: str) -> None:
        self._change(group, "add", profile_id)

    def remove(self, profile_id: str, group: str) -> None:
        self._change(group, "remove", profile_id)

    def named(self, voice: bytes, group: str | None) -> tuple[str | None, list[str]]:
        among = {"groupId": group} if group else {"profileIds": "*"}
        query = {**among, "$top": "100", "ignoreMinLength": "true"}
        answer = self.api("POST", f"{IDENTIFICATION}/profiles:identifySingleSpeaker", voice, **query)
        if answer.status_code == 400 and answer.json()["error"]["message"].startswith("Nobody is enrolled."):
            return None, []
        found = _done(answer).json()
        speaker = found["identifiedProfile"]["profileId"]
        return None if speaker == NOBODY else speaker, [each["profileId"] for each in found["profilesRanking"]]

    def _change(self, group: str, how: str, profile_id: str) -> None:
        body = json.dumps({"profileIds": [profile_id]})
        _done(self.api("POST", f"{IDENTIFICATION}/groups/{group}/profiles:{how}", body))


def _done(answer: requests.Response) -> requests.Response:
    assert answer.ok, answer.text
    return answer


@pytest.fixture
def hosts() -> Iterator[list[Hosted]]:
    """Two of them, on a storage where nobody else is enrolled."""
    with ExitStack() as running:
        storage = running.enter_context(azurite())
        environment = {"SPEAKER_STORAGE_CONNECTION_STRING": storage, "AzureWebJobsStorage": storage, **SETTINGS}
        yield [Hosted(Api(running.enter_context(host(environment)).url, KEY)) for _ in range(2)]


def _person(name: str) -> Person[bytes]:
    """Says the same as often as he is asked."""
    speech = voices.speech(name)[12 * voices.RATE :][: ENROLLED_SEC * voices.RATE]
    return Person(voices.seconds(name, ENROLLED_SEC), partial(voices.to_wav, speech))


def test_whatever_changes_on_one_host_is_so_on_the_other(
    hosts: list[Hosted], record_property: Callable[[str, object], None]
) -> None:
    for group in GROUPS:
        _done(hosts[0].api("PUT", f"{IDENTIFICATION}/groups/{group}", "{}"))
    people = [_person(name) for name in voices.speakers()]
    latest = interleaved(hosts, people, CHANGES, np.random.default_rng(13))
    record_property("printed", f"{CHANGES} changes on two hosts: the other one knew within {latest:.1f} s or at once")
