"""``docs/accuracy.md``: text by people, tables by the program from ``docs/accuracy.json``, which is committed too.

<!-- accuracy trials -->
...tables...
<!-- /accuracy -->
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from shared.settings import ROOT
from tools.accuracy.tables import Result, notes, sections

PAGE: Final = ROOT / "docs" / "accuracy.md"
RESULTS: Final = PAGE.with_suffix(".json")

_MARKED: Final = re.compile(r"(<!-- accuracy (\w+) -->\n).*?(<!-- /accuracy -->)", re.DOTALL)


def filled(page: str, results: Mapping[str, Result]) -> str:
    """The page with the tables of the results that its markers name.

    Raises:
        KeyError: a marker names a result that is not there.
    """
    return _MARKED.sub(lambda marked: f"{marked[1]}{_tables(results[marked[2]])}\n{marked[3]}", page)


def write(results: Mapping[str, Result], page: Path = PAGE) -> None:
    """Keep the results beside the page and bring its tables up to date."""
    text = filled(page.read_text("utf-8"), results)
    page.with_suffix(".json").write_text(as_json(results), "utf-8")
    page.write_text(text, "utf-8")


def as_json(results: Mapping[str, Any]) -> str:
    """JSON with one line for each row of figures."""
    text = json.dumps(results, indent=1)
    rows = re.compile(r"^( {3})\{\n.*?^ {3}\}", re.DOTALL | re.MULTILINE)
    return rows.sub(lambda row: f"{row[1]}{json.dumps(json.loads(row[0]))}", text) + "\n"


def _tables(result: Result) -> str:
    tables = "\n\n".join(f"**{title}**\n\n{table}" for title, table in sections(result))
    return "\n" + tables + "\n\n" + "\n".join(f"- {note}" for note in notes(result)) + "\n"
