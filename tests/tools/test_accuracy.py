"""The evaluation program: its figures, its refusals, and that the page shows what was measured."""

import json
import math
import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.listening.bundle import Bundle
from shared.listening.scoring import Calibration, OperatingPoint
from shared.settings import ROOT
from tests.recordings import HUMAN, SHIPPED, Recordings
from tools.accuracy import page
from tools.accuracy.comparison import compare, peer
from tools.accuracy.extraction import service_extractor
from tools.accuracy.identification import Lineup, identify
from tools.accuracy.identification import _rates as rates_of
from tools.accuracy.measure import FREE_ENGLISH, digest, groups, measure
from tools.accuracy.metrics import Tally, eer
from tools.accuracy.pictures import draw, draw_trade_off
from tools.accuracy.sources import from_folder
from tools.accuracy.tables import sections
from tools.accuracy.trial_table import read_csv
from tools.accuracy.trials import Corpus, Trials, Voices, cosines
from tools.recordings import UnusableInput
from tools.verbs import main

FITTED = (0.01, 0.001, 0.0001)
EXPONENTIAL = Calibration(
    cosine=1,
    cosine_duration=0,
    duration=0,
    offset=0,
    duration_range=(0, 10),
    operating_points=tuple(OperatingPoint(rate, -math.log(rate), -9, (0, 0)) for rate in FITTED),
    fitted_on={},
)

pytestmark = pytest.mark.slow
"""Cosines are ratios; where those of strangers are exponential, every operating point is exactly right."""


