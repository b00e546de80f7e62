"""One bad row or blob harms nobody else: what cannot be read is named, counted and can be deleted; the rest goes on."""

import logging
import math
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from azure.data.tables import TableClient, UpdateMode
from azure.storage.blob import ContainerClient

from devhost.azurite import azurite
from shared.errors import UnreadableProfile
from shared.observing.trace import mark
from shared.profiles.upkeep import GRACE
from shared.settings import Settings
from shared.store import PARTITIONS, Span
from shared.store.audio import AUDIO_CONTAINER, BLOB_API_VERSION
from shared.store.azure import TABLE, AzureStore
from shared.voices.families import IDENTIFICATION, VERIFICATION
from tests import models, voices
from tests.clock import Clock
from tests.domain import Domain

CLIP = voices.seconds("anna", 4)


class Stored:
    """Storage that can be damaged, and the domain on it: two profiles of a family, of which one will be."""

    def __init__(self, connection_string: str) -> None:
        self.store = AzureStore.open(Settings.read({"SPEAKER_STORAGE_CONNECTION_STRING": connection_string}))
        self.domain = Domain.on(self.store, models.listener(), Clock())
        self.table = TableClient.from_connection_string(connection_string, TABLE)
        self.audio = ContainerClient.from_connection_string(
            connection_string, AUDIO_CONTAINER, api_version=BLOB_API_VERSION
        )
        self.good, self.bad = (self._enrolled() for _ in range(2))

    def _enrolled(self) -> str:
        profile = self.domain.create(IDENTIFICATION, "en-us")
        self.domain.enroll(IDENTIFICATION, profile.id, CLIP, waive_minimum=True)
        return profile.id

    def damage(self, **properties: object) -> None:
        """Change properties of the bad one's row; None removes one."""
        partition = f"{IDENTIFICATION.name}:{self.bad[:2]}"
        row = dict(self.table.get_entity(partition, self.bad))
        changed = {**row, **properties}
        self.table.update_entity(
            {name: value for name, value in changed.items() if value is not None}, mode=UpdateMode.REPLACE
        )

    def names(self) -> list[str]:
        """Names of all blobs."""
        return [str(name) for name in self.audio.list_blob_names()]


@pytest.fixture(scope="module")
def own_storage() -> Iterator[str]:
    with azurite() as connection_string:
        yield connection_string


@pytest.fixture
def stored(own_storage: str) -> Iterator[Stored]:
    stored = Stored(own_storage)
    yield stored
    for entity in stored.table.list_entities():
        stored.table.delete_entity(entity)
    for name in stored.names():
        stored.audio.delete_blob(name)


