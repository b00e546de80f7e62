"""A timeline of turns as SVG: one row a speaker."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tools.accuracy.pictures import save
from tools.turns.der import Turn

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROW_INCHES: Final = 0.35
_WIDTH_INCHES: Final = 11


def draw(rows: Mapping[str, Sequence[Turn]], file: Path, title: str) -> None:
    """Timelines below each other, by title; each has a row a speaker, with its name.

    The same turns give the same file.
    """
    from matplotlib.figure import Figure

    names = [list(dict.fromkeys(str(turn.speaker) for turn in turns)) for turns in rows.values()]
    heights = [max(1, len(each)) for each in names]
    size = _WIDTH_INCHES, 1 + _ROW_INCHES * (sum(heights) + 2 * len(rows))
    figure = Figure(figsize=size, layout="constrained")
    places = figure.subplots(len(rows), sharex=True, squeeze=False, height_ratios=heights).flat
    for axes, (name, turns), speakers in zip(places, rows.items(), names, strict=True):
        _timeline(axes, turns, speakers)
        axes.set_title(name, loc="left", fontsize=9)
    axes.set_xlabel("seconds")
    figure.suptitle(title, fontsize=10)
    save(figure, file)


def _timeline(axes: "Axes", turns: Sequence[Turn], speakers: Sequence[str]) -> None:
    for row, speaker in enumerate(speakers):
        own = [(turn.start, turn.stop - turn.start) for turn in turns if str(turn.speaker) == speaker]
        axes.broken_barh(own, (row - 0.4, 0.8), facecolors=f"C{row % 10}")
    axes.set_yticks(range(len(speakers)), speakers)
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
