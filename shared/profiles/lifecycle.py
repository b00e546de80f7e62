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
from shared.store.failures import Failures
from shared.store.groups import GroupTable
from shared.store.outbox import Deed, Outbox
from shared.store.trials import forget_trials
from shared.voices.consent import Consent
from shared.voices.families import Family
from shared.voices.records import Profile, is_guid
from shared.voices.standing import Act, Standing
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
    """Enrollments whose audio is kept, and whether that is enough for another model to re-extract the signature.

    Attributes:
        standing: where the profile stands.
    """

    clips: int
    can_be_re_extracted: bool
    standing: Standing


@dataclass(frozen=True)
class Receipt:
    """That nothing is left of a profile, from when on, and what there was.

    Attributes:
        clips: recordings that were kept of its enrollments.
        shredded: its voice was sealed, and the key is gone.
    """

    profile_id: str
    existed: bool
    erased: datetime
    enrollments: int
    clips: int
    shredded: bool


@dataclass(frozen=True, eq=False)
class Lifecycle:
    """Creates, reads, lists, resets and deletes profiles.

    All of it raises ``UnknownProfile`` for an id that is not in the family and ``StorageUnavailable`` when storage
    fails.

    Attributes:
        failures: of verifications, in a row.
        active_enrollment: new profiles are inactive until they have heard an activation phrase.
    """

    store: Store
    checker: PhraseChecker
    quota: ProfileQuota
    now: Callable[[], datetime]
    failures: Failures
    active_enrollment: bool = False

    def create(
        self, family: Family, locale: str, profile_id: str | None = None, *, consent: Consent | None = None
    ) -> Profile:
        """A new profile without enrollments, or the one that has the id already.

        Args:
            profile_id: derived from the request, so that it is nobody else's; without it a random one.
            consent: the speaker's, where it was taken down already.

        Raises:
            UnknownLocale: the locale is not supported; names those that are.
            QuotaExceeded: the service holds as many profiles as it may.
        """
        new = Profile.new(family, locale, self.now(), active=self.begins_active(family))
        profile = replace(new, consent=consent)
        self.check_locale(profile)
        if not profile_id:
            return self._made(profile, self.store.insert)
        known = self.store.get(family, profile_id)
        return known or self._made(replace(profile, id=profile_id), self.store.insert_once)

    def get(self, family: Family, profile_id: str, deed: Deed = Deed.READ) -> Profile:
        """The profile, and until when it is locked, for somebody who looks at it."""
        profile = read(self.store, family, profile_id)
        Outbox.of(self.store).tell(deed, family, profile_id, profile.standing.value)
        return replace(profile, locked_until=self.failures.locked_until(family, profile_id))

    def exporting(self, family: Family, profile_id: str) -> Profile:
        """The profile, for somebody who is given all that is held."""
        return self.get(family, profile_id, Deed.EXPORTED)

    def page(self, family: Family, *, after: str, size: int) -> Page:
        """At most ``size`` profiles whose ids follow ``after``, ascending."""
        found = self.store.page(family, after=after, size=size + 1)
        return Page(found[:size], more=len(found) > size)

    def unlock(self, family: Family, profile_id: str) -> Profile:
        """The profile, whose failures are forgotten."""
        profile = read(self.store, family, profile_id, Act.UNLOCK)
        self.failures.unlock(family, profile_id)
        return profile

    def reset(self, family: Family, profile_id: str) -> Profile:
        """The profile as it was created; its audio is removed once nothing names it."""
        active = self.begins_active(family)
        before, after = change(self.store, family, profile_id, lambda profile: profile.reset(self.now(), active=active))
        self.store.delete_audio(family, profile_id, [enrollment.id for enrollment in before.enrollments])
        forget_trials(self.store, family, profile_id)
        return after

    def delete(self, family: Family, profile_id: str, *, due: Callable[[Profile], bool] = lambda _: True) -> None:
        """Remove a profile and its audio; gone for every reader with the first write, and no error if it was.

        Args:
            due: whether it is to go, as it stands by then.
        """
        stored = self.store.get(family, profile_id)
        if stored is not None and due(stored):
            self.erase(stored, due)

    def delete_with_receipt(self, family: Family, profile_id: str) -> Receipt:
        """Remove a profile as ``delete`` does, and say what it was."""
        stored = self.store.get(family, profile_id)
        clips = sum(1 for _ in self.store.all_audio(stored)) if stored else 0
        self.delete(family, profile_id)
        count = len(stored.enrollments) if stored else 0
        return Receipt(profile_id, stored is not None, self.now(), count, clips, bool(stored and stored.sealed))

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
            self.erase(profile)
            deleted = cleared.deleted + 1
            cleared = Cleared(deleted, found=max(deleted, cleared.found))
            yield cleared
        remaining = not self._delete_left_over(family, until)
        yield Cleared(cleared.deleted, found=cleared.deleted, remaining=remaining)

    def kept_audio(self, profile: Profile) -> KeptAudio:
        """The audio that is kept of a profile's enrollments."""
        stored = {clip.enrollment_id for clip in self.store.all_audio(profile)}
        kept = [enrollment for enrollment in profile.enrollments if enrollment.id in stored]
        standing = Standing.LOCKED if profile.enrolled and profile.locked_until else profile.standing
        return KeptAudio(len(kept), 0 < len(kept) == len(profile.enrollments), standing)

    def begins_active(self, family: Family) -> bool:
        """Whether a new profile needs no activation phrase."""
        return family.script.every_clip or not self.active_enrollment

    def check_locale(self, profile: Profile) -> None:
        """Refuse a profile without enrollments whose phrases there are not, or whose words nobody could write down.

        Raises:
            UnknownLocale: names the locales that are supported.
        """
        self.checker.book.locale(profile.family.script, profile.locale)
        if profile.has_script:
            self.checker.understood(profile.family.script, profile.locale)

    def check_storage(self) -> None:
        """Return if storage answers."""
        self.store.ping()

    def _made(self, profile: Profile, write: Callable[[Profile], Profile]) -> Profile:
        self.quota.take()
        with Outbox.of(self.store).telling(Deed.CREATED, profile.family, profile.id) as ended:
            stored = write(profile)
            ended(stored.standing.value, "")
        return stored

    def erase(self, stored: Profile, due: Callable[[Profile], bool] = lambda _: True) -> None:
        """Mark a profile that was read, remove its audio, then its row; unless it is not ``due`` any more."""
        marked = self._marked(stored, due)
        if marked.is_readable and not marked.deleting:
            return
        self.store.shred(stored.family, stored.id)
        log = ChangeLog(self.store.changes)
        if not stored.is_readable:
            log.tell(Kind.DELETED, stored.family, stored.id)
            Outbox.of(self.store).tell(Deed.DELETED, stored.family, stored.id, stored.standing.value)
        log.forget(stored.family, stored.id)
        for group in marked.groups:
            GroupTable(self.store.groups).unlist_member(stored.family, group, stored.id)
        forget_trials(self.store, stored.family, stored.id)
        if is_guid(stored.id):
            self.store.delete_folder(stored.family, stored.id)
        self.store.shred(stored.family, stored.id)  # once more: who was enrolling meanwhile may have made a key
        self.store.remove(marked)
        Outbox.of(self.store).tell(Deed.ERASED, stored.family, stored.id, "done")

    def _marked(self, stored: Profile, due: Callable[[Profile], bool]) -> Profile:
        """The profile, marked by us or by others; what cannot be read is not, as nobody sees it."""
        if not stored.is_readable or stored.deleting:
            return stored

        def marked(profile: Profile) -> Profile:
            return profile.marked_deleting(self.now()) if due(profile) else profile

        with suppress(NotFound):
            return change(self.store, stored.family, stored.id, marked)[1]
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
