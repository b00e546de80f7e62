"""Which of the offered profiles a speaker is. A known voice is a hint: nobody gets the nearest name.

A speaker has a name if the two are each other's best match, if the profile leads every other by a margin, and if the
comparison reaches the operating point that identification has for so many profiles. Everybody else stays unknown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.listening.scoring import Calibration
from shared.listening.views import Band
from shared.recognition.judging import Known, judged
from shared.recognition.outcomes import Candidate
from shared.recognition.recognizer import ranked
from shared.recordings.refusals import OutdatedSignature
from shared.recordings.turns import Voice

MARGIN: Final = 3.0
"""Log-likelihood ratio by which a profile leads the others; where one voice is enrolled twice, neither does."""
LISTED: Final = 5
"""Candidates that are told of a speaker."""


@dataclass(frozen=True, eq=False)
class Named:
    """A speaker of a recording.

    Attributes:
        ranking: offered profiles, from best to worst; at most ``LISTED``, none where none was offered.
        is_known: whether the first of them is the speaker.
    """

    voice: Voice
    ranking: Sequence[Candidate] = ()
    is_known: bool = False

    @property
    def profile_id(self) -> str | None:
        """Who it is, if that is known."""
        return self.ranking[0].profile_id if self.is_known else None


@dataclass(frozen=True, eq=False)
class Spoken:
    """The voice of a speaker, as it is looked for among everyone.

    Attributes:
        version: of the model that has heard it.
    """

    voice: Voice
    version: str

    @property
    def band(self) -> Band:
        """What its channel passed."""
        return self.voice.band

    @property
    def evidence_sec(self) -> float:
        """Seconds of speech behind it."""
        return self.voice.alone_sec

    @property
    def snr_db(self) -> None:
        """Not measured of one among several."""

    def sees(self, version: str) -> bool:
        """Only its own model has listened to it."""
        return version == self.version

    def seen(self, version: str, band: Band) -> NDArray[np.float32]:  # noqa: ARG002  it is as it came
        """Its direction."""
        return self.voice.embedding


@dataclass(frozen=True, eq=False)
class Naming:
    """Names voices by the model of a version.

    Attributes:
        false_match_rate: how often, at most, a stranger is given any of the names that are offered.
        exclusive: whether a profile is one speaker at most.
    """

    version: str
    calibration: Calibration
    false_match_rate: float
    exclusive: bool = True

    def named(self, voices: Sequence[Voice], offered: Sequence[Known]) -> list[Named]:
        """The speakers of a recording, with what is known of them.

        Raises:
            OutdatedSignature: a signature was made by another model.
            StorageUnavailable: other voices to compare with could not be read.
        """
        return self.chosen(voices, [self._ranking(voice, offered) for voice in voices])

    def chosen(self, voices: Sequence[Voice], rankings: Sequence[Sequence[Candidate]]) -> list[Named]:
        """Speakers by what is known of each: candidates from best to worst."""
        best: dict[str, Candidate] = {}
        for each in (candidate for ranking in rankings for candidate in ranking):
            best[each.profile_id] = max(best.get(each.profile_id, each), each, key=_ratio)
        return [
            Named(voice, ranking[:LISTED], _leads(ranking) and (not self.exclusive or ranking[0] in best.values()))
            for voice, ranking in zip(voices, rankings, strict=True)
        ]

    def _ranking(self, voice: Voice, offered: Sequence[Known]) -> list[Candidate]:
        for known in offered:
            if known.signature.model_version != self.version:
                raise OutdatedSignature(known.profile_id)
        spoken, calibration = Spoken(voice, self.version), self.calibration
        found = judged(offered, spoken, lambda _: calibration, self.false_match_rate, len(offered))
        return ranked(found) if found else []


def _ratio(candidate: Candidate) -> float:
    return candidate.verdict.llr


def _leads(ranking: Sequence[Candidate]) -> bool:
    """Whether the first is accepted, and ahead of the second."""
    ratios = [_ratio(candidate) for candidate in ranking[:2]]
    return bool(ranking) and ranking[0].accepted and (len(ratios) == 1 or ratios[0] - ratios[1] >= MARGIN)
