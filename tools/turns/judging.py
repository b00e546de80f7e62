"""What became of the names: every reference turn, and what most of it was found to be."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tools.turns.der import Line, Turn


@dataclass(frozen=True)
class Found:
    """What a system made of a conversation.

    Attributes:
        processor_sec: that it took.
        judged: what became of the names; none where no names were offered.
        misnamed: names that a speaker has who mostly is somebody else.
    """

    turns: Sequence[Line]
    processor_sec: float
    judged: Sequence["Judged"] = ()
    misnamed: Sequence[str] = ()


@dataclass(frozen=True)
class Judged:
    """One turn.

    Attributes:
        speaker: who truly speaks.
        is_offered: whether that person's profile was offered.
        found: number of the speaker that covers most of the turn; empty where none does.
        name: the profile that this speaker was taken for.
    """

    speaker: str
    is_offered: bool
    found: str
    name: str | None

    @property
    def is_right(self) -> bool:
        """Whether somebody who is known has the name, and a stranger has none."""
        return self.name == (self.speaker if self.is_offered else None)


def judge(
    reference: Iterable[Turn], found: Sequence[Turn], offered: Container[str], names: Mapping[str, str | None]
) -> list[Judged]:
    """Every reference turn that is found at all; ``names`` are those of the speakers that were found."""
    return [
        Judged(str(turn.speaker), turn.speaker in offered, covering, names[covering])
        for turn in reference
        if (covering := _covering(turn, found)) is not None
    ]


def misnamed(reference: Sequence[Turn], found: Sequence[Turn], names: Mapping[str, str | None]) -> list[str]:
    """Names that a speaker has who mostly is somebody else."""
    wrong = []
    for speaker, name in names.items():
        own = [turn for turn in found if turn.speaker == speaker]
        shares: dict[str, float] = {}
        for turn in reference:
            shares[str(turn.speaker)] = shares.get(str(turn.speaker), 0) + sum(_shared(turn, other) for other in own)
        if name is not None and name != max(shares, key=lambda true: shares[true]):
            wrong.append(name)
    return wrong


def _covering(turn: Turn, found: Sequence[Turn]) -> str | None:
    times: dict[str, float] = {}
    for other in found:
        shared = _shared(turn, other)
        if shared > 0:
            times[str(other.speaker)] = times.get(str(other.speaker), 0) + shared
    return max(times, key=lambda name: times[name]) if times else None


def _shared(one: Turn, other: Turn) -> float:
    return max(0.0, min(one.stop, other.stop) - max(one.start, other.start))
