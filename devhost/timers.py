"""Timer triggers: NCRONTAB schedules in UTC."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import product

from devhost.errors import SetupError

_FIELDS = (range(60), range(60), range(24), range(1, 32), range(1, 13), range(7))
_ITEM = re.compile(r"(?:\*|(\d+)(?:-(\d+))?)(?:/([1-9]\d*))?")
_HORIZON_DAYS = 366 * 8  # 29 February can be eight years away
_LONGEST_NAP = timedelta(seconds=30)  # a machine that was suspended notices within this time

type Clock = tuple[int, int, int]
_DAY_BEFORE: Clock = (-1, -1, -1)


@dataclass(frozen=True, slots=True)
class Schedule:
    """`{second} {minute} {hour} {day} {month} {day of week}`, each as the values it allows."""

    text: str
    fields: tuple[tuple[int, ...], ...]

    def after(self, moment: datetime) -> datetime:
        """Return the first occurrence later than `moment` (UTC)."""
        today, now = moment.date(), (moment.hour, moment.minute, moment.second)
        for offset in range(_HORIZON_DAYS):
            day = today + timedelta(days=offset)
            clock = self._clock_after(_DAY_BEFORE if offset else now) if self._runs_on(day) else None
            if clock:
                return datetime.combine(day, time(*clock), UTC)
        raise SetupError(f"schedule {self.text!r} never occurs")

    def _runs_on(self, day: date) -> bool:
        """NCrontab wants day of month *and* day of week to match, unlike cron."""
        _, _, _, days, months, weekdays = self.fields
        return day.month in months and day.day in days and day.isoweekday() % 7 in weekdays

    def _clock_after(self, earlier: Clock) -> Clock | None:
        seconds, minutes, hours, *_ = self.fields
        left = [hour for hour in hours if hour >= earlier[0]]
        return next((clock for clock in product(left, minutes, seconds) if clock > earlier), None)


def parse_schedule(text: str) -> Schedule:
    """Parse an NCRONTAB expression; with five fields the second is 0, names of days and months are not known."""
    items = text.split()
    items = ["0", *items] if len(items) == len(_FIELDS) - 1 else items
    if len(items) != len(_FIELDS):
        raise SetupError(f"schedule {text!r} must have five or six fields")
    return Schedule(text, tuple(_parse_field(*pair, text) for pair in zip(items, _FIELDS, strict=True)))


async def run_timer(schedule: Schedule, tick: Callable[[str], Awaitable[None]], *, run_now: bool) -> None:
    """Call `tick` with the trigger's JSON at every occurrence, and at once if `run_now` (runOnStartup)."""
    last = datetime.now(UTC)
    due = last if run_now else schedule.after(last)
    while True:
        while (wait := due - datetime.now(UTC)) > timedelta():
            await asyncio.sleep(min(wait, _LONGEST_NAP).total_seconds())
        await tick(timer_info(last, schedule.after(due)))
        last, due = due, schedule.after(max(due, datetime.now(UTC)))


def timer_info(last: datetime, following: datetime) -> str:
    """Return the JSON that the host gives to a timer function."""
    status = {"Last": last.isoformat(), "Next": following.isoformat(), "LastUpdated": last.isoformat()}
    return json.dumps({"Schedule": {"AdjustForDST": True}, "ScheduleStatus": status, "IsPastDue": False})


def _parse_field(field: str, allowed: range, text: str) -> tuple[int, ...]:
    values = {value for item in field.split(",") for value in _parse_item(item, allowed, text)}
    return tuple(sorted(values))


def _parse_item(item: str, allowed: range, text: str) -> range:
    match = _ITEM.fullmatch(item)
    if match is None:
        raise SetupError(f"schedule {text!r}: cannot read {item!r}")
    first, last, step = match.groups()
    start = int(first or allowed[0])
    stop = int(last or (start if first and not step else allowed[-1]))  # 5/10 is 5, 15, 25 and so on
    if start not in allowed or stop not in allowed or stop < start:
        raise SetupError(f"schedule {text!r}: {item!r} is out of range")
    return range(start, stop + 1, int(step or 1))