def some_trials(count: int = 30, tests: int = 4, sets: tuple[str, ...] = ("read", "spoken")) -> Trials:
    """Everybody against everybody of his set: strangers exponential, the same speaker well above them."""
    names = np.array([f"{at:03}" for at in range(count)])
    enrolled, tested = (np.tile(side, len(sets)) for side in (np.repeat(names, count * tests), _tests(names, tests)))
    same = enrolled == tested
    shares = np.random.default_rng(2).permutation(np.arange(len(same)) + 0.5) / len(same)
    ratios = -np.log(shares) + 9 * same
    length = np.tile([2.0, 4.0], len(same) // 2)
    kind = np.repeat(np.array(sets), len(same) // len(sets))
    return Trials(kind, enrolled, tested, np.where(length == 2, 8.0, 16.0), 0.8 * length, length, ratios, same)


def _tests(names: NDArray[np.str_], tests: int) -> NDArray[np.str_]:
    return np.tile(np.repeat(names, tests), len(names))


@pytest.fixture(scope="module")
def trials() -> Trials:
    return some_trials()


@pytest.fixture(scope="module")
def result(trials: Trials) -> dict[str, Any]:
    return measure(trials, EXPONENTIAL, 0.005, quiet=True)


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundle.load(ROOT / "models" / "campplus")


def row(result: dict[str, Any], group: str, length: float | None = None, enrolled: str | None = None) -> dict[str, Any]:
    wanted = {"group": group, "test_length": length, "enrolled": enrolled}
    (found,) = [row for row in result["rows"] if wanted.items() <= row.items()]
    return dict(found)


# Figures


def test_the_false_match_rate_is_that_of_the_operating_point_where_the_calibration_is_true(
    result: dict[str, Any],
) -> None:
    for rate in (0.01, 0.001):
        value, low, high = row(result, "all")["fmr"][f"{rate:g}"]
        assert value == pytest.approx(rate, rel=0.3)
        assert low <= rate <= high


def test_figures_are_those_of_the_comparisons_counted_one_by_one(trials: Trials, result: dict[str, Any]) -> None:
    chosen = trials.where((trials.set == "read") & (trials.test_length == 4))
    figures = row(result, "read", 4)
    assert figures["eer"][0] == pytest.approx(eer(Tally.of(chosen.cosine, chosen.same)), rel=1e-3)
    missed = [ratio < -math.log(0.0001) for ratio, same in zip(chosen.cosine, chosen.same, strict=True) if same]
    assert figures["fnmr"]["0.0001"][0] == pytest.approx(sum(missed) / len(missed), rel=1e-3)
    assert figures["same"] + figures["different"] == len(chosen)


def test_the_chosen_operating_point_stands_beside_the_fitted_ones_and_is_said_to_be_interpolated(
    result: dict[str, Any],
) -> None:
    assert [(point["rate"], point["fitted"]) for point in result["operating_points"]] == [
        (0.01, True), (0.005, False), (0.001, True), (0.0001, True)
    ]  # fmt: skip
    titles = [title for title, _ in sections(result)]
    assert "FMR in % at operating point 0.005 (interpolated), by length of test" in titles
    assert "FMR in % at operating point 0.01, by length of test" in titles
    assert "interpolated" in dict(sections(result))["Operating points"]


def test_lengths_and_amounts_of_enrollment_that_do_not_occur_are_left_out(result: dict[str, Any]) -> None:
    assert {row["test_length"] for row in result["rows"]} == {None, 2, 4}
    assert {row["enrolled"] for row in result["rows"]} == {None, "12 s or more"}


def test_every_figure_lies_in_its_interval(result: dict[str, Any]) -> None:
    for row in result["rows"]:
        figures = [row[name] for name in ("eer", "min_dcf", "cllr", "min_cllr")]
        figures += [*row["fmr"].values(), *row["fnmr"].values()]
        assert all(low <= value <= high for value, low, high in figures)


def test_sets_of_free_english_are_also_counted_together() -> None:
    names = tuple(groups(some_trials(4, 2, ("digits", "english-read", "librispeech-clean"))))
    assert names == ("digits", "english-read", "librispeech-clean", FREE_ENGLISH, "all")
    assert tuple(groups(some_trials(4, 2, ("digits",)))) == ("digits",)


def test_results_name_the_calibration_that_they_judge(result: dict[str, Any]) -> None:
    other = Calibration(**{**vars(EXPONENTIAL), "offset": 1})
    assert result["calibration"] == digest(EXPONENTIAL) != digest(other)


# Identification


def voices(speakers: NDArray[np.str_], embedding: NDArray[np.float32], seconds: float) -> Voices:
    count = len(speakers)
    return Voices(np.full(count, "read"), speakers, np.full(count, seconds), np.full(count, 0.8 * seconds), embedding)


def some_corpus(count: int = 12, spread: float = 0.6) -> Corpus:
    random = np.random.default_rng(3)
    names = np.array([f"{at:03}" for at in range(count)])
    centres = random.normal(size=(count, 16)).astype(np.float32)
    tests = np.repeat(centres, 3, axis=0) + spread * random.normal(size=(3 * count, 16)).astype(np.float32)
    return Corpus(voices(names, centres, 20), voices(np.repeat(names, 3), tests, 4))


def test_one_stranger_against_many_is_named_as_rarely_as_against_one() -> None:
    random = np.random.default_rng(4)
    ratios = random.exponential(size=(3000, 120))
    lineup = Lineup(np.full(3000, 99.0), ratios, np.arange(3000) % 121)
    for rate in (0.1, 0.05):
        for found in rates_of(lineup, EXPONENTIAL, rate):
            assert found["fpir"][0] == pytest.approx(rate, rel=0.25)
            assert found["top_1"] == [1, 0.999, 1]


def test_identification_of_everybody_is_that_of_counting() -> None:
    corpus = some_corpus()
    (found,) = [found for found in identify(corpus, EXPONENTIAL, 0.4) if found["everybody"]]
    similar = cosines(corpus.tests, corpus.enrollments)
    own = corpus.tests.speaker[:, None] == corpus.enrollments.speaker
    known, alone = (EXPONENTIAL.threshold(1 - 0.6 ** (1 / candidates)) for candidates in (12, 11))
    right = [own[at, line.argmax()] for at, line in enumerate(similar)]
    named = [bool(right[at]) and line[own[at]][0] >= known for at, line in enumerate(similar)]
    fooled = [line[~own[at]].max() >= alone for at, line in enumerate(similar)]
    assert found["gallery"] == 12
    assert found["top_1"][0] == pytest.approx(np.mean(right), abs=1e-4)
    assert found["fnir"][0] == pytest.approx(1 - np.mean(named), abs=1e-4)
    assert found["fpir"][0] == pytest.approx(np.mean(fooled), abs=1e-4)


def test_galleries_larger_than_there_are_strangers_are_left_out() -> None:
    assert [found["gallery"] for found in identify(some_corpus(12), EXPONENTIAL, 0.01)] == [10, 12]
    assert [found["gallery"] for found in identify(some_corpus(8), EXPONENTIAL, 0.01)] == [8]
    assert identify(some_corpus(2), EXPONENTIAL, 0.01) == []


def test_the_longest_enrollment_of_a_speaker_is_the_one_in_the_gallery() -> None:
    corpus = some_corpus(spread=0.0)
    short = voices(corpus.enrollments.speaker, np.roll(corpus.enrollments.embedding, 1, axis=0), 8)
    both = Voices(**{name: np.concatenate([getattr(short, name), column])
                     for name, column in vars(corpus.enrollments).items()})  # fmt: skip
    assert all(found["top_1"][0] == 1 for found in identify(Corpus(both, corpus.tests), EXPONENTIAL, 0.01))


# Another embedder


def test_an_embedder_compared_with_itself_gives_the_same_figures(trials: Trials) -> None:
    assert all(row["ours"] == row["theirs"] for row in compare(trials, trials))
    assert {(row["group"], row["test_length"]) for row in compare(trials, trials)} == {
        (group, length) for group in ("read", "spoken", "all") for length in (2, 4)
    }


def test_sherpa_onnx_goes_through_the_same_comparisons(two_speakers: Path) -> None:
    ours = service_extractor()
    other = peer("sherpa", ours)
    assert other.name != ours.name
    mine, theirs = (from_folder(two_speakers, extractor).trials() for extractor in (ours, other))
    assert mine.tested_sec.tolist() == theirs.tested_sec.tolist()
    assert mine.same.tolist() == theirs.same.tolist()
    assert np.corrcoef(mine.cosine, theirs.cosine)[0, 1] > 0.9
    assert mine.cosine.tolist() != theirs.cosine.tolist()


@pytest.mark.skipif(find_spec("resemblyzer") is not None, reason="Resemblyzer is installed")
def test_a_peer_that_is_not_installed_is_said_to_be_with_the_way_to_install_it() -> None:
    with pytest.raises(UnusableInput, match=r"Resemblyzer is not installed; `.*pip install resemblyzer`"):
        peer("resemblyzer", service_extractor())


# The program


TWO = {SHIPPED.name: ("anna", "david"), HUMAN.name: ("103", "1069")}


@pytest.fixture(scope="module")
def two_speakers(recordings: Recordings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("recordings")
    for speaker in TWO[recordings.name]:
        shutil.copytree(recordings.speech / recordings.readers / speaker, root / speaker)
    return root


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A small table of comparisons."""
    trials = some_trials(8, 2)
    rows = zip(trials.set, trials.enrolled_speaker, trials.test_speaker, 1.25 * trials.enrolled_sec,
               trials.test_length, np.tanh(trials.cosine / 9), trials.same.astype(int), strict=True)  # fmt: skip
    text = "\n".join(",".join(map(str, row)) for row in rows)
    file = tmp_path / "table.csv"
    file.write_text(f"set,enrolled_speaker,test_speaker,enrolled_seconds,test_seconds,cosine,same\n{text}\n")
    return file


def run(*arguments: str | Path) -> None:
    main(["accuracy", *map(str, arguments)])


def test_a_table_is_reported_in_tables_pictures_and_json(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], bundle: Bundle
) -> None:
    run("--trials", table, "--rate", "0.005", "--out", tmp_path / "out")
    printed = capsys.readouterr().out
    results = json.loads((tmp_path / "out" / "results.json").read_text())
    assert {file.name for file in (tmp_path / "out").iterdir()} == {
        "results.json", "det.svg", "scores.svg", "reliability.svg"
    }  # fmt: skip
    assert results["source"] == "table.csv"
    assert results["model"] == bundle.version
    assert results["rate"] == 0.005
    assert "FNMR in % at operating point 0.005 (interpolated), by length of test" in printed
    assert all((tmp_path / "out" / name).read_text().lstrip().startswith("<?xml") for name in ("det.svg", "scores.svg"))


def test_recordings_are_reported_with_identification(
    two_speakers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run("--folder", two_speakers, "--compare", "sherpa", "--out", tmp_path)
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["sets"] == {
        two_speakers.name: {
            "speakers": 2,
            **{key: results["sets"][two_speakers.name][key] for key in ("same", "different")},
        }
    }
    assert results["comparison"]["peer"] == "sherpa"
    assert "Ours and sherpa, by cosine" in capsys.readouterr().out


def test_pictures_show_all_tests_where_none_has_the_usual_length(trials: Trials, tmp_path: Path) -> None:
    files = draw(trials.where(trials.test_length == 2), EXPONENTIAL, 0.001, tmp_path)
    assert [file.name for file in files] == ["det.svg", "scores.svg", "reliability.svg"]
    assert draw(trials.where(trials.same), EXPONENTIAL, 0.001, tmp_path) == []


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--folder", "absent"], "accuracy: absent is not a folder"),
        (["--trials", "absent.csv"], "accuracy: absent.csv cannot be read: No such file or directory"),
        (
            ["--trials", "table.csv", "--compare", "sherpa"],
            "accuracy: another embedder can be compared on rec",
        ),
        (["--model", "absent"], "accuracy: .*absent/manifest.json is missing"),
        (["--model", "silero-vad"], "accuracy: .*silero-vad has no calibration"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(
    arguments: list[str], complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match=complaint) as refusal:
        run(*arguments, "--out", tmp_path / "out")
    assert "\n" not in str(refusal.value.code)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("rate", ["0", "1", "-0.1", "many"])
def test_a_rate_that_is_none_is_refused(
    rate: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refusal:
        run(f"--rate={rate}")
    assert refusal.value.code == 2
    assert "argument --rate: " in capsys.readouterr().err


# The page


@pytest.fixture(scope="module")
def kept() -> dict[str, Any]:
    results: dict[str, Any] = json.loads(page.RESULTS.read_text("utf-8"))
    return results


@pytest.mark.parametrize("file", [page.PAGE, page.TABLES], ids=lambda file: str(file.name))
def test_the_tables_of_the_page_are_those_of_its_results(kept: dict[str, Any], file: Path) -> None:
    text = file.read_text("utf-8")
    assert "<!-- accuracy trials" in text
    assert page.filled(text, kept) == text, "`make accuracy ARGS=--write-docs` brings the page up to date"


def test_the_page_shows_its_picture() -> None:
    assert page.TRADE_OFF.is_file()
    assert f"]({page.TRADE_OFF.name})" in page.PAGE.read_text("utf-8")


@pytest.fixture
def drawn(recordings: Recordings, bundle: Bundle, tmp_path: Path) -> Path:
    """Of people's voices the picture of the page, of synthetic ones one that was just drawn."""
    if recordings == HUMAN:
        return page.TRADE_OFF
    file = tmp_path / "before" / page.TRADE_OFF.name
    file.parent.mkdir()
    draw_trade_off(read_csv(recordings.trials), bundle.required_calibration(), file)
    return file


def test_a_picture_drawn_again_is_the_same_file(
    recordings: Recordings, drawn: Path, bundle: Bundle, tmp_path: Path
) -> None:
    again = tmp_path / drawn.name
    draw_trade_off(read_csv(recordings.trials), bundle.required_calibration(), again)
    assert again.read_text() == drawn.read_text(), "`make accuracy ARGS=--write-docs` draws it"


def test_the_results_of_the_page_are_of_the_calibration_in_force(kept: dict[str, Any], bundle: Bundle) -> None:
    assert set(kept) == {"trials", "speech"}
    for result in kept.values():
        assert result["model"] == bundle.version
        assert bundle.calibration is not None
        assert result["calibration"] == digest(bundle.calibration), "`make accuracy ARGS=--write-docs` measures again"


@dataclass(frozen=True)
class Kept:
    """Results that are kept, the calibration that they judge, and the part of them that is measured again."""

    results: dict[str, Any]
    calibration: Calibration
    group: str
    length: float


@pytest.fixture
def kept_of(recordings: Recordings, kept: dict[str, Any], bundle: Bundle) -> Kept:
    """Of people's voices those of the page, of synthetic ones those beside their table."""
    if recordings == HUMAN:
        assert recordings.trials.name == kept["trials"]["source"]
        return Kept(kept["trials"], bundle.required_calibration(), "digits", 4)
    beside = json.loads(recordings.figures.read_text("utf-8"))
    return Kept(beside["figures"], Calibration.from_json(beside["calibration"]), "digits-8khz", 1.5)


def test_results_follow_from_the_table_that_they_are_of(recordings: Recordings, kept_of: Kept) -> None:
    trials = read_csv(recordings.trials)
    chosen = trials.where((trials.set == kept_of.group) & (trials.test_length == kept_of.length))
    again = measure(chosen, kept_of.calibration, kept_of.results["rate"], quiet=True)
    assert row(again, kept_of.group, kept_of.length) == row(kept_of.results, kept_of.group, kept_of.length)


def test_a_page_out_of_date_is_filled_and_everything_else_left_as_it_is(result: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "accuracy.md"
    file.write_text("before\n<!-- accuracy trials -->\nold\n<!-- /accuracy -->\nafter\n")
    page.write({"trials": result}, file)
    first = file.read_text()
    page.write(json.loads((tmp_path / "accuracy.json").read_text()), file)
    assert file.read_text() == first
    assert first.startswith("before\n<!-- accuracy trials -->\n\n**What was compared**\n")
    assert first.endswith("<!-- /accuracy -->\nafter\n")
    assert "old" not in first


def test_a_page_in_short_has_one_table_at_the_operating_point(result: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "accuracy.md"
    file.write_text("<!-- accuracy trials in short -->\nold\n<!-- /accuracy -->\n")
    page.write({"trials": result}, file)
    written = file.read_text()
    assert written.startswith("<!-- accuracy trials in short -->\n\nTests of 4 s, operating point 0.005:\n\n| kind of")
    assert [line.split()[1] for line in written.splitlines() if line.startswith("| ")][2:] == [*result["sets"], "all"]
    assert "old" not in written


def test_a_page_whose_marker_names_no_result_is_left_alone(result: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "accuracy.md"
    file.write_text("<!-- accuracy nothing -->\n<!-- /accuracy -->\n")
    with pytest.raises(KeyError):
        page.write({"trials": result}, file)
    assert not (tmp_path / "accuracy.json").exists()
