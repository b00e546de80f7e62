"""The alerts ask for what the service writes. The queries themselves are read, not run."""

import re
from typing import Final

import pytest

from functions.upkeep import upkeep
from shared.observing.line import line_of
from shared.observing.trace import tracing
from tests.infra.compiler import FOLDER

QUERIES: Final = {file.stem: file.read_text() for file in sorted((FOLDER / "alerts").glob("*.kql"))}


def test_a_refused_key_is_found_by_the_line_that_it_leaves() -> None:
    with tracing("Verify", None, "") as trace:
        trace.error, trace.status = "AccessDenied", 401
    [sought] = re.findall(r"has '(.+)'", QUERIES["refused-keys"])
    assert sought in line_of(trace)


def test_upkeep_is_found_by_the_name_of_its_function() -> None:
    [sought] = re.findall(r'Name == "(\w+)"', QUERIES["upkeep-late"])
    assert sought == upkeep._function.get_function_name()


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_brings_the_columns_that_it_asks_for(name: str) -> None:
    query = QUERIES[name]
    [columns] = re.findall(r"datatable\((.+)\) \[\];", query)
    declared = set(re.findall(r"(\w+): ", columns))
    asked = set(re.findall(r"\b(?:TimeGenerated|ResultCode|Message|Name|Success)\b", query.partition("[];")[2]))
    assert asked <= declared
