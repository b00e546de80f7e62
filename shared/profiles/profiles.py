"""What enrolling, verifying and identifying mean. Knows neither HTTP nor the kind of storage."""

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from itertools import groupby
from typing import Final

from shared.errors import (
    Conflict,
    InvalidArgument,
    InvalidRequest,
    NotEnrolled,
    NotFound,
    SpeakerError,
    StorageUnavailable,
)
from shared.listening.audio import decode
from shared.listening.listener import Listener, Utterance
from shared.listening.quality import Quality
from shared.observing.trace import current, stage
from shared.scoring import Verdict, cosine, rate_of_one
from shared.store import Store
from shared.voices.families import Family
from shared.voices.records import Enrollment, Profile, Signature
from shared.words.book import PhraseBook, same_locale
from shared.words.matching import Saying

_ATTEMPTS: Final = 5
"""How often a change is tried on fresh state before the caller is told of the conflict."""


@dataclass(frozen=True)
class Page:
    """Some profiles in id order; ``more`` when others follow."""

    profiles: list[Profile]
    more: bool


@dataclass(frozen=True)
class Enrolled:
    """A profile after a clip was added, and what that clip held."""

    profile: Profile
    enrollment: Enrollment
    quality: Quality
    saying: Saying | None = None


type Watch = Callable[[list[Profile]], Iterable[Profile]]
"""Walks profiles, and may tell somebody how far it is."""


@dataclass
class Cleared:
    """How many profiles were deleted, and whether others, or audio, remain."""

    deleted: int = 0
    remaining: bool = True


@dataclass(frozen=True)
class KeptAudio:
    """Enrollments whose audio is kept, and whether that is enough for another model to make the signature anew."""

    clips: int
    can_be_made_anew: bool


@dataclass(frozen=True)
class Candidate:
    """How one profile compares with a clip; ``said`` is false where the clip had to say its phrase and did not."""

    profile_id: str
    verdict: Verdict
    said: bool = True

    @property
    def score(self) -> float:
        """The wire score."""
        return self.verdict.score

    @property
    def accepted(self) -> bool:
        """Whether this is the speaker."""
        return self.verdict.accepted and self.said


@dataclass(frozen=True)
class Verified:
    """A profile's comparison with a clip, and what the clip was good for."""

    candidate: Candidate
    quality: Quality
    saying: Saying | None = None


@dataclass(frozen=True)
class Identified:
    """Candidates from best to worst, at most as many as the family ranks, and what the clip was good for."""

    ranking: list[Candidate]
    quality: Quality

    @property
    def speaker(self) -> Candidate | None:
        """The candidate who is speaking, or None of them."""
        return next((best for best in self.ranking[:1] if best.accepted), None)

    @property
    def margin(self) -> float | None:
        """By how much log-likelihood ratio the best is ahead of the second; None where there is no second."""
        ratios = [candidate.verdict.llr for candidate in self.ranking[:2]]
        return ratios[0] - ratios[1] if len(ratios) == 2 else None


