"""Where the cases of the contract run.

Every case runs on the app in this process. The first case of every test runs over the real host as well, and so does
every case of a test that is marked ``wire``: where it matters what travels.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Final

import pytest
import requests

from devhost.azurite import azurite
from devhost.stack import Host, host
from tests import voices
from tests.conftest import KEYS
from tests.contract.api import IDENTIFICATION, TEXT_DEPENDENT, VERIFICATION, Api, BackedApi, backed
from tests.contract.in_process import in_process
from tests.speech_service import Asked, heard, speech_service

KEY = {"SPEAKER_RECOGNITION_KEYS": ",".join(KEYS)}
CAREFUL = {**KEY, "SPEAKER_ENROLLMENT_AGREEMENT": "refuse", "SPEAKER_REPEATED_AUDIO": "refuse"}
STRICT = {**KEY, "SPEAKER_CONSENT": "required", "SPEAKER_FAILURE_LIMIT": "1", "SPEAKER_SCORE_DECIMALS": "1"}
ACTIVE = {**KEY, "SPEAKER_ACTIVE_ENROLLMENT": "true"}
IN_PROCESS: Final = "in process"
OVER_HTTP: Final = "over http"


@pytest.fixture(scope="session", params=[IN_PROCESS, OVER_HTTP])
def place(request: pytest.FixtureRequest) -> str:
    """Where the service is."""
    return str(request.param)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave over HTTP what has to be there."""
    seen: set[str] = set()
    items[:] = [item for item in items if not _over_http(item) or _belongs_there(item, seen)]


def _over_http(item: pytest.Item) -> bool:
    return hasattr(item, "callspec") and item.callspec.params.get("place") == OVER_HTTP


def _belongs_there(item: pytest.Item, seen: set[str]) -> bool:
    test = item.nodeid.partition("[")[0]
    first = test not in seen
    seen.add(test)
    return first or item.get_closest_marker("wire") is not None


@pytest.fixture(scope="session")
def api(place: str, request: pytest.FixtureRequest) -> Api:
    """The service under its first key."""
    running: Api = in_process(KEY) if place == IN_PROCESS else request.getfixturevalue("hosted")
    return running


@pytest.fixture(scope="session")
def hosted(service: Host) -> Api:
    """The running service under its first key, for what only a host can show."""
    return Api(service.url, KEYS[0], host=service)


type Serve = Callable[[Mapping[str, str]], AbstractContextManager[BackedApi]]


@pytest.fixture(scope="session")
def serve(place: str, request: pytest.FixtureRequest) -> Serve:
    """Serves under settings of a test's own."""
    if place == IN_PROCESS:
        return lambda environment: nullcontext(in_process(environment))
    return partial(_hosted, request.getfixturevalue("storage"))


@contextmanager
def _hosted(storage: str, environment: Mapping[str, str]) -> Iterator[BackedApi]:
    connections = {"SPEAKER_STORAGE_CONNECTION_STRING": storage, "AzureWebJobsStorage": storage}
    with host({**environment, **connections}) as running:
        yield backed(running, KEYS[0], storage)


@pytest.fixture(scope="module")
def alone(place: str) -> Iterator[BackedApi]:
    """A service whose storage holds no voices of others."""
    if place == IN_PROCESS:
        yield in_process(KEY)
        return
    with azurite() as storage, _hosted(storage, KEY) as api:
        yield api


@pytest.fixture(scope="session")
def active(serve: Serve) -> Iterator[BackedApi]:
    """A service that asks for an activation phrase."""
    with serve(ACTIVE) as api:
        yield api


@pytest.fixture(scope="session")
def careful(serve: Serve) -> Iterator[BackedApi]:
    """A service that refuses clips which spoil a profile."""
    with serve(CAREFUL) as api:
        yield api


@pytest.fixture(scope="session")
def strict(serve: Serve) -> Iterator[BackedApi]:
    """A service that wants consent, and locks a profile after the first reject."""
    with serve(STRICT) as api:
        yield api


@dataclass
class Forsaken:
    """A service that enrolled two voices while Azure AI Speech wrote down what they said, and now is alone.

    Attributes:
        asked: what Azure AI Speech was asked.
        answers: what was answered to a greeting, the activation phrase and free speech.
        german: id of the text-independent profile that they went to.
        passphrase: id of a text-dependent profile.
    """

    api: BackedApi
    asked: list[Asked]
    answers: list[requests.Response]
    german: str
    passphrase: str


GERMAN = "ich spreche jetzt ein paar sekunden damit du meine stimme in zukunft erkennen kannst"
PASSPORT = "my voice is my passport verify me"


@pytest.fixture(scope="session")
def forsaken(serve: Serve) -> Iterator[Forsaken]:
    """A service whose Azure AI Speech does not answer any more: its port is closed."""
    with ExitStack() as until_the_end:
        with speech_service() as speech:
            speech.answers = [heard("guten tag"), heard(GERMAN), heard(PASSPORT)]
            settings = {"SPEAKER_SPEECH_ENDPOINT": speech.endpoint, "SPEAKER_SPEECH_KEY": speech.key}
            api = until_the_end.enter_context(serve({**ACTIVE, **settings}))
            german, phrase = api.create(VERIFICATION, "de-de"), voices.phrase("anna", 11)
            answers = [api.enroll(german, clip) for clip in (phrase, phrase, voices.seconds("anna", 25))]
            passphrase = api.enrolled(voices.phrase("anna", 3), TEXT_DEPENDENT)
        yield Forsaken(api, speech.asked, answers, german, passphrase)


@pytest.fixture(scope="session")
def forsaken_api(forsaken: Forsaken) -> Api:
    """The service whose Azure AI Speech does not answer."""
    return forsaken.api


@pytest.fixture(scope="module")
def known(alone: BackedApi) -> dict[str, str]:
    """Two profiles, of whom one is in the recordings that are looked through."""
    return {name: alone.enrolled(voices.seconds(name, 12), IDENTIFICATION) for name in ("anna", "david")}
