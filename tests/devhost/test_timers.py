"""NCRONTAB schedules."""

import json
from datetime import UTC, datetime

import pytest

from devhost.errors import SetupError
from devhost.timers import parse_schedule, timer_info


def after(schedule: str, moment: str) -> str:
    return parse_schedule(schedule).after(datetime.fromisoformat(moment).replace(tzinfo=UTC)).strftime("%F %T")


@pytest.mark.parametrize(
    ("schedule", "moment", "expected"),
    [
        ("* * * * * *", "2026-11-22 10:00:00", "2026-11-22 10:00:01"),
        ("* * * * * *", "2026-11-22 10:00:00.500", "2026-11-22 10:00:01"),
        ("*/15 * * * * *", "2026-11-22 10:00:59", "2026-11-22 10:01:00"),
        ("5/20 * * * * *", "2026-11-22 10:00:26", "2026-11-22 10:00:45"),
        ("0 */5 * * * *", "2026-11-22 10:00:00", "2026-11-22 10:05:00"),
        ("*/5 * * * *", "2026-11-22 10:00:00", "2026-11-22 10:05:00"),
        ("0 30 9-11 * * *", "2026-11-22 10:30:00", "2026-11-22 11:30:00"),
        ("0 0 3 * * *", "2026-11-22 03:00:00", "2026-11-23 03:00:00"),
        ("0 0 3 * * *", "2026-12-31 23:59:59", "2027-01-01 03:00:00"),
        ("0 0 0 * * 1-5", "2026-11-20 00:00:00", "2026-11-23 00:00:00"),
        ("0 0 0 * * 0,6", "2026-11-22 00:00:00", "2026-11-28 00:00:00"),
        ("0 0 0 13 * 5", "2026-11-14 00:00:00", "2027-08-13 00:00:00"),
        ("0 0 0 29 2 *", "2028-02-29 00:00:00", "2032-02-29 00:00:00"),
        ("0 0 0 29 2 *", "2096-03-01 00:00:00", "2104-02-29 00:00:00"),
        ("0 59 23 31 12 *", "2026-12-31 23:59:00", "2027-12-31 23:59:00"),
    ],
)
def test_the_next_occurrence(schedule: str, moment: str, expected: str) -> None:
    assert after(schedule, moment) == expected


@pytest.mark.parametrize(
    "schedule",
    [
        "",
        "* * * *",
        "* * * * * * *",
        "60 * * * * *",
        "* * * 0 * *",
        "* * * * * 7",
        "a * * * * *",
        "9-5 * * * * *",
        "*/0 * * * * *",
    ],
)
def test_a_schedule_that_is_not_understood_is_refused(schedule: str) -> None:
    with pytest.raises(SetupError, match="schedule"):
        parse_schedule(schedule)


def test_a_schedule_that_never_occurs_is_refused() -> None:
    with pytest.raises(SetupError, match="never occurs"):
        after("0 0 0 30 2 *", "2026-11-22 00:00:00")


def test_the_trigger_tells_the_last_and_the_next_occurrence() -> None:
    info = json.loads(timer_info(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)))
    assert info["IsPastDue"] is False
    assert info["ScheduleStatus"]["Last"] == "2026-01-01T00:00:00+00:00"
    assert info["ScheduleStatus"]["Next"] == "2026-01-02T00:00:00+00:00"
