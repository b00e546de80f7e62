"""What the README says, the code does."""

import re

import pytest

from shared.settings import ROOT, SETTINGS
from tools.docs import PARTS, written


def test_the_page_of_settings_names_every_setting_with_its_default() -> None:
    rows = re.findall(r"^\| `(SPEAKER_\w+)` \| (\S+) \|", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE)
    written = {name: "" if default == "*(empty)*" else default.strip("`") for name, default in rows}
    assert written == {setting.name: setting.default for setting in SETTINGS.values()}


def test_the_readme_names_only_targets_that_make_has() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make (\w+)", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert named <= targets
    assert {"demo", "test", "run", "check", "bench"} <= named


@pytest.mark.parametrize("name", PARTS)
def test_what_is_made_from_the_code_is_up_to_date(name: str) -> None:
    assert (ROOT / name).read_text() == written(name), "`make docs` writes it"
