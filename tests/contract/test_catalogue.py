"""Every row of the error catalogue, provoked over HTTP on the real parts."""

import io
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import pytest
import requests
import soundfile
from azure.data.tables import TableClient, UpdateMode
from azure.storage.blob import ContainerClient

from devhost.azurite import azurite
from devhost.stack import host
from functions.contract.catalogue import ROWS, Row
from shared.store.azure import _BLOB_API_VERSION, AUDIO_CONTAINER, TABLE
from shared.voices.families import PASSPHRASE_VERIFICATION
from tests import voices
from tests.contract.api import IDENTIFICATION, TEXT_DEPENDENT, VERIFICATION, Api, BackedApi, error_of

CLIP = voices.seconds("anna", 6)
PHRASE = voices.phrase("anna", 5)
NOBODY = str(uuid.UUID(int=1))
PROFILES = f"{VERIFICATION}/profiles"
IDENTIFY = f"{IDENTIFICATION}/profiles:identifySingleSpeaker"
HOLDS_ONE_PROFILE = {"SPEAKER_RECOGNITION_KEYS": "key", "SPEAKER_MAX_PROFILES": "1"}
NO_STORAGE = (
    "DefaultEndpointsProtocol=http;AccountName=nobody;AccountKey=bm90aGluZw==;"
    "BlobEndpoint=http://127.0.0.1:9/nobody;TableEndpoint=http://127.0.0.1:9/nobody;"
)


def _verify(api: Api, clip: bytes) -> requests.Response:
    return api("POST", f"{PROFILES}/{api.enrolled(CLIP)}:verify", clip)


def _identify(api: Api, *locales: str) -> requests.Response:
    ids = [api.enrolled(CLIP, IDENTIFICATION, locale) for locale in locales]
    return api("POST", IDENTIFY, CLIP, profileIds=",".join(ids))


def _enroll_phrase(api: Api, clip: bytes) -> requests.Response:
    return api.enroll(api.create(TEXT_DEPENDENT), clip, TEXT_DEPENDENT)


def _verify_phrase(api: Api, clip: bytes) -> requests.Response:
    return api.verify(api.enrolled(PHRASE, TEXT_DEPENDENT), clip, TEXT_DEPENDENT)


def _fifty_first(api: Api) -> requests.Response:
    """The answer to the clip after the last, on a profile that 49 were written into."""
    assert isinstance(api, BackedApi)
    profile_id = api.enrolled(PHRASE, TEXT_DEPENDENT)
    profile = api.store.get(PASSPHRASE_VERIFICATION, profile_id)
    assert profile is not None
    held = tuple(replace(profile.enrollments[0], id=str(uuid.UUID(int=n))) for n in range(49))
    api.store.replace(replace(profile, enrollments=held))
    assert api.enroll(profile_id, PHRASE, TEXT_DEPENDENT).json()["enrollmentsCount"] == 50
    return api.enroll(profile_id, PHRASE, TEXT_DEPENDENT)


def _flac(seconds: float) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.zeros(round(seconds * 8_000)), 8_000, format="FLAC")
    return file.getvalue()


def _filled(api: Api) -> requests.Response:
    path, clip = f"{PROFILES}/{api.create()}/enrollments", voices.seconds("anna", 110)
    for _ in range(2):
        assert api("POST", path, clip).status_code == 201
    return api("POST", path, clip)


def _with_key(api: Api, **headers: str) -> requests.Response:
    url = f"{api.url}/speaker-recognition/{PROFILES}?api-version=2021-09-05"
    return requests.get(url, headers=headers, timeout=10)


def _compressed(api: Api, path: str) -> requests.Response:
    return requests.post(
        f"{api.url}/speaker-recognition/{path}?api-version=2021-09-05",
        headers={"Ocp-Apim-Subscription-Key": api.key, "Content-Encoding": "gzip"},
        data=b"\x1f\x8b",
        timeout=10,
    )


def _older_list(api: Api) -> requests.Response:
    url = f"{api.url}/speaker/verification/v2.0/text-independent/profiles?$filter=x"
    return requests.get(url, headers={"Ocp-Apim-Subscription-Key": api.key}, timeout=10)


@dataclass
class Crowded:
    """A service that is full, and whose one profile is never left alone."""

    api: Api
    profile_id: str
    audio: ContainerClient


@contextmanager
def _crowded() -> Iterator[Crowded]:
    with azurite() as storage, host({**HOLDS_ONE_PROFILE, "SPEAKER_STORAGE_CONNECTION_STRING": storage}) as running:
        api = Api(running.url, "key")
        audio = ContainerClient.from_connection_string(storage, AUDIO_CONTAINER, api_version=_BLOB_API_VERSION)
        crowded = Crowded(api, api.create(), audio)
        with TableClient.from_connection_string(storage, TABLE) as table, audio, _meddling(table):
            yield crowded


@contextmanager
def _meddling(table: TableClient) -> Iterator[None]:
    """Another instance of the app, which rewrites the profile as fast as it can."""
    done = threading.Event()

    def meddle() -> None:
        (entity,) = table.list_entities(select=["PartitionKey", "RowKey", "Locale"])
        while not done.is_set():
            table.update_entity(entity, mode=UpdateMode.MERGE)

    thread = threading.Thread(target=meddle)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _full(_: Api) -> requests.Response:
    with _crowded() as crowded:
        return crowded.api("POST", PROFILES, '{"locale":"en-us"}')


