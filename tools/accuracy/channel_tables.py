"""Tables and the picture of ``by_channel``, and the pages that show them.

<!-- channels summary -->
...the table of that name...
<!-- /channels -->
"""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from shared.settings import ROOT
from tools.accuracy.by_channel import REFERENCE_GALLERY, WIDE, Row
from tools.accuracy.page import as_json
from tools.accuracy.pictures import save
from tools.accuracy.tables import NOTHING, percent, table

type Result = Mapping[str, Any]

PAGES: Final = (ROOT / "docs" / "accuracy.md", ROOT / "docs" / "accuracy-channels.md")
RESULTS: Final = PAGES[1].with_suffix(".json")
PICTURE: Final = PAGES[1].with_suffix(".svg")

_MARKED: Final = re.compile(r"(<!-- channels (\w+) -->\n).*?(<!-- /channels -->)", re.DOTALL)
_DIGITAL: Final = ("pcm-8k", "mu-law", "a-law", "opus-nb", "amr-nb")
NARROW: Final = (*_DIGITAL, "gsm", "300-3400")
_SUMMARY: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "wide, wide": lambda enrolled, tested: enrolled == tested == WIDE,
    f"wide, {', '.join(_DIGITAL)}": lambda enrolled, tested: enrolled == WIDE and tested in _DIGITAL,
    "wide, GSM": lambda enrolled, tested: (enrolled, tested) == (WIDE, "gsm"),
    "wide, 300-3400 Hz mu-law": lambda enrolled, tested: (enrolled, tested) == (WIDE, "300-3400"),
    "narrow, wide": lambda enrolled, tested: enrolled in NARROW and tested == WIDE,
    "narrow, the same": lambda enrolled, tested: enrolled == tested and tested in NARROW,
    "wide, noise 20 dB": lambda enrolled, tested: (enrolled, tested) == (WIDE, "noise-20"),
    "wide, noise 10 dB": lambda enrolled, tested: (enrolled, tested) == (WIDE, "noise-10"),
    "wide, babble 20 dB": lambda enrolled, tested: (enrolled, tested) == (WIDE, "babble-20"),
    "wide, babble 10 dB": lambda enrolled, tested: (enrolled, tested) == (WIDE, "babble-10"),
    "wide, a room": lambda enrolled, tested: (enrolled, tested) == (WIDE, "reverb"),
}
"""Pairs of channels, by what they are called together."""
_RATES: Final = ("FMR", "FNMR")


def _summary(result: Result) -> str:
    """The worst pair of each line, before a mixed gallery and before none."""
    rows = [
        [group, name, *_worst(_before(own, REFERENCE_GALLERY, mixed=True)), *_worst(_before(own, 0, mixed=False)),
         *_worst(_of(result.get("unheard", ()), group, belongs))]
        for group in _groups(result["verification"])
        for name, belongs in _SUMMARY.items()
        if (own := _of(result["verification"], group, belongs))
    ]  # fmt: skip
    cases = (f"before {REFERENCE_GALLERY} others", "alone", "unheard")
    return table(["speech", "enrolled, tested", *(f"{rate} %, {case}" for case in cases for rate in _RATES)], rows)


def _of(rows: Sequence[Row], group: str, belongs: Callable[[str, str], bool]) -> list[Row]:
    return [row for row in rows if row["group"] == group and belongs(row["enrolled"], row["tested"])]


def _before(rows: Sequence[Row], gallery: int, *, mixed: bool) -> list[Row]:
    return [row for row in rows if row["gallery"] == gallery and row["mixed"] == mixed]


def _worst(rows: Sequence[Row]) -> list[str]:
    return [percent(max(row[rate.lower()] for row in rows)) if rows else NOTHING for rate in _RATES]


def _groups(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(row["group"] for row in rows))


