from pathlib import Path

import pytest

from tests import voices


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of clips: two of each of two speakers to enroll, one of the first to test, and one of a stranger."""
    folder = tmp_path_factory.mktemp("clips")
    anna, david, ewan = (voices.speakers()[name] for name in ("anna", "david", "ewan"))
    wavs = {"test": anna.test, "stranger": david.test}
    wavs |= dict(zip(("enroll", "more"), anna.enrollments, strict=False))
    wavs |= dict(zip(("other", "other-more"), ewan.enrollments, strict=False))
    for name, wav in wavs.items():
        (folder / f"{name}.wav").write_bytes(wav)
    return folder
