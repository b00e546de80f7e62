"""The service at debug level, in folders of its own, put through every kind of recognition while all is watched."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
import requests
from aiohttp import web

from devhost.azurite import azurite
from devhost.stack import host
from shared.settings import MODELS, ROOT, Settings
from shared.store.azure import AzureStore
from tests import models, voices
from tests.contract.api import IDENTIFICATION, VERIFICATION
from tests.durability.proxy import Proxy, proxied
from tests.privacy.stored import Everything, Stored
from tests.signatures import mean_of

KEY: Final = "a-key-that-nobody-may-read"
CLIP: Final = voices.seconds("anna", 6)
SILENCERS: Final = ("CI", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS")
"""Variables that keep onnxruntime silent for the tests alone; the app has to by itself."""
TALKATIVE: Final = """import logging
for name in (None, "azure", "urllib3", "aiohttp", "asyncio"):
    logging.getLogger(name).setLevel(logging.DEBUG)
"""


@dataclass
class Watched:
    """A service, all that it stores, and what it has logged once it has ended.

    Attributes:
        states: everything that was stored, before and after a request, by the request's correlation id.
        answers: what was answered.
        log: what was printed.
        left: files that were not there before, once it has ended.
    """

    url: str
    pid: int
    everything: Everything
    proxy: Proxy
    states: dict[str, tuple[Stored, Stored]] = field(default_factory=dict)
    answers: dict[str, requests.Response] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    @property
    def store(self) -> AzureStore:
        return AzureStore.open(Settings.read({"SPEAKER_STORAGE_CONNECTION_STRING": self.everything.connection_string}))

    def send(self, name: str, method: str, path: str, body: bytes | str = b"", **query: str) -> requests.Response:
        """Send a request under a correlation id, and see what it changes."""
        headers = {"Ocp-Apim-Subscription-Key": KEY, "apim-request-id": name}
        if "encoding" in query:
            headers["Content-Encoding"] = query.pop("encoding")
        params = {"api-version": "2021-09-05", "subscription-key": KEY, **query}
        before = self.everything.now()
        answer = requests.request(
            method, f"{self.url}/speaker-recognition/{path}", headers=headers, params=params, data=body, timeout=60
        )
        self.states[name] = before, self.everything.now()
        self.answers[name] = answer
        return answer

    def create(self, family: str = VERIFICATION) -> str:
        answer = self.send("create", "POST", f"{family}/profiles", '{"locale":"en-us"}')
        profile_id: str = answer.json()["profileId"]
        return profile_id

    def enrolled(self, name: str, family: str = VERIFICATION) -> str:
        profile_id = self.create(family)
        path, clip = f"{family}/profiles/{profile_id}/enrollments", voices.speakers()[name].enrollments[0]
        assert self.send("enroll", "POST", path, clip, ignoreMinLength="true").status_code == 201
        return profile_id

    def lines(self) -> list[dict[str, Any]]:
        """The lines of requests."""
        found = (re.search(r'\{"operation".*\}', line) for line in self.log)
        return [json.loads(line[0]) for line in found if line]

    def line(self, name: str) -> dict[str, Any]:
        """The one line of a request."""
        [line] = [line for line in self.lines() if line["correlationId"] == name]
        return line


def _root(folder: Path) -> Path:
    """The app in a folder of its own, saying all that it can."""
    root = folder / "app"
    root.mkdir()
    models.app_with(MODELS, root)
    (root / "function_app.py").unlink()
    (root / "function_app.py").write_text(TALKATIVE + (ROOT / "function_app.py").read_text())
    return root


def _environment(folder: Path) -> dict[str, str]:
    """A home and a temporary folder that are empty, and nothing in the way of a library that talks."""
    home, temporary = folder / "home", folder / "tmp"
    home.mkdir()
    temporary.mkdir()
    places = {"HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache"), "TMPDIR": str(temporary)}
    own = {"SPEAKER_RECOGNITION_KEYS": KEY, "PYTHONDONTWRITEBYTECODE": "1"}
    return {**places, **own, **dict.fromkeys(SILENCERS, "")}


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.fixture(scope="session")
def watch(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Watched]:
    """Runs a service while something is done with it; gives what was seen."""

    def run(act: Callable[[Watched], None], **settings: str) -> Watched:
        folder = tmp_path_factory.mktemp("watched")
        root, environment = _root(folder), _environment(folder)
        before = _files(folder)
        with azurite() as direct, proxied(direct) as (proxy, through):
            storage = {"SPEAKER_STORAGE_CONNECTION_STRING": through, "AzureWebJobsStorage": direct}
            with host({**environment, **storage, **settings}, root=root) as running:
                watched = Watched(running.url, running.process.pid, Everything(direct, (folder,)), proxy)
                act(watched)
            watched.log, watched.left = running.log, sorted(_files(folder) - before)
            return watched

    return run


@dataclass
class Recognized:
    """What was seen of recognitions; ``signature`` is that of the profile that was verified."""

    seen: Watched
    verified: str
    candidates: list[str]
    signature: bytes


@pytest.fixture(scope="session")
def recognized(watch: Callable[..., Watched]) -> Recognized:
    """Every way in which recognizing can end."""
    found: list[Any] = []

    def act(seen: Watched) -> None:
        verified = seen.enrolled("anna")
        candidates = [seen.enrolled(name, IDENTIFICATION) for name in ("anna", "david")]
        new = {VERIFICATION: seen.create(), IDENTIFICATION: seen.create(IDENTIFICATION)}
        profile = next(known for known in seen.store.scan() if known.id == verified)
        assert profile.signature is not None
        found.extend((verified, candidates, mean_of(profile.signature).tobytes()))
        _recognize(seen, verified, candidates, new)

    seen = watch(act)
    return Recognized(seen, *found)


def _recognize(seen: Watched, verified: str, candidates: list[str], new: dict[str, str]) -> None:
    nobody = "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9"

    def send(kind: str, name: str, body: bytes, ids: list[str], **query: str) -> None:
        verify, identify = (
            f"{VERIFICATION}/profiles/{ids[0]}:verify",
            f"{IDENTIFICATION}/profiles:identifySingleSpeaker",
        )
        path, named = (verify, {}) if kind == "verify" else (identify, {"profileIds": ",".join(ids)})
        seen.send(f"{kind}-{name}", "POST", path, body, **named, **query)

    for kind, ids, unenrolled in (
        ("verify", [verified], new[VERIFICATION]),
        ("identify", candidates, new[IDENTIFICATION]),
    ):
        send(kind, "accept", CLIP, ids)
        send(kind, "reject", voices.seconds("ewan", 6), ids)
        send(kind, "details", CLIP, ids, details="true")
        for name, body in BAD_BODIES.items():
            send(kind, name, body, ids)
        send(kind, "bad-flag", CLIP, ids, ignoreMinLength="maybe")
        send(kind, "compressed", CLIP, ids, encoding="gzip")
        send(kind, "not-enrolled", CLIP, [unenrolled])
        send(kind, "unknown", CLIP, [nobody])
        seen.proxy.watch(before=lambda _, __: web.Response(status=503))
        send(kind, "no-storage", CLIP, ids)
        seen.proxy.watch()


BAD_BODIES: Final = {
    "empty": b"",
    "short": voices.seconds("anna", 0.5),
    "little-speech": voices.seconds("anna", 2),
    "long": voices.seconds("anna", 121),
    "large": b"\0" * 6 * 2**20,
    "noisy": voices.noise(5),
    "silent": voices.silence(5),
    "no-wav": b"RIFF\0\0\0\0WAVE" + CLIP[44:],
    "no-audio": b"fLaC" + CLIP[44:],
    "cut-off": CLIP[: len(CLIP) // 2 + 1],
}
