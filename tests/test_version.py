"""One version: what the code says, the changelog describes, and no other file says again."""

import re
import tomllib
from datetime import date
from itertools import pairwise

from functions.contract.version import RELEASED, VERSION
from shared.settings import ROOT

CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
RELEASES = re.findall(r"^## \[(\d+)\.(\d+)\.(\d+)\] - (\S+)$", CHANGELOG, re.MULTILINE)
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_newest_release_of_the_changelog_is_this_version() -> None:
    *numbers, released = RELEASES[0]
    assert (".".join(numbers), released) == (VERSION, RELEASED)


def test_releases_stand_newest_first_with_their_days() -> None:
    assert len(RELEASES) == CHANGELOG.count("\n## [")
    ordered = [([int(number) for number in numbers], date.fromisoformat(day)) for *numbers, day in RELEASES]
    assert all(newer[0] > older[0] and newer[1] >= older[1] for newer, older in pairwise(ordered))


def test_changes_are_of_the_kinds_of_keep_a_changelog() -> None:
    assert set(re.findall(r"^### (.+)$", CHANGELOG, re.MULTILINE)) <= KINDS


def test_the_project_file_takes_the_version_from_the_code() -> None:
    document = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "version" not in document["project"]
    assert document["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "functions.contract.version.VERSION"}
