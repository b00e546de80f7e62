"""Profiles from their creation to their end."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from shared.errors import NotFound
from shared.profiles.changes import change, read
from shared.profiles.quota import ProfileQuota
from shared.store import Store
from shared.store.changes import ChangeLog, Kind
from shared.store.groups import GroupTable
from shared.store.outbox import Deed, Outbox
from shared.voices.families import Family
from shared.voices.records import Profile, is_guid
from shared.words.checker import PhraseChecker


@dataclass(frozen=True)
class Page:
    """Some profiles in id order; ``more`` when others follow."""

    profiles: list[Profile]
    more: bool


@dataclass(frozen=True)
class Cleared:
    """How many profiles of a family were deleted so far, of how many, and whether others, or audio, remain."""

    deleted: int = 0
    found: int = 0
    remaining: bool = True


@dataclass(frozen=True)
class KeptAudio:
    """Enrollments whose audio is kept, and whether that is enough for another model to re-extract the signature."""

    clips: int
    can_be_re_extracted: bool


@dataclass(frozen=True, eq=False)
class Lifecycle:
    """Creates, reads, lists, resets and deletes profiles.

    All of it raises ``UnknownProfile`` for an id that is not in the family and ``StorageUnavailable`` when storage
    fails.

    Attributes:
        active_enrollment: new profiles are inactive until they have heard an activation phrase.
    """

    store: Store
    checker: PhraseChecker
    quota: ProfileQuota
    now: Callable[[], datetime]
    active_enrollment: bool = False

    def create(self, family: Family, locale: str, profile_id: str | None = None) -> Profile:
        """A new profile without enrollments, or the one that has the id already.

        Args:
            profile_id: derived from the request, so that it is nobody else's; without it a random one.

        Raises:
            UnknownLocale: the locale is not supported; names those that are.
            QuotaExceeded: the service holds as many profiles as it may.
        """
        profile = Profile.new(family, locale, self.now(), active=self._begins_active(family))
        self.checker.book.locale(family.script, locale)
        if profile.has_script:
            self.checker.understood(family.script, locale)
        if not profile_id:
            return self._made(profile, self.store.insert)
        known = self.store.get(family, profile_id)
        return known or self._made(replace(profile, id=profile_id), self.store.insert_once)

    def get(self, family: Family, profile_id: str) -> Profile:
        """The profile, for somebody who looks at it."""
        profile = read(self.store, family, profile_id)
        Outbox.of(self.store).tell(Deed.READ, family, profile_id, profile.standing.value)
        return profile

    def page(self, family: Family, *, after: str, size: int) -> Page:
        """At most ``size`` profiles whose ids follow ``after``, ascending."""
        found = self.store.page(family, after=after, size=size + 1)
        return Page(found[:size], more=len(found) > size)

    def reset(self, family: Family, profile_id: str) -> Profile:
        """The profile as it was created; its audio is removed once nothing names it."""
        active = self._begins_active(family)
        before, after = change(self.store, family, profile_id, lambda profile: profile.reset(self.now(), active=active))
        self.store.delete_audio(family, profile_id, [enrollment.id for enrollment in before.enrollments])
        return after

    def delete(self, family: Family, profile_id: str) -> None:
        """Remove a profile and its audio; gone for every reader with the first write, and no error if it was."""
        stored = self.store.get(family, profile_id)
        if stored is not None:
            self._erase(stored)

    def delete_all(self, family: Family, *, until: datetime | None = None) -> Iterator[Cleared]:
        """Remove every profile of a family, and audio of it that no profile has; as much of it as is done ``until``.

        Yields what is done after each profile and at the end. It may be cut off, and run again, at any time: what is
        gone is not found again. What is created meanwhile is left, unless the walk comes upon it.
        """
        cleared = Cleared(found=self.store.count(family))
        for profile in self.store.scan(family):
            if self._is_over(until):
                yield cleared
                return
            self._erase(profile)
            deleted = cleared.deleted + 1
            cleared = Cleared(deleted, found=max(deleted, cleared.found))
            yield cleared
        remaining = not self._delete_left_over(family, until)
        yield Cleared(cleared.deleted, found=cleared.deleted, remaining=remaining)

    def kept_audio(self, profile: Profile) -> KeptAudio:
        """The audio that is kept of a profile's enrollments."""
        stored = {clip.enrollment_id for clip in self.store.all_audio(profile)}
        kept = [enrollment for enrollment in profile.enrollments if enrollment.id in stored]
        return KeptAudio(len(kept), can_be_re_extracted=0 < len(kept) == len(profile.enrollments))

    def check_storage(self) -> None:
        """Return if storage answers."""
        self.store.ping()

    def _made(self, profile: Profile, write: Callable[[Profile], Profile]) -> Profile:
        self.quota.take()
        with Outbox.of(self.store).telling(Deed.CREATED, profile.family, profile.id) as ended:
            stored = write(profile)
            ended(stored.standing.value, "")
        return stored

    def _begins_active(self, family: Family) -> bool:
        return family.script.every_clip or not self.active_enrollment

    def _erase(self, stored: Profile) -> None:
        """Mark a profile, remove its audio, then its row."""
        marked = self._marked(stored)
        self.store.shred(stored)
        log = ChangeLog(self.store.changes)
        if not stored.is_readable:
            log.tell(Kind.DELETED, stored.family, stored.id)
            Outbox.of(self.store).tell(Deed.DELETED, stored.family, stored.id, stored.standing.value)
        log.forget(stored.family, stored.id)
        for group in marked.groups:
            GroupTable(self.store.groups).unlist_member(stored.family, group, stored.id)
        if is_guid(stored.id):
            self.store.delete_folder(stored.family, stored.id)
        self.store.shred(stored)  # once more: who was enrolling meanwhile may have made a key
        self.store.remove(marked)
        Outbox.of(self.store).tell(Deed.ERASED, stored.family, stored.id, "done")

    def _marked(self, stored: Profile) -> Profile:
        """The profile, marked by us or by others; what cannot be read is not, as nobody sees it."""
        if not stored.is_readable or stored.deleting:
            return stored
        with suppress(NotFound):
            return change(self.store, stored.family, stored.id, lambda profile: profile.marked_deleting(self.now()))[1]
        return stored.marked_deleting(self.now())

    def _is_over(self, until: datetime | None) -> bool:
        return until is not None and self.now() >= until

    def _delete_left_over(self, family: Family, until: datetime | None) -> bool:
        """Whether all audio without a profile could be removed ``until`` then."""
        for folder in self.store.folders(family):
            if self._is_over(until):
                return False
            # Asked after the audio was listed: audio is never written for a profile that is not there yet.
            if not is_guid(folder) or self.store.get(family, folder) is None:
                self.store.delete_folder(family, folder)
        return True
