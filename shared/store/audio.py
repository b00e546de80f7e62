"""Enrollment audio in Blob Storage."""

import string
from collections.abc import Iterable, Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from azure.core.exceptions import ResourceNotFoundError

from shared.errors import UnreadableProfile
from shared.observing.trace import mark
from shared.store import Span, StoredAudio
from shared.store.containers import Account, made
from shared.store.entities import partition_of, stored_audio
from shared.store.faults import storage_faults
from shared.store.seals import Broken, InClear, Seals
from shared.voices.families import FAMILIES, Family
from shared.voices.records import Profile

if TYPE_CHECKING:  # see containers
    from azure.storage.blob import BlobProperties, ContainerClient

AUDIO_CONTAINER: Final = "enrollment-audio"
BLOB_API_VERSION: Final = "2025-11-05"  # the newest that both Azure and the pinned Azurite speak
TIMEOUTS: Final = {"connection_timeout": 3, "read_timeout": 10}

_NO_HEX: Final = sorted(set(string.printable.strip()) - set("0123456789abcdef"))


class AudioBlobs:
    """The audio of a store: one container, a folder a family, in it a folder a profile."""

    def __init__(self, blobs: Account) -> None:
        """Bind to the account; the container is made when it is first asked for."""
        self.seals: Seals = InClear()
        self._blobs_of_account = blobs

    @cached_property
    def _audio(self) -> "ContainerClient":
        with storage_faults():
            return made(self._blobs_of_account().get_container_client(AUDIO_CONTAINER))

    def put_audio(self, profile: Profile, enrollment_id: str, wav: bytes) -> None:
        self._put(profile.family, profile.id, enrollment_id, wav)

    def get_audio(self, profile: Profile, enrollment_id: str) -> bytes | None:
        return self._get(profile.family, profile.id, enrollment_id)

    def reseal_audio(self, clip: StoredAudio) -> None:
        wav = self._get(clip.family, clip.profile_id, clip.enrollment_id)
        if wav is not None:
            self._put(clip.family, clip.profile_id, clip.enrollment_id, wav, written=clip.written.isoformat())

    def _put(self, family: Family, profile_id: str, enrollment_id: str, wav: bytes, **noted: str) -> None:
        kept = self.seals.closed(partition_of(family, profile_id), profile_id, wav, f"audio {enrollment_id}")
        beside = {"sealed": "true", **noted} if self.seals.on else noted
        with storage_faults():
            self._audio.upload_blob(_blob(family, profile_id, enrollment_id), kept, overwrite=True, metadata=beside)

    def _get(self, family: Family, profile_id: str, enrollment_id: str) -> bytes | None:
        with storage_faults():
            try:
                kept = self._audio.download_blob(_blob(family, profile_id, enrollment_id)).readall()
            except ResourceNotFoundError:
                return None
        try:
            return self.seals.opened(partition_of(family, profile_id), profile_id, kept, f"audio {enrollment_id}")
        except Broken as broken:
            raise UnreadableProfile(f"audio {mark(enrollment_id)}: {broken}") from broken

    def all_audio(self, of: Profile | Family | Span | None = None) -> Iterator[StoredAudio]:
        found = (stored_audio(blob.name, blob.last_modified, blob.metadata) for blob in self._blobs(_prefix(of)))
        return (audio for audio in found if audio)

    def foreign_audio(self, of: Span | None = None) -> Iterator[str]:
        if of is None:
            return self._beside_families()
        blobs = (blob for prefix in _prefixes(of) for blob in self._blobs(prefix))
        return (str(blob.name) for blob in blobs if not stored_audio(blob.name, blob.last_modified))

    def folders(self, family: Family) -> Iterator[str]:
        names = (str(blob.name).split("/")[1] for blob in self._blobs(f"{family.name}/"))
        return (name for name, _ in groupby(names))

    def delete_folder(self, family: Family, name: str) -> None:
        wanted = f"{family.name}/{name}"
        for blob in self._blobs(wanted):
            if blob.name == wanted or blob.name.startswith(f"{wanted}/"):
                self._delete_blob(blob.name)

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

    def _beside_families(self) -> Iterator[str]:
        """Names of blobs that are in no family's folder."""
        from azure.storage.blob import BlobPrefix

        folders = {f"{name}/" for name in FAMILIES}
        with storage_faults():
            for found in self._audio.walk_blobs(delimiter="/"):
                if not isinstance(found, BlobPrefix):
                    yield str(found.name)
                elif found.name not in folders:
                    yield from (str(blob.name) for blob in self._blobs(found.name))

    def _blobs(self, prefix: str | None) -> "Iterator[BlobProperties]":
        with storage_faults():
            yield from self._audio.list_blobs(name_starts_with=prefix, include=["metadata"])

    def _delete_blob(self, name: str) -> None:
        with storage_faults():
            try:
                self._audio.delete_blob(name, delete_snapshots="include")
            except ResourceNotFoundError:
                return


def blob_bounds() -> dict[str, Any]:
    """Bounds as the blob client takes them; a policy counts its tries, so every client has its own."""
    from azure.storage.blob import LinearRetry

    policy = LinearRetry(backoff=1, retry_total=3, random_jitter_range=1)
    return {"retry_policy": policy, "api_version": BLOB_API_VERSION, **TIMEOUTS}


def _folder(family: Family, profile_id: str) -> str:
    return f"{family.name}/{profile_id}/"


def _prefix(of: Profile | Family | Span | None) -> str | None:
    match of:
        case Profile():
            return _folder(of.family, of.id)
        case Family():
            return f"{of.name}/"
        case Span():
            return f"{of.family.name}/{of.prefix}"
    return None


def _prefixes(of: Span) -> Iterator[str]:
    """How names in a span's folder begin, and in its family's first one, beside all spans."""
    yield f"{of.family.name}/{of.prefix}"
    if of.prefix and of.begin == 0:
        yield from (f"{of.family.name}/{letter}" for letter in _NO_HEX)


def _blob(family: Family, profile_id: str, enrollment_id: str) -> str:
    return f"{_folder(family, profile_id)}{enrollment_id}.wav"
