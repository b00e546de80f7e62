"""What several tests need: recordings of speech, storage, and the running service.

A test that needs the last two, or another host or Azurite, has the mark ``host``: by the fixtures that it uses, or
where its module gives it. ``make quick`` runs those that have not.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from devhost.azurite import azurite
from devhost.stack import Host, stack
from tests.recordings import HUMAN, SHIPPED, Recordings

ROOT = Path(__file__).parent.parent
KEYS = ("first-key", "second-key")
PRESENT: Final = [SHIPPED, *([HUMAN] if HUMAN.speech.is_dir() else [])]
STARTED: Final = frozenset({"service", "storage", "world", "upgrade", "watch", "crowded"})
"""Fixtures that start a host or Azurite."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that use such a fixture."""
    for item in items:
        if isinstance(item, pytest.Function) and not STARTED.isdisjoint(item.fixturenames):
            item.add_marker(pytest.mark.host)


def pytest_report_header() -> str:
    """Says by name what is not tested."""
    heard = "" if HUMAN in PRESENT else " is absent, tests hear synthetic voices only"
    return f"human recordings: {HUMAN.speech}{heard}"


@pytest.fixture(scope="session", params=PRESENT, ids=lambda present: present.name)
def recordings(request: pytest.FixtureRequest) -> Recordings:
    """Those that ship with the repository, and then, where they are, those of people."""
    found: Recordings = request.param
    return found


@pytest.fixture(scope="session")
def storage() -> Iterator[str]:
    """Connection string of an Azurite that lives as long as the tests."""
    with azurite() as connection_string:
        yield connection_string


@pytest.fixture(scope="session")
def service() -> Iterator[Host]:
    """The whole service, with two keys configured."""
    with stack({"SPEAKER_RECOGNITION_KEYS": ",".join(KEYS)}) as running:
        yield running
