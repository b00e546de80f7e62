"""Profiles in Azure Table Storage, enrollment audio in Blob Storage (or Azurite, which is both)."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache, partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Self

from azure.data.tables import TableClient, TableEntity, TableServiceClient

from shared.errors import Conflict, Misconfigured
from shared.observing import trace
from shared.settings import Settings
from shared.store import Span, UpkeepReport, Walk
from shared.store.audio import TIMEOUTS, AudioBlobs, blob_bounds
from shared.store.azure_queue import AzureQueue
from shared.store.containers import Account, ContainerBlobs
from shared.store.entities import (
    REPORT_KEY,
    WALK_KEY,
    from_entity,
    partition_of,
    partitions_of,
    report_of,
    report_properties,
    to_entity,
    walk_of,
    walk_properties,
)
from shared.store.entity_client import EntityClient
from shared.store.faults import storage_faults
from shared.store.growing import ContainerAppends
from shared.store.lines import Authorize, Lines, bearer_token, shared_key
from shared.store.seals import SEALED, Broken
from shared.store.tables import TableRows
from shared.store.tallies import Tallies
from shared.voices.families import FAMILIES, Family
from shared.voices.records import Profile

if TYPE_CHECKING:
    from azure.storage.blob import BlobServiceClient

    from shared.store.blobs import Blobs
    from shared.store.keys import Wrapping
    from shared.store.rows import Rows

logger = logging.getLogger("speaker")

# Below errors these write URLs, and with them profile ids, into the log.
for _talkative in ("azure.core", "azure.data", "azure.keyvault", "azure.storage", "urllib3"):
    logging.getLogger(_talkative).setLevel(logging.ERROR)

TABLE: Final = "SpeakerProfiles"
GROUPS_TABLE: Final = "SpeakerGroups"
CHANGES_TABLE: Final = "SpeakerChanges"
TRIALS_TABLE: Final = "SpeakerTrials"
REQUESTS_TABLE: Final = "SpeakerRequests"
OUTBOX_TABLE: Final = "SpeakerOutbox"
JOBS_TABLE: Final = "SpeakerRecordings"
KEYS_TABLE: Final = "SpeakerKeys"
"""It is part of no backup: what was sealed by a key that is gone cannot come back."""
SNAPSHOT_CONTAINER: Final = "voice-galleries"
RECORDINGS_CONTAINER: Final = "recordings"
TRAIL_CONTAINER: Final = "audit-trail"

STORAGE_SCOPE: Final = "https://storage.azure.com/.default"
_PARALLEL_READS: Final = 16
_BOUNDS: Final[dict[str, Any]] = {"retry_total": 3, "retry_backoff_factor": 0.2, **TIMEOUTS}
"""Azure's own defaults wait up to a minute: a caller on the telephone does not."""


