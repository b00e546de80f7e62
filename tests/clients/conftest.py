from pathlib import Path

import pytest

from tests.clients.families import DEPENDENCIES


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sub-folder of clips for each dependency."""
    folder = tmp_path_factory.mktemp("clips")
    for name, dependency in DEPENDENCIES.items():
        (folder / name).mkdir()
        for clip, wav in dependency.clips().items():
            (folder / name / f"{clip}.wav").write_bytes(wav)
    return folder
