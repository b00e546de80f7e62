"""The command that deletes everything asks first, and leaves nothing."""

import os
import subprocess
import sys

import pytest

from shared.settings import ROOT, Settings
from shared.store.azure import AzureStore
from shared.voices.families import FAMILIES, IDENTIFICATION, VERIFICATION
from shared.voices.records import Profile
from tests.clock import Clock


@pytest.fixture
def store(storage: str) -> AzureStore:
    """Storage with a profile and a clip in every family."""
    store = AzureStore.open(Settings.read({"SPEAKER_STORAGE_CONNECTION_STRING": storage}))
    for family in FAMILIES.values():
        profile = store.insert(Profile.new(family, "en-us", Clock()()))
        store.put_audio(profile, "clip", b"audio")
    return store


def _forget(storage: str, *options: str, said: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools", "forget", *options],
        cwd=ROOT,
        env={**os.environ, "SPEAKER_STORAGE_CONNECTION_STRING": storage},
        input=said,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_family_is_forgotten_and_the_others_are_not(storage: str, store: AzureStore) -> None:
    done = _forget(storage, "--family", VERIFICATION.name, "--yes")
    assert done.returncode == 0, done.stderr
    assert "100%" in done.stderr
    assert list(store.scan(VERIFICATION)) == []
    assert list(store.all_audio(VERIFICATION)) == []
    assert list(store.scan(IDENTIFICATION))


def test_whoever_does_not_confirm_deletes_nothing(storage: str, store: AzureStore) -> None:
    before = {profile.id for profile in store.scan()}
    done = _forget(storage, "--all", said="yes\n")
    assert (done.returncode, done.stderr) == (1, "forget: nothing was deleted\n")
    assert {profile.id for profile in store.scan()} == before


def test_whoever_confirms_word_by_word_deletes_everything(storage: str, store: AzureStore) -> None:
    assert _forget(storage, "--all", said="delete-all-profiles\n").returncode == 0
    assert (list(store.scan()), list(store.all_audio())) == ([], [])


def test_it_says_in_one_line_which_setting_is_missing() -> None:
    done = _forget("", "--all", "--yes")
    assert done.returncode == 1
    assert done.stderr.startswith("forget: SPEAKER_STORAGE_BLOB_URL and SPEAKER_STORAGE_TABLE_URL must name")
