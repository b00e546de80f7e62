"""Comparisons of known voices: read from a table, or made from recordings with one folder a speaker.

    trials = read_csv(file)                                   # a table of cosines
    corpus = from_folder(folder, service_extractor(models))   # recordings
    trials = corpus.trials()

Recordings go through what the service does to a clip: find the speech, measure it, embed it without its long pauses.
"""

import csv
import gzip
import math
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from shared.errors import SpeakerError
from shared.listening.containers import SAMPLE_RATE
from shared.listening.quality import FRAME
from shared.voices.families import MIN_SPEECH_SEC
from tools.accuracy.extraction import CACHE, Extractor, Memory
from tools.accuracy.extraction import service_extractor as service_extractor
from tools.accuracy.recordings import (
    TEST_SEC,
    Samples,
    Speaker,
    beginning,
    check,
    cuts,
    enrolled_lengths,
    find_speakers,
    halves,
    read,
)
from tools.accuracy.recordings import UnusableInput as UnusableInput

type Floats = NDArray[np.float64]
type Texts = NDArray[np.str_]

COLUMNS: Final = ("set", "enrolled_speaker", "test_speaker", "enrolled_seconds", "test_seconds", "cosine", "same")
"""Columns that a table must have; others are ignored."""
SPEECH_FRACTION: Final = 0.8
"""Share of a clip that is net speech where only its length is known (0.75 to 0.82 in recordings of our own)."""
MAX_IMPOSTORS: Final = 100_000
"""Most comparisons of different speakers in one set and length of test; of more, so many are drawn."""

_ROUNDING: Final = 1e-4
"""By how much a cosine in a table may exceed 1."""


@dataclass(frozen=True, eq=False)
class Trials:
    """Comparisons of an enrolled voice with a test, in columns of equal length.

    Attributes:
        set: kind of speech; only voices of the same set are compared.
        enrolled_speaker: whose voice was enrolled.
        test_speaker: who spoke.
        enrolled_sec: net speech behind the signature, in seconds.
        tested_sec: net speech of the test, in seconds.
        test_length: nominal length of the test, in seconds, pauses included.
        cosine: of signature and test.
        same: whether the speakers are the same.
    """

    set: Texts
    enrolled_speaker: Texts
    test_speaker: Texts
    enrolled_sec: Floats
    tested_sec: Floats
    test_length: Floats
    cosine: Floats
    same: NDArray[np.bool]

    def __len__(self) -> int:
        """Number of comparisons."""
        return len(self.cosine)

    def where(self, mask: NDArray[np.bool] | NDArray[np.intp]) -> Self:
        """The comparisons that a mask or an index selects."""
        return type(self)(**{name: column[mask] for name, column in vars(self).items()})

    @property
    def sets(self) -> list[str]:
        """Kinds of speech, sorted."""
        return sorted(set(self.set.tolist()))


@dataclass(frozen=True, eq=False)
class Voices:
    """Embeddings, in columns of equal length.

    Attributes:
        set: kind of speech.
        speaker: whose voice.
        length: nominal length of the audio, in seconds.
        speech_sec: its net speech, in seconds.
        embedding: [n, dimension]; of enrollments the mean weighted by net speech, so not of unit length.
    """

    set: Texts
    speaker: Texts
    length: Floats
    speech_sec: Floats
    embedding: NDArray[np.float32]

    def where(self, mask: NDArray[np.bool] | NDArray[np.intp]) -> Self:
        """The voices that a mask or an index selects."""
        return type(self)(**{name: column[mask] for name, column in vars(self).items()})


