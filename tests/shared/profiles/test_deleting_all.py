"""Deleting every profile of a family, in slices, cut off, and while the service goes on."""

from datetime import timedelta
from unittest.mock import patch

import pytest

from shared.errors import StorageUnavailable
from shared.profiles.lifecycle import Cleared
from shared.store.memory import MemoryStore
from shared.voices.families import IDENTIFICATION, VERIFICATION, Family
from shared.voices.records import Profile
from tests import models, voices
from tests.clock import Clock
from tests.domain import Domain

CLIP = voices.seconds("anna", 6)


@pytest.fixture
def profiles(store: MemoryStore, clock: Clock) -> Domain:
    return Domain.on(store, models.listener(), clock)


def _enrolled(profiles: Domain, family: Family = VERIFICATION) -> str:
    profile_id = profiles.create(family, "en-us").id
    profiles.enroll(family, profile_id, CLIP, waive_minimum=True)
    return profile_id


def test_every_profile_of_the_family_goes_with_its_audio_and_no_other(profiles: Domain, store: MemoryStore) -> None:
    ids = [_enrolled(profiles) for _ in range(3)]
    other = _enrolled(profiles, IDENTIFICATION)
    assert profiles.delete_all(VERIFICATION) == Cleared(len(ids), len(ids), remaining=False)
    assert [name for _, name in store.profiles] == [other]
    assert [name for _, name, _ in store.audio] == [other]


def test_once_more_finds_nothing(profiles: Domain) -> None:
    _enrolled(profiles)
    profiles.delete_all(VERIFICATION)
    assert profiles.delete_all(VERIFICATION) == Cleared(0, remaining=False)


def test_audio_of_nobody_goes_and_that_of_a_profile_that_came_meanwhile_stays(
    profiles: Domain, store: MemoryStore, clock: Clock
) -> None:
    store.put_audio(Profile.new(VERIFICATION, "en-us", clock()), "left-over", CLIP)
    _enrolled(profiles)
    walk = profiles.service.lifecycle.delete_all(VERIFICATION)
    assert next(walk) == Cleared(1, 1)
    came = [_enrolled(profiles)]
    assert list(walk) == [Cleared(1, 1, remaining=False)]
    assert [name for _, name, _ in store.audio] == came
    assert profiles.get(VERIFICATION, came[0]).enrolled


def test_a_call_ends_in_time_and_the_next_one_goes_on(profiles: Domain, clock: Clock) -> None:
    for _ in range(5):
        profiles.create(VERIFICATION, "en-us")

    def slowly() -> Cleared:
        before = cleared = Cleared()
        for cleared in profiles.service.lifecycle.delete_all(VERIFICATION, until=clock() + timedelta(seconds=60)):
            clock.let_pass(seconds=40 * (cleared.deleted - before.deleted))
            before = cleared
        return cleared

    done = [slowly() for _ in range(3)]
    assert done == [Cleared(2, 5), Cleared(2, 3), Cleared(1, 1, remaining=False)]


def test_audio_that_time_did_not_allow_remains(profiles: Domain, store: MemoryStore, clock: Clock) -> None:
    store.put_audio(Profile.new(VERIFICATION, "en-us", clock()), "left-over", CLIP)
    assert profiles.delete_all(VERIFICATION, until=clock()) == Cleared(0, remaining=True)
    assert profiles.delete_all(VERIFICATION) == Cleared(0, remaining=False)
    assert store.audio == {}


@pytest.mark.parametrize("method", ["scan", "replace", "folders", "delete_folder", "remove"])
def test_what_a_storage_fault_cut_off_the_next_call_does(profiles: Domain, store: MemoryStore, method: str) -> None:
    _enrolled(profiles)
    with patch.object(store, method, side_effect=StorageUnavailable("no answer")), pytest.raises(StorageUnavailable):
        profiles.delete_all(VERIFICATION)
    assert not profiles.delete_all(VERIFICATION).remaining
    assert (store.profiles, store.audio) == ({}, {})