def _verification(result: Result) -> str:
    rows = [
        [row["group"], f"{row['enrolled']}, {row['tested']}", f"{row['gallery']}{' mixed' if row['mixed'] else ''}",
         f"{row['same']} / {row['different']}", percent(row["fmr"]), percent(row["fnmr"]),
         f"{row['refused_speakers']} of {row['speakers']}"]
        for row in result["verification"]
    ]  # fmt: skip
    head = ["speech", "enrolled, tested", "others", "same / different", "FMR %", "FNMR %", "speakers ever refused"]
    return table(head, rows)


def _identification(result: Result) -> str:
    rows = [
        [row["group"], f"{row['enrolled']}, {row['tested']}", _candidates(row), str(row["tests"]),
         percent(row["fpir"]), percent(row["fnir"])]
        for row in result["identification"]
    ]  # fmt: skip
    return table(["speech", "enrolled, tested", "candidates", "tests", "FPIR %", "FNIR %"], rows)


def _unheard(result: Result) -> str:
    rows = [
        [row["group"], f"{row['enrolled']}, {row['tested']}", f"{row['same']} / {row['different']}",
         percent(row["fmr"]), percent(row["fnmr"])]
        for row in result["unheard"]
    ]  # fmt: skip
    return table(["speech", "enrolled, tested", "same / different", "FMR %", "FNMR %"], rows)


def _candidates(row: Row) -> str:
    blended = row.get("blended")
    return f"{row['candidates']} ({blended} blended)" if blended else str(row["candidates"])


def _failures(result: Result) -> str:
    rows = [
        [row["group"], row["channel"], f"{row['not_enrolled']} of {row['speakers']}",
         f"{row['refused']} of {row['tests']}", ", ".join(row["why"]) or NOTHING]
        for row in result["failures"]
    ]  # fmt: skip
    return table(["speech", "channel", "could not enroll", "tests refused", "why"], rows)


TABLES: Final[Mapping[str, tuple[str, Callable[[Result], str]]]] = {
    "summary": ("The worst pair of channels of each kind", _summary),
    "verification": ("Every pair of channels and gallery", _verification),
    "identification": ("Identification", _identification),
    "unheard": ("By constants that have not heard whom they judge", _unheard),
    "failures": ("Failure to acquire", _failures),
}
"""Title and table, by the name that a marker gives."""


def filled(page: str, result: Result) -> str:
    """The page with the tables that its markers name."""
    return _MARKED.sub(lambda marked: f"{marked[1]}\n{TABLES[marked[2]][1](result)}\n\n{marked[3]}", page)


def write(result: Result, pages: Sequence[Path] = PAGES, results: Path = RESULTS, picture: Path = PICTURE) -> None:
    """Keep the results, and bring the tables of all pages and the picture up to date."""
    texts = {file: filled(file.read_text("utf-8"), result) for file in pages}
    results.write_text(as_json(result), "utf-8")
    for file, text in texts.items():
        file.write_text(text, "utf-8")
    draw(result, picture)


def shown(result: Result) -> str:
    """All tables, for a terminal."""
    return "\n\n".join(f"{title}\n\n{made(result)}" for title, made in TABLES.values())


def draw(result: Result, file: Path) -> None:
    """FNMR of voices enrolled wide, by the channel of the test, alone and before a gallery."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.add_subplot()
    for gallery, name in ((0, "alone"), (REFERENCE_GALLERY, f"before {REFERENCE_GALLERY} others")):
        rates = _missed(result, gallery)
        axes.plot(list(rates), list(rates.values()), "o", label=name)
    axes.set(ylabel="FNMR in %, enrolled wide", xlabel="channel of the test")
    axes.tick_params(axis="x", rotation=45)
    axes.grid(alpha=0.3)
    axes.legend()
    save(figure, file)


def _missed(result: Result, gallery: int) -> dict[str, float]:
    """By channel of the test, of the kind of speech with the most comparisons."""
    rows = [row for row in result["verification"]
            if row["enrolled"] == WIDE and row["gallery"] == gallery and row["mixed"] == bool(gallery)]  # fmt: skip
    largest = max(rows, key=lambda row: row["different"], default={"group": ""})["group"]
    return {row["tested"]: 100 * row["fnmr"][0] for row in rows if row["group"] == largest}
