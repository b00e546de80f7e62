"""Profiles in Azure Table Storage, enrollment audio in Blob Storage (or Azurite, which is both)."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import partial
from itertools import groupby, islice
from typing import Any, Final, Self

from azure.core import MatchConditions
from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError
from azure.data.tables import TableClient, TableServiceClient, UpdateMode
from azure.storage.blob import BlobProperties, BlobServiceClient, ContainerClient, LinearRetry

from shared.errors import Conflict, Misconfigured
from shared.observing import trace
from shared.settings import Settings
from shared.store import StoredAudio, UpkeepReport
from shared.store.containers import ContainerBlobs
from shared.store.entities import (
    REPORT_KEY,
    from_entity,
    partition_of,
    report_of,
    report_properties,
    stored_audio,
    to_entity,
)
from shared.store.faults import storage_faults
from shared.store.point_reads import Authorize, PointReader, bearer_token, shared_key
from shared.store.tables import TableRows
from shared.voices.families import FAMILIES, Family
from shared.voices.records import Profile

# Below errors these write URLs, and with them profile ids, into the log.
for _talkative in ("azure.core", "azure.data", "azure.storage", "urllib3"):
    logging.getLogger(_talkative).setLevel(logging.ERROR)

TABLE: Final = "SpeakerProfiles"
GROUPS_TABLE: Final = "SpeakerGroups"
CHANGES_TABLE: Final = "SpeakerChanges"
AUDIO_CONTAINER: Final = "enrollment-audio"
SNAPSHOT_CONTAINER: Final = "voice-galleries"

_BLOB_API_VERSION: Final = "2025-11-05"  # the newest that both Azure and the pinned Azurite speak
_STORAGE_SCOPE: Final = "https://storage.azure.com/.default"
_PARALLEL_READS: Final = 16
_TIMEOUTS: Final = {"connection_timeout": 3, "read_timeout": 10}
_BOUNDS: Final[dict[str, Any]] = {"retry_total": 3, "retry_backoff_factor": 0.2, **_TIMEOUTS}
"""Azure's own defaults wait up to a minute: a caller on the telephone does not."""


