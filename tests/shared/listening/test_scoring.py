import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.listening.bundle import Bundle
from shared.listening.scoring import (
    Calibration,
    Comparison,
    Conditions,
    OperatingPoint,
    Row,
    Verdict,
    cosine,
    inverse_duration,
    rate_of_one,
)
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


CENTRED = replace(
    LINE,
    rows=(
        Row(0, 20, 0, 0, -14, ((0.01, 1.0), (0.001, 2.0))),
        Row(3, 10, 0, 0, -5, ((0.01, 0.5), (0.001, 1.5))),
        Row(20, 10, 0, 0, -4, ((0.01, 0.25), (0.001, 1.25))),
    ),
)


@pytest.mark.parametrize(
    ("voices", "llr", "threshold"),
    [(0, 4.0, 2.0), (2, 4.0, 2.0), (3, 2.0, 1.5), (19, 2.0, 1.5), (50, 3.0, 1.25)],
)
def test_the_constants_are_those_of_the_row_for_so_many_voices(voices: int, llr: float, threshold: float) -> None:
    verdict = CENTRED.decide(Comparison(0.9, 0.7, voices), 20, 4, 0.001)
    assert verdict.llr == pytest.approx(llr)
    assert (verdict.threshold, verdict.voices) == (threshold, voices)
    assert verdict.raw_llr == pytest.approx(float(CENTRED.llr(0.9, 20, 4)))


def test_nobody_is_accepted_whose_cosine_would_not_do_for_typical_speech() -> None:
    raw = float(CENTRED.llr(0.5, 20, 4))
    verdict = CENTRED.decide(Comparison(0.5, 0.9, 20), 20, 4, 0.001)
    assert raw < CENTRED.typical(0.001)
    assert verdict.above_threshold == pytest.approx(raw - CENTRED.typical(0.001))
    assert not verdict.accepted


def test_without_rows_the_cosine_is_taken_as_it_is() -> None:
    verdict = LINE.decide(Comparison(0.6, 0.1, 50), 10, 4, 0.001)
    assert (verdict.llr, verdict.threshold, verdict.voices) == (verdict.raw_llr, 3.0, 0)


def test_rows_are_written_and_read_again() -> None:
    assert Calibration.from_json(json.loads(json.dumps(CENTRED.to_json()))) == CENTRED


def _among(similarity: float, candidates: int) -> Verdict:
    return CENTRED.decide(Comparison(0.9, similarity, 20), 20, 4, 0.001, candidates)


def test_a_threshold_rises_with_the_candidates_and_that_of_one_is_kept() -> None:
    assert _among(0.7, 1).threshold == _among(0.7, 1).alone == _among(0.7, 50).alone == 1.25
    assert _among(0.7, 50).threshold == pytest.approx(1.25 + math.log10(50), abs=0.01)


@pytest.mark.parametrize(
    ("best", "second", "in_force"),
    [(2.0, -3.0, 1.25), (2.0, 0.0, 1.7), (2.0, 1.0, None), (2.0, 2.0, None), (1.2, -3.0, None), (3.0, 2.9, None)],
    ids=["far ahead", "ahead enough", "not ahead enough", "level", "below the threshold of one", "above that of all"],
)
def test_the_best_may_be_named_by_its_lead(best: float, second: float, in_force: float | None) -> None:
    first, other = (replace(_among(0.7, 50), llr=llr) for llr in (best, second))
    verdict = first.ahead_of(other)
    assert verdict.threshold == pytest.approx(in_force or first.threshold, abs=0.01)
    assert verdict.accepted is (in_force is not None or best > first.threshold)


@pytest.mark.parametrize("candidates", [100, 1_000, 100_000, 1_000_000])
def test_strangers_are_named_no_oftener_the_more_candidates_there_are(candidates: int) -> None:
    rate, cases, random = 0.01, 20_000, np.random.default_rng(4)
    one = CENTRED.decide(Comparison(0.9, 0.7, 20), 20, 4, rate, candidates)
    slope = CENTRED.decide(Comparison(0.9, 0.7, 20), 20, 4, rate, 10).threshold - one.alone
    arrivals = random.exponential(size=(cases, 2)).cumsum(axis=1)  # of the best two of so many exponential ratios
    ratios = one.alone + slope * (np.log10(candidates * rate) - np.log10(arrivals))
    bests = (replace(one, llr=best).ahead_of(replace(one, llr=second)) for best, second in ratios.tolist())
    named = sum(best.accepted for best in bests)
    assert rate * cases < named < 1.6 * rate * cases, "by the threshold, or by the lead"


WARY = replace(CENTRED, narrowed=0.7, noisy=1.2)


@pytest.mark.parametrize(
    ("conditions", "allowed"),
    [
        (Conditions(), 0),
        (Conditions(narrowed=True), 0.7),
        (Conditions(snr_db=30), 0),
        (Conditions(snr_db=22), 0),
        (Conditions(snr_db=19.5), 0.6),
        (Conditions(snr_db=17), 1.2),
        (Conditions(snr_db=-5), 1.2),
        (Conditions(narrowed=True, snr_db=15), 1.9),
    ],
)
def test_a_voice_that_is_narrowed_or_noisy_is_expected_to_be_less_like_itself(
    conditions: Conditions, allowed: float
) -> None:
    for voices in (0, 3, 20):
        seen = Comparison(0.9, 0.7, voices)
        plain, told = (WARY.decide(each, 20, 4, 0.001) for each in (seen, replace(seen, conditions=conditions)))
        assert plain == CENTRED.decide(seen, 20, 4, 0.001)
        assert told.llr == pytest.approx(plain.llr + allowed)
        assert (told.threshold, told.raw_llr) == (plain.threshold, plain.raw_llr)


@pytest.mark.parametrize("conditions", [Conditions(narrowed=True), Conditions(snr_db=10)])
def test_neither_lifts_anybody_over_the_floor(conditions: Conditions) -> None:
    assert not WARY.decide(Comparison(0.5, 0.9, 20, conditions), 20, 4, 0.001).accepted
