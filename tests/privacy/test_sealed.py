"""With sealing on, all that is stored of people who were enrolled, verified and identified tells nothing of a voice."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient

from devhost.azurite import azurite
from functions.plumbing.guard import App
from shared.recognition.compaction import Compaction
from shared.store.audio import BLOB_API_VERSION
from shared.store.azure import KEYS_TABLE
from shared.voices import families
from tests import remembering, voices
from tests.contract.api import IDENTIFICATION, VERIFICATION, Api
from tests.contract.conftest import KEY
from tests.contract.in_process import ORIGIN, sending_to
from tests.privacy.stored import spellings
from tests.sealing import KEY as SEALING_KEY
from tests.signatures import mean_of


@dataclass
class Sealed:
    """What was stored after lives under seal, and what of it must be in no clear.

    Attributes:
        stored: values by where they are, but for keys.
        secrets: pieces of signatures, prints and audio.
        answers: statuses of the requests.
        gone: id of somebody who was deleted.
        receipt: for that.
    """

    stored: dict[str, bytes | str]
    secrets: list[bytes]
    answers: list[int]
    gone: str
    receipt: dict[str, Any]


def _stored(storage: str) -> dict[str, bytes | str]:
    found: dict[str, bytes | str] = {}
    with TableServiceClient.from_connection_string(storage) as account:
        for table in account.list_tables():
            for entity in account.get_table_client(table.name).list_entities() if table.name != KEYS_TABLE else ():
                for name, value in entity.items():
                    kept = value if isinstance(value, bytes) else str(value)
                    found[f"{table.name}/{entity['PartitionKey']}/{entity['RowKey']}/{name}"] = kept
    with BlobServiceClient.from_connection_string(storage, api_version=BLOB_API_VERSION) as account:
        for container in account.list_containers():
            client = account.get_container_client(container.name)
            for blob in client.list_blobs():
                found[f"{container.name}/{blob.name}"] = client.download_blob(blob.name).readall()
    return found


@pytest.fixture(scope="module")
def sealed() -> Iterator[Sealed]:
    """People who are enrolled, verified, identified and kept in a gallery, in a storage that holds nobody else."""
    with azurite() as storage:
        yield _lived(storage)


def _lived(storage: str) -> Sealed:
    chosen = {"SPEAKER_SEALING": "local", "SPEAKER_SEALING_KEY": SEALING_KEY, "SPEAKER_AUDIT": "true"}
    environment = {**KEY, **chosen, "SPEAKER_STORAGE_CONNECTION_STRING": storage}
    listener, transcriber = remembering.listener(any_format=True), remembering.transcriber()
    app = App(environment, listener=listener, transcriber=transcriber)
    api = Api(ORIGIN, KEY["SPEAKER_RECOGNITION_KEYS"].split(",")[0], sending_to(app))
    anna = api.enrolled(voices.seconds("anna", 12))
    two = [api.enrolled(voices.seconds(name, 12), IDENTIFICATION) for name in ("anna", "boris")]
    identify = f"{IDENTIFICATION}/profiles:identifySingleSpeaker"
    answers = [
        api.verify(anna, voices.seconds("anna", 6)).status_code,
        api("POST", identify, voices.seconds("anna", 6), profileIds=",".join(two)).status_code,
        api("POST", identify, voices.seconds("anna", 6), profileIds="*").status_code,
    ]
    gone = api.enrolled(voices.seconds("clara", 12))
    answers += [api.verify(gone, voices.seconds("clara", 6)).status_code]
    receipt = api("DELETE", f"{VERIFICATION}/profiles/{gone}", receipt="true").json()
    Compaction(app.store, app.gallery, worth_it=1).run()
    app.trail.drain()
    return Sealed(_stored(storage), _secrets(app), answers, gone, receipt)


def _secrets(app: App) -> list[bytes]:
    found: list[bytes] = []
    for profile in app.store.scan(families.VERIFICATION):
        if profile.signature and profile.enrollments:
            wav = app.store.get_audio(profile, profile.enrollments[0].id)
            assert wav
            half = mean_of(profile.signature).astype("<f2").tobytes()
            found += [mean_of(profile.signature).tobytes(), half, profile.enrollments[0].print[:24], wav[20_000:20_064]]
    assert len(found) >= 4
    return found


def test_everybody_is_served(sealed: Sealed) -> None:
    assert sealed.answers == [200, 200, 200, 200]


def test_nothing_names_who_was_deleted_once_the_trail_is_written(sealed: Sealed) -> None:
    assert (sealed.receipt["profileId"], sealed.receipt["keyShredded"]) == (sealed.gone, True)
    assert [where for where, value in sealed.stored.items() if sealed.gone in f"{where}{value!r}"] == []


def test_nothing_of_a_voice_is_in_clear_in_tables_blobs_galleries_and_trail(sealed: Sealed) -> None:
    places = {where.split("/")[0] for where in sealed.stored}
    assert {"SpeakerProfiles", "enrollment-audio", "voice-galleries", "audit-trail"} <= places
    for where, value in sealed.stored.items():
        for secret in sealed.secrets:
            piece = secret[:64]
            assert piece not in (value if isinstance(value, bytes) else value.encode()), where
            assert not any(word in f"{value!r}" for word in spellings(piece)), where


def test_what_is_looked_for_is_what_was_enrolled(sealed: Sealed) -> None:
    assert sealed.secrets[3] in voices.seconds("anna", 12)
