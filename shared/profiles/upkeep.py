"""What has to be done from time to time: finish what a crash cut off, forget what was kept long enough, and re-extract
signatures of an older model."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from shared.errors import Conflict, UnreadableProfile
from shared.listening.refusals import InvalidAudio
from shared.observing.trace import mark
from shared.profiles.enrolling import Enrolling
from shared.profiles.lifecycle import Lifecycle
from shared.store import Store, StoredAudio, UpkeepReport
from shared.voices.families import Family
from shared.voices.records import Profile

logger = logging.getLogger("speaker")

GRACE: Final = timedelta(hours=1)
"""Age from which audio that no profile names is left over: its request has ended long ago."""


@dataclass
class Done:
    """What one run did, in numbers of profiles or clips.

    Attributes:
        unreadable: profiles that cannot be read.
        foreign_audio: what lies among the audio and is none.
        older: signatures of an older model that were found.
    """

    deletions_finished: int = 0
    profiles_expired: int = 0
    audio_expired: int = 0
    audio_left_over: int = 0
    re_extracted: int = 0
    not_re_extracted: int = 0
    unreadable: int = 0
    foreign_audio: int = 0
    older: int = field(default=0, compare=False)


@dataclass(frozen=True, eq=False)
class Upkeep:
    """Keeps storage as the operator has said. Whatever a run does not get done, the next one does.

    Attributes:
        audio_days: how long enrollment audio is kept; 0 keeps none.
        profile_days: after how many days without use a profile is deleted; 0 never does.
    """

    store: Store
    lifecycle: Lifecycle
    enrolling: Enrolling
    now: Callable[[], datetime]
    audio_days: int
    profile_days: int

    def run(self, *, until: datetime | None = None) -> Iterator[Done]:
        """Do everything that is due; signatures are re-extracted only ``until`` then, or all of them.

        Yields what is done, before the first signature and after each, always the same object.

        Raises:
            StorageUnavailable: what is left is left for the next run.
        """
        done = Done()
        known = list(self.store.scan())
        kept = [profile for profile in known if not self._forgotten(profile, done)]
        audio = self._clear_audio(kept, done)
        self._name_damage(kept, done)
        older = [profile for profile in kept if self._is_old(profile) or _lacks_views(profile, audio)]
        done.older = len(older)
        yield done
        for profile in older:
            if until is not None and self.now() >= until:
                break
            self._re_extract(profile, audio, done)
            yield done
        self.store.write_report(UpkeepReport(self.now(), done.unreadable, done.foreign_audio))
        logger.info("upkeep: %s", done)

    def older_model(self) -> Iterator[Profile]:
        """Profiles whose signatures another model than the current one has made."""
        return filter(self._is_old, self.store.scan())

    def _forgotten(self, profile: Profile, done: Done) -> bool:
        unused = self.now() - profile.last_seen()
        expired = self.profile_days > 0 and unused >= timedelta(days=self.profile_days)
        if not (profile.deleting or (expired and profile.is_readable)):
            return False
        self.lifecycle.delete(profile.family, profile.id)
        done.deletions_finished += profile.deleting
        done.profiles_expired += not profile.deleting
        return True

    def _clear_audio(self, known: list[Profile], done: Done) -> set[str]:
        """Remove audio that is too old, or that no profile names; the enrollments whose audio stays.

        ``known`` was read before the audio is listed, so that what is being enrolled meanwhile is young. How young is
        told by the clock that dates it. What belongs to a profile that cannot be read is left alone.
        """
        stays: set[str] = set()
        profiles = {(profile.family.name, profile.id): profile for profile in known}
        young = self.store.now() - GRACE
        for (family, profile_id), clips in groupby(self.store.all_audio(), key=_owner):
            listed, owner = list(clips), profiles.get((family.name, profile_id))
            if owner and not owner.is_readable:
                continue
            named = {enrollment.id for enrollment in owner.enrollments} if owner else set()
            expired = [clip for clip in listed if clip.enrollment_id in named and self._is_expired(clip)]
            left_over = [clip for clip in listed if clip.enrollment_id not in named and clip.written <= young]
            gone = [clip.enrollment_id for clip in (*expired, *left_over)]
            self.store.delete_audio(family, profile_id, gone)
            stays |= {clip.enrollment_id for clip in listed}.difference(gone)
            done.audio_expired += len(expired)
            done.audio_left_over += len(left_over)
        return stays

    def _name_damage(self, known: list[Profile], done: Done) -> None:
        """Say in the log, by mark, what cannot be read; it is left for somebody to look at, or to delete."""
        for profile in known:
            if not profile.is_readable:
                logger.error("profile %s cannot be read", mark(profile.id))
                done.unreadable += 1
        for name in self.store.foreign_audio():
            logger.error("%s among the audio is no enrollment's", mark(name))
            done.foreign_audio += 1

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


def _is_kept(profile: Profile, audio: set[str]) -> bool:
    return audio.issuperset(enrollment.id for enrollment in profile.enrollments)


def _lacks_views(profile: Profile, audio: set[str]) -> bool:
    """Whether a version that knew no narrow channels made the signature, and it can be made again."""
    return profile.signature is not None and not profile.signature.is_whole and _is_kept(profile, audio)


def _owner(clip: StoredAudio) -> tuple[Family, str]:
    return clip.family, clip.profile_id
