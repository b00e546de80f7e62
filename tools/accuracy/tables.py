"""Figures as Markdown tables, for a terminal and for the page in ``docs/``."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from tools.accuracy.measure import ENROLLED_BANDS, REFERENCE_TEST_SEC
from tools.accuracy.speakers import TEST_SEC

type Result = Mapping[str, Any]
type Row = Mapping[str, Any]
type Format = Callable[[Sequence[float]], str]

NOTHING: Final = "-"
"""Where there was nothing to count."""

_COMPARED: Final = {
    "eer": "EER %",
    "min_dcf": "minDCF(0.01)",
    "min_cllr": "least Cllr",
    "fnmr_at_fmr_0.01": "FNMR % at FMR 1 %",
    "fnmr_at_fmr_0.001": "FNMR % at FMR 0.1 %",
}
_INTERVALS: Final = (
    "In brackets, 95 % confidence intervals: speakers drawn again, with replacement, or where nothing failed the rule "
    "of 3, which counts comparisons as independent and so is too narrow."
)
_IDENTIFICATION: Final = (
    "Identification is by cosine and threshold alone: that of one comparison at the rate that the candidates share, "
    "which for larger galleries lies beyond the fitted points, so that the threshold is extrapolated. The service also "
    "looks from the other candidates, and names the best by its lead: it misses far fewer."
)


def percent(estimate: Sequence[float]) -> str:
    """A rate and its interval, in per cent."""
    value, low, high = (_short(100 * figure) for figure in estimate)
    return f"{value} ({low} to {high})"


def plain(estimate: Sequence[float]) -> str:
    """A cost and its interval."""
    value, low, high = (f"{figure:.3f}" for figure in estimate)
    return f"{value} ({low} to {high})"


def _short(figure: float) -> str:
    return f"{figure:.2g}" if abs(figure) < 1 else f"{figure:.3g}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns are aligned."""
    lines = [head, ["---"] * len(head), *rows]
    widths = [max(len(line[at]) for line in lines) for at in range(len(head))]
    ruled = [head, ["-" * width for width in widths], *rows]
    return "\n".join(_line(cells, widths) for cells in ruled)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"


def sections(result: Result) -> Iterator[tuple[str, str]]:
    """Title and table of everything in a result."""
    yield "What was compared", _compared(result)
    yield "Operating points", _points(result)
    yield f"By kind of speech, tests of {REFERENCE_TEST_SEC:g} s, operating point {result['rate']:g}", _summary(result)
    if result.get("held_out"):
        yield (
            "The same by a calibration that has not heard that kind of speech",
            _kinds(result["held_out"], result["rate"]),
        )
    for title, pick, form in _measures(result):
        yield f"{title}, by length of test", _by_length(result, pick, form)
    default = f"{result['rate']:g}"
    yield (
        f"FNMR in % at {default}, by net speech enrolled, tests of {REFERENCE_TEST_SEC:g} s",
        _by_enrollment(result, lambda row: row["fnmr"][default]),
    )
    if result.get("identification"):
        yield f"Identification, at most {default} false identifications a request", _identification(result)
    if result.get("comparison"):
        yield f"Ours and {result['comparison']['peer']}, by cosine", _comparison(result["comparison"]["rows"])


def in_short(result: Result) -> str:
    """Errors at the operating point in one table, a row for each kind of speech."""
    point, most = f"{result['rate']:g}", list(ENROLLED_BANDS)[-1]
    length = f"{REFERENCE_TEST_SEC:g} s"
    well = {row["group"]: percent(row["fnmr"][point]) for row in result["rows"] if row["enrolled"] == most}
    rows = [
        [row["group"], f"{row['speakers']}", percent(row["eer"]), percent(row["fmr"][point]),
         percent(row["fnmr"][point]), well.get(row["group"], NOTHING)]
        for row in _at_reference(result)
    ]  # fmt: skip
    head = ["kind of speech", "speakers", "EER %", "FMR %", "FNMR %", f"FNMR %, enrolled with {most}"]
    return f"Tests of {length}, operating point {point}:\n\n{table(head, rows)}"


def notes(result: Result) -> list[str]:
    """What a reader of the tables must know."""
    lines = [_INTERVALS]
    if result.get("identification"):
        lines.append(_IDENTIFICATION)
    return lines + [f"Left out: {line}." for line in result.get("left_out", ())]


