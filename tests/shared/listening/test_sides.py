"""What leaks from other channels is left out of a channel."""

import numpy as np

from shared.listening.containers import SAMPLE_RATE
from shared.listening.sides import without_leak

HISS = np.random.default_rng(1).normal(0, 0.1, (3, 4 * SAMPLE_RATE)).astype(np.float32)
"""Four seconds of each of three people."""


def test_a_channel_is_silent_where_any_other_is_much_louder() -> None:
    said = HISS * np.repeat(np.eye(3, 4), SAMPLE_RATE, axis=1).astype(np.float32)  # one after the other, then nobody
    leaking = (said + 0.1 * said.sum(axis=0)).astype(np.float32)
    for number, own in enumerate(leaking):
        kept = without_leak(own, *np.delete(leaking, number, axis=0))
        loud = [float(np.abs(kept[at * SAMPLE_RATE + 4_000 : (at + 1) * SAMPLE_RATE - 4_000]).sum()) for at in range(4)]
        assert [each > 0 for each in loud] == [at == number for at in range(4)]


def test_people_who_talk_at_once_are_all_kept() -> None:
    np.testing.assert_array_equal(without_leak(HISS[0], HISS[1] / 2 * 1.2, HISS[2]), HISS[0])


def test_a_channel_beside_which_there_is_none_stays_as_it_is() -> None:
    np.testing.assert_array_equal(without_leak(HISS[0]), HISS[0])
