"""Bounds of the soak are told apart: kept or broken; and what the tables say."""

from argparse import Namespace
from unittest.mock import patch

import pytest

from tools.bench import command, soak
from tools.bench.many import Many, rows
from tools.bench.soak import Load, Soak

KEPT = Soak(Load(10, [0.07] * 200), Load(10, [0.2] * 195, [0.002] * 50), 80, [0.01] * 9, 230, 231)
BROKEN = Soak(Load(10, [0.07] * 200), Load(10, [0.4] * 100, [0.3] * 50, [500]), 80, [0.2] * 9, 230, 231)


def _run(found: Soak) -> None:
    with patch.object(soak, "measure", return_value=found):
        command.run(Namespace(soak=1.0, many=False, formats=False, embedding=False))


def test_bounds_that_are_kept_let_the_command_end_well(capsys: pytest.CaptureFixture[str]) -> None:
    _run(KEPT)
    said = capsys.readouterr().out
    assert "goodput of 80 callers" in said
    assert "BROKEN" not in said


def test_bounds_that_are_broken_fail_the_command_and_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="a bound is broken"):
        _run(BROKEN)
    assert capsys.readouterr().out.count("BROKEN") == 5


def test_a_table_of_many_profiles_names_every_slice() -> None:
    table = list(rows(Many(100, 1.0, 2.0, 0.5, [60.0, 7.4], 122.0)))
    assert ("upkeep of 100 profiles, each slice", "60, 7 s", "at most 60") in table