def _compared(result: Result) -> str:
    rows = [[name, *(str(counts[key]) for key in ("speakers", "same", "different"))]
            for name, counts in result["sets"].items()]  # fmt: skip
    return table(["kind of speech", "speakers", "same-speaker comparisons", "of different speakers"], rows)


def _points(result: Result) -> str:
    rows = [[f"{point['rate']:g}", f"{point['llr']:.2f}", "fitted" if point["fitted"] else "interpolated"]
            for point in result["operating_points"]]  # fmt: skip
    return table(["false-match rate", "accepted from LLR", "how"], rows)


def _measures(result: Result) -> Iterator[tuple[str, Callable[[Row], Sequence[float]], Format]]:
    yield "EER in %", lambda row: row["eer"], percent
    yield "minDCF(0.01)", lambda row: row["min_dcf"], plain
    yield "Cllr in bits", lambda row: row["cllr"], plain
    yield "Least Cllr in bits", lambda row: row["min_cllr"], plain
    for kind in ("fmr", "fnmr"):
        for point in result["operating_points"]:
            rate = f"{point['rate']:g}"
            how = "" if point["fitted"] else " (interpolated)"
            yield f"{kind.upper()} in % at operating point {rate}{how}", _picked(kind, rate), percent


def _picked(kind: str, rate: str) -> Callable[[Row], Sequence[float]]:
    return lambda row: row[kind][rate]


def _summary(result: Result) -> str:
    return _kinds(_at_reference(result), result["rate"])


def _kinds(rows: Sequence[Row], rate: float) -> str:
    cells = [
        [row["group"], percent(row["eer"]), plain(row["min_dcf"]), plain(row["cllr"]), percent(row["fmr"][f"{rate:g}"]),
         percent(row["fnmr"][f"{rate:g}"])]
        for row in rows
    ]  # fmt: skip
    return table(["kind of speech", "EER %", "minDCF(0.01)", "Cllr", "FMR %", "FNMR %"], cells)


def _at_reference(result: Result) -> list[Row]:
    return [row for row in _rows(result) if row["test_length"] == REFERENCE_TEST_SEC]


def _rows(result: Result) -> list[Row]:
    return [row for row in result["rows"] if row["enrolled"] is None]


def _by_length(result: Result, pick: Callable[[Row], Sequence[float]], form: Format) -> str:
    cells = {(row["group"], row["test_length"]): form(pick(row)) for row in _rows(result)}
    return _grid(cells, {None: "all", **{length: f"{length:g} s" for length in TEST_SEC}})


def _by_enrollment(result: Result, pick: Callable[[Row], Sequence[float]]) -> str:
    cells = {(row["group"], row["enrolled"]): percent(pick(row)) for row in result["rows"] if row["enrolled"]}
    return _grid(cells, {band: band for band in ENROLLED_BANDS})


def _grid[Key](cells: Mapping[tuple[str, Key], str], columns: Mapping[Key, str]) -> str:
    """Kinds of speech by something else; columns without a single figure are left out."""
    shown = {key: title for key, title in columns.items() if any(other == key for _, other in cells)}
    names = dict.fromkeys(group for group, _ in cells)
    rows = [[name, *(cells.get((name, key), NOTHING) for key in shown)] for name in names]
    return table(["kind of speech", *shown.values()], rows)


def _identification(result: Result) -> str:
    rows = [
        [row["group"], f"{row['test_length']:g} s", f"{row['gallery']}{' (all)' if row['everybody'] else ''}",
         str(row["tests"]), percent(row["top_1"]), percent(row["fnir"]), percent(row["fpir"])]
        for row in result["identification"]
    ]  # fmt: skip
    return table(["kind of speech", "test", "gallery", "tests", "top-1 %", "FNIR %", "FPIR %"], rows)


def _comparison(rows: Sequence[Row]) -> str:
    head = [
        "kind of speech",
        "test",
        *(f"{name}, {whose}" for name in _COMPARED.values() for whose in ("ours", "theirs")),
    ]
    lines = [[row["group"], f"{row['test_length']:g} s",
              *(_compared_cell(name, row[whose][name]) for name in _COMPARED for whose in ("ours", "theirs"))]
             for row in rows]  # fmt: skip
    return table(head, lines)


def _compared_cell(name: str, estimate: Sequence[float]) -> str:
    return plain(estimate) if name in ("min_dcf", "min_cllr") else percent(estimate)
