"""Comparisons of known voices, and the voices that they are made of."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from tools.recordings import UnusableInput

type Floats = NDArray[np.float64]
type Texts = NDArray[np.str_]

MAX_IMPOSTORS: Final = 100_000
"""Most comparisons of different speakers in one set and length of test; of more, so many are drawn."""


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
