"""The tree of errors is what its docstring draws, and every cause can be told."""

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from functions.contract import catalogue
from functions.contract.catalogue import ROOMS, causes, tree
from functions.contract.operations import OPERATIONS
from shared.errors import SpeakerError

CAUSES = list(causes())


def test_the_docstring_draws_the_tree() -> None:
    assert (catalogue.__doc__ or "").count(tree()) == 1, tree()


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.__name__)
def test_a_cause_tells_no_more_and_no_less_than_what_it_is_raised_with(cause: type[SpeakerError]) -> None:
    described: Any = cause
    held = set(described.__dataclass_fields__) - {"cause", "wait_ms"}  # which a header tells
    told = set(re.findall(r"\{(\w+)", cause.says + cause.adds))
    assert told == held


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.__name__)
def test_a_cause_is_answered_by_operations_that_there_are(cause: type[SpeakerError]) -> None:
    assert set(cause.where) <= {*OPERATIONS, "any other path or method"}


def test_no_text_is_written_twice() -> None:
    lines = [line for room in ROOMS for line in Path(str(sys.modules[room].__file__)).read_text().splitlines()]
    texts = [line for line in lines if re.match(r'    (says|adds) = ["f]', line)]
    assert len(texts) > 40
    assert [text for text in texts if texts.count(text) > 1] == []
