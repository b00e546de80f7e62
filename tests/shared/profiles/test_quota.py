import pytest

from shared.errors import QuotaExceeded
from shared.profiles.quota import COUNT_AGAIN_AFTER_SEC, ProfileQuota


class Held:
    """Profiles in a store that counts how often it is asked, and a clock."""

    def __init__(self, held: int = 0) -> None:
        self.held = held
        self.asked = 0
        self.now = 0.0

    def count(self) -> int:
        self.asked += 1
        return self.held

    def clock(self) -> float:
        return self.now


def test_storage_is_counted_once_while_there_is_room() -> None:
    held = Held()
    quota = ProfileQuota(100, held.count, held.clock)
    for _ in range(100):
        quota.take()
    assert held.asked == 1


def test_a_full_service_is_told_with_both_numbers() -> None:
    held = Held(10_000)
    with pytest.raises(QuotaExceeded, match=r"profiles is 10,000\. The service holds 10,000\.") as refusal:
        ProfileQuota(10_000, held.count, held.clock).take()
    assert (refusal.value.status, refusal.value.code) == (403, "Forbidden")


def test_room_that_a_deletion_made_is_seen_at_once() -> None:
    held = Held(2)
    quota = ProfileQuota(2, held.count, held.clock)
    with pytest.raises(QuotaExceeded):
        quota.take()
    held.held = 1
    quota.take()


def test_what_other_instances_created_is_seen_when_the_count_is_old() -> None:
    held = Held()
    quota = ProfileQuota(2, held.count, held.clock)
    quota.take()
    held.held, held.now = 2, COUNT_AGAIN_AFTER_SEC + 1
    with pytest.raises(QuotaExceeded):
        quota.take()
