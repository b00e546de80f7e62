"""The same promises of both stores; Azurite stands for Azure."""

from datetime import UTC, datetime

import numpy as np
import pytest

from shared.errors import Conflict, Misconfigured, StorageUnavailable
from shared.listening.views import Band
from shared.settings import Settings
from shared.store import Store
from shared.store.azure import AzureStore
from shared.store.memory import MemoryStore
from shared.voices.families import IDENTIFICATION, PASSPHRASE_VERIFICATION, VERIFICATION, Family
from shared.voices.records import Enrollment, Profile
from shared.words.matching import MEASURED, Saying
from tests.signatures import both, mean_of, wide

NOW = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)


@pytest.fixture(params=["memory", "azure"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "memory":
        return MemoryStore()
    return AzureStore.open(Settings.read({"SPEAKER_STORAGE_CONNECTION_STRING": request.getfixturevalue("storage")}))


def _new(store: Store, family: Family = VERIFICATION) -> Profile:
    return store.insert(Profile.new(family, "en-us", NOW))


def _with_voice(profile: Profile) -> Profile:
    voice = both(np.linspace(-1, 1, 192), np.linspace(1, -2, 192), 21.5, "2026-11-22")
    clips = Enrollment("a", 30.25, 21.5, 17.125, Band.NARROW, b"\x00\x01\xff\xfe")
    return profile.with_enrollment(clips, voice, None, NOW, waive_minimum=False)


def test_a_profile_comes_back_as_it_was_written(store: Store) -> None:
    written = store.replace(_with_voice(_new(store)))
    read = store.get(VERIFICATION, written.id)
    assert read is not None
    assert read.signature is not None
    assert written.signature is not None
    for band in Band:
        np.testing.assert_array_equal(mean_of(read.signature, band), mean_of(written.signature, band))
    assert (read.signature.speech_sec, read.signature.model_version) == (21.5, "2026-11-22")
    assert (read.family, read.id, read.locale, read.created, read.updated) == (
        VERIFICATION, written.id, "en-us", NOW, NOW,
    )  # fmt: skip
    assert (read.enrolled, read.enrollments, read.deleting) == (True, written.enrollments, False)


def test_a_phrase_and_inactivity_come_back_as_they_were_written(store: Store) -> None:
    phrase = Saying("my voice is my passport verify me", 0.1, 1, MEASURED)
    chosen = store.insert(Profile.new(PASSPHRASE_VERIFICATION, "en-us", NOW)).with_enrollment(
        Enrollment("a", 3, 2, None), wide(np.ones(192), 2, "v1"), phrase, NOW, waive_minimum=False
    )
    read = store.get(PASSPHRASE_VERIFICATION, store.replace(chosen).id)
    assert read is not None
    assert (read.phrase, read.active, read.enrolled) == (phrase.nearest, True, False)
    waiting = store.get(VERIFICATION, store.insert(Profile.new(VERIFICATION, "en-us", NOW, active=False)).id)
    assert waiting is not None
    assert (waiting.phrase, waiting.active) == (None, False)


def test_a_profile_is_known_in_its_own_family_only(store: Store) -> None:
    profile = _new(store)
    assert store.get(IDENTIFICATION, profile.id) is None


def test_the_slower_of_two_writers_is_told(store: Store) -> None:
    profile = _new(store)
    store.replace(_with_voice(profile))
    with pytest.raises(Conflict):
        store.replace(profile.reset(NOW))


def test_a_removed_profile_cannot_be_written_back(store: Store) -> None:
    profile = _new(store)
    store.remove(profile)
    store.remove(profile)
    assert store.get(VERIFICATION, profile.id) is None
    with pytest.raises(Conflict):
        store.replace(_with_voice(profile))


def test_a_reset_profile_has_no_voice_left(store: Store) -> None:
    blank = store.replace(store.replace(_with_voice(_new(store))).reset(NOW))
    read = store.get(VERIFICATION, blank.id)
    assert read is not None
    assert (read.signature, read.enrollments, read.enrolled) == (None, (), False)


def test_many_come_in_the_order_asked_for_with_gaps(store: Store) -> None:
    ids = [_new(store).id for _ in range(12)]
    asked = [ids[7], "0" * 8 + ids[0][8:], *reversed(ids)]
    found = store.get_many(VERIFICATION, asked)
    assert [profile and profile.id for profile in found] == [ids[7], None, *reversed(ids)]


def test_pages_run_through_a_family_in_id_order_and_skip_what_is_being_deleted(store: Store) -> None:
    mine = {_new(store, IDENTIFICATION).id for _ in range(7)}
    gone = _new(store, IDENTIFICATION)
    store.replace(gone.marked_deleting(NOW))
    _new(store, VERIFICATION)
    seen: list[str] = []
    while page := store.page(IDENTIFICATION, after=seen[-1] if seen else "", size=3):
        seen += [profile.id for profile in page]
    assert seen == sorted(seen)
    assert mine <= set(seen)
    assert gone.id not in seen
    assert len(seen) == len(set(seen))


def test_profiles_are_counted_without_those_that_are_being_deleted(store: Store) -> None:
    before = store.count()
    kept, gone = _new(store), _new(store, IDENTIFICATION)
    assert store.count() == before + 2
    store.replace(gone.marked_deleting(NOW))
    store.remove(kept)
    assert store.count() == before


def test_audio_is_kept_under_its_profile_until_it_is_deleted(store: Store) -> None:
    profile, other = _new(store), _new(store)
    for name in ("a", "b", "c"):
        store.put_audio(profile, name, b"RIFF" + name.encode())
    store.put_audio(other, "a", b"RIFF other")
    assert store.get_audio(profile, "b") == b"RIFFb"
    assert store.get_audio(profile, "never-there") is None
    store.delete_audio(VERIFICATION, profile.id, ["a", "never-there"])
    assert [clip.enrollment_id for clip in store.all_audio(profile)] == ["b", "c"]
    assert [clip.enrollment_id for clip in store.all_audio() if clip.profile_id == other.id] == ["a"]
    written = next(store.all_audio(other)).written
    assert abs((datetime.now(UTC) - written).total_seconds()) < 60


def test_a_scan_finds_the_profiles_of_all_families_also_those_being_deleted(store: Store) -> None:
    mine = [_new(store), _new(store, IDENTIFICATION)]
    store.replace(mine[0].marked_deleting(NOW))
    found = {profile.id: profile for profile in store.scan()}
    assert [found[profile.id].family for profile in mine] == [VERIFICATION, IDENTIFICATION]
    assert [found[profile.id].deleting for profile in mine] == [True, False]


def test_what_is_inserted_twice_is_there_once(store: Store) -> None:
    profile = Profile.new(VERIFICATION, "en-us", NOW)
    store.insert(profile)
    store.insert(profile)
    assert store.get(VERIFICATION, profile.id) is not None


def test_storage_that_answers_is_said_to_be_there(store: Store) -> None:
    store.ping()
    assert store.get(VERIFICATION, "0" * 36) is None


def test_no_account_named_is_the_operators_mistake() -> None:
    with pytest.raises(Misconfigured, match="SPEAKER_STORAGE_BLOB_URL"):
        AzureStore.open(Settings.read({}))


def test_an_account_that_does_not_answer_is_unavailable() -> None:
    nowhere = "http://127.0.0.1:1/local"
    account = f"AccountName=local;AccountKey=a2V5;BlobEndpoint={nowhere};TableEndpoint={nowhere}"
    with pytest.raises(StorageUnavailable):
        AzureStore.open(Settings.read({"SPEAKER_STORAGE_CONNECTION_STRING": account}))
