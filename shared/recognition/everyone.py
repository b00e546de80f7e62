"""Who is this, among everyone, or among the profiles of a group?"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched, chain
from typing import Final

from shared.listening.declared import Recording
from shared.listening.listener import Utterance
from shared.listening.scoring import unit
from shared.observing.trace import current
from shared.profiles.changes import signature_of
from shared.recognition.gallery import AnyGallery, Look
from shared.recognition.judging import Clip, Enrolled, Probe
from shared.recognition.outcomes import Candidate, Identified, Watched
from shared.recognition.recognizer import Recognizer, ranked
from shared.recognition.vectors import FEW
from shared.store.groups import GroupTable
from shared.store.outbox import Deed
from shared.voices.families import IDENTIFICATION, Family
from shared.voices.groups import Group
from shared.voices.records import Profile
from shared.voices.refusals import NobodyEnrolled, UnknownGroup

MAX_TOP: Final = 100
"""Candidates that an answer ranks at most."""
MARGIN: Final = 20
"""How many more are read than are ranked: ratios order them better than the cosines by which they were found."""
LEAST: Final = 50
"""Voices below which all are read, so that an answer is the one to naming them."""


@dataclass(frozen=True)
class Found:
    """Whom a search found, from best to worst, among how many, as of when.

    Attributes:
        there: those who were compared.
    """

    ranking: list[Candidate]
    among: int
    as_of: datetime
    there: list[Profile]


@dataclass(frozen=True, eq=False)
class Everyone:
    """Searches the gallery. Every method may raise ``StorageUnavailable``."""

    recognizer: Recognizer
    gallery: AnyGallery

    @property
    def table(self) -> GroupTable:
        """Where groups are."""
        return GroupTable(self.recognizer.store.groups)

    def identify(
        self, family: Family, group_id: str | None, audio: Recording, *, waive_minimum: bool, top: int | None = None
    ) -> Identified:
        """Which profile of a group is speaking, or which of all.

        Args:
            top: how many are ranked at most, if not as many as the family ranks.

        Raises:
            UnknownGroup: no group of the family has the id, or it was deleted meanwhile.
            NobodyEnrolled: there is nobody to compare with.
            InvalidAudio: the clip is not fit to recognize.
        """
        group = self._group(group_id, family) if group_id else None
        heard = self.recognizer.listener.listen(audio, family.to_recognize(waive_minimum=waive_minimum))
        wanted = top or family.max_ranking
        found = self._search(family, group, Clip(self.recognizer.listener, heard), wanted)
        current().candidates = found.among
        if not found.ranking:
            raise NobodyEnrolled
        identified = Identified(found.ranking[:wanted], heard.quality, found.among, found.as_of)
        self._note_use(found, identified.speaker)
        self.recognizer.told(Deed.IDENTIFIED, family, identified.found_id, identified.best.decision)
        return identified

    def watching(self, family: Family, group_id: str) -> Callable[[Utterance], Watched]:
        """What tells who of a group a clip may be; a group of profiles to identify may watch over a verification.

        Raises:
            UnknownGroup: neither the family nor identification has such a group.
        """
        group = self._group(group_id, family, IDENTIFICATION)

        def watch(heard: Utterance) -> Watched:
            found = self._search(group.family, group, Clip(self.recognizer.listener, heard), group.family.max_ranking)
            return Watched(group.id, [each for each in found.ranking if each.accepted])

        return watch

    def duplicates(self, profile: Profile) -> list[Candidate]:
        """Other profiles of the family that are the same person, from best to worst.

        Raises:
            NotEnrolled: the profile has no voice yet.
        """
        signature_of(profile)
        return self.same_person(profile)

    def same_person(self, profile: Profile) -> list[Candidate]:
        """What ``duplicates`` gives, also of a profile whose enrollment has only begun."""
        if profile.signature is None:
            return []
        found = self._search(profile.family, None, Enrolled(profile.signature), MAX_TOP, without=profile.id)
        return [candidate for candidate in found.ranking if candidate.accepted]

    def each_of(
        self, family: Family, group_id: str | None, probes: Sequence[Probe], rate: float | None = None
    ) -> list[Found]:
        """Who of a group, or of all, each of some voices may be.

        Args:
            rate: false-match rate of each search; None for that of the group, or the service's own.

        Raises:
            UnknownGroup: no group of the family has the id, or it was deleted meanwhile.
        """
        group = self._group(group_id, family) if group_id else None
        return [self._search(family, group, probe, family.max_ranking, rate=rate) for probe in probes]

    def _search(
        self, family: Family, group: Group | None, probe: Probe, top: int, without: str = "", rate: float | None = None
    ) -> Found:
        """The most likely ones, as they are stored now."""
        self.recognizer.cohorts.expect(family)
        look, key = self.gallery.look(family), group.key if group else None
        likely = [name for name in self._likely(look, key, probe, max(LEAST, top + MARGIN)) if name != without]
        rate = rate or (group.described.false_match_rate if group else None)
        there = list(self._there(family, likely, key, _to_read(look, key, top)))
        self._check_still_there(group)
        among = max(look.count(key), len(there))
        candidates = self.recognizer.judge.candidates(there, probe, among, rate)
        return Found(ranked(candidates) if candidates else [], among, look.as_of, there)

    def _note_use(self, found: Found, speaker: Candidate | None) -> None:
        """Of so many only who was named is noted."""
        if speaker:
            named = [profile for profile in found.there if profile.id == speaker.profile_id]
            self.recognizer.note_uses(named, [speaker.profile_id])

    def _likely(self, look: Look, key: str | None, probe: Probe, count: int) -> list[str]:
        """Ids of those who are most like a voice, from best to worst."""
        found = (
            packed.best(band := way.band_for(probe.band), unit(probe.seen(way.version, band)), count, key)
            for way, packed in look.parts
            if packed.count(key) and probe.sees(way.version)
        )
        best = sorted(chain.from_iterable(found), key=lambda likeness: likeness.cosine, reverse=True)
        return [likeness.profile_id for likeness in best[:count]]

    def _there(self, family: Family, likely: list[str], key: str | None, wanted: int) -> Iterator[Profile]:
        """Those who are enrolled and in the group, read by key, as many as are wanted."""
        found = 0
        for names in batched(likely, wanted, strict=False):
            for profile in self.recognizer.store.get_many(family, names):
                if profile and profile.enrolled and profile.signature and (key is None or key in profile.groups):
                    found += 1
                    yield profile
            if found >= wanted:
                return

    def _group(self, group_id: str, *families: Family) -> Group:
        found = (self.table.get(family, group_id) for family in dict.fromkeys(families))
        group = next((group for group in found if group), None)
        if group is None:
            raise UnknownGroup(group_id)
        return group

    def _check_still_there(self, group: Group | None) -> None:
        if group and self._group(group.id, group.family).key != group.key:
            raise UnknownGroup(group.id)


def _to_read(look: Look, key: str | None, top: int) -> int:
    """How many are read by key at least; of voices that are packed in 4 bits more, as their cosines are rough."""
    exact = look.count(None) <= FEW
    return top + MARGIN if exact and look.count(key) > LEAST else max(LEAST, top + MARGIN)
