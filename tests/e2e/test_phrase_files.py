"""A file of phrases that is wrong stops the service before anybody enrolls by half a list."""

import shutil
from pathlib import Path

import pytest
import requests

from devhost.stack import host
from shared.settings import MODELS, ROOT
from tests import models


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The app in a folder of its own, whose files of phrases may be changed."""
    models.app_with(MODELS, tmp_path)
    (tmp_path / "shared").unlink()
    shutil.copytree(ROOT / "shared", tmp_path / "shared", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_a_duplicate_is_named_with_file_and_line_at_start_and_nothing_is_served(root: Path, storage: str) -> None:
    phrases = root / "shared" / "words" / "phrases" / "en-US.txt"
    phrases.write_text(phrases.read_text() + "passphrase: houston we have had a problem\n")
    last = len(phrases.read_text().splitlines())
    environment = {"SPEAKER_STORAGE_CONNECTION_STRING": storage, "AzureWebJobsStorage": storage}
    with host(environment, root=root) as running:
        answers = [requests.get(f"{running.url}/{path}", timeout=60) for path in ("health", PHRASES)]
    assert [answer.status_code for answer in answers] == [500, 500]
    assert f"en-US.txt, line {last}: this phrase is on line 3 already" in "".join(running.log)


def test_a_line_that_is_added_is_a_passphrase(root: Path, storage: str) -> None:
    phrases = root / "shared" / "words" / "phrases" / "en-US.txt"
    phrases.write_text(phrases.read_text() + "passphrase: the ferry leaves the harbour at nine\n")
    environment = {"SPEAKER_STORAGE_CONNECTION_STRING": storage, "AzureWebJobsStorage": storage}
    with host(environment, root=root) as running:
        listed = requests.get(f"{running.url}/{PHRASES}", timeout=60).json()["value"]
    assert [item["passPhrase"] for item in listed][-1] == "the ferry leaves the harbour at nine"
    assert len(listed) == 11


PHRASES = "speaker-recognition/verification/text-dependent/phrases/en-us?api-version=2021-09-05"
