"""A thin hand on the service, wherever it runs: one request, nothing hidden."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests

from devhost.stack import Host
from shared.settings import Settings
from shared.store import Store
from shared.store.azure import AzureStore
from tests.privacy.stored import Everything, Stored

TEXT_DEPENDENT = "verification/text-dependent"
VERIFICATION = "verification/text-independent"
IDENTIFICATION = "identification/text-independent"
VERSION = {"api-version": "2021-09-05"}

PASSPHRASES = [
    "i am going to make him an offer he cannot refuse",
    "houston we have had a problem",
    "my voice is my passport verify me",
    "apple juice tastes funny after toothpaste",
    "you can get in without your password",
    "you can activate security system now",
    "my voice is stronger than passwords",
    "my password is not your business",
    "my name is unknown to you",
    "be yourself everyone else is already taken",
]
"""Those of the retired service, in its order."""


@dataclass
class Api:
    """The 2021-09-05 API under one key.

    Attributes:
        request: sends any request, as ``requests.request``.
        host: what runs the app, where that is known and not this process.
    """

    url: str
    key: str
    request: Callable[..., requests.Response] = requests.request
    host: Host | None = None

    @property
    def alive(self) -> bool:
        """Whether the process that answers is still there."""
        return self.host is None or self.host.process.poll() is None

    def __call__(self, method: str, path: str, body: bytes | str | None = None, **query: str) -> requests.Response:
        """Send a request below ``/speaker-recognition``."""
        return self.request(
            method,
            f"{self.url}/speaker-recognition/{path}",
            params={**VERSION, **query},
            headers={"Ocp-Apim-Subscription-Key": self.key},
            data=body,
            timeout=60,
        )

    def create(self, family: str = VERIFICATION, locale: str = "en-us") -> str:
        """A new profile's id."""
        answer = self("POST", f"{family}/profiles", f'{{"locale":"{locale}"}}')
        assert answer.status_code == 201, answer.text
        created: str = answer.json()["profileId"]
        return created

    def enrolled(self, clip: bytes, family: str = VERIFICATION, locale: str = "en-us") -> str:
        """The id of a profile that is enrolled with one clip, sent as often as its family wants it."""
        profile_id, status = self.create(family, locale), "Enrolling"
        while status != "Enrolled":
            answer = self.enroll(profile_id, clip, family, ignoreMinLength="true")
            assert answer.status_code == 201, answer.text
            status = answer.json()["enrollmentStatus"]
        return profile_id

    def enroll(self, profile_id: str, clip: bytes, family: str = VERIFICATION, **query: str) -> requests.Response:
        """The answer to a clip that is added to a profile."""
        return self("POST", f"{family}/profiles/{profile_id}/enrollments", clip, **query)

    def verify(self, profile_id: str, clip: bytes, family: str = VERIFICATION, **query: str) -> requests.Response:
        """The answer to a clip that is compared with a profile."""
        return self("POST", f"{family}/profiles/{profile_id}:verify", clip, **query)

    def profile(self, profile_id: str, family: str = VERIFICATION) -> dict[str, Any]:
        """What the service says of a profile."""
        found: dict[str, Any] = self("GET", f"{family}/profiles/{profile_id}").json()
        return found


@dataclass(kw_only=True)
class BackedApi(Api):
    """The same, with the storage behind it open to be looked into.

    Attributes:
        store: the storage as the app sees it.
        stored: tells everything in it.
        work: does what waits in a queue, where no host does it by itself.
    """

    store: Store
    stored: Callable[[], Stored]
    work: Callable[[], None] = lambda: None


def backed(running: Host, key: str, storage: str) -> BackedApi:
    """The API of a host whose storage a connection string names."""
    store = AzureStore.open(Settings.read({"SPEAKER_STORAGE_CONNECTION_STRING": storage}))
    return BackedApi(running.url, key, store=store, stored=Everything(storage, ()).now, host=running)


def error_of(answer: requests.Response) -> tuple[int, str, str]:
    """Status, code and message of an error, after checking its envelope."""
    assert answer.headers["content-type"].startswith("application/json"), answer.headers
    document = answer.json()
    assert set(document) == {"error"}
    assert set(document["error"]) == {"code", "message"}
    assert answer.headers["x-ms-error-code"] == document["error"]["code"]
    return answer.status_code, document["error"]["code"], document["error"]["message"]
