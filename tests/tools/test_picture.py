"""Which browser draws the picture of the README; tests/console lets it draw."""

import shutil

import pytest

from tools.picture import BROWSERS, NoBrowser, chromium


@pytest.mark.parametrize("name", BROWSERS)
def test_any_of_them_will_do(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(shutil, "which", lambda program: f"/bin/{name}" if program == name else None)
    assert chromium() == f"/bin/{name}"


def test_a_machine_without_one_is_told_what_would_help(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(NoBrowser, match="Chromium is missing: `apt-get install chromium`"):
        chromium()
