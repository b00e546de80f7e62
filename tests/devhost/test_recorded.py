"""Requests that the open-source Functions host was recorded with, sent to the dev host: the answers are the same."""

import json
import shutil
from collections.abc import Iterator

import pytest

from tests.devhost.raw import Answer, ask
from tests.devhost.running import REPOSITORY, RunningApp, serving

RECORDED = REPOSITORY.parent / "shared" / "golden" / "host"
CASES = json.loads((RECORDED / "cases.json").read_text()) if RECORDED.is_dir() else []
WITHOUT = "the recorded answers of the Functions host (../shared/golden/host) are not here"
HOME_PAGE = "GET /"  # in the table of docs/devhost.md

pytestmark = pytest.mark.skipif(not CASES, reason=WITHOUT)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    root = tmp_path_factory.mktemp("app")
    shutil.copytree(RECORDED / "sample", root, dirs_exist_ok=True)
    with serving(root) as app:
        yield app


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"][:60]) for case in CASES])
def test_the_answer_is_the_recorded_one(app: RunningApp, case: dict[str, object]) -> None:
    answer = ask(app, str(case["request"]))
    expected = case["answer"]
    assert isinstance(expected, dict)
    assert (answer.status, answer.headers) == (expected["status"], expected["headers"])
    if case["name"] != HOME_PAGE:
        assert _recorded(answer, expected["body"]) == expected["body"]


def _recorded(answer: Answer, like: object) -> object:
    """The body as the recording writes it: JSON as an object, a long text as its length and beginning."""
    text = answer.body.decode(errors="replace")
    if isinstance(like, dict):
        return json.loads(text)
    return text if len(text) < 1000 else f"{len(text)} characters: {text[:80]}"