class Profiles:
    """Every operation on profiles.

    All of them raise ``NotFound`` for an id that is not in the family and ``StorageUnavailable`` when storage fails.
    """

    def __init__(
        self,
        store: Store,
        listener: Listener,
        phrases: PhraseBook,
        now: Callable[[], datetime],
        *,
        false_match_rate: float,
        active_enrollment: bool = False,
        keep_audio: bool = True,
        note_use: bool = False,
    ) -> None:
        """Bind to storage, models, phrases and clock.

        Args:
            false_match_rate: how often, at most, a stranger may be accepted in one request of free speech.
            active_enrollment: new profiles are inactive until they have heard an activation phrase.
            keep_audio: store enrollment audio, so that signatures can be made anew.
            note_use: note on which day a profile was last used.
        """
        self._store = store
        self._listener = listener
        self._phrases = phrases
        self._now = now
        self._false_match_rate = false_match_rate
        self._active_enrollment = active_enrollment
        self._keep_audio = keep_audio
        self._note_use = note_use

    @property
    def model_version(self) -> str:
        """Version of the model that new signatures are made with."""
        return self._listener.version

    def check_storage(self) -> None:
        """Return if storage answers."""
        self._store.ping()

    def create(self, family: Family, locale: str) -> Profile:
        """A new profile without enrollments.

        Raises:
            InvalidArgument: the locale is not supported; names those that are.
        """
        profile = Profile.new(family, locale, self._now(), active=self._begins_active(family))
        known = self._phrases.locale(family.script, locale)
        if profile.has_script:
            self._check_understood(family, known)
        return self._store.insert(profile)

    def get(self, family: Family, profile_id: str) -> Profile:
        """The profile."""
        return _present(self._store.get(family, profile_id), profile_id)

    def page(self, family: Family, *, after: str, size: int) -> Page:
        """At most ``size`` profiles whose ids follow ``after``, ascending."""
        found = self._store.page(family, after=after, size=size + 1)
        return Page(found[:size], more=len(found) > size)

    def reset(self, family: Family, profile_id: str) -> Profile:
        """The profile as it was created; its audio is removed once nothing names it."""
        before, after = self._change(family, profile_id, lambda profile: self._reset(profile))
        self._store.delete_audio(family, profile_id, [enrollment.id for enrollment in before.enrollments])
        return after

    def delete(self, family: Family, profile_id: str) -> None:
        """Remove a profile and its audio; gone for every reader with the first write, and no error if it was."""
        stored = self._store.get(family, profile_id)
        if stored is None:
            return
        if not stored.deleting:
            with suppress(NotFound):
                self._change(family, profile_id, lambda profile: profile.marked_deleting(self._now()))
        audio = self._store.all_audio(stored)
        self._store.delete_audio(family, profile_id, [clip.enrollment_id for clip in audio])
        self._store.remove(stored)

    def delete_all(self, family: Family, *, until: datetime | None = None, watched: Watch = iter) -> Cleared:
        """Remove every profile of a family, and audio of it that no profile has; as much of it as is done ``until``.

        It may be cut off, and run again, at any time. What is created meanwhile is left.

        Args:
            watched: walks the profiles, so that a progress bar can follow.
        """
        cleared = Cleared()
        for profile in watched(list(self._store.scan(family))):
            if until is not None and self._now() >= until:
                return cleared
            self.delete(family, profile.id)
            cleared.deleted += 1
        cleared.remaining = not self._delete_left_over(family, until)
        return cleared

    def _delete_left_over(self, family: Family, until: datetime | None) -> bool:
        """Whether all audio without a profile could be removed ``until`` then."""
        for profile_id, clips in groupby(self._store.all_audio(family), key=lambda clip: clip.profile_id):
            if until is not None and self._now() >= until:
                return False
            # Asked after the audio was listed: audio is never written for a profile that is not there yet.
            if self._store.get(family, profile_id) is None:
                self._store.delete_audio(family, profile_id, [clip.enrollment_id for clip in clips])
        return True

    def kept_audio(self, profile: Profile) -> KeptAudio:
        """The audio that is kept of a profile's enrollments."""
        stored = {clip.enrollment_id for clip in self._store.all_audio(profile)}
        kept = [enrollment for enrollment in profile.enrollments if enrollment.id in stored]
        return KeptAudio(len(kept), can_be_made_anew=0 < len(kept) == len(profile.enrollments))

    def make_anew(self, profile: Profile) -> bool:
        """Make the signature of a profile anew by the current model, from its audio; whether that was done.

        Raises:
            Conflict: the profile changed meanwhile; it is left for another time.
        """
        clips = [self._store.get_audio(profile, enrollment.id) for enrollment in profile.enrollments]
        if not clips or None in clips:
            return False
        voices = (self._remade(clip) for clip in clips if clip is not None)
        signature = reduce(lambda made, voice: made.joined_by(voice.mean, voice.speech_sec), voices)
        self._store.replace(profile.with_signature(signature))
        return True

    def enroll(self, family: Family, profile_id: str, audio: bytes, *, ignore_min_length: bool) -> Enrolled:
        """Add a clip to a profile: audio first, then the entity that names it.

        Raises:
            InvalidAudio: the clip is not fit to enroll.
            InvalidRequest: it does not say the phrase that it has to.
            Forbidden: the profile would hold more than it may.
            Conflict: other requests kept changing the profile.
            TranscriberUnavailable: nobody could tell what it says.
        """
        profile = self.get(family, profile_id)
        heard = self._listener.listen(audio, family.enrolling)
        profile.check_room_for(heard.clip.seconds)
        saying = self._saying(profile, heard) if profile.has_script else None
        profile.check_said(saying)
        enrollment = _enrollment(heard)
        voice = self._voice(profile, heard)
        waive = ignore_min_length and family.minimum_can_be_waived

        def grow(fresh: Profile) -> Profile:
            return fresh.with_enrollment(enrollment, voice, saying, self._now(), waive_minimum=waive)

        with self._audio_of(profile, enrollment, heard):
            _, grown = self._change(family, profile_id, grow)
        return Enrolled(grown, enrollment, heard.quality, saying)

    def verify(self, family: Family, profile_id: str, audio: bytes, *, ignore_min_length: bool) -> Verified:
        """How well a clip matches the profile's voice.

        A clip that says another phrase than the profile's is no match, whoever says it; the score is the voice's.

        Raises:
            NotEnrolled: the profile has no signature yet.
            InvalidAudio: the clip is not fit to recognize.
            TranscriberUnavailable: nobody could tell what it says.
        """
        profile = self.get(family, profile_id)
        signature = _signature(profile)
        heard = self._recognize(family, audio, ignore_min_length)
        saying = self._saying(profile, heard) if profile.phrase else None
        [candidate] = self._compare(heard, {profile_id: signature})
        self._use([profile])
        said = saying is None or saying.phrase == profile.phrase
        return Verified(replace(candidate, said=said), heard.quality, saying)

    def identify(
        self, family: Family, profile_ids: Sequence[str], audio: bytes, *, ignore_min_length: bool
    ) -> Identified:
        """Which of these profiles is speaking.

        Raises:
            NotEnrolled: one of the profiles has no signature yet.
            InvalidRequest: too many profiles, or of different locales.
            InvalidAudio: the clip is not fit to recognize.
        """
        _check_count(family, profile_ids)
        heard = self._recognize(family, audio, ignore_min_length)
        found = self._store.get_many(family, profile_ids)
        self._listener.embed(heard, self._listener.version)  # while storage reads; nearly every profile needs it
        profiles = [_present(profile, name) for profile, name in zip(found, profile_ids, strict=True)]
        _check_locales(profiles)
        candidates = self._compare(heard, {profile.id: _signature(profile) for profile in profiles})
        self._use(profiles)
        ranking = sorted(candidates, key=lambda candidate: candidate.score, reverse=True)
        return Identified(ranking[: family.max_ranking], heard.quality)

    def _begins_active(self, family: Family) -> bool:
        return family.script.every_clip or not self._active_enrollment

    def _reset(self, profile: Profile) -> Profile:
        return profile.reset(self._now(), active=self._begins_active(profile.family))

    def _check_understood(self, family: Family, locale: str) -> None:
        """Refuse a locale whose phrases the transcriber could not write down."""
        if not self._listener.understands(locale):
            understood = filter(self._listener.understands, self._phrases.locales(family.script))
            raise InvalidArgument(
                f"Invalid locale value. Supported locales are {', '.join(understood)}: those that the configured "
                "transcriber understands."
            )

    def _saying(self, profile: Profile, heard: Utterance) -> Saying:
        script = profile.family.script
        locale = self._phrases.locale(script, profile.locale)
        self._check_understood(profile.family, locale)
        with self._listener.embedding(heard, self._version_for(profile)), stage("transcribe"):
            saying = self._phrases.nearest(script, locale, self._listener.transcript(heard, locale))
        current().phrase_heard = saying.phrase is not None
        return saying

    @contextmanager
    def _audio_of(self, profile: Profile, enrollment: Enrollment, heard: Utterance) -> Iterator[None]:
        """Store an enrollment's audio, and remove it again if nothing came to name it."""
        if self._keep_audio:
            self._store.put_audio(profile, enrollment.id, heard.clip.to_wav())
        try:
            yield
        except SpeakerError as refused:
            if not isinstance(refused, StorageUnavailable):  # after which it is not certain, and left to upkeep
                self._store.delete_audio(profile.family, profile.id, [enrollment.id])
            raise

    def _recognize(self, family: Family, audio: bytes, ignore_min_length: bool) -> Utterance:  # noqa: FBT001
        limits = family.recognizing.of_any_length() if ignore_min_length else family.recognizing
        return self._listener.listen(audio, limits)

    def _version_for(self, profile: Profile) -> str:
        """The model that made the profile's signature, or will."""
        return profile.signature.model_version if profile.signature else self._listener.version

    def _voice(self, profile: Profile, heard: Utterance) -> Signature:
        """The utterance as a signature of its own."""
        version = self._version_for(profile)
        return Signature(self._listener.embed(heard, version), heard.quality.speech_sec, version)

    def _remade(self, wav: bytes) -> Signature:
        heard = self._listener.hear(decode(wav))
        version = self._listener.version
        return Signature(self._listener.embed(heard, version), heard.quality.speech_sec, version)

    def _compare(self, heard: Utterance, signatures: Mapping[str, Signature]) -> list[Candidate]:
        """A candidate for each signature, every one by the model that made it: ratios compare, cosines would not."""
        rate = rate_of_one(self._false_match_rate, len(signatures))
        return [Candidate(name, self._verdict(signature, heard, rate)) for name, signature in signatures.items()]

    def _verdict(self, signature: Signature, heard: Utterance, rate: float) -> Verdict:
        calibration = self._listener.calibration(signature.model_version)
        similarity = cosine(signature.mean, self._listener.embed(heard, signature.model_version))
        llr = calibration.llr(similarity, signature.speech_sec, heard.quality.speech_sec)
        return Verdict(similarity, float(llr), calibration.threshold(rate))

    def _use(self, profiles: Sequence[Profile]) -> None:
        """Note the day on profiles that were compared, where that decides how long they are kept."""
        if not self._note_use:
            return
        for profile in profiles:
            used = profile.used_on(self._now())
            if used is not profile:
                with suppress(Conflict):  # whoever was faster has used it as well
                    self._store.replace(used)

    def _change(self, family: Family, profile_id: str, change: Callable[[Profile], Profile]) -> tuple[Profile, Profile]:
        """Apply a pure change to the newest state, again when a race is lost; the states before and after it."""
        for _ in range(_ATTEMPTS):
            before = self.get(family, profile_id)
            after = change(before)
            if after is before:
                return before, after
            try:
                return before, self._store.replace(after)
            except Conflict:
                continue
        raise Conflict("Sending concurrent requests on same profile is not allowed.")