@dataclass(frozen=True, eq=False)
class Corpus:
    """What was made of recordings.

    Attributes:
        left_out: why parts of the folder were not used, a line each.
    """

    enrollments: Voices
    tests: Voices
    left_out: tuple[str, ...] = ()

    def trials(self) -> Trials:
        """Every enrollment against every test of its set, at most ``MAX_IMPOSTORS`` of a kind."""
        left, right = self._pairs()
        enrolled, tested = self.enrollments.where(left), self.tests.where(right)
        return Trials(
            enrolled.set,
            enrolled.speaker,
            tested.speaker,
            enrolled.speech_sec,
            tested.speech_sec,
            tested.length,
            cosines(self.enrollments, self.tests)[left, right],
            enrolled.speaker == tested.speaker,
        )

    def _pairs(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        random = np.random.default_rng(0)
        own_set = self.enrollments.set[:, None] == self.tests.set
        same = own_set & (self.enrollments.speaker[:, None] == self.tests.speaker)
        chosen = [np.flatnonzero(same)]
        for kind, length in sorted(set(zip(self.tests.set.tolist(), self.tests.length.tolist(), strict=True))):
            impostors = np.flatnonzero(own_set & ~same & ((self.tests.set == kind) & (self.tests.length == length)))
            chosen.append(random.permutation(impostors)[:MAX_IMPOSTORS])
        left, right = np.unravel_index(np.sort(np.concatenate(chosen)), own_set.shape)
        return left, right


def read_trials(source: Path, extractor: Callable[[], Extractor] = service_extractor) -> Trials:
    """Comparisons of a table (.csv or .csv.gz) or of a folder of recordings.

    Raises:
        UnusableInput: nothing can be learnt from it.
        BundleError: recordings, and a model is not built.
    """
    return from_folder(source, extractor()).trials() if source.is_dir() else read_csv(source)


def read_csv(file: Path, speech_fraction: float = SPEECH_FRACTION) -> Trials:
    """Read a table of comparisons with at least ``COLUMNS``; its seconds are lengths of clips, pauses included.

    Args:
        file: .csv or .csv.gz.
        speech_fraction: net speech in a second of clip.

    Raises:
        UnusableInput: missing, damaged, without a column, or with a row that makes no sense.
    """
    try:
        with (gzip.open if file.suffix == ".gz" else open)(file, "rt", encoding="utf-8", newline="") as text:
            rows = list(_rows(file, csv.DictReader(text)))
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error) as error:
        raise UnusableInput(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if not rows:
        raise UnusableInput(f"{file} has no comparisons")
    kind, enrolled, tested, enrolled_sec, test_sec, cosine, same = (
        np.array(column) for column in zip(*rows, strict=True)
    )
    trials = Trials(
        kind, enrolled, tested, enrolled_sec * speech_fraction, test_sec * speech_fraction, test_sec, cosine, same
    )  # fmt: skip
    check_both_kinds(trials, str(file))
    return trials


def from_folder(
    folder: Path, extractor: Extractor, *, cache: Path | None = CACHE, quiet: bool = False
) -> Corpus:  # fmt: skip
    """Enroll and test every speaker of a folder.

    A directory that directly holds recordings is a speaker; its set is the path that leads to it. Enrolled are the
    first half of the files by name, or the first 60 % of a single file, in lengths of ``ENROLLED_SEC``; tests of
    ``TEST_SEC`` are cut from the rest.

    Args:
        folder: the root.
        extractor: what embeds.
        cache: where embeddings are kept for the next time; None to keep none.
        quiet: show no progress.

    Raises:
        UnusableInput: no recordings, one that cannot be read, fewer than two speakers to compare, or one recording
            under two speakers.
    """
    if not folder.is_dir():
        raise UnusableInput(f"{folder} is not a folder")
    speakers = find_speakers(folder)
    if not speakers:
        raise UnusableInput(f"{folder} holds no recordings; expected is one sub-folder a speaker")
    if len(speakers) == 1:
        raise UnusableInput(f"{folder} holds one speaker only ({speakers[0].name}); at least 2 are needed")
    speakers, doubles = check(speakers)
    gathered = _Gathered(left_out=doubles)
    with Memory.of(extractor, cache) as memory:
        for speaker in tqdm(speakers, desc="speakers", unit="speaker", disable=quiet or None):
            gathered.add(speaker, memory)
    return gathered.corpus(folder)


def check_both_kinds(trials: Trials, source: str) -> None:
    """Refuse comparisons from which no error rate follows.

    Raises:
        UnusableInput: one speaker only, or no comparisons of one of the two kinds.
    """
    if len(set(trials.enrolled_speaker.tolist()) | set(trials.test_speaker.tolist())) == 1:
        raise UnusableInput(f"{source} holds one speaker only ({trials.test_speaker[0]}); at least 2 are needed")
    for label, kind in ((True, "of a speaker with himself"), (False, "of different speakers")):
        if not (trials.same == label).any():
            raise UnusableInput(f"{source} holds no comparisons {kind}")


def cosines(enrollments: Voices, tests: Voices) -> Floats:
    """[enrollments, tests]: cosine of every enrollment with every test."""
    left, right = (
        voices.embedding / np.linalg.norm(voices.embedding, axis=1, keepdims=True) for voices in (enrollments, tests)
    )
    return np.asarray(left @ right.T, np.float64)


type _Row = tuple[str, str, str, float, float, float, bool]


def _rows(file: Path, reader: csv.DictReader[str]) -> Iterator[_Row]:
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise UnusableInput(f"{file} lacks the column(s) {', '.join(missing)}")
    for row in reader:
        try:
            yield _row(row)
        except (TypeError, ValueError) as error:
            raise UnusableInput(f"{file}, line {reader.line_num}: {error}") from None


def _row(row: Mapping[str, str]) -> _Row:
    if any(row[column] is None for column in COLUMNS):
        raise ValueError("the row is too short")
    kind, enrolled, tested = (row[column] for column in COLUMNS[:3])
    enrolled_sec, test_sec, cosine = (_number(row, column) for column in COLUMNS[3:6])
    if enrolled_sec <= 0 or test_sec <= 0:
        raise ValueError("seconds must be above 0")
    if abs(cosine) > 1 + _ROUNDING:
        raise ValueError(f"a cosine cannot be {cosine:g}")
    if row["same"] != str(int(enrolled == tested)):
        raise ValueError(f"same is {row['same']!r}, but the speakers are {enrolled!r} and {tested!r}")
    return kind, enrolled, tested, enrolled_sec, test_sec, cosine, enrolled == tested


def _number(row: Mapping[str, str], column: str) -> float:
    try:
        number = float(row[column])
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{column} must be a number, not {row[column]!r}")
    return number


type _Voice = tuple[str, str, float, float, NDArray[np.float32]]


@dataclass
class _Gathered:
    enrollments: list[_Voice] = field(default_factory=list)
    tests: list[_Voice] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def add(self, speaker: Speaker, memory: Memory) -> None:
        enroll, rest = halves([read(file) for file in speaker.files])
        try:
            self._enroll(speaker, enroll, memory)
            self._test(speaker, rest, memory)
        except SpeakerError as error:
            raise UnusableInput(f"{speaker.files[0].parent}: {error}") from error

    def _enroll(self, speaker: Speaker, recordings: list[Samples], memory: Memory) -> None:
        for length in enrolled_lengths(sum(map(len, recordings)) / SAMPLE_RATE):
            clips = [memory.extract(clip) for clip in beginning(recordings, length) if len(clip) >= FRAME]
            speech = np.array([clip[0] for clip in clips])
            if speech.sum() < MIN_SPEECH_SEC:
                self.left_out.append(f"{speaker.set}/{speaker.name} has too little speech to enroll")
                continue
            mean = np.average([clip[1:] for clip in clips], axis=0, weights=speech).astype(np.float32)
            self.enrollments.append((speaker.set, speaker.name, length, float(speech.sum()), mean))

    def _test(self, speaker: Speaker, recordings: list[Samples], memory: Memory) -> None:
        for length in TEST_SEC:
            for cut in cuts(recordings, length):
                heard = memory.extract(cut)
                if heard[0] >= MIN_SPEECH_SEC:
                    self.tests.append((speaker.set, speaker.name, length, float(heard[0]), heard[1:]))

    def corpus(self, folder: Path) -> Corpus:
        self._leave_out_single_speakers()
        if not self.enrollments or not self.tests:
            raise UnusableInput(f"{folder} holds no two speakers of one set with enough speech to enroll and to test")
        corpus = Corpus(_voices(self.enrollments), _voices(self.tests), tuple(self.left_out))
        check_both_kinds(corpus.trials(), str(folder))
        return corpus

    def _leave_out_single_speakers(self) -> None:
        speakers = {(kind, name) for kind, name, *_ in self.enrollments + self.tests}
        kinds = [kind for kind, _ in speakers]
        alone = {kind for kind in kinds if kinds.count(kind) == 1}
        self.left_out += [f"the set {kind} has one speaker only" for kind in sorted(alone)]
        self.enrollments = [voice for voice in self.enrollments if voice[0] not in alone]
        self.tests = [voice for voice in self.tests if voice[0] not in alone]


def _voices(rows: list[_Voice]) -> Voices:
    kind, speaker, length, speech_sec, embedding = zip(*rows, strict=True)
    return Voices(np.array(kind), np.array(speaker), np.array(length), np.array(speech_sec), np.stack(embedding))
