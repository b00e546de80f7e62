"""What is noted belongs to the request that is being served. Lines as they are written: tests/privacy."""

import uuid

import pytest

from shared.observing.trace import Trace, current, tracing, waiting_for


@pytest.mark.parametrize("given", [None, "", "two words", "x" * 65, 'a"b', "line\nbreak", "é"])
def test_a_request_without_a_name_or_with_an_odd_one_is_given_one(given: str | None) -> None:
    with tracing("Verify", given) as trace:
        assert str(uuid.UUID(trace.correlation_id)) == trace.correlation_id


def test_facts_belong_to_the_request_that_is_being_served() -> None:
    current().error = "lost"
    with tracing("Verify", "one") as trace:
        assert current() is trace
        assert current().error is None
    assert current() is not trace


def test_a_stage_within_itself_counts_once() -> None:
    trace = Trace("Verify")
    with trace.timed("storage"):
        with trace.timed("storage"):
            pass
        assert trace.seconds == {}
    assert set(trace.seconds) == {"storage"}


def test_waiting_for_items_is_a_stage_and_what_is_done_with_them_is_not() -> None:
    with tracing("Verify", None) as trace:
        for item in waiting_for("storage", [1, 2]):
            with trace.timed("other"):
                assert not trace._within["storage"]
                assert item
    assert set(trace.seconds) == {"storage", "other", "total"}
