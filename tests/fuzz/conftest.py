from collections.abc import Iterator
from typing import Final

import pytest

from tests import voices
from tests.fuzz.target import PROFILES, VERSION, Target, target

MORE_MEMORY_MB: Final = 250


@pytest.fixture(scope="module")
def service() -> Iterator[Target]:
    with target() as running:
        for clip in (voices.seconds("anna", 119), voices.seconds("anna", 119)):  # as large as it gets
            running.send("POST", f"{PROFILES}/{running.verified}:verify?{VERSION}", clip)
        yield running


@pytest.fixture(scope="module", autouse=True)
def bounded(service: Target) -> Iterator[None]:
    """Memory after all of it, against memory after the largest clip."""
    before = service.memory_mb()
    yield
    assert service.memory_mb() < before + MORE_MEMORY_MB
