import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.listening.bundle import Bundle
from shared.scoring import Calibration, OperatingPoint, Verdict, cosine, inverse_duration, rate_of_one
from shared.settings import ROOT

SHIPPED = Bundle.load(ROOT / "models" / "campplus").required_calibration()
LINE = Calibration(
    cosine=20,
    cosine_duration=-4,
    duration=2,
    offset=-10,
    duration_range=(0.2, 1.0),
    operating_points=(
        OperatingPoint(0.01, 1.0, -20.0, (0.9, 1.1)),
        OperatingPoint(0.001, 3.0, -20.0, (2.9, 3.1)),
        OperatingPoint(0.0001, 7.0, -20.0, (6.9, 7.1)),
    ),
    fitted_on={"comparisons": {}},
)


def test_the_cosine_of_vectors_of_any_length() -> None:
    left, right = np.array([3, 0], np.float32), np.array([5, 5], np.float32)
    assert cosine(left, right) == pytest.approx(math.sqrt(0.5))


def test_the_ratio_follows_its_formula() -> None:
    q = 1 / 10 + 1 / 4
    assert LINE.llr(0.6, 10, 4) == pytest.approx(20 * 0.6 - 4 * 0.6 * q + 2 * q - 10)


def test_durations_beyond_the_fit_count_as_the_nearest_that_it_has_seen() -> None:
    assert LINE.llr(0.6, 300, 120) == LINE.llr(0.6, 10, 10)
    assert LINE.llr(0.6, 0.5, 0.5) == LINE.llr(0.6, 2, 2)


@pytest.mark.parametrize(
    ("rate", "llr"),
    [
        (0.01, 1.0),
        (0.001, 3.0),
        (0.0001, 7.0),
        (math.sqrt(1e-5), 2.0),
        (math.sqrt(1e-7), 5.0),
        (0.1, -1.0),
        (1e-5, 11.0),
    ],
)
def test_thresholds_are_linear_in_the_logarithm_of_the_rate(rate: float, llr: float) -> None:
    assert LINE.threshold(rate) == pytest.approx(llr)
    assert LINE.is_fitted(rate) is (rate in (0.01, 0.001, 0.0001))


def test_the_guard_holds_where_it_is_above_the_typical_threshold() -> None:
    points = [
        OperatingPoint(rate, llr, guard, (0, 0)) for rate, llr, guard in ((0.01, 1, 2), (0.001, 3, 4), (1e-4, 5, 4))
    ]
    guarded = Calibration(20, -4, 2, -10, (0.2, 1.0), tuple(points), {})
    assert [guarded.threshold(rate) for rate in (0.01, 0.001, 0.0001)] == pytest.approx([2, 4, 5])
    assert guarded.threshold(1e-5) == pytest.approx(7)


@given(st.floats(-50, 14), st.floats(1e-8, 1))
def test_different_ratios_are_different_scores_in_the_same_order(llr: float, more: float) -> None:
    lower, higher = Verdict(0, llr, 2.5, llr), Verdict(0, llr + more, 2.5, llr)
    assert 0 < lower.score < higher.score < 1


def test_the_operating_point_is_one_half_and_accepts() -> None:
    assert Verdict(0, 2.5, 2.5, 0).score == 0.5
    assert Verdict(0, 2.5, 2.5, 0).accepted
    assert not Verdict(0, 2.4999, 2.5, 0).accepted


def test_no_ratio_that_the_model_can_give_saturates() -> None:
    best, worst = (float(SHIPPED.llr(value, 1e9, 1e9)) for value in (1, -1))
    nearly = float(SHIPPED.llr(1 - 1e-6, 1e9, 1e9))
    threshold = SHIPPED.threshold(0.1)
    assert Verdict(1, nearly, threshold, 0).score < Verdict(1, best, threshold, 0).score < 1
    assert Verdict(-1, worst, SHIPPED.threshold(1e-6), 0).score > 0


@pytest.mark.parametrize("candidates", [1, 2, 50])
def test_so_many_candidates_together_have_the_rate_of_the_request(candidates: int) -> None:
    assert 1 - (1 - rate_of_one(0.001, candidates)) ** candidates == pytest.approx(0.001, rel=1e-9)


def test_more_alike_is_more_evidence_however_little_was_heard() -> None:
    for q in np.linspace(*SHIPPED.duration_range, 20):
        assert SHIPPED.cosine + SHIPPED.cosine_duration * q > 0


def test_a_smaller_rate_never_accepts_more() -> None:
    thresholds = [SHIPPED.threshold(rate) for rate in np.geomspace(0.1, 1e-6, 30)]
    assert thresholds == sorted(thresholds)


def test_a_calibration_survives_its_json() -> None:
    assert Calibration.from_json(LINE.to_json()) == LINE


def test_little_speech_is_a_large_inverse_duration() -> None:
    np.testing.assert_allclose(inverse_duration([20, 4], [4, 1]), [0.3, 1.25])
