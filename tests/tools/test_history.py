"""Figures of commits: where they come from, how they are kept, and what page and picture say of them."""

import json
import os
import subprocess
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import replace
from http.client import HTTPResponse
from itertools import count
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import cast
from unittest.mock import patch

import pytest
import requests

from devhost.stack import Host
from shared.observing.line import line_of
from shared.observing.trace import TOTAL, Decision, Span, Trace
from shared.settings import ROOT
from tools.bench import history, load, mixed, progress, soak, stages
from tools.bench.kept import HEAD, NOTHING, Entry, keep, read, tables
from tools.bench.load import Load, pushed
from tools.bench.mixed import Mixed
from tools.bench.stages import CALLERS, OUTSIDE, REST, Verifying, logged
from tools.verbs import main

MACHINE = {"processor": "one", "cores": "2"}
VERIFYING = Verifying(70.0, dict(zip((*stages.STAGES.values(), REST, OUTSIDE), (55, 4, 2, 0.1, 6, 3), strict=True)),
                      dict.fromkeys(CALLERS, 20.123456))  # fmt: skip
SOAK = soak.Soak([soak.Round(80, Load(10, [0.07] * 200), Load(10, [0.2] * 195, [0.002] * 50), [0.01] * 9)], 230, 231)
FIGURES = {row.name: row.value for row in (*VERIFYING.rows(), *SOAK.rows())}
ENTRY = Entry("aaaaaaa", "2026-11-25T10:00:00+00:00", "2026-11-26T08:00:00+00:00", MACHINE, 0.1, FIGURES)
FASTER = {name: 0.9 * value for name, value in FIGURES.items()}
LATER = replace(ENTRY, commit="bbbbbbb", date="2026-11-26T07:00:00+00:00", figures=FASTER)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two commits of an app with a model, whose weights are another version's now; of another they are the same."""
    root = tmp_path / "repository"
    (root / "docs").mkdir(parents=True)
    (root / "docs" / "performance.json").write_text("[]")
    (root / "tools").mkdir()
    (root / "tools" / "__main__.py").write_text("import pathlib, sys; pathlib.Path('built').write_text(sys.argv[1])")
    _git(root, "init", "--quiet")
    for app, other in (("old", 1), ("new", 2)):
        (root / "app").write_text(app)
        for model, version in (("same", 0), ("other", other)):
            (root / "models" / model).mkdir(parents=True, exist_ok=True)
            (root / "models" / model / "manifest.json").write_text(json.dumps({"files": {"model.onnx": version}}))
        _git(root, "add", ".")
        _git(root, "commit", "--quiet", "--message", app)
    for model in ("same", "other"):
        (root / "models" / model / "model.onnx").write_text("weights")
    monkeypatch.setattr(history, "ROOT", root)
    monkeypatch.setattr(history, "MODELS", root / "models")
    monkeypatch.setattr(history, "CACHE", root / ".cache")
    return root


