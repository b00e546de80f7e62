"""The fit, on trials whose truth is known, and the command, on tables that it must refuse."""

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from shared.listening.bundle import Bundle
from shared.listening.scoring import Calibration, Row, inverse_duration
from shared.settings import ROOT
from tests.recordings import HUMAN, SHIPPED, Recordings
from tests.tools.test_by_channel import heard_of
from tools.accuracy.heard import Heard
from tools.accuracy.trial_table import read_csv
from tools.accuracy.trials import Trials
from tools.calibrate import command
from tools.calibrate.command import with_rows_of, write
from tools.calibrate.fit import fit
from tools.calibrate.rows import ALONE_TIMES, centred_trials, fit_row, held_out

pytestmark = pytest.mark.slow

SPEAKERS = 60


def _trials(shift: dict[str, float], *, spread: float = 0.1) -> Trials:
    """Gaussian cosines: strangers around a kind's shift, speakers 0.5 above it; all equally long."""
    random = np.random.default_rng(1)
    columns: dict[str, list[np.ndarray[tuple[int, ...], np.dtype[np.generic]]]] = {}
    for kind, mean in shift.items():
        enrolled, tested = (
            axis.ravel() for axis in np.meshgrid(np.arange(SPEAKERS), np.repeat(np.arange(SPEAKERS), 5))
        )
        same = enrolled == tested
        values = {
            "set": np.full(len(same), kind),
            "enrolled_speaker": enrolled.astype(str),
            "test_speaker": tested.astype(str),
            "enrolled_sec": np.full(len(same), 16.0),
            "tested_sec": random.uniform(2, 8, len(same)),
            "test_length": np.full(len(same), 4.0),
            "cosine": random.normal(mean + 0.5 * same, spread),
            "same": same,
        }
        for name, value in values.items():
            columns.setdefault(name, []).append(value)
    return Trials(**{name: np.concatenate(parts) for name, parts in columns.items()})


def test_gaussian_cosines_give_the_ratio_that_theory_gives() -> None:
    calibration = fit(_trials({"free": 0.1}), bootstraps=0)
    for value in (0.1, 0.35, 0.6):  # equal spreads: LLR = (difference / variance) * (cosine - midpoint)
        assert calibration.llr(value, 16, 4) == pytest.approx(50 * (value - 0.35), abs=2.0)


def test_the_threshold_of_one_kind_is_exceeded_at_its_rate() -> None:
    trials = _trials({"free": 0.1})
    calibration = fit(trials, bootstraps=20)
    ratios = calibration.llr(trials.cosine, trials.enrolled_sec, trials.tested_sec)[~trials.same]
    assert np.mean(ratios >= calibration.threshold(0.01)) == pytest.approx(0.01, abs=0.001)
    low, high = calibration.operating_points[0].interval
    assert low < calibration.threshold(0.01) < high


def test_no_kind_exceeds_its_guard() -> None:
    trials = _trials({"free": 0.1, "also free": 0.1, "same words": 0.3})
    calibration = fit(trials, bootstraps=0)
    ratios = calibration.llr(trials.cosine, trials.enrolled_sec, trials.tested_sec)
    worst = ratios[(trials.set == "same words") & ~trials.same]
    assert np.mean(worst >= calibration.threshold(0.001)) <= 0.0101
    assert np.mean(worst >= calibration.threshold(0.01)) <= 0.101


def test_more_alike_never_means_less_evidence_even_if_the_trials_say_so() -> None:
    trials = _trials({"free": 0.1})
    short = trials.tested_sec < 4
    trials.cosine[short & trials.same] = 0.0
    calibration = fit(trials, bootstraps=0)
    assert calibration.llr(0.9, 16, 2) > calibration.llr(0.1, 16, 2)


def test_one_label_only_cannot_be_fitted() -> None:
    trials = _trials({"free": 0.1})
    for label, missing in ((True, "different speakers"), (False, "the same speaker")):
        with pytest.raises(ValueError, match=missing):
            fit(trials.where(trials.same == label))


def test_writing_changes_the_calibration_and_nothing_else(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "models" / "campplus", tmp_path / "b", ignore=shutil.ignore_patterns("*.onnx"))
    before = Bundle.load(tmp_path / "b")
    calibration = fit(_trials({"free": 0.1}), bootstraps=0)
    write(tmp_path / "b" / "manifest.json", calibration)
    after = Bundle.load(tmp_path / "b")
    assert after.calibration == calibration
    assert (after.golden, after.sources, after.files) == (before.golden, before.sources, before.files)
    write(tmp_path / "b" / "manifest.json", before.required_calibration())
    assert (tmp_path / "b" / "manifest.json").read_text() == (
        ROOT / "models" / "campplus" / "manifest.json"
    ).read_text()


HEADER = "set,enrolled_speaker,test_speaker,enrolled_seconds,test_seconds,cosine,same\n"


@pytest.mark.parametrize(
    "content",
    ["", "a,b\n1,2\n", HEADER, HEADER + "s,1,1,8,4,0.7,1\n", HEADER + "s,1,2,8,4,x,0\n"],
    ids=["empty", "other columns", "no rows", "one speaker only", "no number"],
)
def test_a_table_that_teaches_nothing_is_one_line_and_changes_nothing(tmp_path: Path, content: str) -> None:
    manifest = ROOT / "models" / "campplus" / "manifest.json"
    before = manifest.read_bytes()
    (tmp_path / "trials.csv").write_text(content)
    done = _calibrate(tmp_path / "trials.csv")
    assert done.returncode != 0
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert manifest.read_bytes() == before


