"""Metrics against counting by hand and against what is known of normal scores."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.special import expit, ndtr, ndtri
from scipy.stats import binomtest, norm

from tools.accuracy.metrics import (
    Resampling,
    Tally,
    cllr,
    eer,
    fmr_at,
    fnmr_at,
    fnmr_at_fmr,
    min_cllr,
    min_dcf,
    percentile_estimate,
    rate_estimate,
    replicates,
    rule_of_three,
)

type Floats = NDArray[np.float64]

SEPARATION = 3.0
"""Between the means of two unit normals; the log-likelihood ratio of x is SEPARATION * x when they lie around 0."""


def tally(same: list[float], different: list[float]) -> Tally:
    return Tally.of(np.array(same + different), np.array([True] * len(same) + [False] * len(different)))


def normal_scores(count: int = 20_000) -> Tally:
    deviates = ndtri((np.arange(count) + 0.5) / count)
    ratios = SEPARATION * np.concatenate([deviates + SEPARATION / 2, deviates - SEPARATION / 2])
    return Tally.of(ratios, np.arange(2 * count) < count)


@pytest.fixture(scope="module")
def normal() -> Tally:
    return normal_scores()


def test_a_comparison_at_the_threshold_is_accepted() -> None:
    scores = tally(same=[1, 2, 2, 3], different=[0, 1, 2, 2])
    assert fmr_at(scores, 2) == 0.5
    assert fnmr_at(scores, 2) == 0.25
    assert fmr_at(scores, 2.1) == 0
    assert fnmr_at(scores, 2.1) == 0.75


def test_rates_run_from_accepting_everybody_to_accepting_nobody() -> None:
    scores = tally(same=[2, 4], different=[1, 2])
    assert scores.score.tolist() == [1, 2, 4]
    assert scores.fmr().tolist() == [1, 0.5, 0, 0]
    assert scores.fnmr().tolist() == [0, 0, 0.5, 1]


@pytest.mark.parametrize(
    ("same", "different", "rate"),
    [
        ([3, 4], [1, 2], 0.0),
        ([1, 2], [3, 4], 1.0),
        ([2, 4, 6, 8], [1, 3, 5, 7], 0.5),
        ([1, 5, 6, 7, 8], [0, 2, 3, 4, 9], 0.2),
        ([5, 5], [5, 5], 0.5),
    ],
)
def test_the_equal_error_rate_is_that_of_counting(same: list[float], different: list[float], rate: float) -> None:
    assert eer(tally(same, different)) == pytest.approx(rate)


def test_the_equal_error_rate_of_normal_scores_is_that_of_their_separation(normal: Tally) -> None:
    assert eer(normal) == pytest.approx(ndtr(-SEPARATION / 2), abs=1e-4)


def test_the_least_detection_cost_is_that_of_counting() -> None:
    # Below 3: nobody missed, 1 of 4 falsely accepted costs 0.99 / 4. From 3 on: 1 of 2 missed costs 0.01 / 2.
    scores = tally(same=[2, 4], different=[0, 1, 1, 2.5])
    assert min_dcf(scores, prior=0.01) == pytest.approx(0.01 / 2 / 0.01)


def test_the_least_detection_cost_of_normal_scores_lies_at_the_odds_of_the_prior(normal: Tally) -> None:
    best = math.log(99) / SEPARATION
    missed, false = ndtr(best - SEPARATION / 2), ndtr(-best - SEPARATION / 2)
    assert min_dcf(normal, prior=0.01) == pytest.approx((0.01 * missed + 0.99 * false) / 0.01, abs=0.99 / 20_000 / 0.01)


def test_no_detection_cost_is_above_that_of_rejecting_everybody() -> None:
    assert min_dcf(tally(same=[0], different=[1])) == 1


def test_missed_at_a_false_match_rate_is_counted_at_the_lowest_threshold_that_keeps_it() -> None:
    scores = tally(same=[1.5, 3, 4, 5], different=[0, 1, 2, 3])
    assert fnmr_at_fmr(scores, 0.25) == 0.25
    assert fnmr_at_fmr(scores, 0.24) == 0.5
    assert fnmr_at_fmr(scores, 1) == 0


def test_ratios_that_say_nothing_cost_one_bit() -> None:
    assert cllr(tally(same=[0, 0], different=[0])) == pytest.approx(1)


def test_the_cost_of_ratios_is_that_of_its_definition() -> None:
    same, different = [2.0, -1.0], [-3.0, 0.5]
    missed = sum(math.log2(1 + math.exp(-ratio)) for ratio in same) / 2
    false = sum(math.log2(1 + math.exp(ratio)) for ratio in different) / 2
    assert cllr(tally(same, different)) == pytest.approx((missed + false) / 2)


def test_the_cost_of_normal_ratios_is_its_integral(normal: Tally) -> None:
    expected, _ = quad(lambda x: norm.pdf(x, SEPARATION / 2) * np.log2(1 + np.exp(-SEPARATION * x)), -10, 15)
    assert cllr(normal) == pytest.approx(expected, abs=1e-4)


def test_true_ratios_leave_nothing_to_recalibrate(normal: Tally) -> None:
    assert min_cllr(normal) == pytest.approx(cllr(normal), abs=2e-3)
    assert min_cllr(normal) <= cllr(normal)


def test_extreme_ratios_cost_a_finite_amount() -> None:
    assert cllr(tally(same=[-1000], different=[-1000])) == pytest.approx(500 / math.log(2))


def test_separable_scores_cost_nothing_after_recalibration() -> None:
    assert min_cllr(tally(same=[2, 3], different=[0, 1])) == 0


def test_recalibration_pools_what_is_in_the_wrong_order() -> None:
    # Scores 1 and 2 are pooled to a posterior of 1/2 of same and different alike: half the weight costs one bit.
    assert min_cllr(tally(same=[1, 3], different=[0, 2])) == pytest.approx(0.5)


scores_of = st.lists(st.integers(-8, 8), min_size=1, max_size=12)


@given(scores_of, scores_of)
def test_discrimination_does_not_depend_on_the_scale_of_scores(same: list[int], different: list[int]) -> None:
    plain = tally([float(score) for score in same], [float(score) for score in different])
    bent = tally([math.exp(score / 4) for score in same], [math.exp(score / 4) for score in different])
    for metric in (eer, min_dcf, min_cllr):
        assert metric(bent) == pytest.approx(metric(plain))


@given(scores_of, scores_of)
def test_recalibration_never_costs_more(same: list[int], different: list[int]) -> None:
    scores = tally([float(score) for score in same], [float(score) for score in different])
    assert min_cllr(scores) <= min(cllr(scores), 1) + 1e-9


@given(scores_of, scores_of, st.integers(2, 4))
def test_weights_are_repetitions(same: list[int], different: list[int], times: int) -> None:
    plain = tally([float(score) for score in same], [float(score) for score in different])
    weighted = Tally(plain.score, times * plain.same, times * plain.different)
    for metric in (eer, min_dcf, cllr, min_cllr):
        assert metric(weighted) == pytest.approx(metric(plain))


def test_no_failure_in_n_trials_leaves_three_in_n() -> None:
    assert rule_of_three(300).high == 0.01
    assert rule_of_three(2).high == 1
    assert binomtest(0, 300).proportion_ci(0.90).high == pytest.approx(rule_of_three(300).high, rel=0.02)


def test_a_rate_of_zero_is_judged_by_the_rule_of_three_and_others_by_the_bootstrap() -> None:
    draws = np.array([0.1, 0.2, 0.3])
    assert rate_estimate(0.0, draws, 100).high == 0.03
    assert rate_estimate(0.2, draws, 100) == percentile_estimate(0.2, draws)


def speakers(count: int, tests: int) -> tuple[NDArray[np.str_], NDArray[np.str_]]:
    """Every speaker enrolled once, against each of the tests of everybody."""
    names = np.array([f"speaker {at}" for at in range(count)])
    return np.repeat(names, count * tests), np.tile(np.repeat(names, tests), count)


def some_scores(count: int, tests: int) -> tuple[Floats, NDArray[np.bool], tuple[NDArray[np.str_], NDArray[np.str_]]]:
    enrolled, tested = speakers(count, tests)
    same = enrolled == tested
    return np.random.default_rng(1).normal(3.0 * same), same, (enrolled, tested)


def test_each_speaker_drawn_once_gives_the_rates_of_plain_counting() -> None:
    scores, same, names = some_scores(12, 3)
    once = Resampling.of(scores, same, names, thresholds=[1.5])._tally(np.ones(12))
    plain = Tally.of(scores, same)
    assert fmr_at(once, 1.5) == fmr_at(plain, 1.5)
    assert fnmr_at(once, 1.5) == fnmr_at(plain, 1.5)
    assert eer(once) == pytest.approx(eer(plain), abs=0.01)


def test_a_speaker_drawn_twice_counts_twice_with_himself_and_with_each_other() -> None:
    scores, same, names = some_scores(3, 1)
    drawn = Resampling.of(scores, same, names)._tally(np.array([2.0, 1.0, 0.0]))
    assert drawn.same.sum() == 3
    assert drawn.different.sum() == 4  # 2 * 1 both ways, nobody with the one who was not drawn


def test_intervals_of_independent_speakers_are_about_those_of_independent_trials() -> None:
    failed = np.arange(100) < 20
    names = np.array([f"speaker {at}" for at in range(100)])
    scores = np.concatenate([np.where(failed, -1.0, 1.0), np.full(100, -2.0)])
    pairs = np.concatenate([names, names]), np.concatenate([names, np.roll(names, 1)])
    resampling = Resampling.of(scores, np.arange(200) < 100, pairs, thresholds=[0.0])
    drawn = replicates(resampling, {"fnmr": lambda tally: fnmr_at(tally, 0.0)}, times=1000)["fnmr"]
    estimate = percentile_estimate(0.2, drawn)
    exact = binomtest(20, 100).proportion_ci(method="wilson")
    assert estimate.low == pytest.approx(exact.low, abs=0.02)
    assert estimate.high == pytest.approx(exact.high, abs=0.02)


def test_a_failing_speaker_widens_the_interval_beyond_that_of_independent_trials() -> None:
    _, same, names = some_scores(10, 20)
    scores = np.where(same & (names[1] != "speaker 0"), 1.0, -1.0)
    drawn = replicates(Resampling.of(scores, same, names, [0.0]), {"fnmr": lambda tally: fnmr_at(tally, 0.0)})["fnmr"]
    estimate = percentile_estimate(0.1, drawn)
    independent = binomtest(20, 200).proportion_ci(method="wilson")
    assert estimate.high - estimate.low > 2 * (independent.high - independent.low)


def test_drawing_speakers_anew_gives_the_same_interval_every_time() -> None:
    resampling = Resampling.of(*some_scores(8, 2))
    first, again = (replicates(resampling, {"eer": eer}, times=20)["eer"] for _ in range(2))
    assert first.tolist() == again.tolist()


def test_draws_without_comparisons_of_one_kind_are_passed_over() -> None:
    drawn = replicates(Resampling.of(*some_scores(2, 1)), {"eer": eer}, times=50)["eer"]
    assert 0 < len(drawn) < 50
    assert np.isfinite(drawn).all()


def test_posteriors_of_the_normal_scores_are_reliable(normal: Tally) -> None:
    told = (normal.score > 0) & (normal.score < 1)
    share = normal.same[told].sum() / (normal.same[told] + normal.different[told]).sum()
    assert share == pytest.approx(expit(0.5), abs=0.02)
