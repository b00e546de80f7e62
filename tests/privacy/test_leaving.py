"""Whatever is done with it, the service writes no file and talks to nobody but those whom it was told of."""

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
import requests

from functions.contract.operations import OPERATIONS
from tests import voices
from tests.contract.api import IDENTIFICATION, TEXT_DEPENDENT, VERIFICATION
from tests.privacy.conftest import BAD_BODIES, CLIP, KEY, Watched
from tests.privacy.outside import ends, way_out
from tests.speech_service import speech_service

CONSENT = '{"version":"1","givenDateTime":"2026-01-31T09:30:00Z","by":"test"}'
CALLER = """
import socket, sys
caller = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
sys.stdin.read()
"""


@dataclass
class Followed:
    """A service through everything that it does.

    Attributes:
        told: address and port of everyone in its settings.
        ends: address and port of everyone whom it talked to.
        asked: what it asked for beyond this machine.
    """

    seen: Watched
    told: set[tuple[str, int]]
    ends: set[tuple[str, int]]
    asked: list[str]


@pytest.fixture(scope="module", params=["Whisper", "Azure AI Speech"])
def followed(watch: Callable[..., Watched], request: pytest.FixtureRequest) -> Iterator[Followed]:
    """Every operation, with words written down by each of those who can."""
    found: list[set[tuple[str, int]]] = []

    def act(seen: Watched) -> None:
        with ends(seen.pid, seen.url) as talked_to:
            _do_everything(seen)
        known = {("127.0.0.1", port) for port in seen.proxy.ports.values()}
        found.extend((talked_to, known | _queue_of_the_host(seen.everything.connection_string)))

    with pytest.MonkeyPatch.context() as only, way_out() as (proxy, asked), speech_service() as speech:
        only.setenv("HOST", "devhost")  # Core Tools has files and calls of its own
        there = {"SPEAKER_SPEECH_ENDPOINT": speech.endpoint, "SPEAKER_SPEECH_KEY": speech.key}
        chosen = {"SPEAKER_ACTIVE_ENROLLMENT": "true"} if request.param == "Whisper" else there
        seen = watch(act, **proxy, **chosen)
        talked_to, told = found
        told |= {("127.0.0.1", urlsplit(speech.url).port or 0)} if chosen is there else set()
        assert bool(speech.asked) == (chosen is there)
        yield Followed(seen, told, talked_to, asked)


def _queue_of_the_host(connection_string: str) -> set[tuple[str, int]]:
    """Where messages wait that start its functions."""
    fields = dict(field.split("=", 1) for field in connection_string.split(";") if "=" in field)
    return {("127.0.0.1", urlsplit(fields["QueueEndpoint"]).port or 0)}


def test_every_operation_was_done(followed: Followed) -> None:
    done = {line["operation"] for line in followed.seen.lines() if line.get("status", 200) < 300}
    assert {*OPERATIONS, "Health"} <= done
    assert followed.seen.answers["upkeep"].status_code == 202


def test_no_file_is_written_anywhere(followed: Followed) -> None:
    assert followed.seen.left == []


def test_nobody_is_talked_to_but_who_is_in_the_settings(followed: Followed) -> None:
    assert followed.asked == []
    assert followed.ends
    assert followed.ends <= followed.told


def test_who_talks_to_somebody_is_seen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        port: int = somebody.getsockname()[1]
        with subprocess.Popen([sys.executable, "-c", CALLER, str(port)], stdin=subprocess.PIPE) as caller:
            with ends(caller.pid, "http://127.0.0.1:1") as seen:
                somebody.accept()[0].close()
                while not seen:
                    pass
            caller.communicate(b"")
    assert seen == {("127.0.0.1", port)}


def test_who_looks_for_a_way_out_is_seen() -> None:
    with way_out() as (proxy, asked), pytest.MonkeyPatch.context() as only:
        for name, value in proxy.items():
            only.setenv(name, value)
        with pytest.raises(requests.RequestException):
            requests.get("https://example.invalid/", timeout=10)
    assert [line.rpartition(" ")[0] for line in asked] == ["CONNECT example.invalid:443"]