def _check_count(family: Family, profile_ids: Sequence[str]) -> None:
    if len(profile_ids) > family.max_candidates:
        raise InvalidRequest(
            f"Maximum number of profiles allowed per request is {family.max_candidates}. "
            f"The request names {len(profile_ids)}."
        )


def _check_locales(profiles: Sequence[Profile]) -> None:
    if not all(same_locale(profile.locale, profiles[0].locale) for profile in profiles):
        raise InvalidRequest("Invalid group of profiles. Profiles must have the same locale.")


def _present(profile: Profile | None, profile_id: str) -> Profile:
    if profile is None or profile.deleting:
        raise NotFound(f"Requested profile doesn't exist. Profile: {profile_id}.")
    return profile


def _signature(profile: Profile) -> Signature:
    if not (profile.enrolled and profile.signature):
        missing = (
            f"{profile.remaining_clips} more enrollment(s)"
            if profile.family.clips_to_enroll
            else f"{profile.remaining_speech_sec:.2f} more seconds of speech"
        )
        raise NotEnrolled(f"Profile is not enrolled. Profile {profile.id} needs {missing}.")
    return profile.signature


def _enrollment(heard: Utterance) -> Enrollment:
    return Enrollment(
        id=str(uuid.uuid4()),
        audio_sec=heard.clip.seconds,
        speech_sec=heard.quality.speech_sec,
        snr_db=heard.quality.snr_db,
    )
