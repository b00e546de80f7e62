"""What it costs a recognition that everything of trust is on: two services side by side, called in turns."""

import base64
import secrets
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial

from devhost.stack import stack
from tools.bench.load import GALLERY, KEY, connection, identification, verification
from tools.bench.row import Row
from tools.bench.service import medians


@dataclass(frozen=True)
class Cost:
    """Medians in milliseconds, with everything on and off."""

    verify_on: float
    verify_off: float
    identify_on: float
    identify_off: float

    def rows(self) -> list[Row]:
        """For the table."""
        verify, identify = self.verify_on - self.verify_off, self.identify_on - self.identify_off
        told = f"{self.verify_on:.1f} ms, against {self.verify_off:.1f}"
        named = f"{self.identify_on:.1f} ms, against {self.identify_off:.1f}"
        return [
            Row("verify with seals, trail and failure limit on, above off", verify, "ms", told, most=6),
            Row(f"identify among {GALLERY} with them on, above off", identify, "ms", named),
        ]


def settings() -> dict[str, str]:
    """Everything on."""
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    sealed = {"SPEAKER_SEALING": "local", "SPEAKER_SEALING_KEY": key}
    return {**sealed, "SPEAKER_AUDIT": "true", "SPEAKER_FAILURE_LIMIT": "5"}


def measure() -> Cost:
    """Run both services and measure them; takes about a minute."""
    keys = {"SPEAKER_RECOGNITION_KEYS": KEY}
    with stack(keys) as off, stack({**keys, **settings()}) as on, ExitStack() as lines:
        found = medians(
            {
                f"{what} {name}": partial(call(running), lines.enter_context(closing(connection(running))))
                for name, running in (("off", off), ("on", on))
                for what, call in (("verify", verification), ("identify", identification))
            }
        )
    return Cost(found["verify on"], found["verify off"], found["identify on"], found["identify off"])
