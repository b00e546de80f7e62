"""Speech that is added to a profile, and signatures that are re-extracted from it."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce

from shared.errors import Conflict, SpeakerError, StorageUnavailable, UnknownProfile
from shared.listening.audio import decode
from shared.listening.declared import Recording
from shared.listening.fingerprint import Prints
from shared.listening.listener import Listener, Utterance
from shared.listening.quality import Quality
from shared.listening.scoring import LEAST_LLR
from shared.listening.sides import Sides
from shared.listening.views import ENROLLED
from shared.profiles.changes import change, read, write
from shared.profiles.duplicates import Duplicates, Match
from shared.profiles.fitting import FIRST, Fit, Fitting
from shared.profiles.refusals import TwoVoices
from shared.store import Store
from shared.store.changes import Kind
from shared.voices.families import Family
from shared.voices.records import Enrollment, Profile
from shared.voices.refusals import NoConsent
from shared.voices.signatures import Signature, View
from shared.voices.standing import Act
from shared.words.checker import PhraseChecker
from shared.words.matching import Saying


@dataclass(frozen=True)
class Enrolled:
    """A profile after a clip was added, what that clip held, and the version of the model that heard it.

    Attributes:
        fit: how the clip goes with those that the profile held before.
        duplicates: other profiles of the same person, where they were looked for.
    """

    profile: Profile
    enrollment: Enrollment
    quality: Quality
    model_version: str
    saying: Saying | None = None
    fit: Fit = FIRST
    duplicates: Sequence[Match] | None = None


@dataclass(frozen=True, eq=False)
class Enrolling:
    """Adds clips to profiles. Every method may raise ``StorageUnavailable``.

    Attributes:
        fitting: tells how a clip goes with those that the profile holds.
        checker: hears whether a clip says what it has to.
        keep_audio: store enrollment audio, so that signatures can be re-extracted.
        needs_consent: refuse the voices of speakers of whom no consent was taken down.
    """

    store: Store
    listener: Listener
    checker: PhraseChecker
    now: Callable[[], datetime]
    fitting: Fitting
    keep_audio: bool = True
    needs_consent: bool = False

    def enroll(
        self,
        family: Family,
        profile_id: str,
        audio: Recording,
        enrollment_id: str | None = None,
        *,
        waive_minimum: bool,
        twins: Duplicates | None = None,
    ) -> Enrolled:
        """Add a clip to a profile, unless it holds that: audio first, then the entity that names it.

        Args:
            enrollment_id: derived from the request, which others may be serving too; without it a random one.
            twins: looks for other profiles of the same person, before the entity is written.

        Raises:
            UnknownProfile: no profile of the family has the id.
            EnrollingOptedOut, NoConsent: its speaker does not want it, or was not asked.
            InvalidAudio: the clip is not fit to enroll.
            TwoVoices: different people speak on its channels.
            PhraseNotSaid: it does not say the phrase that it has to.
            VoiceDiffers, RepeatedRecording: it spoils the profile, where the operator refuses that.
            SamePerson: another profile is the same person, where the caller refuses that.
            Forbidden: the profile would hold more than it may.
            Conflict: other requests kept changing the profile.
            TranscriberUnavailable: nobody could tell what it says.
        """
        profile = read(self.store, family, profile_id, Act.ENROLL)
        self._check_consent(profile)
        heard = self.listener.listen(audio, family.enrolling)
        _check_one_voice(heard.quality.sides)
        known = profile.enrollment(enrollment_id)
        if known:
            found = twins.find(profile) if twins else None
            return Enrolled(profile, known, heard.quality, self._version_for(profile), duplicates=found)
        profile.check_room_for(heard.clip.seconds)
        saying = self._saying(profile, heard)
        profile.check_said(saying)
        return self._added(profile, heard, saying, enrollment_id, waive_minimum=waive_minimum, twins=twins)

    def _added(
        self,
        profile: Profile,
        heard: Utterance,
        saying: Saying | None,
        enrollment_id: str | None,
        *,
        waive_minimum: bool,
        twins: Duplicates | None,
    ) -> Enrolled:
        """A profile with a clip that it may hold."""
        prints = Prints(heard.clip.samples)
        enrollment = _enrollment(heard, prints.first, enrollment_id)
        voice = voice_of(self.listener, heard, self._version_for(profile))
        fit, found = FIRST, None

        def grow(fresh: Profile) -> Profile:
            nonlocal fit, found
            known = fresh.enrollment(enrollment.id) is not None
            fit = fit if known else self.fitting.fit(fresh, heard, prints, voice.model_version)
            if known or fit.ignored:
                return fresh
            self._check_consent(fresh)
            grown = fresh.with_enrollment(enrollment, voice, saying, self.now(), waive_minimum=waive_minimum)
            found = twins.of(grown) if twins else None
            return grown

        with self._audio_of(profile, enrollment, heard, alone=enrollment_id is None):
            _, grown = change(self.store, profile.family, profile.id, grow, Act.ENROLL)
        kept = self._without_audio(profile, enrollment) if fit.ignored else enrollment
        return Enrolled(grown, kept, heard.quality, voice.model_version, saying, fit, found)

    def _without_audio(self, profile: Profile, enrollment: Enrollment) -> Enrollment:
        """What is answered of a clip that the profile does not take."""
        self.store.delete_audio(profile.family, profile.id, [enrollment.id])
        return replace(enrollment, speech_sec=0.0)

    @property
    def version(self) -> str:
        """Version of the model that makes new signatures, and re-extracts older ones."""
        return self.listener.version

    def re_extract(self, profile: Profile) -> bool:
        """Make a profile's signature by the current model, from its kept audio; whether that was done.

        Raises:
            InvalidAudio: kept audio cannot be read.
            Conflict: the profile changed meanwhile; it is left for another time.
        """
        clips = [self.store.get_audio(profile, enrollment.id) for enrollment in profile.enrollments]
        if not clips or None in clips:
            return False
        heard = [self.listener.hear(decode(clip)) for clip in clips if clip is not None]
        signature = reduce(Signature.joined_by, (voice_of(self.listener, each, self.version) for each in heard))
        write(self.store, profile.with_signature(signature, [each.band for each in heard]), Kind.RE_EXTRACTED)
        return True

    def _check_consent(self, profile: Profile) -> None:
        if self.needs_consent and profile.consent is None:
            raise NoConsent(profile.id)

    def _saying(self, profile: Profile, heard: Utterance) -> Saying | None:
        """What the clip says, where the profile has to hear a phrase; the voice is embedded meanwhile."""
        if not profile.has_script:
            return None
        with self.listener.embedding(heard, self._version_for(profile)):
            return self.checker.check(profile.family.script, profile.locale, heard)

    @contextmanager
    def _audio_of(self, profile: Profile, enrollment: Enrollment, heard: Utterance, *, alone: bool) -> Iterator[None]:
        """Store an enrollment's audio, and remove it again if nothing came to name it.

        Where that is not certain, it is left to upkeep: after a storage fault, and where others may serve the same
        request, and were faster.
        """
        unsure = (StorageUnavailable,) if alone else (StorageUnavailable, Conflict)
        if self.keep_audio:
            self.store.put_audio(profile, enrollment.id, heard.clip.to_wav())
        try:
            yield
        except SpeakerError as refused:
            if not isinstance(refused, unsure):
                self.store.delete_audio(profile.family, profile.id, [enrollment.id])
            if isinstance(refused, UnknownProfile):
                self.store.shred(profile.family, profile.id)  # made for this audio, after the profile was gone
            raise

    def _version_for(self, profile: Profile) -> str:
        """The model that made the profile's signature, or will."""
        return profile.signature.model_version if profile.signature else self.listener.version


def voice_of(listener: Listener, heard: Utterance, version: str) -> Signature:
    """An utterance as a signature of its own, by the model of a version."""
    seen = ENROLLED[heard.band].items()
    views = {band: View(listener.embed(heard, version, how), heard.evidence_sec) for band, how in seen}
    return Signature(views, version)


def _check_one_voice(sides: Sides | None) -> None:
    if sides:
        raise TwoVoices(sides.llr, LEAST_LLR, sides.first, sides.second)


def _enrollment(heard: Utterance, printed: bytes, enrollment_id: str | None) -> Enrollment:
    return Enrollment(
        id=enrollment_id or str(uuid.uuid4()),
        audio_sec=heard.clip.seconds,
        speech_sec=heard.quality.speech_sec,
        snr_db=heard.quality.snr_db,
        band=heard.band,
        print=printed,
    )
