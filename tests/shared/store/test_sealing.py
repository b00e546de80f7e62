"""Nothing of a sealed voice can be read by who has all of the storage but the keys, and what was tampered with is
refused, told, and harms nobody else."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

import numpy as np
import pytest
from azure.data.tables import TableClient, UpdateMode
from azure.storage.blob import BlobServiceClient, ContainerClient

from shared.errors import UnreadableProfile
from shared.listening.views import Band
from shared.observing.trace import mark
from shared.profiles.resealing import reseal
from shared.profiles.upkeep import GRACE, Done
from shared.settings import Settings
from shared.store import Span, StoredAudio
from shared.store.audio import AUDIO_CONTAINER, blob_bounds
from shared.store.azure import KEYS_TABLE, TABLE, AzureStore
from shared.store.blobs import MemoryBlobs
from shared.store.entities import partition_of
from shared.store.keys import DataKeys, LocalKey
from shared.store.rows import MemoryRows
from shared.store.sealing import SealedBlobs, VoiceSeals
from shared.voices.families import IDENTIFICATION, VERIFICATION, Family
from shared.voices.records import Enrollment, Profile
from tests.clock import Clock
from tests.domain import Domain
from tests.privacy.stored import spellings
from tests.sealing import sealing
from tests.shared.killing import KilledError, Mortal
from tests.signatures import both, mean_of

WAV = b"RIFF" + bytes(range(256)) * 40
PRINT = bytes(range(100, 200))


@dataclass
class Lives:
    """Sealed storage, a few voices in it, and a hand on what is really stored."""

    storage: str
    store: AzureStore
    table: TableClient
    blobs: ContainerClient

    def entity(self, profile: Profile) -> dict[str, Any]:
        return dict(self.table.get_entity(partition_of(profile.family, profile.id), profile.id))

    def put(self, entity: dict[str, Any]) -> None:
        self.table.upsert_entity(entity, mode=UpdateMode.REPLACE)

    def blob(self, profile: Profile, number: int = 0) -> str:
        return f"{profile.family.name}/{profile.id}/{profile.enrollments[number].id}.wav"

    def enroll(self, profile: Profile | None = None, family: Family = VERIFICATION) -> Profile:
        now = datetime.now(UTC)
        known = profile or self.store.insert(Profile.new(family, "en-us", now))
        clip = Enrollment(f"clip-{len(known.enrollments)}", 30, 21.5, 17, Band.WIDE, PRINT)
        self.store.put_audio(known, clip.id, WAV)
        voice = both(np.linspace(-1, 1, 192), np.linspace(1, -2, 192), 21.5, "2026-11-22")
        return self.store.replace(known.with_enrollment(clip, voice, None, now, waive_minimum=True))

    def read(self, profile: Profile) -> Profile:
        """As another process does."""
        found = sealing(self.storage).get(profile.family, profile.id)
        assert found is not None
        return found


@pytest.fixture
def lives(storage: str) -> Iterator[Lives]:
    store = sealing(storage)
    account = BlobServiceClient.from_connection_string(storage, **blob_bounds())
    with TableClient.from_connection_string(storage, TABLE) as table:
        yield Lives(storage, store, table, account.get_container_client(AUDIO_CONTAINER))
    for profile in store.scan():
        Domain.on(store, object(), Clock()).delete(profile.family, profile.id)


def test_a_sealed_voice_comes_back_however_it_is_asked_for(lives: Lives) -> None:
    written = lives.enroll()
    other = sealing(lives.storage)
    everybody = (
        other.scan(VERIFICATION),
        other.page(VERIFICATION, after="", size=1000),
        other.enrolled(VERIFICATION, 1000),
    )
    listed, paged, enrolled = ({profile.id: profile for profile in found}[written.id] for found in everybody)
    (named,) = other.get_many(VERIFICATION, [written.id])
    assert named
    for found in (listed, paged, enrolled, named):
        assert (found.id, found.sealed, found.enrollments) == (written.id, True, written.enrollments)
        for band in Band:
            np.testing.assert_array_equal(mean_of(found.signature, band), mean_of(written.signature, band))
    assert other.get_audio(written, "clip-0") == WAV


def test_nothing_of_it_is_in_clear(lives: Lives) -> None:
    written = lives.enroll()
    assert written.signature
    entity = lives.entity(written)
    secret = {name for view in Band for name in spellings(mean_of(written.signature, view).tobytes())}
    assert not secret & {word for value in entity.values() for word in (repr(value)[2:-1], str(value))}
    assert not any(word in f"{entity}" for word in secret | spellings(PRINT))
    assert not {"Signature", "NarrowSignature", "Heard"} & set(entity)
    assert WAV[:64] not in lives.blobs.download_blob(lives.blob(written)).readall()


def _truncated(entity: dict[str, Any], _: dict[str, Any], __: dict[str, Any]) -> dict[str, Any]:
    return {**entity, "Sealed": entity["Sealed"][:-1]}


def _cut_to_nothing(entity: dict[str, Any], _: dict[str, Any], __: dict[str, Any]) -> dict[str, Any]:
    return {**entity, "Sealed": entity["Sealed"][:10]}


def _changed(entity: dict[str, Any], _: dict[str, Any], __: dict[str, Any]) -> dict[str, Any]:
    return {**entity, "Sealed": entity["Sealed"][:-1] + bytes([entity["Sealed"][-1] ^ 1])}


def _swapped(entity: dict[str, Any], _: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {**entity, "Sealed": other["Sealed"]}


def _replayed(entity: dict[str, Any], earlier: dict[str, Any], _: dict[str, Any]) -> dict[str, Any]:
    return {**entity, "Sealed": earlier["Sealed"]}


def _of_another_model(entity: dict[str, Any], _: dict[str, Any], __: dict[str, Any]) -> dict[str, Any]:
    return {**entity, "ModelVersion": "2027-01-01"}


def _of_another_length(entity: dict[str, Any], _: dict[str, Any], __: dict[str, Any]) -> dict[str, Any]:
    return {**entity, "Enrollments": entity["Enrollments"].replace("30", "31")}


TAMPERED = (_truncated, _cut_to_nothing, _changed, _swapped, _replayed, _of_another_model, _of_another_length)


def test_what_was_tampered_with_is_refused_and_told_and_harms_nobody_else(
    lives: Lives, caplog: pytest.LogCaptureFixture
) -> None:
    first, other = lives.enroll(), lives.enroll()
    earlier = lives.entity(first)
    victim = lives.enroll(first)
    whole = lives.entity(victim)
    for tamper in TAMPERED:
        lives.put(tamper(whole, earlier, lives.entity(other)))
        with caplog.at_level(logging.ERROR, "speaker"):
            assert not lives.read(victim).is_readable, tamper
        assert mark(victim.id) in caplog.text
        assert victim.id not in caplog.text
        caplog.clear()
        assert {profile.id: profile.enrolled for profile in sealing(lives.storage).scan(VERIFICATION)} == {
            victim.id: False,
            other.id: True,
        }
    assert _upkeep(sealing(lives.storage)).unreadable == 1
    lives.put(whole)
    assert lives.read(victim).enrolled


def test_audio_that_was_tampered_with_is_refused(lives: Lives) -> None:
    victim = lives.enroll(lives.enroll())
    name, other = lives.blob(victim), lives.blob(victim, 1)
    whole = lives.blobs.download_blob(name).readall()
    for instead in (whole[:-1], whole[:10], lives.blobs.download_blob(other).readall()):
        lives.blobs.upload_blob(name, instead, overwrite=True)
        with pytest.raises(UnreadableProfile):
            sealing(lives.storage).get_audio(victim, "clip-0")
    assert sealing(lives.storage).get_audio(victim, "clip-1") == WAV


def test_a_copy_from_before_a_deletion_is_unreadable_after_it(lives: Lives) -> None:
    profile = lives.enroll()
    entity, audio = lives.entity(profile), lives.blobs.download_blob(lives.blob(profile)).readall()
    Domain.on(lives.store, object(), Clock()).delete(VERIFICATION, profile.id)
    assert _keys(lives, profile) == 0
    lives.put(entity)
    lives.blobs.upload_blob(lives.blob(profile), audio)
    for store in (lives.store, sealing(lives.storage)):
        found = store.get(VERIFICATION, profile.id)
        assert found
        assert not found.is_readable
        with pytest.raises(UnreadableProfile):
            store.get_audio(profile, "clip-0")
    Domain.on(lives.store, object(), Clock()).delete(VERIFICATION, profile.id)


def _keys(lives: Lives, profile: Profile) -> int:
    with TableClient.from_connection_string(lives.storage, KEYS_TABLE) as keys:
        return len(list(keys.query_entities("RowKey eq @id", parameters={"id": profile.id})))


def test_a_key_that_was_made_while_its_profile_was_deleted_goes_with_the_audio(lives: Lives) -> None:
    nobody = Profile.new(VERIFICATION, "en-us", datetime.now(UTC))
    lives.store.put_audio(nobody, "late", WAV)
    assert _keys(lives, nobody) == 1
    with patch.object(lives.store, "now", lambda: datetime.now(UTC) + 2 * GRACE):
        assert _upkeep(lives.store).audio_left_over == 1
    assert _keys(lives, nobody) == 0


def test_a_process_that_knew_an_older_key_reads_and_writes_by_the_new_one(lives: Lives) -> None:
    profile = lives.enroll()
    other = sealing(lives.storage)
    assert other.get(VERIFICATION, profile.id)
    lives.store.shred(profile.family, profile.id)
    again = lives.store.replace(profile)
    found = other.get(VERIFICATION, profile.id)
    assert found
    assert found.enrolled
    other.replace(again)
    assert lives.read(profile).enrolled


def test_who_lacks_the_key_sees_that_there_is_somebody_and_no_more(lives: Lives) -> None:
    profile = lives.enroll()
    blind = AzureStore.open(Settings.read({"SPEAKER_STORAGE_CONNECTION_STRING": lives.storage}))
    found = blind.get(VERIFICATION, profile.id)
    assert found
    assert not found.is_readable
    with pytest.raises(UnreadableProfile):
        blind.get_audio(profile, "clip-0")


def _reseal(store: AzureStore) -> int:
    return reseal(store, Span(IDENTIFICATION), list(store.scan(IDENTIFICATION)), lambda: False)


def _upkeep(store: AzureStore) -> Done:
    return Domain.on(store, SimpleNamespace(version="2026-11-22"), Clock()).upkeep()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("dies_at", range(3))
def test_upkeep_seals_and_opens_everything_and_may_be_killed_anywhere(
    lives: Lives, dies_at: int, *, after: bool
) -> None:
    lives.store = clear = sealing(lives.storage, "off")
    profile = lives.enroll(lives.enroll(family=IDENTIFICATION))
    dates = {clip.enrollment_id: clip.written for clip in clear.all_audio(IDENTIFICATION)}
    for how in ("local", "off"):
        writes = ("replace", "reseal_audio")
        mortal = Mortal(sealing(lives.storage, how), count().__next__, dies_at, after=after, only=writes)
        with pytest.raises(KilledError):
            _reseal(cast("AzureStore", mortal))
        store = sealing(lives.storage, how)
        assert _reseal(store) == 3 - dies_at - after
        clips = {clip.enrollment_id: clip for clip in store.all_audio(IDENTIFICATION)}
        assert {name: (clip.sealed, clip.written) for name, clip in clips.items()} == {
            name: (how == "local", date) for name, date in dates.items()
        }
        found = lives.read(profile)
        assert (found.sealed, found.enrollments) == (how == "local", profile.enrollments)
        assert [store.get_audio(profile, name) for name in dates] == [WAV, WAV]
    assert _upkeep(sealing(lives.storage)).resealed == 3


def test_audio_that_cannot_be_opened_is_left_and_told(lives: Lives, caplog: pytest.LogCaptureFixture) -> None:
    profile = lives.enroll()
    lives.blobs.upload_blob(lives.blob(profile), b"\x89SEALED1", overwrite=True)
    clip = StoredAudio(profile.family, profile.id, "clip-0", datetime.now(UTC), sealed=True)
    with caplog.at_level(logging.ERROR, "speaker"):
        assert reseal(sealing(lives.storage, "off"), Span(VERIFICATION), [], lambda: False) == 0
        with pytest.raises(UnreadableProfile):
            sealing(lives.storage, "off").reseal_audio(clip)
        assert reseal(sealing(lives.storage), Span(VERIFICATION), [lives.read(profile)], lambda: False) == 0
    assert mark(profile.id) in caplog.text


def test_galleries_are_sealed_and_one_that_is_gone_cannot_be_opened_in_a_copy(lives: Lives) -> None:
    galleries, stored = lives.store.snapshots, "family/1.npz.sealed"
    galleries.put("family/1.npz", WAV)
    blobs = BlobServiceClient.from_connection_string(lives.storage, **blob_bounds())
    container = blobs.get_container_client("voice-galleries")
    copy = container.download_blob(stored).readall()
    assert WAV[:64] not in copy
    assert sealing(lives.storage).snapshots.get("family/1.npz") == WAV
    container.upload_blob(stored, copy[:-1], overwrite=True)
    assert sealing(lives.storage).snapshots.get("family/1.npz") is None
    galleries.remove("family/1.npz")
    assert galleries.names("family/") == []
    container.upload_blob(stored, copy)
    assert sealing(lives.storage).snapshots.get("family/1.npz") is None
    galleries.remove("family/1.npz")


def test_galleries_in_the_other_state_are_removed_when_a_process_begins(lives: Lives) -> None:
    for how, other in (("local", "off"), ("off", "local")):
        sealing(lives.storage, how).snapshots.put("family/1.npz", WAV)
        assert sealing(lives.storage, how).snapshots.names("family/") == ["family/1.npz"]
        assert sealing(lives.storage, other).snapshots.names("family/") == []
        assert sealing(lives.storage, how).snapshots.get("family/1.npz") is None


def test_recordings_that_wait_to_be_heard_are_sealed(lives: Lives) -> None:
    lives.store.recordings.put("job/audio", WAV)
    blobs = BlobServiceClient.from_connection_string(lives.storage, **blob_bounds())
    assert WAV[:64] not in blobs.get_blob_client("recordings", "job/audio.sealed").download_blob().readall()
    assert sealing(lives.storage, "off").recordings.get("job/audio") == WAV
    lives.store.recordings.remove("job/audio")
    assert lives.store.recordings.names("job/") == []


def test_other_values_are_found_in_either_state_and_sealed_when_they_are_written_again() -> None:
    blobs, keys = MemoryBlobs(), DataKeys(MemoryRows(), LocalKey(bytes(32)))
    on, off = (SealedBlobs(blobs, VoiceSeals(keys, on=how), "recordings") for how in (True, False))
    off.put("job/audio", WAV)
    assert (on.get("job/audio"), on.names("job/")) == (WAV, ["job/audio"])
    on.put("job/audio", b"new")
    assert (on.get("job/audio"), on.names("job/")) == (b"new", ["job/audio"])
    on.remove("job/audio")
    assert (blobs.values, off.get("job/audio")) == ({}, None)
    on.put("job/audio", WAV)
    assert off.get("job/audio") == WAV
    blobs.values["job/audio.sealed"] = blobs.values["job/audio.sealed"][:-1]
    assert off.get("job/audio") is None
