"""Is this the enrolled speaker, and which of these is it?"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from shared.errors import MixedLocales, TooManyCandidates
from shared.listening.declared import Recording
from shared.listening.listener import Listener, Utterance
from shared.observing.trace import Decision, current
from shared.profiles.changes import note, present, read, signature_of
from shared.recognition.cohort import Cohorts
from shared.recognition.judging import Clip, Judge
from shared.recognition.outcomes import Candidate, Identified, Verified, Watched
from shared.store import Store
from shared.store.challenges import Challenges
from shared.store.failures import Failures
from shared.store.outbox import Deed, Outbox
from shared.voices.challenge import Challenge
from shared.voices.families import Family
from shared.voices.records import Profile
from shared.voices.signatures import Signature
from shared.voices.standing import Act
from shared.words.book import same_locale
from shared.words.checker import PhraseChecker
from shared.words.digits import random_digits
from shared.words.matching import Saying


@dataclass(frozen=True, eq=False)
class Recognizer:
    """Compares clips with profiles. Every method may raise ``StorageUnavailable``.

    Attributes:
        false_match_rate: how often, at most, a stranger may be accepted in one request of free speech.
        cohorts: other voices, which tell how alike strangers are here.
        failures: counts the verifications of a profile that fail in a row.
        challenges: what speakers were asked to say.
        note_use: note on which day a profile was last used.
        note_recognized: note on which day its speaker was last accepted.
    """

    store: Store
    listener: Listener
    checker: PhraseChecker
    now: Callable[[], datetime]
    false_match_rate: float
    cohorts: Cohorts
    failures: Failures
    challenges: Challenges
    note_use: bool = False
    note_recognized: bool = False

    def verify(
        self,
        family: Family,
        profile_id: str,
        audio: Recording,
        *,
        waive_minimum: bool,
        watch: Callable[[Utterance], Watched] | None = None,
        challenge: str | None = None,
    ) -> Verified:
        """How well a clip matches the profile's voice.

        Args:
            watch: whom else it may be.
            challenge: token of the one that the clip answers: what it asks for replaces the profile's phrase, and the
                minimum of speech.

        A clip that says another phrase than the profile's is no match, whoever says it; the score is the voice's.

        Raises:
            UnknownProfile: no profile of the family has the id.
            NotEnrolled, Expired, OptedOut: the profile has no signature yet, or none to compare with any more.
            Locked: too many verifications of the profile failed in a row.
            ChallengeOver: it cannot be answered any more.
            InvalidAudio: the clip is not fit to recognize.
            TranscriberUnavailable: nobody could tell what it says.
        """
        self.cohorts.expect(family)
        profile = read(self.store, family, profile_id)
        signature = signature_of(profile, Act.VERIFY)
        self.failures.check(family, profile_id)
        asked = None if challenge is None else self.challenges.find(family, profile_id, challenge)
        heard = self.listener.listen(audio, family.to_recognize(waive_minimum=waive_minimum or asked is not None))
        wanted = asked.values["Phrase"] if asked else profile.phrase
        saying = self._saying(profile, signature, heard, asked=wanted if asked else None)
        [voice] = self.judge.candidates([profile], Clip(self.listener, heard))
        candidate = replace(voice, said=saying is None or saying.phrase == wanted)
        if asked:
            self.challenges.spend(asked)
        self.failures.judged(family, profile_id, accepted=candidate.accepted)
        self.note_uses([profile], [profile.id] if candidate.accepted else [])
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
            NotEnrolled, Expired, OptedOut: one of the profiles has no signature to compare with.
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
        ranking = ranked(self.judge.candidates(profiles, Clip(self.listener, heard), len(profiles)))
        self.note_uses(profiles, [each.profile_id for each in ranking[:1] if each.accepted])
        identified = Identified(ranking[: top or family.max_ranking], heard.quality, len(profiles))
        self.told(Deed.IDENTIFIED, family, identified.found_id, identified.best.decision, profile_ids)
        return identified

    def told(self, deed: Deed, family: Family, profile_id: str, decision: Decision, among: Sequence[str] = ()) -> None:
        """Let it be known what was decided, and of whom: before anybody is answered, where the trail is kept."""
        current().decision = decision
        outbox = Outbox.of(self.store)
        outbox.tell(deed, family, profile_id, decision.word, decision.model_version, tuple(among))

    def challenge(self, family: Family, profile_id: str) -> Challenge:
        """Digits that the profile's speaker is to say; raises as ``verify``, before it hears anything.

        Raises:
            UnknownLocale: nobody could write down what is said.
        """
        profile = read(self.store, family, profile_id, Act.CHALLENGE)
        self.failures.check(family, profile_id)
        self.checker.understood(family.script, profile.locale)
        return self.challenges.ask(family, profile_id, random_digits())

    def _saying(self, profile: Profile, signature: Signature, heard: Utterance, asked: str | None) -> Saying | None:
        """What the clip says, where it has to say anything; the voice is embedded meanwhile."""
        if not (asked or profile.phrase):
            return None
        script, locale = profile.family.script, profile.locale
        with self.listener.embedding(heard, signature.model_version):
            if asked:
                return self.checker.challenged(script, locale, asked, heard)
            return self.checker.check(script, locale, heard)

    @property
    def judge(self) -> Judge:
        """What decides on candidates."""
        return Judge(self.listener, self.cohorts, self.false_match_rate)

    def note_uses(self, profiles: Iterable[Profile], recognized: Collection[str | None] = ()) -> None:
        """Note the day on profiles that were compared, where that decides how long they are kept or stay enrolled.

        Args:
            recognized: ids of those whose speakers were accepted.
        """
        for profile in profiles:
            note(self.store, profile, partial(self._noted, recognized=profile.id in recognized))

    def _noted(self, profile: Profile, *, recognized: bool) -> Profile:
        if not profile.enrolled:
            return profile
        used = profile.used_on(self.now()) if self.note_use else profile
        return used.recognized_on(self.now()) if self.note_recognized and recognized else used


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
    """Refuse to compare them; whoever opted out before there was a profile has none."""
    locales = [profile.locale for profile in profiles if profile.locale]
    if not all(same_locale(locale, locales[0]) for locale in locales):
        raise MixedLocales
