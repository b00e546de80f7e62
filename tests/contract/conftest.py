from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
import requests

from devhost.stack import Host, host
from tests import voices
from tests.conftest import KEYS
from tests.contract.api import TEXT_DEPENDENT, VERIFICATION, Api, BackedApi
from tests.speech_service import Asked, heard, speech_service

ACTIVE = {"SPEAKER_RECOGNITION_KEYS": KEYS[0], "SPEAKER_ACTIVE_ENROLLMENT": "true"}


@pytest.fixture(scope="session")
def api(service: Host) -> Api:
    """The running service under its first key."""
    return Api(service.url, KEYS[0])


@pytest.fixture(scope="session")
def active_service(storage: str) -> Iterator[Host]:
    """A service that asks for an activation phrase."""
    with host({**ACTIVE, "SPEAKER_STORAGE_CONNECTION_STRING": storage}) as running:
        yield running


@pytest.fixture(scope="session")
def active(active_service: Host, storage: str) -> BackedApi:
    """The service that asks for an activation phrase, under its key."""
    return BackedApi(active_service.url, KEYS[0], storage)


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
def forsaken(storage: str) -> Iterator[Forsaken]:
    """A service whose Azure AI Speech does not answer any more: its port is closed."""
    with ExitStack() as until_the_end:
        with speech_service() as speech:
            speech.answers = [heard("guten tag"), heard(GERMAN), heard(PASSPORT)]
            settings = {"SPEAKER_SPEECH_ENDPOINT": speech.endpoint, "SPEAKER_SPEECH_KEY": speech.key}
            running = until_the_end.enter_context(
                host({**ACTIVE, **settings, "SPEAKER_STORAGE_CONNECTION_STRING": storage})
            )
            api = BackedApi(running.url, KEYS[0], storage)
            german, phrase = api.create(VERIFICATION, "de-de"), voices.phrase("anna", 11)
            answers = [api.enroll(german, clip) for clip in (phrase, phrase, voices.seconds("anna", 25))]
            passphrase = api.enrolled(voices.phrase("anna", 3), TEXT_DEPENDENT)
        yield Forsaken(api, speech.asked, answers, german, passphrase)


@pytest.fixture(scope="session")
def forsaken_api(forsaken: Forsaken) -> Api:
    """The service whose Azure AI Speech does not answer."""
    return forsaken.api
