"""The picture of commits: time by stage, verifications by callers, and how long is waited beyond capacity."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from shared.settings import ROOT
from tools.accuracy.pictures import save
from tools.bench.kept import QUIET_CORES, Entry
from tools.bench.soak import PERCENTILES, REFUSED, SERVED, waited_row
from tools.bench.stages import CALLERS, OUTSIDE, REST, STAGES, callers_row, stage_row

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FILE: Final = ROOT / "docs" / "performance.svg"
MOST: Final = 8
"""The last so many commits of a machine are drawn."""


def draw(entries: Sequence[Entry], file: Path = FILE) -> None:
    """Draw the last commits of the machine that was last measured on; nothing, where there are none."""
    from matplotlib.figure import Figure

    if not entries:
        return
    place = max(entries, key=lambda entry: entry.at).place
    shown = [entry for entry in entries if entry.place == place][-MOST:]
    figure = Figure(figsize=(8, 8 + 0.3 * len(shown)), layout="constrained")
    heights = [1.5 + 0.3 * len(shown), 3, 3]
    for part, axes in zip((_stages, _callers, _waits), figure.subplots(3, height_ratios=heights), strict=True):
        part(axes, shown)
    stars = f"\n* others kept more than {QUIET_CORES} cores busy" * any(not entry.quiet for entry in shown)
    figure.suptitle(f"{place}{stars}", fontsize="medium")
    save(figure, file)


def _stages(axes: "Axes", entries: Sequence[Entry]) -> None:
    """Bars of a verification's time, one for each commit."""
    names, start = [entry.name for entry in entries], [0.0] * len(entries)
    for stage in (*STAGES.values(), REST, OUTSIDE):
        took = [entry.figures[stage_row(stage)] for entry in entries]
        axes.barh(names, took, left=start, label=stage)
        start = [before + more for before, more in zip(start, took, strict=True)]
    axes.invert_yaxis()
    axes.set(title="where the time of a verification of 5 s goes", xlabel="ms")
    axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))


def _callers(axes: "Axes", entries: Sequence[Entry]) -> None:
    """A line for each commit."""
    for entry in entries:
        served = [entry.figures[callers_row(callers)] for callers in CALLERS]
        axes.plot(CALLERS, served, marker="o", label=entry.name)
    axes.set_xscale("log", base=2)
    axes.set_xticks(CALLERS, map(str, CALLERS))
    axes.set_ylim(bottom=0)
    axes.set(title="verifications a second", xlabel="callers at once")
    axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))


def _waits(axes: "Axes", entries: Sequence[Entry]) -> None:
    """How long those wait who are served, and who are refused; commits that refuse nobody have one line only."""
    for number, entry in enumerate(entries):
        for what, style in ((SERVED, "-"), (REFUSED, ":")):
            names = [waited_row(what, percent) for percent in PERCENTILES]
            waited = [entry.figures[name] for name in names if name in entry.figures]
            labels = [f"p{percent}" for percent in PERCENTILES][: len(waited)]
            if waited:
                axes.plot(labels, waited, style, marker="o", color=f"C{number}", label=f"{entry.name}, {what}")
    axes.set_yscale("log")
    axes.set(title="four times more is asked than can be done: until an answer", ylabel="ms")
    axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
