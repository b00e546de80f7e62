"""What a recognition came to, with everything that is said about it."""

from dataclasses import dataclass
from datetime import datetime

from shared.listening.quality import Quality
from shared.listening.scoring import Verdict
from shared.listening.views import Band
from shared.observing.trace import Decision
from shared.words.matching import Saying


@dataclass(frozen=True)
class Candidate:
    """How one profile compares with a clip.

    Attributes:
        model_version: of the model by which they were compared: the one that made the profile's signature.
        band: in which they were compared.
        said: false where the clip had to say the profile's phrase and did not.
    """

    profile_id: str
    verdict: Verdict
    model_version: str
    band: Band
    said: bool = True

    @property
    def score(self) -> float:
        """The wire score."""
        return self.verdict.score

    @property
    def accepted(self) -> bool:
        """Whether this is the speaker."""
        return self.verdict.accepted and self.said

    @property
    def decision(self) -> Decision:
        """What was decided of it."""
        return Decision(self.accepted, self.score, self.model_version)


@dataclass(frozen=True)
class Watched:
    """Who of a group a clip may be as well, from best to worst."""

    group_id: str
    matches: list[Candidate]


@dataclass(frozen=True)
class Verified:
    """A profile's comparison with a clip, and what the clip was good for.

    Attributes:
        watchlist: who else it may be, where that was asked.
    """

    candidate: Candidate
    quality: Quality
    saying: Saying | None = None
    watchlist: Watched | None = None

    @property
    def model_version(self) -> str:
        """Version of the model by which the voices were compared."""
        return self.candidate.model_version


@dataclass(frozen=True)
class Identified:
    """Candidates from best to worst, at most as many as were asked for, and what the clip was good for.

    Attributes:
        candidates: how many there were.
        gallery_as_of: up to when changes count that other instances made; None where every candidate was read.
    """

    ranking: list[Candidate]
    quality: Quality
    candidates: int = 0
    gallery_as_of: datetime | None = None

    @property
    def best(self) -> Candidate:
        """The candidate that is most like the speaker."""
        return self.ranking[0]

    @property
    def model_version(self) -> str:
        """Version of the model by which the best was compared."""
        return self.best.model_version

    @property
    def speaker(self) -> Candidate | None:
        """The candidate who is speaking, or None of them."""
        return self.best if self.best.accepted else None

    @property
    def found_id(self) -> str:
        """Id of the speaker, empty for nobody."""
        return self.speaker.profile_id if self.speaker else ""

    @property
    def margin(self) -> float | None:
        """By how much log-likelihood ratio the best is ahead of the second; None where there is no second."""
        ratios = [candidate.verdict.llr for candidate in self.ranking[:2]]
        return ratios[0] - ratios[1] if len(ratios) == 2 else None