class AzureStore:
    """The store of a deployed app.

    ``PartitionKey`` is ``{family}:{first two hex digits of the id}``: a range scan lists a family in id order, and
    load spreads over 256 partitions.
    """

    def __init__(self, tables: TableServiceClient, blobs: BlobServiceClient, authorize: Authorize) -> None:
        with storage_faults():
            self._table: TableClient = tables.create_table_if_not_exists(TABLE)
            self._audio: ContainerClient = blobs.get_container_client(AUDIO_CONTAINER)
            if not self._audio.exists():
                self._audio.create_container()
        self._point = PointReader(f"{tables.url}/{TABLE}", authorize, _PARALLEL_READS)
        self.groups = TableRows(tables, GROUPS_TABLE, authorize, _PARALLEL_READS)
        self.changes = TableRows(tables, CHANGES_TABLE, authorize, _PARALLEL_READS)
        self.snapshots = ContainerBlobs(blobs, SNAPSHOT_CONTAINER)
        self._watchers: list[Callable[[Profile], None]] = []
        self._readers = ThreadPoolExecutor(_PARALLEL_READS, "profile-reader")

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Connect as the settings say: by managed identity, or locally by connection string.

        Raises:
            Misconfigured: no storage account is named.
            StorageUnavailable: the account does not answer.
        """
        if settings.connection_string:
            return cls._by_secret(settings.connection_string)
        if not (settings.blob_url and settings.table_url):
            raise Misconfigured("SPEAKER_STORAGE_BLOB_URL and SPEAKER_STORAGE_TABLE_URL must name the storage account")
        return cls._by_identity(settings.table_url, settings.blob_url)

    @classmethod
    def _by_secret(cls, connection_string: str) -> Self:
        fields = dict(field.split("=", 1) for field in connection_string.split(";") if "=" in field)
        return cls(
            TableServiceClient.from_connection_string(connection_string, **_BOUNDS),
            BlobServiceClient.from_connection_string(connection_string, **_blob_bounds()),
            shared_key(fields["AccountName"], fields["AccountKey"]),
        )

    @classmethod
    def _by_identity(cls, table_url: str, blob_url: str) -> Self:
        from azure.identity import DefaultAzureCredential  # slow to import and not needed locally

        credential = DefaultAzureCredential()
        return cls(
            TableServiceClient(table_url, credential=credential, **_BOUNDS),
            BlobServiceClient(blob_url, credential=credential, **_blob_bounds()),
            bearer_token(lambda: credential.get_token(_STORAGE_SCOPE).token),
        )

    def insert(self, profile: Profile) -> Profile:
        with storage_faults():
            written = self._table.upsert_entity(to_entity(profile))  # the id is fresh; a repeated request must not fail
            return replace(profile, etag=written["etag"])

    def get(self, family: Family, profile_id: str) -> Profile | None:
        with trace.stage("storage"):
            entity = self._point.read(partition_of(family, profile_id), profile_id)
        return from_entity(family, entity, entity["etag"]) if entity else None

    def get_many(self, family: Family, profile_ids: Sequence[str]) -> Iterator[Profile | None]:
        return trace.waiting_for("storage", self._readers.map(partial(self.get, family), profile_ids))

    def page(self, family: Family, *, after: str, size: int) -> list[Profile]:
        with storage_faults():
            first = partition_of(family, after or "00")
            found = self._query(family, "RowKey gt @after and Deleting eq false", first, size, after=after)
            return list(islice((profile for profile in found if profile.is_readable), size))

    def scan(self, family: Family | None = None) -> Iterator[Profile]:
        with storage_faults():
            for wanted in (family,) if family else FAMILIES.values():
                yield from self._query(wanted)

    def enrolled(self, family: Family, size: int) -> list[Profile]:
        with storage_faults():
            found = self._query(family, "Enrolled eq true and Deleting eq false", size=size)
            return list(islice((profile for profile in found if profile.enrolled), size))

    def watch(self, told: Callable[[Profile], None]) -> None:
        self._watchers.append(told)

    def count(self) -> int:
        with storage_faults():
            return sum(1 for _ in self._table.query_entities("Deleting eq false", select=["RowKey"]))

    def replace(self, profile: Profile) -> Profile:
        with storage_faults():
            try:
                written = self._table.update_entity(
                    to_entity(profile),
                    mode=UpdateMode.REPLACE,
                    etag=profile.etag,
                    match_condition=MatchConditions.IfNotModified,
                )
            except (ResourceModifiedError, ResourceNotFoundError) as lost:
                raise Conflict from lost
        stored = replace(profile, etag=written["etag"])
        for told in self._watchers:
            told(stored)
        return stored

    def remove(self, profile: Profile) -> None:
        with storage_faults():
            self._table.delete_entity(profile.partition or partition_of(profile.family, profile.id), profile.id)

    def put_audio(self, profile: Profile, enrollment_id: str, wav: bytes) -> None:
        with storage_faults():
            self._audio.upload_blob(_blob(profile.family, profile.id, enrollment_id), wav, overwrite=True)

    def get_audio(self, profile: Profile, enrollment_id: str) -> bytes | None:
        with storage_faults():
            try:
                return self._audio.download_blob(_blob(profile.family, profile.id, enrollment_id)).readall()
            except ResourceNotFoundError:
                return None

    def all_audio(self, of: Profile | Family | None = None) -> Iterator[StoredAudio]:
        found = (stored_audio(blob.name, blob.last_modified) for blob in self._blobs(_prefix(of)))
        return (audio for audio in found if audio)

    def foreign_audio(self) -> Iterator[str]:
        blobs = self._blobs(None)
        return (str(blob.name) for blob in blobs if not stored_audio(blob.name, blob.last_modified))

    def folders(self, family: Family) -> Iterator[str]:
        names = (str(blob.name).split("/")[1] for blob in self._blobs(f"{family.name}/"))
        return (name for name, _ in groupby(names))

    def delete_folder(self, family: Family, name: str) -> None:
        wanted = f"{family.name}/{name}"
        for blob in self._blobs(wanted):
            if blob.name == wanted or blob.name.startswith(f"{wanted}/"):
                self._delete_blob(blob.name)

    def _query(
        self, family: Family, condition: str = "", first: str = "", size: int | None = None, **values: str
    ) -> Iterator[Profile]:
        """Profiles of a family in id order, from a partition on, of which a condition holds."""
        found = self._table.query_entities(
            " and ".join(filter(None, ("PartitionKey ge @first and PartitionKey lt @last", condition))),
            parameters={"first": first or f"{family.name}:", "last": f"{family.name};", **values},
            results_per_page=size,
        )
        return (from_entity(family, entity, str(entity.metadata["etag"])) for entity in found)

    def _blobs(self, prefix: str | None) -> Iterator[BlobProperties]:
        with storage_faults():
            yield from self._audio.list_blobs(name_starts_with=prefix)

    def delete_audio(self, family: Family, profile_id: str, enrollment_ids: Iterable[str]) -> None:
        for enrollment_id in enrollment_ids:
            self._delete_blob(_blob(family, profile_id, enrollment_id))

    def now(self) -> datetime:
        dates: list[str] = []
        with storage_faults():
            self._audio.get_container_properties(
                raw_response_hook=lambda answer: dates.append(answer.http_response.headers["Date"])
            )
        return parsedate_to_datetime(dates[-1])

    def write_report(self, report: UpkeepReport) -> None:
        with storage_faults():
            self._table.upsert_entity({**REPORT_KEY, **report_properties(report)})

    def report(self) -> UpkeepReport | None:
        with trace.stage("storage"):
            entity = self._point.read(REPORT_KEY["PartitionKey"], REPORT_KEY["RowKey"])
        return report_of(entity) if entity else None

    def ping(self) -> None:
        with storage_faults():
            next(iter(self._table.query_entities("PartitionKey eq ''", results_per_page=1)), None)
            self._audio.get_container_properties()

    def _delete_blob(self, name: str) -> None:
        with storage_faults():
            try:
                self._audio.delete_blob(name, delete_snapshots="include")
            except ResourceNotFoundError:
                return


def _blob_bounds() -> dict[str, Any]:
    """Bounds as the blob client takes them; a policy counts its tries, so every client has its own."""
    policy = LinearRetry(backoff=1, retry_total=3, random_jitter_range=1)
    return {"retry_policy": policy, "api_version": _BLOB_API_VERSION, **_TIMEOUTS}


def _folder(family: Family, profile_id: str) -> str:
    return f"{family.name}/{profile_id}/"


def _prefix(of: Profile | Family | None) -> str | None:
    if isinstance(of, Profile):
        return _folder(of.family, of.id)
    return f"{of.name}/" if of else None


def _blob(family: Family, profile_id: str, enrollment_id: str) -> str:
    return f"{_folder(family, profile_id)}{enrollment_id}.wav"