KINDS = {
    SHIPPED.name: ({"digits-8khz", "reading-16khz"}, 2.0),
    HUMAN.name: ({"digits-8khz", "english-read", "english-wild", "german-acted"}, 0.3),
}
"""Kinds of speech in the report, and what the worst of them keeps below; synthetic digits are meant to be alike."""


def test_the_report_judges_each_kind_by_a_fit_that_has_not_heard_it(recordings: Recordings) -> None:
    done = _calibrate(recordings.trials, "--dry-run")
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    kinds = {row[0]: [float(figure) for figure in row[1:]] for row in rows if len(row) == 5 and "-" in row[0]}
    expected, worst = KINDS[recordings.name]
    assert expected <= set(kinds)
    for least, _, after, unheard in kinds.values():
        assert least <= after <= unheard < worst


def test_the_calibration_kept_is_what_the_command_makes_of_the_trials(recordings: Recordings) -> None:
    """Of people's voices that of the model, of the synthetic ones that beside their table."""
    kept = {
        SHIPPED.name: json.loads(SHIPPED.figures.read_text("utf-8"))["calibration"],
        HUMAN.name: Bundle.load(ROOT / "models" / "campplus").required_calibration().to_json(),
    }
    again = with_rows_of(Calibration.from_json(kept[recordings.name]), fit(read_csv(recordings.trials)))
    assert json.loads(json.dumps(again.to_json())) == json.loads(json.dumps(kept[recordings.name]))


def _calibrate(*arguments: Path | str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools", "calibrate", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def _rows_of(trials: Trials, voices: int = 20) -> Row:
    return fit_row(trials, voices, (0.1, 1.0))


def test_a_row_has_a_threshold_of_its_own_for_every_rate_and_each_is_exceeded_at_it() -> None:
    trials = _trials({"free, wide, wide": 0.1, "digits, wide, wide": 0.12})
    row = _rows_of(trials)
    ratios = row.llr(trials.cosine, inverse_duration(trials.enrolled_sec, trials.tested_sec))[~trials.same]
    rates = [float(np.mean(ratios >= at)) for _, at in row.thresholds]
    assert [rate for rate, _ in row.thresholds] == [0.01, 0.001, 0.0001]
    assert rates[0] == pytest.approx(0.01, abs=0.001)
    assert rates[1] == pytest.approx(0.001, abs=0.0005)
    assert sorted(at for _, at in row.thresholds) == [at for _, at in row.thresholds]


def test_alone_the_thresholds_are_those_of_more_than_the_rate() -> None:
    trials = _trials({"free, wide, wide": 0.1, "digits, wide, wide": 0.12})
    row = _rows_of(trials, voices=0)
    ratios = row.llr(trials.cosine, inverse_duration(trials.enrolled_sec, trials.tested_sec))[~trials.same]
    assert float(np.mean(ratios >= row.threshold(0.01))) == pytest.approx(0.01 * ALONE_TIMES, abs=0.001)
    assert all(
        alone < before for (_, alone), (_, before) in zip(row.thresholds, _rows_of(trials).thresholds, strict=True)
    )


def test_a_row_is_judged_by_one_that_has_not_heard_the_kind_through_any_channel() -> None:
    trials = _trials({"free, wide, wide": 0.1, "free, wide, gsm": 0.1, "digits, wide, wide": 0.4})
    judged = dict(held_out(trials, _rows_of(trials), (0.1, 1.0)))
    assert set(judged) == {"free", "digits"}
    (fmr, _, _), (_, fnmr, _) = judged["digits"][0], judged["free"][1]
    assert fmr > 0.3, "digits are more alike than all that the row has heard"
    assert fnmr > 0.3


def test_a_row_of_a_gallery_that_cannot_be_filled_is_not_fitted() -> None:
    calibration = Bundle.load(ROOT / "models" / "campplus").required_calibration()
    heard = {"wide": heard_of(4)}
    assert centred_trials(heard, calibration, 20, 4) is None
    trials = centred_trials(heard, calibration, 0, 4)
    assert trials is not None
    assert (int(trials.same.sum()), len(trials)) == (4, 16)
    assert trials.sets == ["made-up, wide, wide"]


def test_a_folder_gives_rows_for_the_galleries_that_its_speakers_suffice_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Voices made up in two kinds, so that each is judged by the other."""
    one, other = heard_of(12), heard_of(12, kind="other")
    both = Heard(**{name: np.concatenate([column, vars(other)[name]]) for name, column in vars(one).items()})
    monkeypatch.setattr(command, "hear_through", lambda _, **__: {"wide": both})
    arguments = argparse.ArgumentParser()
    command.add_arguments(arguments)
    command.run(arguments.parse_args([str(SHIPPED.speech), "--dry-run"]))
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    judged = [(line[0], line[1]) for line in lines if line[1:2] in (["made-up"], ["other"])]
    assert judged == [(voices, kind) for voices in ("0", "3", "5", "10") for kind in ("made-up", "other")]