class AzureStore(AudioBlobs):
    """The store of a deployed app.

    ``PartitionKey`` is ``{family}:{first two hex digits of the id}``: a range scan lists a family in id order, and
    load spreads over 256 partitions.
    """

    def __init__(self, tables: TableServiceClient, blobs: Account, authorize: Authorize, queue: AzureQueue) -> None:
        with storage_faults():
            self._table: TableClient = tables.create_table_if_not_exists(TABLE)
        super().__init__(blobs)
        lines = Lines(tables.url, authorize)
        self._entities = EntityClient(lines, TABLE, lambda: tables.create_table_if_not_exists(TABLE))
        self._tallies = Tallies(self._table, self._entities)
        self._rows: Callable[[str], Rows] = partial(TableRows, tables, lines)
        self.groups = self._rows(GROUPS_TABLE)
        self.changes = self._rows(CHANGES_TABLE)
        self.requests = self._rows(REQUESTS_TABLE)
        self.trials = self._rows(TRIALS_TABLE)
        self.outbox = self._rows(OUTBOX_TABLE)
        self.listeners: tuple[str, ...] = ()
        self.snapshots: Blobs = ContainerBlobs(blobs, SNAPSHOT_CONTAINER)
        self.trail = ContainerAppends(blobs, TRAIL_CONTAINER)
        self.jobs = self._rows(JOBS_TABLE)
        self.recordings: Blobs = ContainerBlobs(blobs, RECORDINGS_CONTAINER)
        self.queue = queue
        self._watchers: list[Callable[[Profile], None]] = []
        self._readers = ThreadPoolExecutor(_PARALLEL_READS, "profile-reader")

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Connect as the settings say: by managed identity, or locally by connection string.

        Raises:
            Misconfigured: no storage account is named.
            StorageUnavailable: the account does not answer.
        """
        store = cls._connected(settings)
        if settings.sealing_key:
            from shared.store.wrapping import wrapping_of

            store.seal_by(wrapping_of(settings.sealing_key), on=settings.sealing != "off")
        return store

    @classmethod
    def _connected(cls, settings: Settings) -> Self:
        if settings.connection_string:
            return cls._by_secret(settings.connection_string)
        if not (settings.blob_url and settings.table_url):
            raise Misconfigured("SPEAKER_STORAGE_BLOB_URL and SPEAKER_STORAGE_TABLE_URL must name the storage account")
        return cls._by_identity(settings.table_url, settings.blob_url, settings.queue_url)

    def seal_by(self, wrapping: "Wrapping", *, on: bool) -> None:
        """Seal what is written, where that is on, and open what is sealed, by keys of a table that this one wraps."""
        from shared.store.keys import DataKeys  # cryptography is needed where something is sealed
        from shared.store.sealing import SealedBlobs, VoiceSeals

        keys = DataKeys(self._rows(KEYS_TABLE), wrapping)
        keys.begin()
        self.seals = seals = VoiceSeals(keys, on=on)
        self.snapshots = galleries = SealedBlobs(self.snapshots, seals, "galleries")
        galleries.drop_others()  # they are written again, from the profiles
        self.recordings = SealedBlobs(self.recordings, seals, "recordings")

    @classmethod
    def _by_secret(cls, connection_string: str) -> Self:
        fields = dict(field.split("=", 1) for field in connection_string.split(";") if "=" in field)
        return cls(
            TableServiceClient.from_connection_string(connection_string, **_BOUNDS),
            cache(lambda: _blob_client().from_connection_string(connection_string, **blob_bounds())),
            shared_key(fields["AccountName"], fields["AccountKey"]),
            AzureQueue.by_secret(connection_string),
        )

    @classmethod
    def _by_identity(cls, table_url: str, blob_url: str, queue_url: str) -> Self:
        from azure.identity import DefaultAzureCredential  # slow to import and not needed locally

        credential = DefaultAzureCredential()
        return cls(
            TableServiceClient(table_url, credential=credential, **_BOUNDS),
            cache(lambda: _blob_client()(blob_url, credential=credential, **blob_bounds())),
            bearer_token(lambda: credential.get_token(STORAGE_SCOPE).token),
            AzureQueue.by_identity(queue_url, credential),
        )

    def insert(self, profile: Profile) -> Profile:
        self._tallies.add(profile, +1)
        written = self._entities.put(self._closed(profile))  # the id is fresh; a repeated request must not fail
        return replace(profile, etag=written)

    def insert_once(self, profile: Profile) -> Profile:
        self._tallies.add(profile, +1)
        try:
            return replace(profile, etag=self._entities.insert(self._closed(profile)))
        except Conflict:
            self._tallies.add(profile, -1)
            return self.get(profile.family, profile.id) or profile

    def get(self, family: Family, profile_id: str) -> Profile | None:
        entity = self._entities.read(partition_of(family, profile_id), profile_id)
        return self._profile(family, entity, entity["etag"]) if entity else None

    def get_many(self, family: Family, profile_ids: Sequence[str]) -> Iterator[Profile | None]:
        return trace.waiting_for("storage", self._readers.map(partial(self.get, family), profile_ids))

    def page(self, family: Family, *, after: str, size: int) -> list[Profile]:
        with storage_faults():
            first = partition_of(family, after or "00")
            found = self._query(family, "RowKey gt @after and Deleting eq false", first, size, after=after)
            return list(islice((profile for profile in found if profile.is_readable), size))

    def scan(self, of: Family | Span | None = None) -> Iterator[Profile]:
        with storage_faults():
            for wanted in (of,) if of else FAMILIES.values():
                yield from self._query(wanted)

    def recount(self, span: Span) -> list[Profile]:
        with storage_faults():
            before = self._tallies.before(span)
            known = list(self.scan(span))
            self._tallies.settle(span, before, known)
            return known

    def enrolled(self, family: Family, size: int) -> list[Profile]:
        with storage_faults():
            found = self._query(family, "Enrolled eq true and Deleting eq false", size=size)
            return list(islice((profile for profile in found if profile.enrolled), size))

    def watch(self, told: Callable[[Profile], None]) -> None:
        self._watchers.append(told)

    def count(self, family: Family | None = None) -> int:
        with storage_faults():
            return self._tallies.total(family)

    def replace(self, profile: Profile) -> Profile:
        written = self._entities.replace(self._closed(profile), profile.etag)
        if profile.deleting:
            self._tallies.add(profile, -1)
        stored = replace(profile, etag=written)
        for told in self._watchers:
            told(stored)
        return stored

    def remove(self, profile: Profile) -> None:
        self._entities.remove(profile.partition or partition_of(profile.family, profile.id), profile.id)
        if profile.is_readable and not profile.deleting:
            self._tallies.add(profile, -1)

    def _query(
        self, of: Family | Span, condition: str = "", first: str = "", size: int | None = None, **values: str
    ) -> Iterator[Profile]:
        """Profiles of a family or span in id order, from a partition on, of which a condition holds."""
        family, (begin, end) = of if isinstance(of, Family) else of.family, partitions_of(of)
        found = self._table.query_entities(
            " and ".join(filter(None, ("PartitionKey ge @first and PartitionKey lt @last", condition))),
            parameters={"first": first or begin, "last": end, **values},
            results_per_page=size,
        )
        return self._opened(family, found)

    def _opened(self, family: Family, found: Iterable[TableEntity]) -> Iterator[Profile]:
        for entity in found:
            if SEALED in entity:
                self.seals.expect(str(entity["PartitionKey"]))
            yield self._profile(family, entity, str(entity.metadata["etag"]))

    def _closed(self, profile: Profile) -> Mapping[str, Any]:
        return self.seals.closed_entity(to_entity(profile))

    def _profile(self, family: Family, entity: Mapping[str, Any], etag: str) -> Profile:
        """The profile that an entity holds; one whose seal is broken is unreadable, as others that are damaged."""
        try:
            opened = self.seals.opened_entity(entity)
        except Broken as broken:
            logger.error("%s", broken)
            return Profile.unreadable(family, str(entity["RowKey"]), etag, str(entity["PartitionKey"]))
        return replace(from_entity(family, opened, etag), sealed=SEALED in entity)

    def shred(self, family: Family, profile_id: str) -> None:
        self.seals.shred(partition_of(family, profile_id), profile_id)

    def write_report(self, report: UpkeepReport) -> None:
        self._entities.put({**REPORT_KEY, **report_properties(report)})

    def report(self) -> UpkeepReport | None:
        entity = self._entities.read(REPORT_KEY["PartitionKey"], REPORT_KEY["RowKey"])
        return report_of(entity) if entity else None

    def write_walk(self, walk: Walk) -> None:
        self._entities.put({**WALK_KEY, **walk_properties(walk)})

    def walk(self) -> Walk | None:
        entity = self._entities.read(WALK_KEY["PartitionKey"], WALK_KEY["RowKey"])
        return walk_of(entity) if entity else None

    def ping(self) -> None:
        with storage_faults():
            next(iter(self._table.query_entities("PartitionKey eq ''", results_per_page=1)), None)
            self._audio.get_container_properties()


def _blob_client() -> "type[BlobServiceClient]":
    from azure.storage.blob import BlobServiceClient

    return BlobServiceClient
