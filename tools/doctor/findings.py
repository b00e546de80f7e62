"""What a look at something found."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """Whether it is in order."""

    OK = "ok"
    WRONG = "wrong"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """What was measured of one thing, and what to do about it; neither holds a secret."""

    verdict: Verdict
    measured: str
    advice: str = ""


type Check[Patient] = Callable[[Patient], Finding]
"""Looks at one thing; what it raises is a finding as well."""


def ok(measured: str) -> Finding:
    """It is in order."""
    return Finding(Verdict.OK, measured)


def wrong(measured: str, advice: str) -> Finding:
    """It is not in order."""
    return Finding(Verdict.WRONG, measured, advice)


def unknown(measured: str, advice: str) -> Finding:
    """It cannot be told from here."""
    return Finding(Verdict.UNKNOWN, measured, advice)


@dataclass(frozen=True)
class Look[Patient]:
    """One check.

    Attributes:
        advice: what to do where it fails altogether.
        needs: another check, without which this one says nothing.
    """

    check: Check[Patient]
    advice: str = ""
    needs: str = ""


def examine[Patient](
    patient: Patient, looks: Mapping[str, Look[Patient]], problems: tuple[type[Exception], ...]
) -> Iterator[tuple[str, Finding]]:
    """What each look finds, by its name.

    Args:
        problems: what a check may raise; others are faults of ours.
    """
    failed: set[str] = set()
    for name, look in looks.items():
        if look.needs in failed:
            failed.add(name)
            yield name, unknown(f"cannot be told while {look.needs} fails", f"mend {look.needs} first")
            continue
        try:
            yield name, look.check(patient)
        except problems as problem:
            failed.add(name)
            yield name, wrong(_said(problem), look.advice)


def _said(problem: Exception) -> str:
    return f"{type(problem).__name__}: {problem}".splitlines()[0]


def lines(findings: Iterable[tuple[str, Finding]]) -> Iterator[str]:
    """The findings for people."""
    for name, finding in findings:
        yield f"{finding.verdict:<9}{name:<14}{finding.measured}"
        if finding.advice:
            yield f"{'':<23}-> {finding.advice}"
