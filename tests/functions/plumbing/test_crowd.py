"""So many requests are in flight and no more; who is refused is told when to come back."""

from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from heapq import heappop, heappush
from statistics import quantiles

import numpy as np
import pytest

from functions.plumbing.crowd import ALWAYS, IN_A_BURST, LONGEST_SEC, STARTING_SEC, Crowd
from functions.plumbing.refusals import Busy, Starting
from shared.errors import SpeakerError


class Ticks:
    """A clock that goes on when somebody works."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def work(self, sec: float) -> str:
        self.now += sec
        return "done"


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


def _refused(crowd: Crowd) -> SpeakerError:
    with pytest.raises(SpeakerError) as refusal, crowd.place():
        raise AssertionError("let in")
    return refusal.value


def _filled(crowd: Crowd, places: int) -> ExitStack:
    inside = ExitStack()
    for _ in range(places):
        inside.enter_context(crowd.place())
    return inside


@pytest.mark.parametrize(("limit", "threads"), [(3, 2), (1, 8), (40, 2)])
def test_so_many_as_the_operator_says_are_let_in_and_whoever_leaves_makes_room(
    ticks: Ticks, limit: int, threads: int
) -> None:
    crowd = Crowd(limit, threads, ticks)
    for _ in range(3):
        with _filled(crowd, limit):
            _refused(crowd)


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_a_burst_is_let_in_once_and_those_who_come_after_it_find_the_places_that_there_always_are(
    ticks: Ticks, threads: int
) -> None:
    crowd = Crowd(0, threads, ticks)
    with _filled(crowd, IN_A_BURST * threads):
        _refused(crowd)
    with _filled(crowd, ALWAYS * threads):
        _refused(crowd)


@pytest.mark.parametrize(
    ("held", "idle_sec", "earned"), [(0, 0, 0), (0, 2.4, 1), (0, 3, 2), (1, 3, 1), (2, 60, 0), (0, 60, 12)]
)
def test_a_thread_that_idles_while_a_request_could_be_served_earns_a_place_until_there_are_those_of_a_burst(
    ticks: Ticks, held: int, idle_sec: float, earned: int
) -> None:
    crowd = Crowd(0, 2, ticks)
    crowd.timed(partial(ticks.work, 2.5))
    _filled(crowd, IN_A_BURST * 2).close()
    with _filled(crowd, held):
        ticks.work(idle_sec)
        with _filled(crowd, 2 * ALWAYS - held + earned):
            _refused(crowd)


def test_a_client_that_sends_a_dozen_waits_for_them_and_thinks_is_never_refused(ticks: Ticks) -> None:
    crowd = Crowd(0, 2, ticks)
    for _ in range(20):
        with _filled(crowd, 12):
            crowd.timed(partial(ticks.work, 1))
        ticks.work(4)


@pytest.mark.parametrize(("share", "refused"), [(0.5, 0.005), (0.7, 0.025)])
def test_callers_who_come_by_chance_are_seldom_refused_while_there_is_time_for_all(
    share: float, refused: float
) -> None:
    assert _visited(share).refused < refused


@pytest.mark.parametrize("share", [0.5, 0.7, 0.8, 0.9, 1, 1.2, 2, 4, 16])
def test_whoever_is_let_in_waits_for_few_others_however_many_come(share: float) -> None:
    assert _visited(share).p99 <= 4


def test_beyond_what_can_be_done_almost_all_of_it_is_done() -> None:
    assert _visited(4).served > 0.97


def test_a_request_that_fails_leaves_as_well(ticks: Ticks) -> None:
    crowd = Crowd(1, 1, ticks)
    for _ in range(2):
        with pytest.raises(ValueError, match="of its own"), crowd.place():
            crowd.timed(partial(int, "of its own"))
    with crowd.place():
        assert isinstance(_refused(crowd), Busy)


def test_before_anything_was_served_the_service_is_starting(ticks: Ticks) -> None:
    crowd = Crowd(1, 1, ticks)
    with crowd.place():
        refusal = _refused(crowd)
    assert isinstance(refusal, Starting)
    assert (refusal.status, refusal.code, refusal.retry_after_sec) == (503, "ServiceUnavailable", STARTING_SEC)


@dataclass(frozen=True)
class Visited:
    """What callers met, in units of the time that one of them takes.

    Attributes:
        refused: the share of them.
        p99: within which 99 of 100 others were served.
        served: in one unit of time, by each thread.
    """

    refused: float
    p99: float
    served: float


def _visited(share: float, callers: int = 20_000, threads: int = 2) -> Visited:
    """Callers who come by chance, ``share`` as many as can be served; each takes one unit of time, or nearly."""
    chance, ticks = np.random.default_rng(1), Ticks()
    crowd = Crowd(0, threads, ticks)
    crowd.timed(partial(ticks.work, 1))
    free, inside, took = [0.0] * threads, list[tuple[float, int, ExitStack]](), list[float]()
    comes = ticks.now + np.cumsum(chance.exponential(1 / (share * threads), callers))
    for number, come in enumerate(comes.tolist()):
        while inside and inside[0][0] <= come:
            ticks.now, _, place = heappop(inside)
            place.close()
        ticks.now = come
        try:
            place = _filled(crowd, 1)
        except SpeakerError:
            continue
        until = max(heappop(free), come) + chance.uniform(0.85, 1.15)
        heappush(free, until)
        heappush(inside, (until, number, place))
        took.append(until - come)
    return Visited(1 - len(took) / callers, quantiles(took, n=100)[-1], len(took) / come / threads)


@pytest.mark.parametrize(
    ("takes_sec", "places", "threads", "wait_sec"), [(3, 4, 2, 6), (3, 1, 2, 2), (0.07, 8, 2, 1), (0, 4, 2, 1)]
)
def test_one_is_told_to_come_back_when_those_inside_are_through(
    ticks: Ticks, takes_sec: float, places: int, threads: int, wait_sec: int
) -> None:
    crowd = Crowd(places, threads, ticks)
    assert crowd.timed(partial(ticks.work, takes_sec)) == "done"
    with _filled(crowd, places):
        refusal = _refused(crowd)
    assert (refusal.status, refusal.code, refusal.retry_after_sec) == (429, "RateLimit", wait_sec)
    assert refusal.told == f"The service is busy with {places} requests. Try again in {wait_sec} seconds."


def test_those_who_are_refused_together_are_told_to_come_back_one_after_the_other(ticks: Ticks) -> None:
    crowd = Crowd(2, 1, ticks)
    crowd.timed(partial(ticks.work, 1))
    with _filled(crowd, 2):
        assert [_refused(crowd).retry_after_sec for _ in range(4)] == [2, 3, 4, 5]
        ticks.work(2)
        assert _refused(crowd).retry_after_sec == 4
        ticks.work(60)
        assert _refused(crowd).retry_after_sec == 2


def test_those_who_come_back_in_the_same_second_are_told_at_which_millisecond(ticks: Ticks) -> None:
    crowd = Crowd(4, 2, ticks)
    crowd.timed(partial(ticks.work, 0.1))
    with _filled(crowd, 4):
        refusals = [_refused(crowd) for _ in range(3)]
    assert [refusal.retry_after_sec for refusal in refusals] == [1, 1, 1]
    assert [refusal.retry_after_ms for refusal in refusals] == pytest.approx([200, 250, 300], abs=1)


@pytest.mark.parametrize(("takes_sec", "longest_sec"), [(1, LONGEST_SEC), (30, 60)])
def test_nobody_waits_long_for_others_who_may_not_come_back(ticks: Ticks, takes_sec: int, longest_sec: int) -> None:
    crowd = Crowd(2, 1, ticks)
    crowd.timed(partial(ticks.work, takes_sec))
    with _filled(crowd, 2):
        assert [_refused(crowd).retry_after_sec for _ in range(30)][-1] == longest_sec


def test_the_time_that_requests_take_follows_what_they_take_now(ticks: Ticks) -> None:
    crowd = Crowd(1, 1, ticks)
    for sec in [1] + 100 * [9]:
        crowd.timed(partial(ticks.work, sec))
    with crowd.place():
        assert _refused(crowd).retry_after_sec == 9
