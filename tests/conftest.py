"""What several tests need: human recordings, storage, and the running service.

A test that needs the last two, or another host or Azurite, has the mark ``host``: by the fixtures that it uses, or
where its module gives it. ``make quick`` runs those that have not.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from devhost.azurite import azurite
from devhost.stack import Host, stack

ROOT = Path(__file__).parent.parent
KEYS = ("first-key", "second-key")
STARTED: Final = frozenset({"service", "storage", "world", "upgrade", "watch", "crowded"})
"""Fixtures that start a host or Azurite."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that use such a fixture."""
    for item in items:
        if isinstance(item, pytest.Function) and not STARTED.isdisjoint(item.fixturenames):
            item.add_marker(pytest.mark.host)


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """The folder of recordings and reference values beside the checkout."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip(f"no recordings: {folder} is absent")
    return folder


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
