"""What is known of a voice: profiles and their enrollments, as immutable records, and the changes they go through.

Every change is a pure function of the record, so that a lost race is repeated on fresh state without a second thought.
"""

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from shared.errors import Conflict, ProfileFull, TooManyEnrollments
from shared.listening.views import Band
from shared.voices.consent import Consent
from shared.voices.families import Family
from shared.voices.refusals import TooManyGroups
from shared.voices.signatures import Signature
from shared.voices.standing import Standing
from shared.words.matching import Saying

_GUID: Final = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

USE_IS_NOTED_EVERY: Final = timedelta(days=1)
MAX_GROUPS: Final = 500
"""Groups that a profile may be in: its row holds their keys."""


@dataclass(frozen=True)
class Enrollment:
    """One accepted clip. Lengths in seconds; ``snr_db`` is None where the clip gave no measure of it.

    Attributes:
        band: what its channel passed; None for clips of a version that did not note it.
        print: by which its recording is known again; empty for clips of a version that took none.
    """

    id: str
    audio_sec: float
    speech_sec: float
    snr_db: float | None
    band: Band | None = None
    print: bytes = b""


@dataclass(frozen=True, eq=False)
class Profile:
    """One enrolled, or enrolling, voice: the unit that is committed.

    Attributes:
        locale: as the caller sent it.
        phrase: the passphrase that the first clip chose, where every clip is one.
        etag: the store's version of this state; None before the first write.
        partition: where the store found it, if that is not where its id belongs.
        sealed: whether its voice was found sealed.
        groups: keys of the groups that it is in, and of some that are gone.
        used: when the profile was last enrolled, verified or identified, to a day; None if that is not noted.
        recognized: when its speaker was last accepted, to a day; None if that is not noted.
        consent: the speaker's; None where none was taken down.
        locked_until: until when it is not verified, where that was looked up: it stands in a row of its own.
    """

    family: Family
    id: str
    locale: str
    created: datetime
    updated: datetime | None = None
    standing: Standing = Standing.ENROLLING
    phrase: str | None = None
    enrollments: tuple[Enrollment, ...] = ()
    signature: Signature | None = None
    groups: frozenset[str] = frozenset()
    used: datetime | None = None
    recognized: datetime | None = None
    consent: Consent | None = None
    locked_until: datetime | None = field(default=None, compare=False)
    etag: str | None = field(default=None, compare=False)
    partition: str | None = field(default=None, compare=False)
    sealed: bool = field(default=False, compare=False)

    @classmethod
    def new(cls, family: Family, locale: str, now: datetime, *, active: bool = True) -> "Profile":
        """A profile without enrollments under a fresh random id; one that is not active waits for its phrase."""
        return cls(family=family, id=str(uuid.uuid4()), locale=locale, created=now, standing=blank(active=active))

    @classmethod
    def unreadable(cls, family: Family, profile_id: str, etag: str, partition: str | None = None) -> "Profile":
        """A profile of which no more is known than that it is there."""
        never, standing = datetime.fromtimestamp(0, UTC), Standing.UNREADABLE
        return cls(family, profile_id, locale="", created=never, standing=standing, etag=etag, partition=partition)

    @property
    def is_readable(self) -> bool:
        """Whether anything is known of it."""
        return self.standing is not Standing.UNREADABLE

    @property
    def enrolled(self) -> bool:
        """Whether it holds a voice signature that may be compared."""
        return self.standing is Standing.ENROLLED

    @property
    def active(self) -> bool:
        """Whether no activation phrase is missing."""
        return self.standing not in (Standing.INACTIVE, Standing.OPTED_OUT)

    @property
    def opted_out(self) -> bool:
        """Whether its speaker wants nothing of it."""
        return self.standing is Standing.OPTED_OUT

    @property
    def deleting(self) -> bool:
        """Whether its deletion has begun."""
        return self.standing is Standing.DELETING

    @property
    def audio_sec(self) -> float:
        """Length of all enrollments."""
        return sum(enrollment.audio_sec for enrollment in self.enrollments)

    @property
    def speech_sec(self) -> float:
        """Net speech of all enrollments."""
        return sum(enrollment.speech_sec for enrollment in self.enrollments)

    @property
    def remaining_speech_sec(self) -> float:
        """Net speech still missing before the profile is enrolled."""
        return max(0.0, self.family.speech_to_enroll_sec - self.speech_sec)

    @property
    def remaining_clips(self) -> int:
        """Enrollments still missing before the profile is enrolled."""
        return max(0, self.family.clips_to_enroll - len(self.enrollments))

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing."""
        return self.remaining_clips == 0 and self.remaining_speech_sec == 0

    @property
    def has_script(self) -> bool:
        """Whether the next clip that enrolls has to say a phrase."""
        return self.family.script.every_clip or not self.active

    def enrollment(self, enrollment_id: str | None) -> Enrollment | None:
        """The clip of an id, if the profile holds it."""
        return next((known for known in self.enrollments if known.id == enrollment_id), None)

    def check_said(self, saying: Saying | None) -> None:
        """Refuse a clip that does not say what the next clip has to.

        Raises:
            PhraseNotSaid: with what was heard and what was expected.
            Conflict: nobody asked what the clip says, because that did not matter until a moment ago.
        """
        if not self.has_script:
            return
        if saying is None:
            raise Conflict
        if saying.phrase is None:
            raise self.family.script.refusal(str(saying))
        if self.phrase not in (None, saying.phrase):
            raise self.family.script.refusal(f"The profile's is {self.phrase!r}; this clip says {saying.phrase!r}.")

    def check_room_for(self, audio_sec: float) -> None:
        """Refuse a clip that would exceed what the profile may hold.

        Raises:
            TooManyEnrollments: it holds as many clips as it may.
            ProfileFull: with the lengths held and offered.
        """
        if len(self.enrollments) >= self.family.max_clips:
            raise TooManyEnrollments(self.family.max_clips)
        if self.audio_sec + audio_sec > self.family.max_audio_sec:
            raise ProfileFull(self.family.max_audio_sec, self.audio_sec, audio_sec)

    def with_enrollment(
        self, enrollment: Enrollment, voice: Signature, saying: Saying | None, now: datetime, *, waive_minimum: bool
    ) -> "Profile":
        """The profile with one more clip; itself if it holds that clip already.

        Args:
            voice: the clip's own embedding as a signature.
            saying: what the clip says, where that was asked.
            waive_minimum: count the profile as enrolled whatever it has heard, where its family lets that be waived.

        Raises:
            PhraseNotSaid: the clip does not say what it has to.
            Forbidden: the profile would hold more than it may.
            Conflict: the signature was re-extracted meanwhile, by another model than the voice.
        """
        if self.enrollment(enrollment.id):
            return self
        if self.signature and self.signature.model_version != voice.model_version:
            raise Conflict
        self.check_said(saying)
        self.check_room_for(enrollment.audio_sec)
        signature = self.signature.joined_by(voice) if self.signature else voice
        grown = replace(
            self,
            phrase=saying.phrase if saying and self.family.script.every_clip else None,
            enrollments=(*self.enrollments, enrollment),
            signature=signature,
            updated=now,
        )
        once = self.standing in (Standing.ENROLLED, Standing.EXPIRED)
        enough = once or grown.is_complete or self.family.waives_minimum(asked=waive_minimum)
        return replace(grown, standing=Standing.ENROLLED if enough else Standing.ENROLLING)

    def with_signature(self, signature: Signature, bands: Iterable[Band]) -> "Profile":
        """The profile with a signature re-extracted from the same enrollments: no use of it, and no change."""
        heard = (replace(clip, band=band) for clip, band in zip(self.enrollments, bands, strict=True))
        return replace(self, signature=signature, enrollments=tuple(heard))

    def used_on(self, now: datetime) -> "Profile":
        """The profile, noted as used; itself if that is noted for the day."""
        return self if _is_noted(self.used, now) else replace(self, used=now)

    def recognized_on(self, now: datetime) -> "Profile":
        """The profile, noted as recognized; itself if that is noted for the day."""
        return self if _is_noted(self.recognized, now) else replace(self, recognized=now)

    def joining(self, group: str) -> "Profile":
        """The profile as a member of a group, by its key; itself if it is one.

        Raises:
            TooManyGroups: it is in as many as it may be.
        """
        if group in self.groups:
            return self
        if len(self.groups) >= MAX_GROUPS:
            raise TooManyGroups(MAX_GROUPS, self.id)
        return replace(self, groups=self.groups | {group})

    def leaving(self, group: str) -> "Profile":
        """The profile outside a group; itself if it is there already."""
        return replace(self, groups=self.groups - {group}) if group in self.groups else self

    def last_seen(self) -> datetime:
        """When anybody may last have had to do with the profile."""
        return last_of(self.created, self.updated, to_a_day(self.used), to_a_day(self.recognized))

    def reset(self, now: datetime, *, active: bool = True) -> "Profile":
        """The profile as it was created: same id, no enrollments, no phrase, no signature; opted out, it stays."""
        if self.opted_out:
            return self
        return replace(self, standing=blank(active=active), phrase=None, enrollments=(), signature=None, updated=now)

    def marked_deleting(self, now: datetime) -> "Profile":
        """The profile, gone for every reader, with its signature already dropped."""
        return replace(self, standing=Standing.DELETING, signature=None, updated=now)


def is_guid(text: str) -> bool:
    """Whether a text is an id as profiles have them: a GUID in lower case with dashes."""
    return _GUID.fullmatch(text) is not None


def blank(*, active: bool) -> Standing:
    """The standing of a profile without enrollments."""
    return Standing.ENROLLING if active else Standing.INACTIVE


def _is_noted(moment: datetime | None, now: datetime) -> bool:
    """Whether what happens now is noted for the day already."""
    return moment is not None and now - moment < USE_IS_NOTED_EVERY


def to_a_day(noted: datetime | None) -> datetime | None:
    """When what was noted may have happened again, at the latest: later uses of a day are not noted."""
    return noted + USE_IS_NOTED_EVERY if noted else None


def last_of(*moments: datetime | None) -> datetime:
    """The latest of those that there are."""
    return max(moment for moment in moments if moment)
