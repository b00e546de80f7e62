"""Comparisons from tables and from recordings, and what is refused."""

import contextlib
import csv
import gzip
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from shared.listening.containers import SAMPLE_RATE
from shared.listening.quality import Spoken
from tests.recordings import HUMAN, SHIPPED, Recordings
from tools.accuracy import trials as module
from tools.accuracy.extraction import CACHE, Extractor, Memory, service_extractor
from tools.accuracy.sources import from_folder, read_trials
from tools.accuracy.speakers import TEST_SEC, beginning, cuts, find_speakers, halves
from tools.accuracy.trial_table import COLUMNS, read_csv
from tools.accuracy.trials import Corpus, Trials
from tools.demo.speakers import VOICES
from tools.recordings import Samples, UnusableInput

pytestmark = pytest.mark.slow

GOOD = ("read", "anna", "ben", "10", "4", "0.1", "0")
SAME = ("read", "anna", "anna", "10", "4", "0.8", "1")

PACKED = gzip.compress("".join(f"row {at}" for at in range(99)).encode())

type Table = Callable[..., Path]


@pytest.fixture
def table(tmp_path: Path) -> Table:
    def write(*rows: tuple[str, ...], head: tuple[str, ...] = COLUMNS, name: str = "trials.csv") -> Path:
        file = tmp_path / name
        with (gzip.open if name.endswith(".gz") else open)(file, "wt", newline="") as text:
            csv.writer(text).writerows([head, *rows])
        return file

    return write


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return service_extractor()


@dataclass(frozen=True)
class Three:
    """Three speakers of one set: two with several files, of whom the first has most, and one with a single file."""

    folders: tuple[Path, Path, Path]
    most_files: int = 6

    @property
    def names(self) -> list[str]:
        return [folder.name for folder in self.folders]

    def copied(self, root: Path) -> Path:
        for folder, count in zip(self.folders, (self.most_files, 4, 1), strict=True):
            copy(sorted(folder.iterdir())[:count], root / "read" / folder.name)
        return root


THREE = {
    SHIPPED.name: Three((VOICES / "boris", VOICES / "david", SHIPPED.speech / "reading-16khz" / "anna")),
    HUMAN.name: Three(
        (
            HUMAN.speech / "librispeech-other" / "2609",
            HUMAN.speech / "librispeech-other" / "1688",
            HUMAN.speech / "librispeech-clean" / "103",
        )
    ),
}


@pytest.fixture(scope="module")
def three(recordings: Recordings) -> Three:
    return THREE[recordings.name]


