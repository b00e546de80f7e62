"""What several tests need: recordings of speech, storage, and the running service.

A test that needs the last two, or another host or Azurite, has the mark ``host``: by the fixtures that it uses, or
where its module gives it. One that takes seconds of a processor, or hears people, has the mark ``slow``. ``make quick``
runs those that have neither.
"""

import re
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Final

import pytest

from devhost.azurite import azurite
from devhost.stack import Host, stack
from tests.recordings import HUMAN, SHIPPED, Recordings

ROOT = Path(__file__).parent.parent
KEYS = ("first-key-of-these-tests", "second-key-of-these-tests")
PEOPLE: Final = HUMAN.speech.is_dir()
"""Whether there are recordings of people."""
STARTED: Final = frozenset({"service", "storage", "world", "upgrade", "watch", "crowded"})
"""Fixtures that start a host or Azurite."""
HOST: Final = re.compile(r"azurite\.js|devhost(\.stack)?|func|run")
"""What the command line of one has among its arguments."""

_running: pytest.Item | None = None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that use such a fixture."""
    for item in items:
        if isinstance(item, pytest.Function) and not STARTED.isdisjoint(item.fixturenames):
            item.add_marker(pytest.mark.host)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Know which test runs."""
    global _running
    _running = item
    return (yield)


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    """Let no test start a host that does not say so."""
    if event != "subprocess.Popen" or _running is None or _running.get_closest_marker("host"):
        return
    command = arguments[1]
    if isinstance(command, list) and any(HOST.fullmatch(Path(str(word)).name) for word in command):
        pytest.fail(f"{_running.nodeid} starts a host: give it the mark 'host'")


sys.addaudithook(_refuse)


def pytest_report_header() -> str:
    """Says by name what is not tested."""
    heard = "" if PEOPLE else " is absent, tests hear synthetic voices only"
    return f"human recordings: {HUMAN.speech}{heard}"


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
