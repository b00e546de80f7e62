"""Conversations made of recordings of people who read: who speaks when is known to the frame.

Turns are of log-normal length, some begin before the one before has ended, everybody has an own level, and there is
noise. Nothing that is enrolled is heard again. No second of a recording is heard twice, unless a conversation is to be
longer than what its people have to say: then they say it again, in other turns. The same seed gives the same
conversation.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.listening.containers import SAMPLE_RATE
from shared.listening.frames import FRAME
from shared.listening.quality import SpeechDetector
from tools.accuracy.speakers import Speaker, find_speakers
from tools.recordings import Samples, UnusableInput, read
from tools.turns.der import Line
from tools.turns.saying import ORDINARY, Manner, Piece, Said

OVERLAP_SEC: Final = (0.3, 2.0)
GAP_SEC: Final = (0.1, 0.9)
LEVEL_DB: Final = (-5.0, 3.0)
SNR_DB: Final = (25.0, 35.0)
ENROLLED_SEC: Final = 20.0
"""Of a speaker with so much; one of whom there is less gives ``ENROLLED_SHARE`` of it."""
ENROLLED_SHARE: Final = 0.45
OFFERED: Final = 5
"""Profiles that are offered with a conversation, some of people who are not in it."""

_NO_READING: Final = frozenset(("digits-8khz", "phrases"))
"""Sets below a folder of recordings in which nobody says sentences."""


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


def mixtures(
    people: Sequence[Speaker], number: int, detector: SpeechDetector, manner: Manner = ORDINARY, first: int = 0
) -> Iterator[Conversation]:
    """So many conversations of these people, of seed ``first`` and the next ones.

    Raises:
        UnusableInput: there are too few people.
    """
    if len(people) < max(manner.speakers):
        raise UnusableInput(f"there are {len(people)} speakers; at least {max(manner.speakers)} are needed")
    for seed in range(first, first + number):
        yield _mixture(people, manner.speakers[seed % len(manner.speakers)], seed, detector, manner)


def readers(folder: Path) -> list[Speaker]:
    """The people of a folder who say sentences."""
    return [person for person in find_speakers(folder) if not _NO_READING & {person.set, person.name}]


def heard_in(people: Sequence[Speaker], number: int, manner: Manner = ORDINARY) -> set[str]:
    """Who speaks, or is offered, in the first conversations of these people."""
    counts = [(seed, manner.speakers[seed % len(manner.speakers)]) for seed in range(number)]
    chosen = (_chosen(people, count + OFFERED, np.random.default_rng(seed)) for seed, count in counts)
    return {person.name for each in chosen for person in each}


def _mixture(
    people: Sequence[Speaker], count: int, seed: int, detector: SpeechDetector, manner: Manner
) -> Conversation:
    random = np.random.default_rng(seed)
    chosen = _chosen(people, count + OFFERED, random)
    here, away = chosen[:count], chosen[count:]
    parts = {person.name: _parted(person) for person in chosen}
    said = {person.name: Said.of(parts[person.name][1], detector) for person in here}
    samples, turns = _talk(said, random, manner)
    offered = [*here[: -(-count // 2)], *away][:OFFERED]
    enrolled = {each.name: parts[each.name][0] for each in offered}
    return Conversation(f"{count} speakers, {seed}", samples, turns, enrolled)


def _chosen(people: Sequence[Speaker], count: int, random: np.random.Generator) -> list[Speaker]:
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


def _talk(said: Mapping[str, Said], random: np.random.Generator, manner: Manner) -> tuple[Samples, list[Line]]:
    """Rounds in which everybody says all that he has, until the time is over."""
    rounds, turns, done = list[Samples](), list[Line](), 0
    while not rounds or done < manner.seconds * SAMPLE_RATE:
        samples, own = _spoken(said, random, manner)
        turns += [Line(each.start + done / SAMPLE_RATE, each.stop + done / SAMPLE_RATE, each.speaker) for each in own]
        rounds.append(samples)
        done += len(samples)
    return np.concatenate(rounds), turns


def _spoken(said: Mapping[str, Said], random: np.random.Generator, manner: Manner) -> tuple[Samples, list[Line]]:
    """Turns of everybody until all have said what they have; nobody follows himself while others wait."""
    left = {name: each.pieces(random, manner) for name, each in said.items()}
    length = sum(len(piece.samples) + 2 * SAMPLE_RATE for pieces in left.values() for piece in pieces)
    heard, turns, clock, last = np.zeros(length, np.float32), list[Line](), 0, ""
    levels = {name: np.float32(10 ** (random.uniform(*LEVEL_DB) / 20)) for name in said}

    def add(piece: Piece, start: int, name: str) -> None:
        heard[start : start + len(piece.samples)] += piece.samples * levels[name]
        turns.extend(_line(run, start, name) for run in piece.speech)

    while waiting := [name for name, pieces in left.items() if pieces]:
        others = [name for name in waiting if name != last] or waiting
        last = others[random.integers(len(others))]
        piece = left[last].pop(0)
        start = max(0, clock + _pause(random, len(piece.samples), manner)) if turns else 0
        add(piece, start, last)
        if manner.words and random.random() < manner.words:
            _nod(said, random, last, start, piece, add)
        clock = max(clock, start + len(piece.samples))
    return _with_noise(heard[:clock], random), sorted(turns, key=lambda turn: turn.start)


def _nod(
    said: Mapping[str, Said],
    random: np.random.Generator,
    speaker: str,
    start: int,
    piece: Piece,
    add: Callable[[Piece, int, str], None],
) -> None:
    """Somebody else says a word while the speaker goes on."""
    listeners = [name for name in said if name != speaker]
    name = listeners[random.integers(len(listeners))]
    word = said[name].word(random)
    room = len(piece.samples) - len(word.samples)
    if room > SAMPLE_RATE:
        add(word, start + int(random.integers(room)), name)


def _line(run: NDArray[np.intp], start: int, speaker: str) -> Line:
    first, last = (float(each * FRAME + start) / SAMPLE_RATE for each in run)
    return Line(first, last, speaker)


def _pause(random: np.random.Generator, next_turn: int, manner: Manner) -> int:
    """Samples between two turns; below zero where they overlap, by half of the next one at most."""
    if random.random() >= manner.overlapped:
        return int(random.uniform(*GAP_SEC) * SAMPLE_RATE)
    return -min(int(random.uniform(*OVERLAP_SEC) * SAMPLE_RATE), next_turn // 2)


def _with_noise(samples: Samples, random: np.random.Generator) -> Samples:
    power = float(np.mean(np.square(samples))) / 10 ** (random.uniform(*SNR_DB) / 10)
    noise = random.standard_normal(len(samples)).astype(np.float32)
    return np.clip(samples + noise * np.float32(power**0.5), -1, 1)