DAMAGE = {
    "enrollments that are no JSON": {"Enrollments": "x"},
    "enrollments that are no list": {"Enrollments": "7"},
    "an enrollment that lacks a field": {"Enrollments": '[["a", 1.0]]'},
    "an enrollment of another type": {"Enrollments": '[["a", "1", 2, null]]'},
    "no enrollments": {"Enrollments": None},
    "no locale": {"Locale": None},
    "a locale of another type": {"Locale": 7},
    "no date": {"Created": None},
    "a date that is text": {"Created": "yesterday"},
    "no standing": {"Enrolled": None},
    "a standing of another type": {"Deleting": "no"},
    "a signature cut off": {"Signature": b"abc"},
    "a signature of nothing": {"Signature": b""},
    "a signature of zeros": {"Signature": np.zeros(192, "<f4").tobytes()},
    "a signature that is no number": {"Signature": np.full(192, np.nan, "<f4").tobytes()},
    "a signature that is text": {"Signature": "signature"},
    "a signature without its weight": {"SignatureSpeechSec": None},
    "a signature of no weight": {"SignatureSpeechSec": 0.0},
    "a signature of endless weight": {"SignatureSpeechSec": math.inf},
    "a signature without its model": {"ModelVersion": None},
    "a row of a newer version": {"Schema": 99},
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_row_that_cannot_be_read_harms_nobody_else_and_can_be_deleted(
    stored: Stored, damage: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    stored.damage(**damage)
    domain = stored.domain
    assert [profile.id for profile in domain.page(IDENTIFICATION, after="", size=2).profiles] == [stored.good]
    assert domain.identify(IDENTIFICATION, [stored.good], CLIP, waive_minimum=True).speaker is not None
    with caplog.at_level(logging.ERROR, "speaker"):
        assert domain.upkeep().unreadable == 1
    assert mark(stored.bad) in caplog.text
    assert stored.bad not in caplog.text
    report = stored.store.report()
    assert report is not None
    assert report.unreadable_profiles == 1
    for touch in (
        lambda: domain.get(IDENTIFICATION, stored.bad),
        lambda: domain.reset(IDENTIFICATION, stored.bad),
        lambda: domain.enroll(IDENTIFICATION, stored.bad, CLIP, waive_minimum=True),
        lambda: domain.identify(IDENTIFICATION, [stored.good, stored.bad], CLIP, waive_minimum=True),
    ):
        with pytest.raises(UnreadableProfile):
            touch()
    assert any(stored.bad in name for name in stored.names()), "its audio was swept"
    domain.delete(IDENTIFICATION, stored.bad)
    assert [name for name in stored.names() if stored.bad in name] == []
    assert [profile.id for profile in stored.store.scan()] == [stored.good]


@pytest.mark.parametrize(
    ("partition", "row"),
    [
        ("{family}:zz", "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9"),
        ("{family}:0f", "no-guid"),
        ("{family}:0f", "it's"),
        ("{family}:0f", ""),
        ("{family}:", "x"),
    ],
)
def test_a_row_that_stands_where_nobody_looks_harms_nobody_and_goes_with_all_others(
    stored: Stored, partition: str, row: str
) -> None:
    where = partition.format(family=IDENTIFICATION.name)
    stored.table.create_entity({"PartitionKey": where, "RowKey": row, "Deleting": False, "Locale": "en-us"})
    domain = stored.domain
    page = domain.page(IDENTIFICATION, after="", size=5)
    assert {profile.id for profile in page.profiles} == {stored.good, stored.bad}
    assert domain.upkeep().unreadable == 1
    assert len(stored.names()) == 2, "audio of others was removed"
    assert not domain.delete_all(IDENTIFICATION).remaining
    assert {entity["PartitionKey"] for entity in stored.table.list_entities()} == {"upkeep"}


def test_deleting_all_deletes_what_cannot_be_read_and_whatever_lies_among_its_audio(stored: Stored) -> None:
    stored.damage(Enrollments="x")
    for name in (f"{stored.bad}/notes.txt", "no-guid/x.wav", "stray.txt", f"{stored.good}x/a.wav"):
        stored.audio.upload_blob(f"{IDENTIFICATION.name}/{name}", b"?")
    assert not stored.domain.delete_all(IDENTIFICATION).remaining
    assert (list(stored.store.scan()), stored.names()) == ([], [])


def test_blobs_with_foreign_names_are_counted_named_by_mark_and_left_alone(
    stored: Stored, caplog: pytest.LogCaptureFixture
) -> None:
    foreign = ["stray.txt", "old-family/x/y.wav", f"{VERIFICATION.name}/no-guid/x.wav"]
    for name in foreign:
        stored.audio.upload_blob(name, b"?")
    later = Clock()
    later.let_pass(seconds=2 * GRACE.total_seconds())
    with patch.object(stored.store, "now", later):
        done = stored.domain.upkeep()
    assert (done.foreign_audio, done.audio_left_over) == (3, 0)
    assert set(foreign) <= set(stored.names())
    assert all(mark(name) in caplog.text and name not in caplog.text for name in foreign)


@pytest.mark.parametrize("wrong", ["another length", "another model"])
def test_a_signature_that_no_model_made_is_told_apart_and_never_gives_a_score(stored: Stored, wrong: str) -> None:
    if wrong == "another length":
        stored.damage(Signature=np.ones(64, "<f4").tobytes())
        with pytest.raises(UnreadableProfile, match="has 64 numbers, not 192"):
            stored.domain.identify(IDENTIFICATION, [stored.bad], CLIP, waive_minimum=True)
        with pytest.raises(UnreadableProfile):
            stored.domain.enroll(IDENTIFICATION, stored.bad, CLIP, waive_minimum=True)
        assert stored.domain.identify(IDENTIFICATION, [stored.good], CLIP, waive_minimum=True).speaker is not None
        return
    stored.damage(ModelVersion="1999-01-01")
    assert stored.domain.identify(IDENTIFICATION, [stored.good], CLIP, waive_minimum=True).speaker is not None
    assert stored.domain.upkeep().re_extracted == 1
    assert stored.domain.identify(IDENTIFICATION, [stored.bad], CLIP, waive_minimum=True).speaker is not None


@pytest.mark.parametrize("audio", [b"", b"RIFF", b"no audio at all", b"fLaC\0\0", b"\xff" * 99], ids=repr)
def test_audio_that_does_not_decode_stops_no_walk(stored: Stored, audio: bytes) -> None:
    stored.damage(ModelVersion="1999-01-01")
    [name] = [name for name in stored.names() if stored.bad in name]
    stored.audio.upload_blob(name, audio, overwrite=True)
    done = stored.domain.upkeep()
    assert (done.re_extracted, done.not_re_extracted) == (0, 1)


def test_audio_in_flight_is_not_swept_whatever_our_clock_says(stored: Stored) -> None:
    stored.audio.upload_blob(f"{IDENTIFICATION.name}/{stored.good}/in-flight.wav", CLIP)
    for hours in (-24, 2, 24):
        ahead = Clock()
        ahead.let_pass(hours=hours)
        domain = Domain.on(stored.store, models.listener(), ahead, audio_retention_days=1)
        domain.upkeep()
        assert f"{IDENTIFICATION.name}/{stored.good}/in-flight.wav" in stored.names()


def test_an_older_app_refuses_to_overwrite_what_a_newer_one_wrote(stored: Stored) -> None:
    stored.damage(Schema=99, Novelty="kept")
    with pytest.raises(UnreadableProfile):
        stored.domain.enroll(IDENTIFICATION, stored.bad, CLIP, waive_minimum=True)
    assert stored.table.get_entity(f"{IDENTIFICATION.name}:{stored.bad[:2]}", stored.bad)["Novelty"] == "kept"


@pytest.mark.parametrize("width", [256, 16, pytest.param(1, marks=pytest.mark.slow)])
def test_foreign_blobs_and_misplaced_rows_are_met_once_however_wide_the_spans_are(stored: Stored, width: int) -> None:
    inside = [f"{IDENTIFICATION.name}/{name}" for name in ("notes.txt", "Zoë/x.wav", f"{stored.bad}/x.txt", "f0")]
    beside = ["stray.txt", "stray.txt2", "old-family/x/y.wav", IDENTIFICATION.name]
    for name in (*inside, *beside):
        stored.audio.upload_blob(name, b"?")
    stored.table.create_entity({"PartitionKey": f"{IDENTIFICATION.name}:zz", "RowKey": "x", "Deleting": False})
    stored.table.create_entity({"PartitionKey": f"{IDENTIFICATION.name}:", "RowKey": "x", "Deleting": False})
    spans = [Span(IDENTIFICATION, begin, width) for begin in range(0, PARTITIONS, width)]
    assert sorted(name for span in spans for name in stored.store.foreign_audio(span)) == sorted(inside)
    assert sorted(stored.store.foreign_audio()) == sorted(beside)
    rows = [profile.id for span in spans for profile in stored.store.scan(span)]
    assert sorted(rows) == sorted([stored.good, stored.bad, "x", "x"])
    clips = [clip.profile_id for span in spans for clip in stored.store.all_audio(span)]
    assert sorted(clips) == sorted([stored.good, stored.bad])
