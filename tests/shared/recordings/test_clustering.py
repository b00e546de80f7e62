"""Runs are grouped by voice."""

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.recordings import clustering
from shared.recordings.clustering import Bounds, group

DIMENSION = 32


def voices(count: int, runs: int, spread: float = 0.1) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """So many runs of each of so many voices that have nothing in common, in turn; and whose each is."""
    random = np.random.default_rng(1)
    whose = np.tile(np.arange(count), runs)
    near = np.eye(DIMENSION)[whose] + spread * random.standard_normal((len(whose), DIMENSION))
    return (near / np.linalg.norm(near, axis=1, keepdims=True)).astype(np.float32), whose


def same_partition(one: NDArray[np.intp], other: NDArray[np.intp]) -> bool:
    """Whether two labellings mean the same groups."""
    return (
        len(set(zip(one.tolist(), other.tolist(), strict=True))) == len(set(one.tolist())) == len(set(other.tolist()))
    )


@pytest.mark.parametrize("count", [1, 2, 6, 30])
def test_voices_are_told_apart_however_many_there_are(count: int) -> None:
    embeddings, whose = voices(count, 5)
    groups = group(embeddings, np.full(len(whose), 3.0))
    assert same_partition(groups.of, whose)
    np.testing.assert_allclose(np.linalg.norm(groups.centres, axis=1), 1, rtol=1e-6)


def test_a_short_run_goes_to_the_voice_that_it_is_most_like_and_makes_none() -> None:
    embeddings, whose = voices(2, 5)
    seconds = np.full(len(whose), 3.0)
    seconds[0] = 0.4
    assert same_partition(group(embeddings, seconds).of, whose)


def test_one_run_is_one_voice() -> None:
    embeddings, _ = voices(1, 1)
    assert group(embeddings, np.array([0.5])).of.tolist() == [0]


def test_who_says_too_little_is_taken_for_somebody_else() -> None:
    embeddings, whose = voices(3, 4)
    seconds = np.where(whose == 2, 0.3, 3.0)
    seconds[2] = 1.2  # the only long run of the third voice
    groups = group(embeddings, seconds)
    assert len(groups.centres) == 2
    assert len(group(embeddings, seconds, Bounds(least=3)).centres) == 3


@pytest.mark.parametrize(("bounds", "expected"), [(Bounds(most=2), 2), (Bounds(least=5), 5), (Bounds(3, 3), 3)])
def test_the_number_of_speakers_is_kept_within_bounds(bounds: Bounds, expected: int) -> None:
    embeddings, whose = voices(4, 5)
    assert len(group(embeddings, np.full(len(whose), 3.0), bounds).centres) == expected


def test_only_the_longest_runs_are_grouped_and_the_others_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clustering, "MOST", 6)
    embeddings, whose = voices(3, 10)
    seconds = np.where(np.arange(30) < 6, 5.0, 3.0)
    assert same_partition(group(embeddings, seconds).of, whose)
