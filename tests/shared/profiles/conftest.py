"""A store in memory whose time is the test's."""

import pytest

from shared.store.memory import MemoryStore
from tests.clock import Clock


@pytest.fixture
def store(clock: Clock) -> MemoryStore:
    return MemoryStore(clock)
