"""The pages of accuracy: text by people, tables by the program from ``docs/accuracy.json``, which is committed too.

<!-- accuracy trials -->
...every table...
<!-- /accuracy -->

<!-- accuracy trials in short -->
...one table...
<!-- /accuracy -->
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from shared.settings import ROOT
from tools.accuracy.tables import Result, in_short, notes, sections

PAGE: Final = ROOT / "docs" / "accuracy.md"
TABLES: Final = ROOT / "docs" / "accuracy-tables.md"
RESULTS: Final = PAGE.with_suffix(".json")
TRADE_OFF: Final = ROOT / "docs" / "accuracy-det.svg"
SCORES: Final = ROOT / "docs" / "accuracy-scores.svg"

_MARKED: Final = re.compile(r"(<!-- accuracy (\w+)( in short)? -->\n).*?(<!-- /accuracy -->)", re.DOTALL)


def filled(page: str, results: Mapping[str, Result]) -> str:
    """The page with the tables of the results that its markers name.

    Raises:
        KeyError: a marker names a result that is not there.
    """
    return _MARKED.sub(lambda marked: f"{marked[1]}{_between(marked, results)}\n{marked[4]}", page)


def write(results: Mapping[str, Result], page: Path = PAGE, *others: Path) -> None:
    """Keep the results beside the page, and bring the tables of all pages up to date."""
    texts = {file: filled(file.read_text("utf-8"), results) for file in (page, *others)}
    page.with_suffix(".json").write_text(as_json(results), "utf-8")
    for file, text in texts.items():
        file.write_text(text, "utf-8")


def as_json(results: Mapping[str, Any]) -> str:
    """JSON with one line for each row of figures."""
    text = json.dumps(results, indent=1)
    rows = re.compile(r"^( {3})\{\n.*?^ {3}\}", re.DOTALL | re.MULTILINE)
    return rows.sub(lambda row: f"{row[1]}{json.dumps(json.loads(row[0]))}", text) + "\n"


def _between(marked: re.Match[str], results: Mapping[str, Result]) -> str:
    result = results[marked[2]]
    return f"\n{in_short(result)}\n" if marked[3] else _tables(result)


def _tables(result: Result) -> str:
    tables = "\n\n".join(f"**{title}**\n\n{table}" for title, table in sections(result))
    return "\n" + tables + "\n\n" + "\n".join(f"- {note}" for note in notes(result)) + "\n"
