"""Bounds are told apart, kept or broken, runs compare, and what the tables say."""

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from unittest.mock import patch

import pytest

from tools.bench import command, soak
from tools.bench.load import Load
from tools.bench.many import Many, rows
from tools.bench.row import Row, lines
from tools.bench.soak import Round, Soak

KEPT = Soak([Round(80, Load(10, [0.07] * 200), Load(10, [0.2] * 195, [0.002] * 50), [0.01] * 9)], 230, 231)
BROKEN = Soak([Round(80, Load(10, [0.07] * 200), Load(10, [0.4] * 100, [0.3] * 50, [500]), [0.2] * 9)], 230, 231)


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where results are written."""
    monkeypatch.setattr(command, "ROOT", tmp_path)
    monkeypatch.setattr(command, "FILE", tmp_path / "out" / "bench.json")
    return tmp_path / "out" / "bench.json"


def _run(*arguments: str, found: Soak = KEPT) -> None:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    with patch.object(soak, "measure", return_value=found):
        command.run(parser.parse_args([*arguments, "--seconds", "1"]))


def test_whoever_is_served_beyond_capacity_is_compared_with_the_pace_of_the_same_round() -> None:
    fast, slow = (Round(80, Load(10, [sec] * 20), Load(50, [3 * sec] * 95), [0.01] * 9) for sec in (0.07, 0.14))
    found = {row.name: row for row in Soak([fast, slow], 230, 231).rows()}
    assert found["p99 of what is served"].value == pytest.approx(3)
    assert found["capacity"].value == 2
    assert found["goodput beyond capacity"].value == 95


def test_bounds_that_are_kept_let_the_command_end_well(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    _run("soak")
    said = capsys.readouterr().out
    assert "80 callers" in said
    assert "BROKEN" not in said
    written = json.loads(file.read_text())
    assert written["figures"]["capacity"] == 20
    assert {"processor", "load before, after", "GFLOP/s before, after", "onnxruntime"} <= written["machine"].keys()
    assert written["broken"] == []


def test_bounds_that_are_broken_fail_the_command_and_are_named(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    with pytest.raises(SystemExit, match=r"a bound is broken: goodput beyond capacity, p99 of what is served"):
        _run("soak", found=BROKEN)
    assert capsys.readouterr().out.count("BROKEN") == 5
    assert len(json.loads(file.read_text())["broken"]) == 5


def test_a_run_is_shown_beside_an_earlier_one(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    earlier = tmp_path / "earlier.json"
    earlier.write_text(json.dumps({"figures": {"capacity": 16.0}}))
    _run("soak", "--compare", str(earlier))
    [capacity] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("capacity")]
    assert capacity.endswith("20.0 /s   +25 % of 16")


def test_a_part_that_there_is_not_is_named_with_those_that_there_are() -> None:
    with pytest.raises(SystemExit, match=r"no part is called heat; there are embedding, formats"):
        _run("heat")


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        (Row("a", 0.123456, "s", most=0.2), "0.123 s   at most 0.2"),
        (Row("a", 123.456, "ms", "b", least=200), "123 ms   at least 200: BROKEN, b"),
        (Row("a", 0, most=0), "0   at most 0"),
        (Row("a", 5.0), "5.00"),
    ],
)
def test_a_figure_is_shown_with_three_digits_and_its_bound(row: Row, shown: str) -> None:
    [line] = lines([row], {})
    assert " ".join(line.split()) == " ".join(f"a {shown}".split())


def _of(found: Iterable[Row]) -> dict[str, Row]:
    return {row.name: row for row in found}


def test_a_table_of_many_profiles_names_every_slice() -> None:
    slices = _of(rows(Many(100, 1.0, 2.0, 0.5, [60.0, 7.4], 122.0)))["upkeep of 100 profiles, the longest slice"]
    assert (slices.value, slices.beside, slices.kept) == (60.0, "all: 60, 7", True)
