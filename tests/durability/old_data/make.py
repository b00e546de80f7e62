"""Fills storage with a profile of every state, and saves it as the fixture of ``tests/durability/test_old_data.py``.

Run once, with the service's code of commit 5792b69 as it is (the last one before ``shared/`` was put into rooms), from
the folder of the repository:

    python -m tests.durability.old_data.make

Its result is ``table.json`` and ``audio.zip`` beside it. Do not run it with later code: the fixture tells what *that*
code wrote. Imports follow the modules where they have moved to since; at 5792b69 they were ``shared.families``,
``shared.phrases``, ``shared.profiles``, ``shared.records``, ``shared.settings`` and ``shared.store.azure``.
"""

import uuid
from contextlib import ExitStack
from datetime import UTC, datetime

from azure.data.tables import UpdateMode

from devhost.azurite import azurite
from shared.families import IDENTIFICATION, PASSPHRASE_VERIFICATION, VERIFICATION, Family
from shared.phrases import PhraseBook
from shared.profiles import Profiles
from shared.records import Profile
from shared.settings import Settings
from shared.store.azure import AzureStore
from tests import models, voices
from tests.durability.old_data.snapshot import Storage

LOCALE = "en-us"
PHRASE = 9  # the shortest


class Old:
    """The service, filling storage."""

    def __init__(self, connection_string: str, storage: Storage) -> None:
        """Bind to storage, once through the service and once without it."""
        self.storage = storage
        self.store = AzureStore.open(Settings.read({"SPEAKER_STORAGE_CONNECTION_STRING": connection_string}))
        self.profiles = self._profiles()

    def _profiles(self, *, active_enrollment: bool = False, note_use: bool = False) -> Profiles:
        return Profiles(
            self.store,
            models.listener(),
            PhraseBook.read(),
            lambda: datetime.now(UTC),
            false_match_rate=0.001,
            active_enrollment=active_enrollment,
            note_use=note_use,
        )

    def _enrolled(self, family: Family, *clips: bytes, waive: bool = True) -> Profile:
        profile = self.profiles.create(family, LOCALE)
        for clip in clips:
            profile = self.profiles.enroll(family, profile.id, clip, ignore_min_length=waive).profile
        return profile

    def enrolled(self) -> Profile:
        """Two clips of anna, and a third one that a crash left without a name in the profile."""
        profile = self._enrolled(VERIFICATION, _part("anna", 0, 3), _part("anna", 3, 6))
        self.store.put_audio(profile, str(uuid.uuid4()), _part("anna", 6, 7))
        return profile

    def enrolling(self) -> Profile:
        """Too little speech of david."""
        return self._enrolled(VERIFICATION, _part("david", 0, 3), waive=False)

    def identification(self) -> Profile:
        """One clip of clara, and a use that was noted."""
        profile = self._enrolled(IDENTIFICATION, _part("clara", 0, 4))
        clip = _part("clara", 4, 7)
        self._profiles(note_use=True).identify(IDENTIFICATION, [profile.id], clip, ignore_min_length=True)
        return profile

    def passphrase(self) -> Profile:
        """A phrase three times, said by ewan with more or less noise."""
        phrase = voices.phrase("ewan", PHRASE)
        clips = (voices.noisy(phrase, decibels) for decibels in (45, 40, 35))
        return self._enrolled(PASSPHRASE_VERIFICATION, *clips)

    def inactive(self) -> Profile:
        """Waits for an activation phrase."""
        return self._profiles(active_enrollment=True).create(VERIFICATION, LOCALE)

    def deleting(self) -> Profile:
        """A deletion that a crash cut off after its first write."""
        profile = self._enrolled(VERIFICATION, _part("boris", 0, 2))
        return self.store.replace(profile.marked_deleting(datetime.now(UTC)))

    def reset(self) -> Profile:
        """Enrolled, and then as it was created."""
        profile = self._enrolled(IDENTIFICATION, _part("boris", 0, 2))
        return self.profiles.reset(IDENTIFICATION, profile.id)

    def without_active(self) -> Profile:
        """A row of before there were activation phrases: it does not say whether the profile is active."""
        profile = self._enrolled(VERIFICATION, _part("boris", 0, 4))
        [row] = (entity for entity in self.storage.entities() if entity["RowKey"] == profile.id)
        del row["Active"]
        self.storage.table.upsert_entity(row, mode=UpdateMode.REPLACE)
        return profile

    def orphan(self) -> None:
        """Audio of a profile that is not there."""
        self.store.put_audio(
            Profile.new(IDENTIFICATION, LOCALE, datetime.now(UTC)), str(uuid.uuid4()), _part("ewan", 0, 1)
        )


def _part(name: str, first: float, last: float) -> bytes:
    """A WAV file of what a voice says between these seconds."""
    return voices.to_wav(voices.speech(name)[round(first * voices.RATE) : round(last * voices.RATE)])


def main() -> None:
    """Make the fixture."""
    with azurite() as connection_string, ExitStack() as stack:
        old = Old(connection_string, Storage(connection_string, stack))
        states = (
            old.enrolled,
            old.enrolling,
            old.identification,
            old.passphrase,
            old.inactive,
            old.deleting,
            old.reset,
            old.without_active,
        )
        names = {state().id: state.__name__ for state in states}
        old.orphan()
        old.storage.save(names)


if __name__ == "__main__":
    main()
