"""Work that is measured in turns, so that what else the machine does meanwhile hits all alike."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from tqdm import tqdm

ROUNDS: Final = 30


@dataclass(frozen=True)
class Turns:
    """How long each took, in milliseconds, turn by turn."""

    took: Mapping[str, Sequence[float]]

    def median(self, name: str) -> float:
        """Of one."""
        return median(self.took[name])

    def above(self, name: str, other: str) -> float:
        """By how much one takes longer than another, as a median over turns: a slow moment is in both of them."""
        return median(one - two for one, two in zip(self.took[name], self.took[other], strict=True))

    def against(self, name: str, other: str) -> float:
        """How many times the other's time one takes, likewise."""
        return median(one / two for one, two in zip(self.took[name], self.took[other], strict=True))


def in_turns(work: Mapping[str, Callable[[], object]], rounds: int = ROUNDS) -> Turns:
    """Let each work once a turn."""
    took: dict[str, list[float]] = {name: [] for name in work}
    for _ in tqdm(range(rounds), desc="measuring"):
        for name, call in work.items():
            started = time.perf_counter()
            call()
            took[name].append(1000 * (time.perf_counter() - started))
    return Turns(took)
