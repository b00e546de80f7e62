"""What it costs a recognition that everything of trust is on: two services side by side, called in turns."""

import base64
import math
import secrets
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial

from devhost.stack import stack
from tools.bench.load import GALLERY, KEY, connection, identification, verification
from tools.bench.row import Row
from tools.bench.turns import Turns, in_turns


@dataclass(frozen=True)
class Cost:
    """Of verifications and identifications, each with everything on and off."""

    turns: Turns

    def rows(self) -> list[Row]:
        """For the table."""
        return [
            self._row("verify", "verify with seals, trail and failure limit on, above off", most=6),
            self._row("identify", f"identify among {GALLERY} with them on, above off"),
        ]

    def _row(self, what: str, name: str, most: float = math.inf) -> Row:
        on, off = f"{what} on", f"{what} off"
        told = f"{self.turns.median(on):.1f} ms, against {self.turns.median(off):.1f}"
        return Row(name, self.turns.above(on, off), "ms", told, most=most)


def settings() -> dict[str, str]:
    """Everything on."""
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    sealed = {"SPEAKER_SEALING": "local", "SPEAKER_SEALING_KEY": key}
    return {**sealed, "SPEAKER_AUDIT": "true", "SPEAKER_FAILURE_LIMIT": "5"}


def measure() -> Cost:
    """Run both services and measure them; takes about a minute."""
    keys = {"SPEAKER_RECOGNITION_KEYS": KEY}
    with stack(keys) as off, stack({**keys, **settings()}) as on, ExitStack() as lines:
        turns = in_turns(
            {
                f"{what} {name}": partial(call(running), lines.enter_context(closing(connection(running))))
                for what, call in (("verify", verification), ("identify", identification))
                for name, running in (("off", off), ("on", on))
            }
        )
    return Cost(turns)
