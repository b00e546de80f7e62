"""What stands around the code says what is there: guide, security policy, dev container, forms for issues."""

import json
import re
from pathlib import Path

import pytest
import yaml

from shared.settings import ROOT

GUIDE = (ROOT / "CONTRIBUTING.md").read_text()
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


def test_the_map_has_every_room_and_no_other() -> None:
    named = set(re.findall(r"^\| `([\w./]+)` \|", GUIDE, re.MULTILINE))
    rooms = {f"{file.parent.relative_to(ROOT)}/" for top in ("functions", "shared") for file in _python(top)}
    assert rooms <= named
    assert [place for place in named if not (ROOT / place).exists()] == []


def test_the_guide_and_the_policy_name_only_targets_and_files_that_there_are() -> None:
    targets = set(re.findall(r"^(\w+):(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for text in (GUIDE, (ROOT / "SECURITY.md").read_text()):
        assert set(re.findall(r"`make (\w+)", text)) <= targets
        assert [link for link in re.findall(r"\]\((\S+?)\)", text) if not (ROOT / link).exists()] == []


def test_the_glossary_is_in_alphabetical_order() -> None:
    words = re.findall(r"^\| ([^|`]+) \|", GUIDE.partition("## Glossary")[2], re.MULTILINE)[1:]
    assert len(words) > 10
    assert words == sorted(words, key=str.casefold)


def test_the_dev_container_has_what_the_makefile_asks_for() -> None:
    text = (ROOT / ".devcontainer" / "devcontainer.json").read_text()
    container = json.loads(re.sub(r"^//.*$", "", text, flags=re.MULTILINE))
    assert container["image"].endswith(f"python:{(ROOT / '.python-version').read_text().strip()}")
    [node] = [options["version"] for name, options in container["features"].items() if "/node:" in name]
    assert f"Node {node} or newer" in (ROOT / "Makefile").read_text()


@pytest.mark.parametrize("file", FORMS, ids=lambda file: file.name)
def test_a_form_for_issues_has_what_github_asks_for(file: Path) -> None:
    form = yaml.safe_load(file.read_text())
    assert {"name", "description", "body"} <= set(form)
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert {field["type"] for field in fields} <= {"input", "textarea", "dropdown", "checkboxes"}
    assert all(field["attributes"]["label"] for field in fields)
    assert len({field["id"] for field in fields}) == len(fields)
    assert any(field.get("validations", {}).get("required") for field in fields)


def _python(top: str) -> list[Path]:
    return sorted((ROOT / top).rglob("*.py"))
