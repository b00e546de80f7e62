"""What several tests need: human recordings, storage, and the running service."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from devhost.azurite import azurite
from devhost.stack import Host, stack

ROOT = Path(__file__).parent.parent
KEYS = ("first-key", "second-key")


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
