"""What has to be done from time to time: finish what a crash cut off, forget what was kept long enough, and re-extract
signatures of an older model."""

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import astuple, dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Final

from shared.errors import Conflict, NotFound, UnreadableProfile
from shared.listening.refusals import InvalidAudio
from shared.observing.trace import mark
from shared.profiles.changes import change
from shared.profiles.enrolling import Enrolling
from shared.profiles.lifecycle import Lifecycle
from shared.profiles.resealing import reseal
from shared.store import PARTITIONS, WIDTHS, Met, Span, Store, StoredAudio, UpkeepReport, Walk
from shared.store.trials import sweep_trials
from shared.voices.choices import aged
from shared.voices.families import FAMILIES, Family
from shared.voices.records import Profile

logger = logging.getLogger("speaker")

AT_ONCE: Final = 2_000
"""Profiles of a span, on average: a few megabytes, and seconds to list."""
GRACE: Final = timedelta(hours=1)
"""Age from which audio that no profile names is left over: its request has ended long ago."""


@dataclass
class Done:
    """What one run did, in numbers of profiles or clips.

    Attributes:
        unreadable: profiles that cannot be read.
        foreign_audio: what lies among the audio and is none.
        resealed: voices and clips that were sealed, or opened, as the settings want it.
        consenting, without_consent: profiles that hold a voice, by whether their speakers' consent was taken down.
        older: signatures of an older model that were found.
    """

    deletions_finished: int = 0
    profiles_expired: int = 0
    voices_expired: int = 0
    audio_expired: int = 0
    audio_left_over: int = 0
    resealed: int = 0
    re_extracted: int = 0
    not_re_extracted: int = 0
    unreadable: int = 0
    foreign_audio: int = 0
    consenting: int = field(default=0, compare=False)
    without_consent: int = field(default=0, compare=False)
    older: int = field(default=0, compare=False)

    @property
    def met(self) -> Met:
        """What it has met."""
        return Met(self.unreadable, self.foreign_audio, self.consenting, self.without_consent)


