"""What several tests need: recordings of speech, storage, and the running service."""

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
