"""What docs/privacy.md promises is what tests check."""

import re
from pathlib import Path

import pytest

from functions.contract.requests import CONFIRMATION
from shared.settings import ROOT
from shared.store.audio import AUDIO_CONTAINER
from shared.store.azure import TABLE

PAGE = (ROOT / "docs" / "privacy.md").read_text()
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", PAGE)


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_a_promise_names_a_test_that_is_there(file: str, test: str) -> None:
    assert re.search(rf"^def {test}\(", Path(ROOT / file).read_text(), re.MULTILINE)


def test_every_promise_names_a_test() -> None:
    promised = PAGE.partition("## What is promised")[2].partition("\n## ")[0]
    promises = promised.split("\n- **")[1:]
    assert promises
    assert [promise for promise in promises if "::test_" not in promise] == []


def test_the_page_names_things_as_they_are() -> None:
    for name in (f"`{TABLE}`", f"`{AUDIO_CONTAINER}`", f"confirm={CONFIRMATION}", "(docs/privacy.md)"):
        assert name in PAGE + (ROOT / "README.md").read_text()
