"""Is this the enrolled speaker, and which of these is it?"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from shared.errors import Conflict, MixedLocales, NotEnrolled, TooManyCandidates
from shared.listening.declared import Recording
from shared.listening.listener import Listener, Utterance
from shared.observing.trace import Decision, current
from shared.profiles.changes import present, read
from shared.recognition.cohort import Cohorts
from shared.recognition.judging import Clip, Judge
from shared.recognition.outcomes import Candidate, Identified, Verified, Watched
from shared.store import Store
from shared.store.outbox import Deed, Outbox
from shared.voices.families import Family
from shared.voices.records import Profile
from shared.voices.signatures import Signature
from shared.words.book import same_locale
from shared.words.checker import PhraseChecker
from shared.words.matching import Saying


@dataclass(frozen=True, eq=False)
class Recognizer:
    """Compares clips with profiles. Every method may raise ``StorageUnavailable``.

    Attributes:
        false_match_rate: how often, at most, a stranger may be accepted in one request of free speech.
        cohorts: other voices, which tell how alike strangers are here.
        note_use: note on which day a profile was last used.
    """

    store: Store
    listener: Listener
    checker: PhraseChecker
    now: Callable[[], datetime]
    false_match_rate: float
    cohorts: Cohorts
    note_use: bool = False

    def verify(
        self,
        family: Family,
        profile_id: str,
        audio: Recording,
        *,
        waive_minimum: bool,
        watch: Callable[[Utterance], Watched] | None = None,
    ) -> Verified:
        """How well a clip matches the profile's voice.

        Args:
            watch: whom else it may be.

        A clip that says another phrase than the profile's is no match, whoever says it; the score is the voice's.

        Raises:
            UnknownProfile: no profile of the family has the id.
            NotEnrolled: the profile has no signature yet.
            InvalidAudio: the clip is not fit to recognize.
            TranscriberUnavailable: nobody could tell what it says.
        """
        self.cohorts.expect(family)
        profile = read(self.store, family, profile_id)
        signature = signature_of(profile)
        heard = self.listener.listen(audio, family.to_recognize(waive_minimum=waive_minimum))
        saying = self._saying(profile, signature, heard)
        voice = self._candidate(profile, signature, heard)
        self.note_uses([profile])
        candidate = replace(voice, said=saying is None or saying.phrase == profile.phrase)
        verified = Verified(candidate, heard.quality, saying, watch(heard) if watch else None)
        self.told(Deed.VERIFIED, family, profile_id, candidate.decision)
        return verified

    def identify(
        self,
        family: Family,
        profile_ids: Sequence[str],
        audio: Recording,
        *,
        waive_minimum: bool,
        top: int | None = None,
    ) -> Identified:
        """Which of these profiles is speaking.

        Args:
            top: how many are ranked at most, if not as many as the family ranks.

        Raises:
            TooManyCandidates, MixedLocales: the profiles cannot be compared in one request.
            UnknownProfile: no profile of the family has one of the ids.
            NotEnrolled: one of the profiles has no signature yet.
            InvalidAudio: the clip is not fit to recognize.
        """
        current().candidates = len(profile_ids)
        check_count(family, profile_ids)
        self.cohorts.expect(family)
        heard = self.listener.listen(audio, family.to_recognize(waive_minimum=waive_minimum))
        found = self.store.get_many(family, profile_ids)
        self.listener.embed(heard, self.listener.version)  # while storage reads; nearly every profile needs it
        profiles = [present(profile, name) for profile, name in zip(found, profile_ids, strict=True)]
        _check_locales(profiles)
        signatures = [signature_of(profile) for profile in profiles]
        candidates = [self._candidate(*each, heard, len(profiles)) for each in zip(profiles, signatures, strict=True)]
        self.note_uses(profiles)
        ranking = ranked(candidates)
        identified = Identified(ranking[: top or family.max_ranking], heard.quality, len(profiles))
        self.told(Deed.IDENTIFIED, family, identified.found_id, identified.best.decision, profile_ids)
        return identified

    def told(self, deed: Deed, family: Family, profile_id: str, decision: Decision, among: Sequence[str] = ()) -> None:
        """Let it be known what was decided, and of whom: before anybody is answered, where the trail is kept."""
        current().decision = decision
        outbox = Outbox.of(self.store)
        outbox.tell(deed, family, profile_id, decision.word, decision.model_version, tuple(among))

    def _saying(self, profile: Profile, signature: Signature, heard: Utterance) -> Saying | None:
        """What the clip says, where the profile has a passphrase; the voice is embedded meanwhile."""
        if not profile.phrase:
            return None
        with self.listener.embedding(heard, signature.model_version):
            return self.checker.check(profile.family.script, profile.locale, heard)

    @property
    def judge(self) -> Judge:
        """What decides on candidates."""
        return Judge(self.listener, self.cohorts, self.false_match_rate)

    def _candidate(self, profile: Profile, signature: Signature, heard: Utterance, among: int = 1) -> Candidate:
        """A profile as one of so many; a clip can be seen by any model."""
        return self.judge.candidate(profile, signature, Clip(self.listener, heard), among)

    def note_uses(self, profiles: Iterable[Profile]) -> None:
        """Note the day on profiles that were compared, where that decides how long they are kept."""
        if not self.note_use:
            return
        for profile in profiles:
            used = profile.used_on(self.now())
            if used is not profile:
                with suppress(Conflict):  # whoever was faster has used it as well
                    self.store.replace(used)


def ranked(candidates: Iterable[Candidate]) -> list[Candidate]:
    """From best to worst; the best may be named by its lead. There is at least one."""
    best, *others = sorted(candidates, key=lambda candidate: candidate.verdict.above_threshold, reverse=True)
    return [replace(best, verdict=best.verdict.ahead_of(others[0].verdict)) if others else best, *others]


def check_count(family: Family, profile_ids: Sequence[str]) -> None:
    """Refuse more profiles than can be compared in one request.

    Raises:
        TooManyCandidates: there are more.
    """
    if len(profile_ids) > family.max_candidates:
        raise TooManyCandidates(family.max_candidates, len(profile_ids))


def _check_locales(profiles: Sequence[Profile]) -> None:
    if not all(same_locale(profile.locale, profiles[0].locale) for profile in profiles):
        raise MixedLocales


def signature_of(profile: Profile) -> Signature:
    """The signature of a profile.

    Raises:
        NotEnrolled: it has none that may be compared.
    """
    if not (profile.enrolled and profile.signature):
        missing = (
            f"{profile.remaining_clips} more enrollment(s)"
            if profile.family.clips_to_enroll
            else f"{profile.remaining_speech_sec:.2f} more seconds of speech"
        )
        raise NotEnrolled(profile.id, missing)
    return profile.signature
