"""A service to throw things at, and everything that it has stored."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import psutil
import requests
from azure.data.tables import TableClient
from azure.storage.blob import ContainerClient

from devhost.azurite import azurite
from devhost.paths import decode_path
from devhost.stack import Host, host
from shared.store.audio import AUDIO_CONTAINER, BLOB_API_VERSION
from shared.store.azure import TABLE
from tests import voices
from tests.contract.api import IDENTIFICATION, TEXT_DEPENDENT, VERIFICATION, Api, error_of

KEY: Final = "key"
HANGS_AFTER_SEC: Final = 10
EXAMPLES: Final = int(os.environ.get("FUZZ_EXAMPLES", "0"))
"""New ones of each kind; 0 tries the same few every time."""
PHRASE: Final = voices.phrase("anna", 5)


@dataclass
class Target:
    """The service with one enrolled profile a family."""

    api: Api
    process: Host
    table: TableClient
    audio: ContainerClient
    verified: str
    passphrase: str
    identified: str

    def stored(self) -> tuple[list[dict[str, Any]], list[str]]:
        """Every entity and the name of every blob."""
        return [dict(entity) for entity in self.table.list_entities()], sorted(self.audio.list_blob_names())

    def memory_mb(self) -> float:
        """Resident memory of the host and the app in it."""
        return float(psutil.Process(self.process.process.pid).memory_info().rss) / 2**20

    def send(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        """Send something; whatever it is, the answer comes in time and is no failure, and a refusal changes nothing.

        Values of headers go out in UTF-8: the Functions host refuses others before the app sees them.
        """
        before = self.stored()
        sent = {name: value.encode() for name, value in {"Ocp-Apim-Subscription-Key": KEY, **(headers or {})}.items()}
        answer = requests.request(method, self.api.url + path, headers=sent, data=body, timeout=HANGS_AFTER_SEC)
        if "Host" in sent and not answer.content and answer.status_code in (400, 500):
            assert self.stored() == before  # the Functions host refused it, and says nothing
            return answer
        assert answer.status_code < 500, answer.text
        if answer.status_code >= 400:
            assert self.stored() == before
            if by_the_host := _refusal_of_the_host(str(answer.request.path_url)):
                assert (answer.status_code, answer.content) == (by_the_host, b"")
            else:
                assert method == "HEAD" or error_of(answer)[0] == answer.status_code
        return answer


def _refusal_of_the_host(target: str) -> int | None:
    """The status with which the Functions host keeps a path from the app, if it does."""
    path = decode_path(target.partition("?")[0])
    if "\0" in path:
        return 400
    return 404 if path.startswith("//") else None


@contextmanager
def target() -> Iterator[Target]:
    """Run one."""
    with azurite() as storage:
        settings = {"SPEAKER_RECOGNITION_KEYS": KEY, "SPEAKER_STORAGE_CONNECTION_STRING": storage}
        clip = voices.seconds("anna", 6)
        with (
            host(settings) as running,
            TableClient.from_connection_string(storage, TABLE) as table,
            ContainerClient.from_connection_string(storage, AUDIO_CONTAINER, api_version=BLOB_API_VERSION) as audio,
        ):
            api = Api(running.url, KEY)
            passphrase = api.enrolled(PHRASE, TEXT_DEPENDENT)
            yield Target(api, running, table, audio, api.enrolled(clip), passphrase, api.enrolled(clip, IDENTIFICATION))


PROFILES: Final = f"/speaker-recognition/{VERIFICATION}/profiles"
PASSPHRASE_PROFILES: Final = f"/speaker-recognition/{TEXT_DEPENDENT}/profiles"
IDENTIFY: Final = f"/speaker-recognition/{IDENTIFICATION}/profiles:identifySingleSpeaker"
VERSION: Final = "api-version=2021-09-05"
