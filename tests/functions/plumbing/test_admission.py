import pytest

from functions.contract.refusals import AccessDenied, RateLimited, Unauthorized
from functions.plumbing.admission import RateLimit, check_key


@pytest.mark.parametrize("key", ["first", "second"])
def test_each_configured_key_is_admitted(key: str) -> None:
    check_key(key, ["first", "second"])


@pytest.mark.parametrize("key", [None, ""])
def test_a_missing_key_is_asked_for(key: str | None) -> None:
    with pytest.raises(Unauthorized, match="Make sure subscription key is included") as refusal:
        check_key(key, ["first"])
    assert (refusal.value.status, refusal.value.code) == (401, "Unauthorized")


@pytest.mark.parametrize("key", ["firs", "first ", "FIRST", "first,second", "ключ", "\udcff"])
def test_a_wrong_key_is_denied(key: str) -> None:
    with pytest.raises(AccessDenied, match="Access denied due to invalid subscription key") as refusal:
        check_key(key, ["first", "second"])
    assert (refusal.value.status, refusal.value.code) == (401, "401")


def test_without_configured_keys_nobody_is_admitted() -> None:
    with pytest.raises(AccessDenied):
        check_key("anything", [])


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
