"""Jobs on a store in memory, of whose every call a test may do something, and ears that know voices by their level."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import soundfile
from numpy.typing import NDArray

from shared.listening.containers import SAMPLE_RATE
from shared.listening.frames import runs
from shared.listening.segments import STEP, STEP_SEC
from shared.listening.views import Band
from shared.recognition.cohort import Cohorts
from shared.recognition.everyone import Everyone
from shared.recognition.gallery import Gallery
from shared.recognition.recognizer import Recognizer
from shared.recordings.conversations import Conversations
from shared.recordings.desk import Desk
from shared.recordings.diarizer import Heard
from shared.recordings.fetching import FetchError
from shared.recordings.jobs import Asked, Job
from shared.recordings.runs import Run, Stretch
from shared.recordings.steps import Steps
from shared.recordings.sweep import Sweep
from shared.recordings.written import told_to_bytes
from shared.store.memory import MemoryStore
from shared.voices.families import IDENTIFICATION
from shared.voices.records import Enrollment, Profile
from shared.voices.standing import Standing
from tests import remembering
from tests.clock import Clock
from tests.signatures import wide

if TYPE_CHECKING:
    from shared.recordings.diarizer import Diarizer
    from shared.words.checker import PhraseChecker

PIECE: Final = 240 * STEP
"""Samples of a piece: four seconds."""
LEVELS: Final = (0.3, 0.5)
"""Of two voices."""
DIMENSION: Final = 192
ANNA: Final = "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9"


class KilledError(BaseException):
    """The process is no more."""


class Ears:
    """Hears two voices, one on each level; counts how often it has listened."""

    def __init__(self) -> None:
        self.listened = 0

    def hear(self, samples: NDArray[np.float32], begin: int = 0) -> Heard:
        self.listened += 1
        found = [
            Stretch(begin + start, begin + stop, slot, (Run(begin + start, begin + stop, direction(slot)),))
            for slot, level in enumerate(LEVELS)
            for start, stop in runs(np.abs(samples[::STEP] - level) < 0.01)
        ]
        return Heard(found, len(samples) / SAMPLE_RATE, Band.WIDE)


def direction(slot: int) -> NDArray[np.float32]:
    """Of a voice."""
    voice = np.zeros(DIMENSION, np.float32)
    voice[slot] = 1
    return voice


def recording(*seconds: float) -> bytes:
    """Two voices in turn, for so long each time."""
    levels = [np.full(round(each / STEP_SEC) * STEP, LEVELS[turn % 2]) for turn, each in enumerate(seconds)]
    file = io.BytesIO()
    soundfile.write(file, np.concatenate(levels), SAMPLE_RATE, format="FLAC")
    return file.getvalue()


def parties(*shares: tuple[float, float, float]) -> bytes:
    """Eight seconds of a channel for each: a level, and from when to when it is heard, without a constant offset."""
    sides = np.zeros((round(8 / STEP_SEC) * STEP, len(shares)))
    wave = np.where(np.arange(len(sides)) % STEP < STEP // 2, 1, -1)
    for side, (level, start, stop) in enumerate(shares):
        heard = slice(round(start / STEP_SEC) * STEP, round(stop / STEP_SEC) * STEP)
        sides[heard, side] = level * wave[heard]
    file = io.BytesIO()
    soundfile.write(file, sides, SAMPLE_RATE, format="FLAC")
    return file.getvalue()


CALL: Final = recording(2.3, 1.8, 2.1, 1.3)
"""Four turns in two pieces."""


@dataclass
class Watched:
    """What is asked of a store, call by call.

    Attributes:
        before, after: told the number of a call.
    """

    before: Callable[[int], None] | None = None
    after: Callable[[int], None] | None = None
    calls: int = 0

    def around(self, part: object) -> Any:  # noqa: ANN401  whatever the part is
        """A part of a store, watched."""
        return _Part(part, self)

    def call(self, method: Callable[..., Any], *given: Any, **named: Any) -> Any:  # noqa: ANN401
        self.calls += 1
        number = self.calls
        if self.before:
            self.before(number)
        answer = method(*given, **named)
        answer = iter(list(answer)) if isinstance(answer, Iterator) else answer
        if self.after:
            self.after(number)
        return answer


@dataclass
class _Part:
    part: object
    watched: Watched

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return partial(self.watched.call, getattr(self.part, name))


class WatchedStore(MemoryStore):
    """A store whose calls for recordings are watched."""

    def __init__(self, clock: Clock, watched: Watched) -> None:
        super().__init__(clock)
        self.plain = (self.jobs, self.recordings, self.queue)
        self.jobs, self.recordings, self.queue = (watched.around(part) for part in self.plain)


@dataclass
class World:
    """A queue with one worker, who takes a message until it is done."""

    clock: Clock = field(default_factory=Clock)
    watched: Watched = field(default_factory=Watched)
    ears: Ears = field(default_factory=Ears)

    def __post_init__(self) -> None:
        self.store = WatchedStore(self.clock, self.watched)
        listener = remembering.listener(any_format=True)
        cohorts, checker, absent = Cohorts(self.store, on=False), cast("PhraseChecker", None), cast("Any", None)
        recognizer = Recognizer(self.store, listener, checker, self.clock, 0.001, cohorts, absent, absent)
        self.conversations = Conversations(Everyone(recognizer, Gallery(self.store)), cast("Diarizer", self.ears))
        self.addresses: dict[str, bytes] = {}
        self.desk = Desk(self.store, self.conversations, self.clock, lambda _: None, PIECE)
        self.steps = Steps(self.store, self.conversations, self.clock, self._fetch, piece=PIECE)
        self.sweep = Sweep(self.store, self.clock)
        signature = wide(direction(0), 20, listener.version)
        now, enrolled = self.clock(), Enrollment("one", 20, 20, 30)
        self.store.insert(
            Profile(
                IDENTIFICATION,
                ANNA,
                "en-us",
                now,
                standing=Standing.ENROLLED,
                enrollments=(enrolled,),
                signature=signature,
            )
        )

    def hand_in(self, body: bytes = CALL, **asked: Any) -> Job:  # noqa: ANN401
        """A job that waits."""
        return self.desk.hand_in(IDENTIFICATION, Asked((ANNA,), **asked), body)

    def told_of(self, job: Job) -> bytes:
        """What comes of a job."""
        self.work()
        return told_to_bytes(self.desk.turns(IDENTIFICATION, job.id))

    def _fetch(self, url: str) -> bytes:
        try:
            return self.addresses[url]
        except KeyError:
            raise FetchError("it answered 404") from None

    @property
    def messages(self) -> list[str]:
        """Those that wait."""
        return self.store.plain[2].messages

    def work(self) -> None:
        """Take every message; one of which the worker dies comes again."""
        again = False
        while self.messages:
            message = self.messages[0]
            try:
                self.steps.take(message, again=again)
            except KilledError:
                again = True
                continue
            again = False
            self.messages.remove(message)

    @property
    def left(self) -> list[str]:
        """Names of all that lies in storage, and ids of rows."""
        jobs, blobs, _ = self.store.plain
        return [*sorted(blobs.values), *(row.name for row in jobs.since(""))]
