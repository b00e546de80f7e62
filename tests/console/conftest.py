"""One service and one browser for all that is done in it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import requests
from playwright.sync_api import Browser, BrowserType, expect, sync_playwright

from devhost.stack import Host, stack
from tests import voices
from tests.conftest import KEYS
from tests.console.browsing import AXE, Console, Microphone, opened
from tests.contract.api import IDENTIFICATION, TEXT_DEPENDENT, VERIFICATION, VERSION
from tools.picture import FLAGS, NoBrowser, chromium

expect.set_options(timeout=20_000)  # a machine that does other things too
FAMILIES = (VERIFICATION, TEXT_DEPENDENT, IDENTIFICATION)


@pytest.fixture(scope="package")
def program() -> str:
    """A Chromium, and axe-core to look with."""
    if not AXE.is_file():
        pytest.skip("axe-core is missing: `npm ci` installs it")
    try:
        return chromium()
    except NoBrowser as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="package")
def chromium_type(program: str) -> Iterator[BrowserType]:
    """What starts browsers."""
    with sync_playwright() as playwright:
        yield playwright.chromium


@pytest.fixture(scope="package")
def microphone(tmp_path_factory: pytest.TempPathFactory) -> Microphone:
    """Silent, until it is told what it hears."""
    fake = Microphone(tmp_path_factory.mktemp("microphone") / "heard.wav")
    fake.hears(voices.silence(10))
    return fake


@pytest.fixture(scope="package")
def browser(chromium_type: BrowserType, program: str, microphone: Microphone) -> Iterator[Browser]:
    """The one browser."""
    flags = [*FLAGS, f"--use-file-for-fake-audio-capture={microphone.file}"]
    launched = chromium_type.launch(executable_path=program, args=flags)
    yield launched
    launched.close()


@pytest.fixture(scope="package")
def service(program: str) -> Iterator[Host]:
    """A service of which nobody else has a voice."""
    with stack({"SPEAKER_RECOGNITION_KEYS": ",".join(KEYS)}) as running:
        yield running


@pytest.fixture
def empty(service: Host) -> None:
    """No voice is there."""
    for family in FAMILIES:
        requests.delete(
            f"{service.url}/speaker-recognition/{family}/profiles",
            params={**VERSION, "confirm": "delete-all-profiles"},
            headers={"Ocp-Apim-Subscription-Key": KEYS[0]},
            timeout=60,
        ).raise_for_status()


type Open = Callable[..., Console]


@pytest.fixture
def visit(browser: Browser, service: Host) -> Iterator[Open]:
    """Opens a page of the console; at the end nobody complained, and nobody else was asked for anything."""
    consoles: list[Console] = []
    with ExitStack() as until_the_end:

        def visited(key: str = KEYS[0], beside: Console | None = None, **options: object) -> Console:
            new = opened(browser, service, **options)
            context = beside.page.context if beside else until_the_end.enter_context(new)
            consoles.append(Console(context.new_page(), service.url))
            return consoles[-1].open(key)

        yield visited
    assert [console.errors for console in consoles if console.errors] == []
    assert {origin for console in consoles for origin in console.origins} == {service.url}


@pytest.fixture
def console(visit: Open) -> Console:
    """A page of the console, with a key."""
    return visit()
