"""What was measured of commits, as ``docs/performance.json`` keeps it and ``docs/performance.md`` shows it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby, pairwise
from pathlib import Path
from typing import Final

from shared.settings import ROOT
from tools.bench.row import Row
from tools.bench.soak import REFUSED, SERVED, waited_row
from tools.bench.stages import ALL, STAGES, callers_row, stage_row

FILE: Final = ROOT / "docs" / "performance.json"
QUIET_CORES: Final = 0.2
"""Where others kept more cores than that busy, figures are theirs as well."""
SHOWN: Final = {
    "verify of 5 s, ms": ALL,
    **{f"{name}, ms": stage_row(name) for name in STAGES.values()},
    **{f"/s, {callers} caller{'s'[: callers - 1]}": callers_row(callers) for callers in (1, 2, 32)},
    **{f"p99 {what} beyond, ms": waited_row(what, 99) for what in (SERVED, REFUSED)},
}
"""Figures of the table, by the title of their column."""
HEAD: Final = ("commit", "date", "others, cores", *SHOWN)
NOTHING: Final = "-"


@dataclass(frozen=True)
class Entry:
    """A commit that was measured.

    Attributes:
        commit: its short hash.
        date: when it was committed, ISO 8601; ``at`` when it was measured, both in UTC.
        machine: where, and with which libraries.
        others_cores: how many cores others kept busy meanwhile, on average.
        figures: values of rows, by name.
    """

    commit: str
    date: str
    at: str
    machine: Mapping[str, str]
    others_cores: float
    figures: Mapping[str, float]

    @property
    def place(self) -> str:
        """The machine in short; figures of one say nothing of those of another."""
        return f"{self.machine['processor']}, {self.machine['cores']} cores"

    @property
    def quiet(self) -> bool:
        """Whether the figures are the commit's, and not others'."""
        return self.others_cores <= QUIET_CORES

    @property
    def name(self) -> str:
        """The commit, with a star where the machine was not quiet."""
        return self.commit if self.quiet else f"{self.commit}*"


def read(file: Path = FILE) -> list[Entry]:
    """All of them, by machine and then as they were committed."""
    return [Entry(**entry) for entry in json.loads(file.read_text("utf-8"))]


def keep(entry: Entry, file: Path = FILE) -> list[Entry]:
    """Write an entry, instead of an earlier one of the same commit and machine; returns all."""
    others = [each for each in read(file) if (each.commit, each.place) != (entry.commit, entry.place)]
    entries = sorted([*others, entry], key=lambda each: (each.place, each.date))
    file.write_text(json.dumps([asdict(each) for each in entries], indent=1) + "\n", "utf-8")
    return entries


def tables(entries: Sequence[Entry]) -> Iterator[tuple[str, list[list[str]]]]:
    """Each machine, and a row for each commit that was measured there, below ``HEAD``."""
    for place, alike in groupby(entries, key=lambda entry: entry.place):
        yield place, [_row(entry, before) for before, entry in pairwise((None, *alike)) if entry]


def _row(entry: Entry, before: Entry | None) -> list[str]:
    compared = before.figures if before and before.quiet and entry.quiet else {}
    cells = [_cell(entry.figures.get(name), compared.get(name)) for name in SHOWN.values()]
    return [entry.name, entry.date[:10], f"{entry.others_cores:.1f}", *cells]


def _cell(value: float | None, before: float | None) -> str:
    if value is None:
        return NOTHING
    return Row("", value).figure + (f" ({100 * (value / before - 1):+.0f} %)" if before else "")
