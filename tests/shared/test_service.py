"""The parts put together: each once, as the settings say, and by managed identity where no secret is given."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from azure.core.credentials import AccessToken

from devhost.azurite import azurite_for_identities
from shared.errors import Misconfigured
from shared.service import Service
from shared.service.part import part
from shared.store import Store
from shared.voices.families import VERIFICATION
from shared.voices.records import Profile
from tests import voices
from tests.infra.identity import STORAGE, Identity, identity, write_certificate
from tests.speech_service import speech_service


@pytest.fixture
def managed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Identity]:
    """This process has an identity, as in App Service."""
    with identity() as known:
        for name, value in {**known.environment, "AZURE_CLIENT_ID": known.client_id}.items():
            monkeypatch.setenv(name, value)
        yield known


@pytest.fixture
def store(managed: Identity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Storage that only tokens open."""
    certificate, private_key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    write_certificate(certificate, private_key)
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(certificate))
    with azurite_for_identities(certificate, private_key) as account:
        named = {"SPEAKER_STORAGE_BLOB_URL": account["Blob"], "SPEAKER_STORAGE_TABLE_URL": account["Table"]}
        yield Service(named).store


def test_storage_is_opened_by_the_identity(store: Store, managed: Identity) -> None:
    profile = store.insert(Profile.new(VERIFICATION, "en-us", datetime.now(UTC)))
    store.put_audio(profile, "clip", b"audio")
    [read] = store.get_many(VERIFICATION, [profile.id])
    assert read is not None
    assert (read.id, read.etag) == (profile.id, profile.etag)
    assert store.get_audio(profile, "clip") == b"audio"
    assert set(managed.asked) == {(managed.client_id, STORAGE)}


def test_azure_ai_speech_is_asked_by_the_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    with speech_service() as speech:
        asked: list[str] = []

        class Credential:
            def get_token(self, scope: str) -> AccessToken:
                asked.append(scope)
                return AccessToken(speech.token, 0)

        monkeypatch.setattr("azure.identity.DefaultAzureCredential", Credential)
        settings = {"SPEAKER_SPEECH_ENDPOINT": speech.endpoint, "SPEAKER_SPEECH_RESOURCE_ID": speech.resource_id}
        clip = voices.samples(voices.phrase("anna", 3)).astype(np.float32) / np.float32(2**15)
        heard = Service(settings).transcriber.transcribe(clip, "en-US")
    assert heard.text == "my voice is my passport verify me"
    assert asked == ["https://cognitiveservices.azure.com/.default"]


def test_an_account_that_nobody_names_is_told() -> None:
    with pytest.raises(Misconfigured, match="SPEAKER_STORAGE_BLOB_URL and SPEAKER_STORAGE_TABLE_URL must name"):
        Service({}).store  # noqa: B018


class Counted(Service):
    """A service that counts how often a part of it is built, and how often it could not be."""

    built = 0
    failures = 1

    @part
    def thing(self) -> object:
        """A part."""
        self.built += 1
        if self.built <= self.failures:
            raise Misconfigured("not yet")
        return object()


def test_a_part_is_built_once_however_many_ask_for_it_at_once() -> None:
    service, everybody = Counted({}), threading.Barrier(8)
    service.failures = 0

    def ask(_: int) -> object:
        everybody.wait()
        return service.thing

    with ThreadPoolExecutor(8) as threads:
        found = set(threads.map(ask, range(8)))
    assert (len(found), service.built) == (1, 1)


def test_a_part_that_could_not_be_built_is_tried_again() -> None:
    service = Counted({})
    with pytest.raises(Misconfigured):
        service.thing  # noqa: B018
    assert service.thing is service.thing
    assert service.built == 2


def test_a_part_says_what_it_is() -> None:
    assert Counted.thing.__doc__ == "A part."