def _git(root: Path, *arguments: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@b.example"]
    subprocess.run(["git", *who, *arguments], cwd=root, check=True)


def test_a_commit_has_its_own_files_and_those_weights_that_it_wants(repository: Path) -> None:
    with history.checkout("HEAD~1") as folder:
        assert (folder / "app").read_text() == "old"
        assert (folder / "models" / "same" / "model.onnx").read_text() == "weights"
        assert not (folder / "models" / "other" / "model.onnx").exists()
        assert (folder / "built").read_text() == "bundle"
    assert not folder.exists()
    with history.checkout("HEAD") as folder:
        assert ((folder / "app").read_text(), (folder / "models" / "other" / "model.onnx").exists()) == ("new", True)


def test_a_commit_that_git_does_not_know_is_no_traceback(repository: Path) -> None:
    with pytest.raises(SystemExit, match="history: Command"):
        main(["history", "nothing"])


def test_commits_are_measured_where_they_are_and_kept_in_the_order_of_git(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apps: list[str] = []

    def measure(folder: Path) -> Verifying:
        apps.append((folder / "app").read_text())
        return VERIFYING

    monkeypatch.setattr(history, "FILE", repository / "docs" / "performance.json")
    monkeypatch.setattr(history, "PICTURE", tmp_path / "drawn.svg")
    with patch.object(stages, "measure", measure), patch.object(soak, "measure", return_value=SOAK) as push:
        main(["history", "HEAD", "HEAD~1", "HEAD"])
    assert apps == ["new", "old", "new"]
    assert push.call_args.args[0] == history.OVERLOAD_SEC
    entries = read(repository / "docs" / "performance.json")
    assert len(entries) == 2
    assert entries[0].date <= entries[1].date
    assert entries[0].figures["verifications a second, 2 callers"] == 20.12
    assert "service" not in entries[0].machine
    assert (tmp_path / "drawn.svg").read_text().startswith("<?xml")
    assert (repository / "docs" / "performance.md").read_text() == (ROOT / "docs" / "performance.md").read_text()


def test_a_commit_that_is_measured_again_on_a_machine_replaces_what_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "kept.json"
    file.write_text("[]")
    elsewhere = replace(ENTRY, machine={"processor": "two", "cores": "8"})
    again = replace(ENTRY, others_cores=0.0)
    for entry in (LATER, ENTRY, elsewhere, again):
        keep(entry, file)
    assert read(file) == [again, LATER, elsewhere]


def _cells(*entries: Entry) -> list[dict[str, str]]:
    return [dict(zip(HEAD, row, strict=True)) for _, rows in tables(entries) for row in rows]


def test_a_row_says_how_far_it_is_from_the_one_before() -> None:
    first, second = _cells(ENTRY, LATER)
    assert (first["commit"], first["date"], first["verify of 5 s, ms"]) == ("aaaaaaa", "2026-11-25", "70.0")
    assert (second["verify of 5 s, ms"], second["p99 served beyond, ms"]) == ("63.0 (-10 %)", "180 (-10 %)")


def test_rows_of_two_machines_are_not_compared() -> None:
    elsewhere = replace(LATER, machine={"processor": "two", "cores": "8"})
    assert [place for place, _ in tables([ENTRY, elsewhere])] == ["one, 2 cores", "two, 8 cores"]
    assert _cells(ENTRY, elsewhere)[1]["verify of 5 s, ms"] == "63.0"


@pytest.mark.parametrize("busy", [{0}, {1}, {0, 1}])
def test_what_was_measured_beside_others_has_a_star_and_is_not_compared(busy: set[int]) -> None:
    entries = [replace(each, others_cores=1.5 * (at in busy)) for at, each in enumerate((ENTRY, LATER))]
    rows = _cells(*entries)
    assert {at for at, row in enumerate(rows) if row["commit"].endswith("*") and row["others, cores"] == "1.5"} == busy
    assert rows[1]["verify of 5 s, ms"] == "63.0"


def test_a_commit_that_refused_nobody_has_no_figure_for_it_and_is_drawn_without(tmp_path: Path) -> None:
    without = replace(LATER, figures={name: value for name, value in FASTER.items() if "refused" not in name})
    assert _cells(ENTRY, without)[1]["p99 refused beyond, ms"] == NOTHING
    progress.draw([ENTRY, without], tmp_path / "drawn.svg")
    drawn = (tmp_path / "drawn.svg").read_text()
    assert ("aaaaaaa, refused" in drawn, "bbbbbbb, served" in drawn, "bbbbbbb, refused" in drawn) == (True, True, False)


def test_the_picture_is_that_of_the_figures(tmp_path: Path) -> None:
    progress.draw(read(), tmp_path / progress.FILE.name)
    assert (tmp_path / progress.FILE.name).read_bytes() == progress.FILE.read_bytes(), "`make history` draws it"


def test_a_picture_of_nothing_is_not_drawn(tmp_path: Path) -> None:
    progress.draw([], tmp_path / "drawn.svg")
    assert list(tmp_path.iterdir()) == []


def test_stages_are_read_off_the_lines_of_verifications_in_the_log() -> None:
    spans = {"embed": 0.05, "detect": 0.004, "storage": 0.002, TOTAL: 0.06}
    trace = Trace("VerifyProfile", spans=[Span(name, 0, seconds) for name, seconds in spans.items()])
    trace.decision = Decision(accepted=True, score=0.9, model_version="1")
    other = Trace("GetProfile", spans=[Span(TOTAL, 0, 0.001)])
    [line] = logged(["Listening on http", f"12:00:00 INFO speaker: {line_of(trace)}\n", f"INFO {line_of(other)}\n"])
    assert stages.stages([line], 63.0) == pytest.approx(
        {"embedding": 50, "speech detection": 4, "storage": 2, "decoding": 0, REST: 4, OUTSIDE: 3}
    )


def test_callers_come_back_when_they_are_told_to_and_what_is_answered_late_is_left_out() -> None:
    ticks, slept = count(), list[float]()
    answers = iter(
        [
            _answer(200),
            _answer(429, {"retry-after": "2", "retry-after-ms": "1250"}),
            _answer(429),
            _answer(503),
            _answer(200),
        ]
    )
    with patch.object(load, "time") as clock:
        clock.perf_counter, clock.sleep = lambda: next(ticks), slept.append
        found = pushed(
            Host("http://127.0.0.1:1", cast("subprocess.Popen[str]", None)),
            lambda _: next(answers),
            callers=1,
            seconds=10,
        )
    assert found == Load(10, served_sec=[1], refused_sec=[1, 1], others=[503])
    assert (slept, found.goodput) == ([1.25, 1], 0.1)


def _answer(status: int, headers: Mapping[str, str] = MappingProxyType({})) -> HTTPResponse:
    return cast("HTTPResponse", SimpleNamespace(status=status, headers=headers))


@pytest.mark.slow
def test_a_verification_is_measured_by_stage_on_the_real_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "CALLERS", (1,))
    monkeypatch.setattr(stages, "EACH_SEC", 5)
    figures = {row.name: row.value for row in stages.measure().rows()}
    assert min(figures["verify of 5 s, embedding"], figures["verify of 5 s, storage"]) > 0
    assert figures["verifications a second, 1 caller"] > 0
    parts = sum(ms for name, ms in figures.items() if name.startswith("verify of 5 s") and name != stages.ALL)
    assert parts == pytest.approx(figures[stages.ALL])


@pytest.mark.slow
def test_everything_that_the_service_does_is_done_under_mixed_work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(mixed, "CALLERS", 1)
    found = mixed.measure(1)
    assert found.rounds >= 1
    assert capsys.readouterr().out == f"minute  1   {found.memory_mib[0]:.0f} MiB\n"


def test_memory_that_grows_after_everything_is_loaded_breaks_the_bound() -> None:
    growth, largest = Mixed(10, [200, 300, 400, 410, 405]).rows()
    assert growth.value == pytest.approx(1.25)
    assert (growth.kept, largest.value) == (True, 410)
    assert growth.beside == "400 MiB, 405 after 5 minutes, 10 rounds"
    assert not next(Mixed(10, [200, 300, 400, 410, 420]).rows()).kept


def test_mixed_work_that_is_refused_ends_the_run() -> None:
    failed = Future[int]()
    failed.set_exception(requests.HTTPError("400"))
    here = Host("http://127.0.0.1:1", cast("subprocess.Popen[str]", SimpleNamespace(pid=os.getpid())))
    assert len(list(mixed._minutes(here, [failed], 6_000))) == 1