def _conflict(_: Api) -> requests.Response:
    with _crowded() as crowded:
        path, clip = f"{PROFILES}/{crowded.profile_id}/enrollments", voices.seconds("anna", 1.5)
        answers = (crowded.api("POST", path, clip) for _ in range(100))
        refused = next(answer for answer in answers if answer.status_code != 201)
        kept = sum(1 for _ in crowded.audio.list_blob_names())
        assert kept == crowded.api.profile(crowded.profile_id)["enrollmentsCount"]
        return refused


def _second_call(_: Api) -> requests.Response:
    with host({"SPEAKER_RECOGNITION_KEYS": "key", "SPEAKER_RATE_LIMIT": "0.01"}) as running:
        api = Api(running.url, "key")
        assert api("GET", PROFILES).status_code == 500  # it has no storage, but it may be called
        answer = api("GET", PROFILES)
        assert 1 <= int(answer.headers["retry-after"]) <= 100
        return answer


def _misconfigured(_: Api) -> requests.Response:
    with host({"SPEAKER_RECOGNITION_KEYS": "key", "SPEAKER_RATE_LIMIT": "many"}) as running:
        return Api(running.url, "key")("GET", PROFILES)


def _unreachable(_: Api) -> requests.Response:
    settings = {"SPEAKER_RECOGNITION_KEYS": "key", "SPEAKER_STORAGE_CONNECTION_STRING": NO_STORAGE}
    with host(settings) as running:
        return Api(running.url, "key")("GET", PROFILES)


PROVOKED: dict[str, Callable[[Api], requests.Response]] = {
    "no-body": lambda api: api("POST", PROFILES, b""),
    "no-json": lambda api: api("POST", PROFILES, b"{"),
    "no-locale": lambda api: api("POST", PROFILES, b"{}"),
    "locale": lambda api: api("POST", PROFILES, b'{"locale":"tl-hh"}'),
    "page-size": lambda api: api("GET", PROFILES, maxpagesize="0"),
    "token": lambda api: api("GET", PROFILES, **{"$continuationToken": "x"}),
    "list-parameter": _older_list,
    "too-short": lambda api: _verify(api, b""),
    "too-little-speech": lambda api: _verify(api, voices.seconds("anna", 3)),
    "too-long": lambda api: _verify(api, voices.seconds("anna", 121)),
    "too-long-for-a-phrase": lambda api: _enroll_phrase(api, voices.seconds("anna", 10.1)),
    "too-large": lambda api: _verify(api, b"\0" * 6 * 2**20),
    "too-much-to-decode": lambda api: _verify(api, _flac(1000)),
    "format": lambda api: _verify(api, b"RIFF\0\0\0\0WAVE"),
    "noisy": lambda api: _verify(api, voices.noise(5)),
    "noisy-phrase": lambda api: _verify_phrase(api, voices.noisy(PHRASE, 7)),
    "passphrase": lambda api: _enroll_phrase(api, CLIP),
    "activation": lambda api: api.enroll(api.create(), CLIP),
    "not-enrolled": lambda api: api("POST", f"{PROFILES}/{api.create()}:verify", CLIP),
    "flag": lambda api: api("POST", f"{PROFILES}/{NOBODY}:verify", CLIP, ignoreMinLength="maybe"),
    "details": lambda api: api("POST", f"{PROFILES}/{NOBODY}:verify", CLIP, details="maybe"),
    "confirm": lambda api: api("DELETE", PROFILES),
    "no-candidates": lambda api: api("POST", IDENTIFY, CLIP),
    "candidates": lambda api: api("POST", IDENTIFY, CLIP, profileIds=","),
    "locales": lambda api: _identify(api, "en-us", "fr-fr"),
    "too-many-candidates": lambda api: api(
        "POST", IDENTIFY, CLIP, profileIds=",".join(str(uuid.UUID(int=n)) for n in range(51))
    ),
    "version": lambda api: api("GET", PROFILES, **{"api-version": "1"}),
    "no-key": _with_key,
    "wrong-key": lambda api: _with_key(api, **{"Ocp-Apim-Subscription-Key": "wrong"}),
    "profiles": _full,
    "profile-full": _filled,
    "too-many-enrollments": _fifty_first,
    "unknown-profile": lambda api: api("GET", f"{PROFILES}/{NOBODY}"),
    "unknown-route": lambda api: api("PUT", PROFILES),
    "conflict": _conflict,
    "json-type": lambda api: _compressed(api, PROFILES),
    "audio-type": lambda api: _compressed(api, f"{PROFILES}/{NOBODY}:verify"),
    "rate": _second_call,
    "internal": _misconfigured,
    "storage": _unreachable,
    "transcriber": lambda api: _enroll_phrase(api, PHRASE),
}
SERVICES = {"activation": "active", "too-many-enrollments": "active", "transcriber": "forsaken_api"}
"""Where it is another than ``api``."""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key)
def test_a_row_is_answered_as_it_is_written(request: pytest.FixtureRequest, row: Row) -> None:
    api: Api = request.getfixturevalue(SERVICES.get(row.key, "api"))
    status, code, said = error_of(PROVOKED[row.key](api))
    assert (status, code) == (row.error.status, row.error.code)
    assert said.startswith(row.message)


def test_every_row_is_provoked() -> None:
    assert list(PROVOKED) == [row.key for row in ROWS]
