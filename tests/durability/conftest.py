from collections.abc import Iterator

import pytest

from tests.durability import world as worlds
from tests.durability.world import World


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Storage behind a proxy, for the tests of one module."""
    with worlds.world() as made:
        yield made
