"""Whether the audit trail is whole, and what it says of a profile."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

from shared.observing.trace import mark
from shared.store import Store
from shared.store.appends import Appends
from shared.trust.trail import NOTHING, Head

BESIDE: Final = "not found"
"""Outcome for a candidate of an identification that found somebody else, or nobody."""

type Told = dict[str, Any]
"""A line, read."""

_SHOWN: Final = ("id", "at", "deed", "family", "outcome", "who", "operation", "request", "model")


@dataclass
class Verdict:
    """What a walk along the trail has found.

    Attributes:
        lines: how many there are.
        first: number of the first one: older ones may have been removed when they were kept long enough.
        breaks: where it is broken, in words; empty where it is whole.
        hash: SHA-256 of the last line: who notes it elsewhere can tell later whether anything before it was changed.
    """

    lines: int = 0
    first: int = 1
    breaks: list[str] = field(default_factory=list)
    hash: str = NOTHING


def verify(store: Store) -> Verdict:
    """Walk along the whole trail.

    Raises:
        StorageUnavailable: storage does not answer.
    """
    head = Head.read(store.outbox)
    verdict, number, passed = Verdict(), 0, head.number == 0
    for where, line in chain.from_iterable(_lines(store.trail, day) for day in store.trail.lengths()):
        told = _read(line)
        _compare(verdict, told, where, number)
        number = told["number"] if isinstance(told.get("number"), int) else number + 1
        verdict.lines += 1
        verdict.hash = hashlib.sha256(line).hexdigest()
        passed |= (number, verdict.hash) == (head.number, head.hash)
    if not passed:
        verdict.breaks.append(f"the end: line {head.number}, the last that was written, is missing or changed")
    return verdict


def of_profile(store: Store, profile_id: str, since: str = "") -> Iterator[Told]:
    """What the trail says of a profile, from a day on (``YYYY/MM/DD``), oldest first.

    Who else was named beside it is left out.
    """
    for day in store.trail.lengths():
        if day >= since:
            yield from of_day(store.trail, day, profile_id)


def of_day(appends: Appends, day: str, profile_id: str) -> Iterator[Told]:
    """What a day of the trail says of a profile."""
    known = mark(profile_id)
    for _, line in _lines(appends, day):
        if known.encode() in line:
            yield shown_to(known, _read(line))


def shown_to(known: str, told: Told) -> Told:
    """What a line says to the profile of a mark."""
    shown: Told = {name: told[name] for name in _SHOWN if name in told}
    return shown if told.get("profile") == known else {**shown, "outcome": BESIDE}


def _lines(appends: Appends, day: str) -> Iterator[tuple[str, bytes]]:
    """Every line of a day, and where it stands."""
    for number, line in enumerate(appends.read(day).split(b"\n"), 1):
        if line:
            yield f"{day}, line {number}", line


def _read(line: bytes) -> Told:
    """A line as it was written; nothing where it is none."""
    try:
        told = json.loads(line)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _compare(verdict: Verdict, told: Told, where: str, number: int) -> None:
    """Note where a line does not follow the one before it."""
    mine, before = told.get("number"), told.get("before")
    if not isinstance(mine, int):
        verdict.breaks.append(f"{where}: is no line of the trail")
    elif verdict.lines == 0:
        verdict.first = mine
        if mine == 1 and before != NOTHING:
            verdict.breaks.append(f"{where}: something stood before the first line")
    elif mine != number + 1 or before != verdict.hash:
        verdict.breaks.append(f"{where}: number {mine} does not follow what stands before it")
