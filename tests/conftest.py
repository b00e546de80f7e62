"""What several tests need: recordings of speech, storage, and the running service.

``make quick`` leaves out the tests with the mark ``slow``, and whatever starts a host, Azurite or a compiler: it sees.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import settings

from devhost.azurite import azurite
from devhost.stack import Host, stack
from tests.clock import Clock
from tests.recordings import HUMAN, SHIPPED, Recordings

ROOT = Path(__file__).parent.parent
KEYS = ("first-key-of-these-tests", "second-key-of-these-tests")
PEOPLE: Final = HUMAN.speech.is_dir()
"""Whether there are recordings of people."""
PROGRAM: Final = re.compile(r"azurite\.js|devhost(\.stack)?|func|run|demo|bicep.*")
"""What the command line of a host, of Azurite, or of a compiler of templates has among its words."""


settings.register_profile("untimed", deadline=None)  # how fast things are is measured elsewhere
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option of ``make quick``."""
    parser.addoption("--quick", action="store_true", help="leave out what is slow, or needs a host, Azurite or Bicep")


def pytest_configure(config: pytest.Config) -> None:
    """Let no quick test start one of them."""
    if config.getoption("quick"):
        sys.addaudithook(_skip_what_starts_a_program)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is slow."""
    if config.getoption("quick"):
        items[:] = [item for item in items if not item.get_closest_marker("slow")]


def _skip_what_starts_a_program(event: str, arguments: tuple[object, ...]) -> None:
    command = arguments[1] if event == "subprocess.Popen" else None
    if isinstance(command, list) and any(PROGRAM.fullmatch(Path(str(word)).name) for word in command):
        pytest.skip("a quick test starts no host, no Azurite and no compiler")


def pytest_report_header() -> str:
    """Says by name what is not tested."""
    heard = "" if PEOPLE else " is absent, tests hear synthetic voices only"
    return f"human recordings: {HUMAN.speech}{heard}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests measured, and do not judge."""
    passed: list[pytest.TestReport] = terminalreporter.getreports("passed")
    for name, said in (found for report in passed if report.when == "call" for found in report.user_properties):
        if name == "printed":
            terminalreporter.write_line(str(said))


@pytest.fixture(
    scope="session",
    params=[SHIPPED, *([pytest.param(HUMAN, marks=pytest.mark.slow)] if PEOPLE else [])],
    ids=lambda present: present.name,
)
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


@pytest.fixture
def clock() -> Clock:
    """A clock that a test moves."""
    return Clock()
