"""Storage that an older version has filled is as good as our own: read, listed, used, re-extracted, continued, deleted.

``old_data/make.py`` tells how it was filled.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest

from devhost.azurite import azurite
from shared.errors import InvalidRequest, NotEnrolled, NotFound
from shared.profiles.upkeep import Done
from shared.settings import Settings
from shared.store.azure import AzureStore
from shared.voices.families import FAMILIES, IDENTIFICATION, PASSPHRASE_VERIFICATION, VERIFICATION, Family
from shared.voices.records import Profile
from shared.voices.standing import Standing
from tests import models, voices
from tests.clock import Clock
from tests.domain import Domain
from tests.durability.old_data.snapshot import Storage, saved_blobs, saved_entities
from tests.signatures import mean_of

ROWS = saved_entities()
PHRASE = 9  # the one that the profile of a passphrase has chosen
SPEAKERS = {"enrolled": "anna", "identification": "clara", "passphrase": "ewan", "without_active": "boris"}
STATES = {
    "enrolled": (VERIFICATION, Standing.ENROLLED, 2),
    "enrolling": (VERIFICATION, Standing.ENROLLING, 1),
    "identification": (IDENTIFICATION, Standing.ENROLLED, 1),
    "passphrase": (PASSPHRASE_VERIFICATION, Standing.ENROLLED, 3),
    "inactive": (VERIFICATION, Standing.INACTIVE, 0),
    "deleting": (VERIFICATION, Standing.DELETING, 1),
    "reset": (IDENTIFICATION, Standing.ENROLLING, 0),
    "without_active": (VERIFICATION, Standing.ENROLLED, 1),
}
SIGNED = ("enrolled", "enrolling", "identification", "passphrase", "without_active")


@dataclass
class Old:
    """The old storage, seen from outside, and the present service at work on it.

    Attributes:
        first: the service with the model of the old signatures.
        second: the service with a later model, beside that one.
    """

    outside: Storage
    store: AzureStore
    clock: Clock
    first: Domain
    second: Domain

    @classmethod
    def on(cls, outside: Storage, store: AzureStore, folder: Path) -> "Old":
        clock = Clock()
        first, second = (models.listener(model, folder) for model in (models.CAMPPLUS, models.TURNED))
        return cls(outside, store, clock, *(Domain.on(store, model, clock) for model in (first, second)))

    def stored(self, name: str) -> Profile:
        profile = self.store.get(_family(name), _id(name))
        assert profile is not None
        return profile

    def enroll(self, name: str, clip: bytes) -> Profile:
        return self.first.enroll(_family(name), _id(name), clip, waive_minimum=False).profile

    def left(self) -> tuple[set[str], set[str]]:
        """Ids of the profiles that have a row, and of those that have audio."""
        rows = {row["RowKey"] for row in self.outside.entities() if row["PartitionKey"] != "upkeep"}
        return rows, {blob.split("/")[1] for blob in self.outside.blobs()}


def _id(name: str) -> str:
    return str(ROWS[name]["RowKey"])


def _family(name: str) -> Family:
    return STATES[name][0]


def _accepts(domain: Domain, name: str, voice: str) -> bool:
    """Whether a profile takes a voice for its own."""
    family = _family(name)
    if family == IDENTIFICATION:
        clip = voices.speakers()[voice].test
        return domain.identify(family, [_id(name)], clip, waive_minimum=False).speaker is not None
    passphrase = family == PASSPHRASE_VERIFICATION
    clip = voices.phrase(voice, PHRASE) if passphrase else voices.speakers()[voice].test
    return domain.verify(family, _id(name), clip, waive_minimum=False).candidate.accepted


def _decisions(domain: Domain) -> dict[tuple[str, str], bool]:
    return {(profile, voice): _accepts(domain, profile, voice) for profile in SPEAKERS for voice in SPEAKERS.values()}


RIGHT = {(profile, voice): voice == own for profile, own in SPEAKERS.items() for voice in SPEAKERS.values()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return models.with_turned(tmp_path_factory.mktemp("models"))


@pytest.fixture
def old(folder: Path) -> Iterator[Old]:
    with azurite() as connection_string, ExitStack() as stack:
        outside = Storage(connection_string, stack).restore()
        store = AzureStore.open(Settings.read({"SPEAKER_STORAGE_CONNECTION_STRING": connection_string}))
        old = Old.on(outside, store, folder)
        with patch.object(store, "now", old.clock):
            yield old


def test_every_row_is_read_as_it_was_written(old: Old) -> None:
    for name, row in ROWS.items():
        profile = old.stored(name)
        assert (profile.family, profile.standing, len(profile.enrollments)) == STATES[name], name
        assert (profile.locale, profile.phrase) == ("en-us", row.get("Phrase"))
        assert (profile.created, profile.updated, profile.used) == (row["Created"], row.get("Updated"), row.get("Used"))
        enrollments = [[clip.id, clip.audio_sec, clip.speech_sec, clip.snr_db] for clip in profile.enrollments]
        assert enrollments == json.loads(row["Enrollments"])


def test_every_signature_is_read_bit_for_bit(old: Old) -> None:
    for name, row in ROWS.items():
        signature = old.stored(name).signature
        assert (signature is not None) == (name in SIGNED)
        if signature is not None:
            assert mean_of(signature).tobytes() == row["Signature"]
            assert (signature.speech_sec, signature.model_version) == (row["SignatureSpeechSec"], row["ModelVersion"])


def test_all_audio_is_found_and_read_byte_for_byte(old: Old) -> None:
    listed = {f"{clip.family.name}/{clip.profile_id}/{clip.enrollment_id}.wav" for clip in old.store.all_audio()}
    blobs = saved_blobs()
    assert listed == set(blobs)
    for name in STATES:
        profile = old.stored(name)
        for clip in profile.enrollments:
            assert old.store.get_audio(profile, clip.id) == blobs[f"{profile.family.name}/{profile.id}/{clip.id}.wav"]


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_a_family_is_listed_in_the_order_of_ids_without_what_is_being_deleted(old: Old, family: Family) -> None:
    listed = [profile.id for profile in old.first.page(family, after="", size=100).profiles]
    assert listed == sorted(_id(name) for name in STATES if _family(name) == family and name != "deleting")
    with pytest.raises(NotFound):
        old.first.get(VERIFICATION, _id("deleting"))


def test_every_enrolled_profile_knows_its_own_voice_and_no_other(old: Old) -> None:
    assert _decisions(old.first) == RIGHT


@pytest.mark.parametrize("name", ["enrolling", "inactive", "reset"])
def test_a_profile_that_was_not_enrolled_is_not_yet(old: Old, name: str) -> None:
    with pytest.raises(NotEnrolled):
        _accepts(old.first, name, "david")


def test_enrolling_goes_on_where_it_had_stopped(old: Old) -> None:
    clip = voices.speakers()["david"].enrollments[0]
    grown = old.enroll("enrolling", clip)
    assert len(grown.enrollments) == 2
    assert not grown.enrolled
    assert old.enroll("enrolling", clip).enrolled
    assert _accepts(old.first, "enrolling", "david")
    assert not _accepts(old.first, "enrolling", "anna")


def test_an_inactive_profile_still_waits_for_an_activation_phrase(old: Old) -> None:
    with pytest.raises(InvalidRequest, match="activation phrase"):
        old.enroll("inactive", voices.seconds("anna", 6))
    assert old.enroll("inactive", voices.phrase("anna", 11)).active


def test_another_model_re_extracts_every_signature_and_the_decisions_stay(old: Old) -> None:
    old.clock.let_pass(hours=2)
    done = old.second.upkeep()
    assert done == Done(deletions_finished=1, audio_left_over=2, re_extracted=len(SIGNED))
    for name in SIGNED:
        signature = old.stored(name).signature
        assert signature is not None
        assert signature.model_version == models.TURNED_VERSION
        assert signature.is_whole
        all_but_little = 0.95 * ROWS[name]["SignatureSpeechSec"]  # the detector has changed since
        assert all_but_little <= signature.speech_sec <= old.stored(name).audio_sec
    assert _decisions(old.second) == RIGHT


def test_each_profile_is_deleted_with_its_audio_and_nothing_else(old: Old) -> None:
    rows, audio = old.left()
    for name in STATES:
        old.first.delete(_family(name), _id(name))
        rows.discard(_id(name))
        audio.discard(_id(name))
        assert old.left() == (rows, audio), name
    assert (len(rows), len(audio)) == (0, 1)
    old.clock.let_pass(hours=2)
    assert old.first.upkeep() == Done(audio_left_over=1)
    assert old.left() == (set(), set())


def test_deleting_all_of_every_family_leaves_nothing(old: Old) -> None:
    cleared = [old.first.delete_all(family) for family in FAMILIES.values()]
    assert sum(family.deleted for family in cleared) == len(STATES)
    assert not any(family.remaining for family in cleared)
    assert old.left() == (set(), set())