@dataclass(frozen=True, eq=False)
class Upkeep:
    """Keeps storage as the operator has said, on a walk through everything, span after span.

    What a run does not get done, the next one does: it goes on where the last one stopped.

    Attributes:
        audio_days: how long enrollment audio is kept; 0 keeps none.
        profile_days: after how many days without use a profile is deleted; 0 never does.
        chores: what else is due from time to time, and does not take long.
        expiry_days: after how many days without its speaker a voice is not compared any more; 0 always is.
    """

    store: Store
    lifecycle: Lifecycle
    enrolling: Enrolling
    now: Callable[[], datetime]
    audio_days: int
    profile_days: int
    chores: tuple[Callable[[], None], ...] = ()
    expiry_days: int = 0

    def run(self, *, until: datetime | None = None) -> Iterator[Done]:
        """Do what is due in one span after the other ``until`` then; without an end, a whole walk from the start.

        Yields what is done, for each span before its first signature and after each, always the same object.

        Raises:
            StorageUnavailable: what is left is left for the next run.
        """
        for chore in self.chores:
            chore()
        done, walk = Done(), (self.store.walk() if until else None) or Walk(self.now())
        for span in self._ahead(walk):
            walk, before = walk.entering(span), done.met
            older, audio = self._tidied(span, done, until)
            yield done
            for profile in older:
                if profile.id <= walk.after:
                    continue
                if self._is_over(until):
                    break
                self._re_extract(profile, audio, done)
                walk = replace(walk, after=profile.id)
                yield done
            if self._is_over(until):
                self.store.write_walk(replace(walk, moved=self.now()))
                return
            walk = walk.leaving(span, done.met - before)
        self._arrived(walk, done)
        yield done

    def older_model(self) -> Iterator[Profile]:
        """Profiles whose signatures another model than the current one has made."""
        return filter(self._is_old, self.store.scan())

    def _ahead(self, walk: Walk) -> Iterator[Span]:
        """The spans that are left of a walk, each so wide that it may be held in memory."""
        names = list(FAMILIES)
        begun = names.index(walk.family) if walk.family in names else 0
        for name in names[begun:]:
            begin = walk.begin if name == walk.family else 0
            yield from _spans(FAMILIES[name], begin, self.store.count(FAMILIES[name]))

    def _tidied(self, span: Span, done: Done, until: datetime | None) -> tuple[list[Profile], set[str]]:
        """Forget and remove in a span what is due; the profiles with a signature to re-extract, and the audio left.

        When time is up, the rest of the span is left for the next run.
        """
        known = self.store.recount(span)
        left = (profile for profile in known if not (self._is_due(profile) and self._forgotten(profile, done, until)))
        kept = [self._aged(profile, done, until) for profile in left]
        audio = self._clear_audio(span, kept, done, until)
        sweep_trials(self.store, span, {profile.id for profile in kept})
        self._name_damage(span, kept, done)
        done.resealed += reseal(self.store, span, kept, lambda: self._is_over(until))
        older = [profile for profile in kept if self._is_old(profile) or _lacks_views(profile, audio)]
        done.older += len(older)
        return older, audio

    def _arrived(self, walk: Walk, done: Done) -> None:
        """End a walk: say what it has met, and where the next one begins."""
        beside = self._name_foreign(None)
        done.foreign_audio += beside
        self.store.write_report(UpkeepReport(self.now(), *astuple(walk.met + Met(foreign_audio=beside))))
        self.store.write_walk(Walk(self.now()))
        logger.info("upkeep: %s", done)

    def _is_over(self, until: datetime | None) -> bool:
        return until is not None and self.now() >= until

    def _is_due(self, profile: Profile) -> bool:
        """Whether a profile has to go; that a speaker has opted out is not forgotten."""
        unused = self.now() - profile.last_seen()
        expired = self.profile_days > 0 and unused >= timedelta(days=self.profile_days)
        return profile.deleting or (expired and profile.is_readable and not profile.opted_out)

    def _forgotten(self, profile: Profile, done: Done, until: datetime | None) -> bool:
        """Delete a profile, if there is time; whether it was."""
        if self._is_over(until):
            return False
        self.lifecycle.delete(profile.family, profile.id, due=self._is_due)
        done.deletions_finished += profile.deleting
        done.profiles_expired += not profile.deleting
        return True

    def _aged(self, profile: Profile, done: Done, until: datetime | None) -> Profile:
        """A profile that stays, expired where that is due; whether its speaker consented is counted."""
        if profile.opted_out:
            self.store.shred(profile.family, profile.id)  # whoever was cut off may not have
        if profile.enrollments:
            done.consenting += profile.consent is not None
            done.without_consent += profile.consent is None
        if self._is_over(until) or self._expired(profile) is profile:
            return profile
        with suppress(Conflict, NotFound):
            before, profile = change(self.store, profile.family, profile.id, self._expired)
            done.voices_expired += before is not profile
        return profile

    def _expired(self, profile: Profile) -> Profile:
        return aged(profile, self.now(), timedelta(days=self.expiry_days)) if self.expiry_days else profile

    def _clear_audio(self, span: Span, known: list[Profile], done: Done, until: datetime | None) -> set[str]:
        """Remove audio that is too old, or that no profile names; the enrollments whose audio stays.

        ``known`` was read before the audio is listed, so that what is being enrolled meanwhile is young. How young is
        told by the clock that dates it. What belongs to a profile that cannot be read is left alone.
        """
        stays: set[str] = set()
        profiles = {profile.id: profile for profile in known}
        young = self.store.now() - GRACE
        for profile_id, clips in groupby(self.store.all_audio(span), key=attrgetter("profile_id")):
            listed, owner = list(clips), profiles.get(profile_id)
            if self._is_over(until) or (owner and not owner.is_readable):
                continue
            named = {enrollment.id for enrollment in owner.enrollments} if owner else set()
            expired = [clip for clip in listed if clip.enrollment_id in named and self._is_expired(clip)]
            left_over = [clip for clip in listed if clip.enrollment_id not in named and clip.written <= young]
            gone = [clip.enrollment_id for clip in (*expired, *left_over)]
            self.store.delete_audio(span.family, profile_id, gone)
            if left_over and not owner:
                self.store.shred(span.family, profile_id)  # made for this audio, after the profile was gone
            stays |= {clip.enrollment_id for clip in listed}.difference(gone)
            done.audio_expired += len(expired)
            done.audio_left_over += len(left_over)
        return stays

    def _name_damage(self, span: Span, known: list[Profile], done: Done) -> None:
        """Say in the log, by mark, what cannot be read; it is left for somebody to look at, or to delete."""
        for profile in known:
            if not profile.is_readable:
                logger.error("profile %s cannot be read", mark(profile.id))
                done.unreadable += 1
        done.foreign_audio += self._name_foreign(span)

    def _name_foreign(self, of: Span | None) -> int:
        """Say in the log, by mark, what lies among the audio and is none; how much it is."""
        names = list(self.store.foreign_audio(of))
        for name in names:
            logger.error("%s among the audio is no enrollment's", mark(name))
        return len(names)

    def _is_expired(self, clip: StoredAudio) -> bool:
        return self.now() - clip.written >= timedelta(days=self.audio_days)

    def _is_old(self, profile: Profile) -> bool:
        return profile.signature is not None and profile.signature.model_version != self.enrolling.version

    def _re_extract(self, profile: Profile, audio: set[str], done: Done) -> None:
        """Only a profile whose audio is there costs time, or those without would use up every slice."""
        try:
            made = _is_kept(profile, audio) and self.enrolling.re_extract(profile)
        except Conflict:
            return
        except (InvalidAudio, UnreadableProfile) as damaged:
            logger.warning("profile %s cannot be re-extracted: %s", mark(profile.id), damaged)
            made = False
        done.re_extracted += made
        done.not_re_extracted += not made


def last_seen_at_work(store: Store) -> datetime | None:
    """When upkeep last ended a walk or a slice of one, if it ever did."""
    report, walk = store.report(), store.walk()
    return max((*([report.finished] if report else []), *([walk.moved] if walk else [])), default=None)


def _is_kept(profile: Profile, audio: set[str]) -> bool:
    return audio.issuperset(enrollment.id for enrollment in profile.enrollments)


def _lacks_views(profile: Profile, audio: set[str]) -> bool:
    """Whether a version that knew no narrow channels made the signature, and it can be made again."""
    return profile.signature is not None and not profile.signature.is_whole and _is_kept(profile, audio)


def _spans(family: Family, begin: int, held: int) -> Iterator[Span]:
    """A family from a partition on, in the widest spans that hold few enough of so many profiles."""
    widths = [width for width in WIDTHS if width == 1 or held * width <= AT_ONCE * PARTITIONS]
    while begin < PARTITIONS:
        span = Span(family, begin, next(width for width in widths if begin % width == 0))
        yield span
        begin = span.end
