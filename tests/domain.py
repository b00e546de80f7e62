"""The domain on storage and models of a test's own, by its clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast

from shared.listening.declared import Recording
from shared.profiles.enrolling import Enrolled
from shared.profiles.lifecycle import Cleared, KeptAudio, Page
from shared.profiles.upkeep import Done
from shared.recognition.outcomes import Identified, Verified
from shared.service import Service
from shared.store import Store
from shared.voices.families import Family
from shared.voices.records import Profile
from shared.words.transcript import Transcriber

if TYPE_CHECKING:
    from shared.listening.listener import Listener


@dataclass
class Domain:
    """The operations, one beside the other."""

    service: Service

    @classmethod
    def on(
        cls,
        store: Store,
        listener: object,
        now: Callable[[], datetime],
        transcriber: Transcriber | None = None,
        **settings: object,
    ) -> "Domain":
        """A domain under settings, whose names are those of the environment without the prefix, in lower case."""
        environment = {f"SPEAKER_{name.upper()}": str(value).lower() for name, value in settings.items()}
        heard = cast("Listener", listener)
        return cls(Service(environment, store=store, listener=heard, transcriber=transcriber, now=now))

    def create(self, family: Family, locale: str) -> Profile:
        return self.service.lifecycle.create(family, locale)

    def get(self, family: Family, profile_id: str) -> Profile:
        return self.service.lifecycle.get(family, profile_id)

    def page(self, family: Family, *, after: str, size: int) -> Page:
        return self.service.lifecycle.page(family, after=after, size=size)

    def reset(self, family: Family, profile_id: str) -> Profile:
        return self.service.lifecycle.reset(family, profile_id)

    def delete(self, family: Family, profile_id: str) -> None:
        self.service.lifecycle.delete(family, profile_id)

    def delete_all(self, family: Family, until: datetime | None = None) -> Cleared:
        *_, cleared = self.service.lifecycle.delete_all(family, until=until)
        return cleared

    def kept_audio(self, profile: Profile) -> KeptAudio:
        return self.service.lifecycle.kept_audio(profile)

    def enroll(self, family: Family, profile_id: str, audio: bytes, *, waive_minimum: bool) -> Enrolled:
        return self.service.enrolling.enroll(family, profile_id, Recording(audio), waive_minimum=waive_minimum)

    def re_extract(self, profile: Profile) -> bool:
        return self.service.enrolling.re_extract(profile)

    def verify(self, family: Family, profile_id: str, audio: bytes, *, waive_minimum: bool) -> Verified:
        return self.service.recognizer.verify(family, profile_id, Recording(audio), waive_minimum=waive_minimum)

    def identify(self, family: Family, profile_ids: list[str], audio: bytes, *, waive_minimum: bool) -> Identified:
        return self.service.recognizer.identify(family, profile_ids, Recording(audio), waive_minimum=waive_minimum)

    def upkeep(self, until: datetime | None = None) -> Done:
        *_, done = self.service.upkeep.run(until=until)
        return done
