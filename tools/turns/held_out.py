"""Conversations on which nothing was chosen: of other people than those of the mixtures, who talk in other ways.

How far apart voices are was chosen on seeds 100 to 109 of these people, in the first manner; these are the next ones.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import soundfile

from shared.listening.quality import SpeechDetector
from tools.accuracy.speakers import Speaker
from tools.turns.mixtures import OFFERED, Conversation, heard_in, mixtures
from tools.turns.saying import Manner

NUMBER: Final = 10
"""Of each kind."""
LEAST_SEC: Final = 10.0
"""Of recordings of a person: there are some of two seconds, who would say the same word again and again."""


@dataclass(frozen=True)
class Kind:
    """Conversations of one kind; ``first`` is the seed of the first."""

    name: str
    manner: Manner
    first: int


KINDS: Final = (
    Kind("other people", Manner(seconds=90), 110),
    Kind("other people, quick talk", Manner((0.7, 1.5, 5.0), overlapped=0.4, words=0.15, seconds=90), 210),
    Kind("calls of three minutes", Manner((1.0, 3.0, 12.0), 0.3, words=0.3, speakers=(2,), seconds=180), 310),
)
"""Quick talk has turns around a second and a half, of which two fifths begin too early; in both of the last, listeners
say a word meanwhile."""


def held_out(
    people: Sequence[Speaker], mixed: int, detector: SpeechDetector
) -> Iterator[tuple[str, list[Conversation]]]:
    """Conversations by kind, none where too few people are left.

    Args:
        mixed: mixtures, whose people are left out.
    """
    heard = heard_in(people, mixed)
    others = [person for person in people if person.name not in heard and _seconds(person) >= LEAST_SEC]
    for kind in KINDS:
        if len(others) >= max(kind.manner.speakers) + OFFERED:
            yield kind.name, list(mixtures(others, NUMBER, detector, kind.manner, kind.first))


def _seconds(person: Speaker) -> float:
    return sum(float(soundfile.info(file).duration) for file in person.files)
