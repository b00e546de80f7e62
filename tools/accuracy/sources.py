"""Comparisons of known voices: read from a table, or made from recordings with one folder a speaker.

    trials = read_csv(file)                                   # a table of cosines
    corpus = from_folder(folder, service_extractor(models))   # recordings
    trials = corpus.trials()

Recordings go through what the service does to a clip: find the speech, measure it, embed it without its long pauses.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from shared.errors import SpeakerError
from shared.listening.containers import SAMPLE_RATE
from shared.listening.frames import FRAME
from shared.listening.limits import MIN_SPEECH_SEC
from tools.accuracy.extraction import CACHE, Extractor, Memory, service_extractor
from tools.accuracy.speakers import TEST_SEC, Speaker, beginning, check, cuts, enrolled_lengths, find_speakers, halves
from tools.accuracy.trial_table import read_csv
from tools.accuracy.trials import Corpus, Trials, Voices, check_both_kinds
from tools.recordings import Samples, UnusableInput, read

type _Voice = tuple[str, str, float, float, NDArray[np.float32]]


def read_trials(source: Path, extractor: Callable[[], Extractor] = service_extractor) -> Trials:
    """Comparisons of a table (.csv or .csv.gz) or of a folder of recordings.

    Raises:
        UnusableInput: nothing can be learnt from it.
        BundleError: recordings, and a model is not built.
    """
    return from_folder(source, extractor()).trials() if source.is_dir() else read_csv(source)


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
    speakers, doubles = check(_several_speakers(folder))
    gathered = _Gathered(left_out=doubles)
    with Memory.of(extractor, cache) as memory:
        for speaker in tqdm(speakers, desc="speakers", unit="speaker", disable=quiet or None):
            gathered.add(speaker, memory)
    return gathered.corpus(folder)


def _several_speakers(folder: Path) -> list[Speaker]:
    if not folder.is_dir():
        raise UnusableInput(f"{folder} is not a folder")
    speakers = find_speakers(folder)
    if not speakers:
        raise UnusableInput(f"{folder} holds no recordings; expected is one sub-folder a speaker")
    if len(speakers) == 1:
        raise UnusableInput(f"{folder} holds one speaker only ({speakers[0].name}); at least 2 are needed")
    return speakers


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
