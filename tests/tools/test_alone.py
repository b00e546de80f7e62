"""Accuracy is judged by what holds where there are no other voices."""

from dataclasses import replace

import numpy as np

from shared.listening.bundle import Bundle
from shared.listening.scoring import Comparison
from shared.settings import ROOT
from tools.accuracy.alone import alone

SHIPPED = Bundle.load(ROOT / "models" / "campplus").required_calibration()


def test_the_row_for_no_other_voices_holds_and_the_floor_changes_nothing() -> None:
    judged = alone(SHIPPED)
    assert judged.rows == ()
    for rate in (0.01, 0.001, 0.0001, 2e-5):
        for tested in (1, 2, 4, 20):
            for value in np.linspace(0.2, 0.99, 80):
                verdict = SHIPPED.decide(Comparison(float(value), 0, 0), 16, tested, rate)
                accepted = float(judged.llr(value, 16, tested)) >= judged.threshold(rate)
                assert verdict.accepted == accepted


def test_a_calibration_without_a_row_for_that_is_what_it_was() -> None:
    plain = replace(SHIPPED, rows=())
    assert alone(plain) == plain
    assert alone(replace(SHIPPED, rows=SHIPPED.rows[1:])) == plain
