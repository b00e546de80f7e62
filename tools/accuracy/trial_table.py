"""Comparisons that were made elsewhere, from a table of cosines."""

import csv
import gzip
import math
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import numpy as np

from tools.accuracy.trials import Trials, check_both_kinds
from tools.recordings import UnusableInput

COLUMNS: Final = ("set", "enrolled_speaker", "test_speaker", "enrolled_seconds", "test_seconds", "cosine", "same")
"""Columns that a table must have; others are ignored."""
SPEECH_FRACTION: Final = 0.8
"""Share of a clip that is net speech where only its length is known (0.75 to 0.82 in recordings of our own)."""

_ROUNDING: Final = 1e-4
"""By how much a cosine in a table may exceed 1."""

type _Row = tuple[str, str, str, float, float, float, bool]


def read_csv(file: Path, speech_fraction: float = SPEECH_FRACTION) -> Trials:
    """Read a table of comparisons with at least ``COLUMNS``; its seconds are lengths of clips, pauses included.

    Args:
        file: .csv or .csv.gz.
        speech_fraction: net speech in a second of clip.

    Raises:
        UnusableInput: missing, damaged, without a column, or with a row that makes no sense.
    """
    try:
        with (gzip.open if file.suffix == ".gz" else open)(file, "rt", encoding="utf-8", newline="") as text:
            rows = list(_rows(file, csv.DictReader(text)))
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error) as error:
        raise UnusableInput(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if not rows:
        raise UnusableInput(f"{file} has no comparisons")
    kind, enrolled, tested, enrolled_sec, test_sec, cosine, same = (
        np.array(column) for column in zip(*rows, strict=True)
    )
    trials = Trials(
        kind, enrolled, tested, enrolled_sec * speech_fraction, test_sec * speech_fraction, test_sec, cosine, same
    )  # fmt: skip
    check_both_kinds(trials, str(file))
    return trials


def _rows(file: Path, reader: csv.DictReader[str]) -> Iterator[_Row]:
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise UnusableInput(f"{file} lacks the column(s) {', '.join(missing)}")
    for row in reader:
        try:
            yield _row(row)
        except (TypeError, ValueError) as error:
            raise UnusableInput(f"{file}, line {reader.line_num}: {error}") from None


def _row(row: Mapping[str, str]) -> _Row:
    if any(row[column] is None for column in COLUMNS):
        raise ValueError("the row is too short")
    kind, enrolled, tested = (row[column] for column in COLUMNS[:3])
    enrolled_sec, test_sec, cosine = (_number(row, column) for column in COLUMNS[3:6])
    if enrolled_sec <= 0 or test_sec <= 0:
        raise ValueError("seconds must be above 0")
    if abs(cosine) > 1 + _ROUNDING:
        raise ValueError(f"a cosine cannot be {cosine:g}")
    if row["same"] != str(int(enrolled == tested)):
        raise ValueError(f"same is {row['same']!r}, but the speakers are {enrolled!r} and {tested!r}")
    return kind, enrolled, tested, enrolled_sec, test_sec, cosine, enrolled == tested


def _number(row: Mapping[str, str], column: str) -> float:
    try:
        number = float(row[column])
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{column} must be a number, not {row[column]!r}")
    return number
