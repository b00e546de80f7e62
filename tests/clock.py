"""A clock that tests drive. It starts at the present: storage dates what is written by its own."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass
class Clock:
    """Tells the time, ``ahead`` of the present."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def let_pass(self, **time: float) -> None:
        """Let some time pass, as ``timedelta`` is told."""
        self.ahead += timedelta(**time)
