"""What the documents say, the code does; and their links lead somewhere."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from shared.settings import ROOT, SETTINGS
from tools.accuracy.channel_tables import NARROW
from tools.accuracy.measure import FREE_ENGLISH
from tools.accuracy.tables import percent
from tools.docs import PARTS, written

README = (ROOT / "README.md").read_text()
INDEX = ROOT / "docs" / "README.md"
PAGES = sorted([*(ROOT / "docs").glob("*.md"), *ROOT.glob("*.md")])


def test_the_page_of_settings_names_every_setting_with_its_default() -> None:
    rows = re.findall(r"^\| `(SPEAKER_\w+)` \| (\S+) \|", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE)
    written = {name: "" if default == "*(empty)*" else default.strip("`") for name, default in rows}
    assert written == {setting.name: setting.default for setting in SETTINGS.values()}


def test_the_readme_names_only_targets_that_make_has() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make (\w+)", README, re.MULTILINE))
    assert named <= targets
    assert {"demo", "test", "run", "check", "bench"} <= named


@pytest.mark.parametrize("name", PARTS)
def test_what_is_made_from_the_code_is_up_to_date(name: str) -> None:
    assert (ROOT / name).read_text() == written(name), "`make docs` writes it"


def test_the_readme_stays_short() -> None:
    assert len(README.splitlines()) <= 150


def test_the_readme_says_how_accurate_it_is_as_it_was_measured() -> None:
    kept = json.loads((ROOT / "docs" / "accuracy.json").read_text())
    free, digits = (_row(kept["trials"]["rows"], group=group, enrolled=None) for group in (FREE_ENGLISH, "digits"))
    well = _row(kept["trials"]["rows"], group=FREE_ENGLISH, enrolled="12 s or more")
    figures = [
        f"{_rates(free)} | free English, {free['speakers']} speakers",
        f"{percent(well['fnmr']['0.001'])} % refused where 12 s",
        f"{_rates(digits)} | everybody says the same digits, {digits['speakers']} speakers",
    ]
    assert [figure for figure in figures if figure not in README] == []


def test_the_readme_says_how_accurate_it_is_before_others_as_it_was_measured() -> None:
    kept = json.loads((ROOT / "docs" / "accuracy-channels.json").read_text())
    read = {"group": "librispeech-clean"}
    before = [row for row in kept["verification"] if row | read | {"gallery": 20, "mixed": True} == row]
    [wide] = [row for row in before if row["enrolled"] == row["tested"] == "wide"]
    coded = [row for row in before if {row["enrolled"], row["tested"]} <= {"wide", *NARROW} and row is not wide]
    by_telephone = [max(row[rate] for row in coded) for rate in ("fmr", "fnmr")]
    fifty = {
        row["tested"]: row for row in kept["identification"] if row["enrolled"] == "wide" and row["candidates"] == 50
    }
    figures = [
        f"{percent(wide['fmr'])} %, {percent(wide['fnmr'])} % | read English, {wide['speakers']} speakers",
        f"the worst of {len(coded)} pairs of channels | {percent(by_telephone[0])} %, {percent(by_telephone[1])} % |",
        *(f"{percent(fifty[name]['fpir'])} %, {percent(fifty[name]['fnir'])} % |" for name in ("wide", "mu-law")),
    ]
    assert [figure for figure in figures if figure not in README] == []


def _rates(row: Mapping[str, Any]) -> str:
    return f"{percent(row['fmr']['0.001'])} %, {percent(row['fnmr']['0.001'])} %"


def test_no_text_sends_its_reader_to_a_numbered_section() -> None:
    """Ours have names, and documents of others are cited by author, year and subject."""
    texts = [
        *PAGES,
        *(file for top in ("functions", "shared", "tools", "devhost") for file in (ROOT / top).rglob("*.py")),
    ]
    assert [str(file) for file in texts if re.search(r"\bsections? \d|§", file.read_text())] == []


def test_every_page_is_in_the_index_once() -> None:
    named = re.findall(r"^\| \[([\w-]+\.md)\]\(\1\) \|", INDEX.read_text(), re.MULTILINE)
    assert sorted(named) == sorted(page.name for page in INDEX.parent.glob("*.md") if page != INDEX)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert [link for link in _links(page) if not _leads_somewhere(page, link)] == []


def test_a_link_to_nowhere_is_found() -> None:
    assert _leads_somewhere(INDEX, "../CONTRIBUTING.md#glossary")
    assert not _leads_somewhere(INDEX, "../CONTRIBUTING.md#glossaries")
    assert not _leads_somewhere(INDEX, "glossary.md")
    assert not _leads_somewhere(INDEX, "#glossary")


def _links(page: Path) -> list[str]:
    """Links and pictures of a page that stay in the repository."""
    return re.findall(r"\]\((?!\w+:)([^)\s]+)\)", _prose(page))


def _leads_somewhere(page: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = page.parent / name if name else page
    return target.exists() and (not anchor or anchor in _anchors(target))


def _anchors(page: Path) -> Iterator[str]:
    """Names that GitHub gives to headings, and those that a page gives itself."""
    text = _prose(page)
    yield from re.findall(r'<a id="([\w-]+)">', text)
    for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        yield re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _prose(page: Path) -> str:
    return re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)


def _row(rows: list[dict[str, Any]], **wanted: object) -> dict[str, Any]:
    [row] = [row for row in rows if {"test_length": 4.0, **wanted}.items() <= row.items()]
    return row
