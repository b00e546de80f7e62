"""Fills storage with a profile of every state, and saves it as the fixture of ``tests/durability/test_old_data.py``.

Run once, with the service's code of commit 5792b69 as it was (the last one before ``shared/`` was put into rooms), from
the folder of the repository:

    python -m tests.durability.old_data.make

Its result is ``table.json`` and ``audio.zip`` beside it: they tell what *that* code wrote, so do not write over them
with what later code does. Since then this program has followed the parts of the service to their new names; the first
version of this file in the history is the one that ran, and that runs on 5792b69 again.
"""

import uuid
from contextlib import ExitStack
from datetime import UTC, datetime

from azure.data.tables import UpdateMode

from devhost.azurite import azurite
from shared.settings import Settings
from shared.store.azure import AzureStore
from shared.voices.families import IDENTIFICATION, PASSPHRASE_VERIFICATION, VERIFICATION, Family
from shared.voices.records import Profile
from tests import models, voices
from tests.domain import Domain
from tests.durability.old_data.snapshot import Storage

LOCALE = "en-us"
PHRASE = 9  # the shortest


class Old:
    """The service, filling storage."""

    def __init__(self, connection_string: str, storage: Storage) -> None:
        """Bind to storage, once through the service and once without it."""
        self.storage = storage
        self.store = AzureStore.open(Settings.read({"SPEAKER_STORAGE_CONNECTION_STRING": connection_string}))
        self.domain = self._under()

    def _under(self, *, active_enrollment: bool = False, profile_retention_days: int = 0) -> Domain:
        return Domain.on(
            self.store,
            models.listener(),
            lambda: datetime.now(UTC),
            active_enrollment=active_enrollment,
            profile_retention_days=profile_retention_days,
        )

    def _enrolled(self, family: Family, *clips: bytes, waive: bool = True) -> Profile:
        profile = self.domain.create(family, LOCALE)
        for clip in clips:
            profile = self.domain.enroll(family, profile.id, clip, waive_minimum=waive).profile
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
        self._under(profile_retention_days=90).identify(IDENTIFICATION, [profile.id], clip, waive_minimum=True)
        return profile

    def passphrase(self) -> Profile:
        """A phrase three times, said by ewan with more or less noise."""
        phrase = voices.phrase("ewan", PHRASE)
        clips = (voices.noisy(phrase, decibels) for decibels in (45, 40, 35))
        return self._enrolled(PASSPHRASE_VERIFICATION, *clips)

    def inactive(self) -> Profile:
        """Waits for an activation phrase."""
        return self._under(active_enrollment=True).create(VERIFICATION, LOCALE)

    def deleting(self) -> Profile:
        """A deletion that a crash cut off after its first write."""
        profile = self._enrolled(VERIFICATION, _part("boris", 0, 2))
        return self.store.replace(profile.marked_deleting(datetime.now(UTC)))

    def reset(self) -> Profile:
        """Enrolled, and then as it was created."""
        profile = self._enrolled(IDENTIFICATION, _part("boris", 0, 2))
        return self.domain.reset(IDENTIFICATION, profile.id)

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