@pytest.fixture(scope="module")
def three_speakers(three: Three, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the recordings of three speakers."""
    return three.copied(tmp_path_factory.mktemp("recordings"))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def corpus(three_speakers: Path, extractor: Extractor, cache: Path) -> Corpus:
    return from_folder(three_speakers, extractor, cache=cache)


def copy(files: list[Path], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        shutil.copy(file, folder)


def tone(seconds: float, pitch: float = 440) -> Samples:
    return np.asarray(0.1 * np.sin(2 * np.pi * pitch * np.arange(seconds * SAMPLE_RATE) / SAMPLE_RATE), np.float32)


def record(folder: Path, name: str = "one.wav", pitch: float = 440) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    soundfile.write(folder / name, tone(1, pitch), SAMPLE_RATE)
    return folder / name


# Tables


def test_seconds_of_a_table_become_net_speech_and_its_labels_truth(table: Table) -> None:
    trials = read_csv(table(GOOD, SAME), speech_fraction=0.5)
    assert trials.set.tolist() == ["read", "read"]
    assert trials.enrolled_sec.tolist() == [5, 5]
    assert trials.tested_sec.tolist() == [2, 2]
    assert trials.test_length.tolist() == [4, 4]
    assert trials.cosine.tolist() == [0.1, 0.8]
    assert trials.same.tolist() == [False, True]


def test_a_compressed_table_reads_like_a_plain_one(table: Table) -> None:
    plain, packed = (read_csv(table(GOOD, SAME, name=name)) for name in ("a.csv", "a.csv.gz"))
    assert all((getattr(plain, name) == getattr(packed, name)).all() for name in vars(plain))


def test_columns_may_stand_in_any_order_beside_others(table: Table) -> None:
    head = ("note", *reversed(COLUMNS))
    trials = read_csv(table(("x", *reversed(GOOD)), ("y", *reversed(SAME)), head=head))
    assert trials.enrolled_speaker.tolist() == ["anna", "anna"]
    assert trials.test_speaker.tolist() == ["ben", "anna"]


TABLES = {
    SHIPPED.name: (672, ["digits-8khz", "reading-16khz"], TEST_SEC[:5]),
    HUMAN.name: (
        183_547,
        ["digits", "digits-8khz", "english-read", "english-read-hard", "english-wild", "german-acted"],
        TEST_SEC,
    ),
}


def test_a_table_is_read_whole(recordings: Recordings) -> None:
    trials = read_trials(recordings.trials)
    found = len(trials), trials.sets, tuple(sorted(set(trials.test_length.tolist())))
    assert found == TABLES[recordings.name]


def test_recordings_give_the_cosines_that_another_implementation_found(extractor: Extractor) -> None:
    ours, theirs = from_folder(SHIPPED.speech, extractor, cache=None).trials(), read_csv(SHIPPED.trials)
    for name in ("set", "enrolled_speaker", "test_speaker", "test_length", "same"):
        assert getattr(ours, name).tolist() == getattr(theirs, name).tolist()
    assert ours.cosine == pytest.approx(theirs.cosine, abs=1e-3)
    assert ours.enrolled_sec == pytest.approx(theirs.enrolled_sec, abs=1e-3)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (("read", "anna", "ben", "ten", "4", "0.1", "0"), "enrolled_seconds must be a number, not 'ten'"),
        (("read", "anna", "ben", "10", "4", "nan", "0"), "cosine must be a number, not 'nan'"),
        (("read", "anna", "ben", "10", "0", "0.1", "0"), "seconds must be above 0"),
        (("read", "anna", "ben", "10", "4", "1.5", "0"), "a cosine cannot be 1.5"),
        (("read", "anna", "ben", "10", "4", "0.1", "1"), "same is '1', but the speakers are 'anna' and 'ben'"),
        (("read", "anna", "anna", "10", "4", "0.1", "no"), "same is 'no', but the speakers are 'anna' and 'anna'"),
        (("read", "anna", "ben", "10"), "the row is too short"),
    ],
)
def test_a_bad_row_is_named_with_its_line(table: Table, row: tuple[str, ...], complaint: str) -> None:
    with pytest.raises(UnusableInput, match=f"trials.csv, line 3: {complaint}$"):
        read_csv(table(GOOD, row))


def test_missing_columns_are_named(table: Table) -> None:
    with pytest.raises(UnusableInput, match=r"lacks the column\(s\) cosine, same$"):
        read_csv(table(GOOD[:5], head=COLUMNS[:5]))


def test_an_empty_table_is_refused(table: Table) -> None:
    with pytest.raises(UnusableInput, match="has no comparisons"):
        read_csv(table())


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([SAME], "one speaker only"),
        ([GOOD], "no comparisons of a speaker with himself"),
        ([SAME, ("read", "ben", "ben", "10", "4", "0.8", "1")], "no comparisons of different speakers"),
    ],
)
def test_a_table_from_which_no_error_rate_follows_is_refused(
    table: Table, rows: list[tuple[str, ...]], complaint: str
) -> None:
    with pytest.raises(UnusableInput, match=complaint):
        read_csv(table(*rows))


@pytest.mark.parametrize(
    "content",
    [b"\x1f\x8b damaged", b"no gzip", PACKED[:40], PACKED[:20] + b"x" * 40],
    ids=["damaged", "no gzip", "cut off", "overwritten"],
)
def test_a_damaged_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "trials.csv.gz"
    file.write_bytes(content)
    with pytest.raises(UnusableInput, match=r"trials.csv.gz cannot be read: "):
        read_csv(file)


def test_text_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "trials.csv").write_bytes(b"set\xff\xfe\n")
    with pytest.raises(UnusableInput, match=r"cannot be read: "):
        read_csv(tmp_path / "trials.csv")


def test_a_missing_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match=r"absent.csv cannot be read: No such file or directory"):
        read_trials(tmp_path / "absent.csv")


# Recordings that are refused: all before anything is embedded


def test_an_empty_folder_is_refused(tmp_path: Path, extractor: Extractor) -> None:
    (tmp_path / "anna").mkdir()
    (tmp_path / "anna" / "notes.txt").write_text("hello")
    with pytest.raises(UnusableInput, match="holds no recordings; expected is one sub-folder a speaker"):
        from_folder(tmp_path, extractor)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path, extractor: Extractor) -> None:
    with pytest.raises(UnusableInput, match="absent is not a folder"):
        from_folder(tmp_path / "absent", extractor)


def test_one_speaker_is_refused(tmp_path: Path, extractor: Extractor) -> None:
    record(tmp_path / "anna")
    with pytest.raises(UnusableInput, match=r"one speaker only \(anna\); at least 2 are needed"):
        from_folder(tmp_path, extractor)


def test_speakers_of_different_sets_have_nobody_to_be_compared_with(tmp_path: Path, extractor: Extractor) -> None:
    record(tmp_path / "read" / "anna")
    record(tmp_path / "spoken" / "ben", pitch=300)
    with pytest.raises(UnusableInput, match="no two speakers of one set"):
        from_folder(tmp_path, extractor, cache=None)


@pytest.mark.parametrize("content", [b"", b"not audio", b"RIFF\x24\0\0\0WAVE"])
def test_an_unreadable_file_is_named(tmp_path: Path, extractor: Extractor, content: bytes) -> None:
    record(tmp_path / "anna")
    (tmp_path / "ben").mkdir()
    (tmp_path / "ben" / "bad.wav").write_bytes(content)
    with pytest.raises(UnusableInput, match=r"ben/bad.wav cannot be read as audio: "):
        from_folder(tmp_path, extractor)


@pytest.mark.parametrize(
    ("samples", "held"), [(np.zeros(0, np.float32), "no samples"), (np.full(99, np.nan, np.float32), "are no numbers")]
)
def test_a_file_without_sound_is_named(tmp_path: Path, extractor: Extractor, samples: Samples, held: str) -> None:
    record(tmp_path / "anna")
    (tmp_path / "ben").mkdir()
    soundfile.write(tmp_path / "ben" / "bad.wav", samples, SAMPLE_RATE, subtype="FLOAT")
    with pytest.raises(UnusableInput, match=rf"ben/bad.wav cannot be read as audio: .*{held}"):
        from_folder(tmp_path, extractor)


def test_the_same_recording_under_two_speakers_is_refused_in_whatever_format(
    tmp_path: Path, extractor: Extractor
) -> None:
    samples, rate = soundfile.read(record(tmp_path / "anna", "one.wav"), dtype="int16")
    (tmp_path / "ben").mkdir()
    soundfile.write(tmp_path / "ben" / "two.flac", samples, rate)
    with pytest.raises(UnusableInput, match=r"anna/one.wav and .*ben/two.flac are the same recording under two"):
        from_folder(tmp_path, extractor)


def test_refusals_are_one_line(tmp_path: Path, extractor: Extractor) -> None:
    record(tmp_path / "anna")
    with pytest.raises(UnusableInput) as refusal:
        from_folder(tmp_path, extractor)
    assert "\n" not in str(refusal.value)


# Recordings: who speaks, and what is enrolled and tested


def test_a_directory_with_recordings_is_a_speaker_of_the_set_above_it(tmp_path: Path) -> None:
    record(tmp_path / "anna")
    record(tmp_path / "calls" / "2024" / "ben", "B.WAV")
    record(tmp_path / ".hidden" / "eve")
    (tmp_path / "anna" / "transcript.txt").write_text("hello")
    speakers = {(speaker.set, speaker.name, len(speaker.files)) for speaker in find_speakers(tmp_path)}
    assert speakers == {(tmp_path.name, "anna", 1), ("calls/2024", "ben", 1)}


def test_the_first_half_of_the_files_is_enrolled_and_the_rest_tested() -> None:
    recordings = [tone(seconds) for seconds in (1, 2, 3, 4, 5)]
    enrolled, tested = halves(recordings)
    assert [len(clip) / SAMPLE_RATE for clip in enrolled] == [1, 2, 3]
    assert [len(clip) / SAMPLE_RATE for clip in tested] == [4, 5]


def test_most_of_a_single_file_is_enrolled_and_none_of_that_tested() -> None:
    recording = np.arange(1000, dtype=np.float32)
    (enrolled,), (tested,) = halves([recording])
    assert len(enrolled) == 600
    assert np.concatenate([enrolled, tested]).tolist() == recording.tolist()


def test_tests_have_the_length_asked_for_do_not_overlap_and_are_spread_over_all_there_is() -> None:
    recording = np.arange(20 * SAMPLE_RATE, dtype=np.float32)
    starts = [int(cut[0]) / SAMPLE_RATE for cut in cuts([recording], 2)]
    assert starts == [0, 6, 12, 18]
    assert {len(cut) for cut in cuts([recording], 1.5)} == {24_000}


def test_short_recordings_are_joined_to_longer_tests() -> None:
    assert [len(cut) / SAMPLE_RATE for cut in cuts([tone(1)] * 7, 3)] == [3, 3]
    assert cuts([tone(1)] * 2, 3) == []


def test_enrollment_ends_at_the_length_asked_for() -> None:
    assert [len(clip) / SAMPLE_RATE for clip in beginning([tone(3), tone(4), tone(5)], 8)] == [3, 4, 1]
    assert [len(clip) / SAMPLE_RATE for clip in beginning([tone(1)] * 8, 8)] == [3, 3, 2]


# Recordings: the whole way


def test_every_enrollment_is_compared_with_every_test_of_its_set(corpus: Corpus, three: Three) -> None:
    trials = corpus.trials()
    assert len(trials) == len(corpus.enrollments.speaker) * len(corpus.tests.speaker)
    assert trials.sets == ["read"]
    assert set(trials.enrolled_speaker.tolist()) == set(three.names)
    assert (trials.same == (trials.enrolled_speaker == trials.test_speaker)).all()


def test_speakers_are_enrolled_at_the_lengths_that_they_have_audio_for(corpus: Corpus, three: Three) -> None:
    most, _, single = three.names
    lengths = list(zip(corpus.enrollments.speaker.tolist(), corpus.enrollments.length.tolist(), strict=True))
    assert (single, 8.0) in lengths
    assert (single, 20.0) not in lengths
    assert (most, 20.0) in lengths


def test_voices_are_told_apart(corpus: Corpus) -> None:
    trials = corpus.trials()
    long = trials.where(trials.test_length == 4)
    assert long.cosine[long.same].min() > long.cosine[~long.same].max()


def test_net_speech_is_less_than_the_clip_but_most_of_it(corpus: Corpus) -> None:
    share = corpus.tests.speech_sec / corpus.tests.length
    assert share.max() <= 1.02  # a last frame that is cut counts whole in none but very short clips
    assert 0.6 < share.mean() < 1


def test_a_signature_is_the_mean_of_its_clips_weighted_by_net_speech(
    corpus: Corpus, three: Three, three_speakers: Path, extractor: Extractor
) -> None:
    most = three.names[0]
    files = sorted((three_speakers / "read" / most).iterdir())[:3]
    clips = beginning([soundfile.read(file, dtype="float32")[0] for file in files], 20)
    spoken = [Spoken(clip, extractor.detector.speech_probability(clip)) for clip in clips]
    weights = [each.quality().speech_sec for each in spoken]
    embeddings = [extractor.embed(each.without_pauses()) for each in spoken]
    expected = np.average(embeddings, axis=0, weights=weights)
    own = (corpus.enrollments.speaker == most) & (corpus.enrollments.length == 20)
    assert corpus.enrollments.embedding[own][0] == pytest.approx(expected, abs=1e-5)
    assert corpus.enrollments.speech_sec[own][0] == pytest.approx(sum(weights), rel=1e-5)


def test_a_long_pause_is_neither_counted_nor_embedded(extractor: Extractor) -> None:
    clip = SHIPPED.read(SHIPPED.reading)[: 4 * SAMPLE_RATE]
    alone, paused = extractor.extract(clip), extractor.extract(np.pad(clip, (0, 20 * SAMPLE_RATE)))
    assert paused[0] == pytest.approx(alone[0], abs=0.1)
    assert paused[1:] @ alone[1:] > 0.99


def test_a_second_run_embeds_nothing_and_finds_the_same(
    three_speakers: Path, corpus: Corpus, extractor: Extractor, cache: Path
) -> None:
    def refuse(samples: Samples) -> NDArray[np.float32]:
        raise AssertionError("embedded again")

    again = from_folder(three_speakers, replace(extractor, embed=refuse), cache=cache)
    assert again.tests.embedding.tobytes() == corpus.tests.embedding.tobytes()
    assert again.enrollments.speech_sec.tolist() == corpus.enrollments.speech_sec.tolist()


def test_a_damaged_cache_is_made_anew(extractor: Extractor, tmp_path: Path) -> None:
    (tmp_path / f"{extractor.name}.npz").write_bytes(b"damaged")
    with Memory.of(extractor, tmp_path) as memory:
        first = memory.extract(tone(1))
    with Memory.of(extractor, tmp_path) as memory:
        assert memory.before == 1
        assert memory.extract(tone(1)).tolist() == first.tolist()


def test_what_was_embedded_before_an_interruption_is_kept(extractor: Extractor, tmp_path: Path) -> None:
    with contextlib.suppress(KeyboardInterrupt), Memory.of(extractor, tmp_path) as memory:
        memory.extract(tone(1))
        raise KeyboardInterrupt
    with Memory.of(extractor, tmp_path) as memory:
        assert memory.before == 1


def test_embeddings_are_kept_where_clean_removes_them() -> None:
    assert CACHE.parent.name == ".cache"


def test_parts_that_cannot_be_compared_are_left_out_and_said(
    three: Three, three_speakers: Path, recordings: Recordings, extractor: Extractor, cache: Path, tmp_path: Path
) -> None:
    most, _, single = three.names
    for speaker in (most, single):
        files = sorted((three_speakers / "read" / speaker).iterdir())
        copy(files[:2], tmp_path / "read" / speaker)
    shutil.copy(files[0], tmp_path / "read" / single / "again.flac")
    copy(list((recordings.speech / "phrases").iterdir()), tmp_path / "spoken" / "anna")
    record(tmp_path / "read" / "nobody")
    corpus = from_folder(tmp_path, extractor, cache=cache)
    assert corpus.left_out == (
        f"again.flac of {single} is the same recording as {files[0].name}",
        "read/nobody has too little speech to enroll",
        "the set spoken has one speaker only",
    )
    assert set(corpus.trials().test_speaker.tolist()) == {most, single}


def test_strangers_beyond_the_bound_are_drawn_and_every_same_speaker_comparison_is_kept(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = corpus.trials()
    monkeypatch.setattr(module, "MAX_IMPOSTORS", 5)
    drawn, again = corpus.trials(), corpus.trials()
    assert drawn.same.sum() == whole.same.sum()
    assert all((~drawn.same & (drawn.test_length == length)).sum() == 5 for length in (1.5, 4))
    assert drawn.cosine.tolist() == again.cosine.tolist()


def test_trials_are_picked_by_mask(corpus: Corpus) -> None:
    trials: Trials = corpus.trials()
    assert trials.where(trials.same).same.all()
    assert len(trials.where(trials.same)) == trials.same.sum()