def _do_everything_with_a_group(seen: Watched, path: str, member: str) -> None:
    members = f'{{"profileIds":["{member}"]}}'
    seen.send("put", "PUT", f"{path}/staff", "{}")
    seen.send("duplicates", "POST", f"{IDENTIFICATION}/profiles/{member}:findDuplicates")
    seen.send("add", "POST", f"{path}/staff/profiles:add", members)
    for name, below in (("groups", ""), ("group", "/staff"), ("members", "/staff/profiles")):
        seen.send(name, "GET", f"{path}{below}")
    seen.send("remove", "POST", f"{path}/staff/profiles:remove", members)
    seen.send("ungroup", "DELETE", f"{path}/staff")


def _do_everything_with_a_recording(seen: Watched, path: str, profile: str) -> None:
    job = seen.send("record", "POST", path, CLIP, profileIds=profile, keepAudioHours="1").json()["recordingId"]
    where, status = f"{seen.url}/speaker-recognition/{path}/{job}?api-version=2021-09-05", "NotStarted"
    while status in ("NotStarted", "Running"):
        status = requests.get(where, headers={"Ocp-Apim-Subscription-Key": KEY}, timeout=60).json()["status"]
    assert status == "Succeeded"
    seen.send("turns", "GET", f"{path}/{job}/turns", format="vtt")
    speaker = f"{path}/{job}/speakers/1:enroll"
    seen.send("speaker", "POST", speaker, profileId=profile, ignoreMinLength="true")
    seen.send("recordings", "GET", path)
    seen.send("unrecord", "DELETE", f"{path}/{job}")


def _do_everything(seen: Watched) -> None:
    passport, activation = voices.phrase("anna", 3), voices.phrase("anna", 11)
    ids = {family: seen.create(family) for family in (VERIFICATION, IDENTIFICATION, TEXT_DEPENDENT)}
    for family, profile_id in ids.items():
        path = f"{family}/profiles/{profile_id}"
        seen.send("phrases", "GET", f"{family}/phrases/en-us")
        for clip in (passport,) * 3 if family == TEXT_DEPENDENT else (activation, voices.seconds("anna", 25)):
            seen.send("enroll", "POST", f"{path}/enrollments", clip)
        if family != IDENTIFICATION:
            seen.send("verify", "POST", f"{path}:verify", passport if family == TEXT_DEPENDENT else CLIP)
            seen.send("challenge", "POST", f"{path}:challenge")
            seen.send("unlock", "POST", f"{path}:unlock")
    for resource in ("profiles:identifySingleSpeaker", "recordings:identify"):
        for body in (CLIP, *BAD_BODIES.values()):
            seen.send("identify", "POST", f"{IDENTIFICATION}/{resource}", body, profileIds=ids[IDENTIFICATION])
    _do_everything_with_a_group(seen, f"{IDENTIFICATION}/groups", ids[IDENTIFICATION])
    _do_everything_with_a_recording(seen, f"{IDENTIFICATION}/recordings", ids[IDENTIFICATION])
    seen.answers["upkeep"] = requests.post(f"{seen.url}/admin/functions/Upkeep", json={}, timeout=60)
    requests.get(f"{seen.url}/health", timeout=60)
    for family, profile_id in ids.items():
        path = f"{family}/profiles"
        seen.send("get", "GET", f"{path}/{profile_id}", details="true")
        seen.send("list", "GET", path)
        seen.send("audit", "GET", f"{path}/{profile_id}/audit")
        seen.send("export", "POST", f"{path}/{profile_id}:export")
        seen.send("consent", "PUT", f"{path}/{profile_id}/consent", CONSENT)
        seen.send("opt out", "POST", f"{path}/{profile_id}:optOut")
        seen.send("opt in", "POST", f"{path}/{profile_id}:optIn")
        seen.send("reset", "POST", f"{path}/{profile_id}:reset")
        seen.send("delete", "DELETE", f"{path}/{profile_id}")
        seen.send("all", "DELETE", path, confirm="delete-all-profiles")
