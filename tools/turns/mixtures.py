"""Conversations made of recordings of people who read: who speaks when is known to the frame.

Turns are of log-normal length, some begin before the one before has ended, everybody has an own level, and there is
noise. No second of a recording is heard twice, and nothing that is enrolled is heard again. The same seed gives the
same conversation.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.listening.containers import SAMPLE_RATE
from shared.listening.frames import FRAME, runs, widened
from shared.listening.quality import SpeechDetector, speech_frames
from tools.accuracy.speakers import Speaker, find_speakers
from tools.recordings import Samples, UnusableInput, read
from tools.turns.der import Line

TURN_SEC: Final = (1.5, 15.0)
"""Of a turn, shortest and longest; in between the length is log-normal around 4 s."""
OVERLAPPED: Final = 0.25
"""Of the changes, where the next speaker does not wait."""
OVERLAP_SEC: Final = (0.3, 2.0)
GAP_SEC: Final = (0.1, 0.9)
LEVEL_DB: Final = (-5.0, 3.0)
SNR_DB: Final = (25.0, 35.0)
ENROLLED_SEC: Final = 20.0
"""Of a speaker with so much; one of whom there is less gives ``ENROLLED_SHARE`` of it."""
ENROLLED_SHARE: Final = 0.45
OFFERED: Final = 5
"""Profiles that are offered with a conversation, some of people who are not in it."""
SPEAKERS: Final = (2, 3, 4, 5, 6)

_NO_READING: Final = frozenset(("digits-8khz", "phrases"))
"""Sets below a folder of recordings in which nobody says sentences."""
_PAUSE: Final = 15
"""Frames (0.5 s) of a pause; during a shorter one somebody still speaks."""
_PAD: Final = 1
"""Frames (30 ms) that belong to speech on both sides (Silero's default)."""
_BREATH: Final = 5
"""Frames (0.16 s) from which a pause is long enough to be cut in."""
_LOG_MEAN, _LOG_DEVIATION = np.log(4.0), 0.6


@dataclass(frozen=True, eq=False)
class Conversation:
    """What is heard, and what is true of it.

    Attributes:
        samples: [n] at 16 kHz.
        turns: who speaks when, in order.
        enrolled: other speech of people who are offered as profiles, by speaker; not all of them speak here.
    """

    name: str
    samples: Samples
    turns: list[Line]
    enrolled: Mapping[str, Samples]

    @property
    def speakers(self) -> set[str]:
        """Everybody who speaks."""
        return {turn.speaker for turn in self.turns}

    @property
    def seconds(self) -> float:
        """Its length."""
        return len(self.samples) / SAMPLE_RATE


def mixtures(folder: Path, number: int, detector: SpeechDetector) -> Iterator[Conversation]:
    """So many conversations of the people of a folder: two of them, three, and up to six, and again.

    Raises:
        UnusableInput: there are too few people.
    """
    people = [person for person in find_speakers(folder) if not _NO_READING & {person.set, person.name}]
    if len(people) < max(SPEAKERS):
        raise UnusableInput(f"{folder} has {len(people)} speakers; at least {max(SPEAKERS)} are needed")
    for seed in range(number):
        yield _mixture(people, SPEAKERS[seed % len(SPEAKERS)], seed, detector)


def _mixture(people: list[Speaker], count: int, seed: int, detector: SpeechDetector) -> Conversation:
    random = np.random.default_rng(seed)
    chosen = _chosen(people, count + OFFERED, random)
    here, away = chosen[:count], chosen[count:]
    parts = {person.name: _parted(person) for person in chosen}
    said = {person.name: _pieces(parts[person.name][1], random, detector) for person in here}
    samples, turns = _spoken(said, random)
    offered = [*here[: -(-count // 2)], *away][:OFFERED]
    enrolled = {each.name: parts[each.name][0] for each in offered}
    return Conversation(f"{count} speakers, {seed}", samples, turns, enrolled)


def _chosen(people: list[Speaker], count: int, random: np.random.Generator) -> list[Speaker]:
    """Half of those who have several recordings first, so that somebody has much to say."""
    talkative = [person for person in people if len(person.files) > 1]
    some = [talkative[at] for at in random.permutation(len(talkative))[: -(-len(talkative) // 2)]]
    names = {person.name for person in some}
    others = [people[at] for at in random.permutation(len(people)) if people[at].name not in names]
    return [*some, *others][:count]


def _parted(person: Speaker) -> tuple[Samples, Samples]:
    """What is enrolled, and what is said."""
    everything = np.concatenate([read(file) for file in person.files])
    at = min(ENROLLED_SEC * SAMPLE_RATE, ENROLLED_SHARE * len(everything))
    return everything[: int(at)], everything[int(at) :]


@dataclass(frozen=True, eq=False)
class _Piece:
    """What is said at a time, and where in it there is speech, in frames."""

    samples: Samples
    speech: NDArray[np.intp]


def _pieces(said: Samples, random: np.random.Generator, detector: SpeechDetector) -> list[_Piece]:
    """Everything that is said, cut in pauses, without the silence around the pieces."""
    speech = speech_frames(detector.speech_probability(said))
    for first, last in runs(~speech):
        speech[first:last] |= last - first < _BREATH
    speech = widened(speech, _PAD)
    pieces, begun = [], list[NDArray[np.intp]]()
    length = _turn_frames(random)
    for run in runs(speech):
        begun.append(run)
        if run[1] - begun[0][0] >= length:
            pieces.append(_piece(said, begun))
            begun, length = [], _turn_frames(random)
    return [*pieces, _piece(said, begun)] if begun else pieces


def _piece(said: Samples, speech: list[NDArray[np.intp]]) -> _Piece:
    first, last = speech[0][0], speech[-1][1]
    joined = [speech[0] - first]
    for run in speech[1:]:
        if run[0] - first - joined[-1][1] < _PAUSE:
            joined[-1] = np.array([joined[-1][0], run[1] - first])
        else:
            joined.append(run - first)
    return _Piece(said[first * FRAME : last * FRAME], np.stack(joined))


def _turn_frames(random: np.random.Generator) -> int:
    return int(np.clip(random.lognormal(_LOG_MEAN, _LOG_DEVIATION), *TURN_SEC) * SAMPLE_RATE / FRAME)


def _spoken(said: dict[str, list[_Piece]], random: np.random.Generator) -> tuple[Samples, list[Line]]:
    """Turns of everybody until all have said what they have; nobody follows himself while others wait."""
    length = sum(len(piece.samples) + 2 * SAMPLE_RATE for pieces in said.values() for piece in pieces)
    heard, turns, clock, last = np.zeros(length, np.float32), list[Line](), 0, ""
    levels = {name: np.float32(10 ** (random.uniform(*LEVEL_DB) / 20)) for name in said}
    while waiting := [name for name, left in said.items() if left]:
        others = [name for name in waiting if name != last] or waiting
        last = others[random.integers(len(others))]
        piece = said[last].pop(0)
        start = max(0, clock + _pause(random, len(piece.samples))) if turns else 0
        heard[start : start + len(piece.samples)] += piece.samples * levels[last]
        turns += [_line(run, start, last) for run in piece.speech]
        clock = max(clock, start + len(piece.samples))
    return _with_noise(heard[:clock], random), sorted(turns, key=lambda turn: turn.start)


def _line(run: NDArray[np.intp], start: int, speaker: str) -> Line:
    first, last = (float(each * FRAME + start) / SAMPLE_RATE for each in run)
    return Line(first, last, speaker)


def _pause(random: np.random.Generator, next_turn: int) -> int:
    """Samples between two turns; below zero where they overlap, by half of the next one at most."""
    if random.random() >= OVERLAPPED:
        return int(random.uniform(*GAP_SEC) * SAMPLE_RATE)
    return -min(int(random.uniform(*OVERLAP_SEC) * SAMPLE_RATE), next_turn // 2)


def _with_noise(samples: Samples, random: np.random.Generator) -> Samples:
    power = float(np.mean(np.square(samples))) / 10 ** (random.uniform(*SNR_DB) / 10)
    noise = random.standard_normal(len(samples)).astype(np.float32)
    return np.clip(samples + noise * np.float32(power**0.5), -1, 1)
