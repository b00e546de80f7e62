"""What a look at something found."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final


class Verdict(StrEnum):
    """Whether it is in order."""

    OK = "ok"
    WRONG = "wrong"
    UNKNOWN = "unknown"


COLOURS: Final = {Verdict.OK: "32", Verdict.WRONG: "31", Verdict.UNKNOWN: "33"}
"""Green, red and yellow, as terminals number them (ECMA-48, SGR)."""


@dataclass(frozen=True)
class Finding:
    """What was measured of one thing, and what to do about it."""

    verdict: Verdict
    measured: str
    advice: str = ""

    def without(self, hide: Callable[[str], str]) -> "Finding":
        """The same, with nothing secret in it."""
        return replace(self, measured=hide(self.measured), advice=hide(self.advice))


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
        needs: other checks; where one of them failed, this one says nothing.
    """

    check: Check[Patient]
    advice: str = "nobody foresaw this: please report the line"
    needs: tuple[str, ...] = ()


def examine[Patient](patient: Patient, looks: Mapping[str, Look[Patient]]) -> Iterator[tuple[str, Finding]]:
    """What each look finds, by its name."""
    failed: set[str] = set()
    for name, look in looks.items():
        missing = next((needed for needed in look.needs if needed in failed), None)
        if missing:
            failed.add(name)
            yield name, unknown(f"cannot be told while {missing} fails", f"mend {missing} first")
            continue
        try:
            finding = look.check(patient)
        except Exception as problem:  # the doctor does not die of what it looks for
            failed.add(name)
            finding = wrong(_said(problem), look.advice)
        yield name, finding


def _said(problem: Exception) -> str:
    return f"{type(problem).__name__}: {problem}".splitlines()[0]


def lines(findings: Iterable[tuple[str, Finding]], *, coloured: bool = False) -> Iterator[str]:
    """The findings for people."""
    for name, finding in findings:
        verdict = f"{finding.verdict:<9}"
        if coloured:
            verdict = f"\x1b[{COLOURS[finding.verdict]}m{verdict}\x1b[0m"
        yield f"{verdict}{name:<14}{finding.measured}"
        if finding.advice:
            yield f"{'':<23}-> {finding.advice}"
