import pytest

from functions.plumbing.rate import RateLimit
from shared.errors import RateLimited


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_no_limit_admits_everything() -> None:
    limit = RateLimit(0, Clock())
    for _ in range(1000):
        limit.admit()


def test_calls_over_the_rate_are_told_when_to_come_again() -> None:
    clock = Clock()
    limit = RateLimit(2, clock)
    limit.admit()
    limit.admit()
    with pytest.raises(RateLimited, match="Try again in 1 seconds") as refusal:
        limit.admit()
    clock.now += refusal.value.retry_after_sec or 0
    limit.admit()


def test_a_rate_below_one_a_second_still_admits() -> None:
    clock = Clock()
    limit = RateLimit(0.1, clock)
    limit.admit()
    with pytest.raises(RateLimited, match="Try again in 10 seconds"):
        limit.admit()
    clock.now += 10
    limit.admit()


def test_what_was_not_used_is_not_saved_up() -> None:
    clock = Clock()
    limit = RateLimit(1, clock)
    clock.now += 3600
    limit.admit()
    with pytest.raises(RateLimited):
        limit.admit()
