"""A hand on the page: what people do there, and what must not happen meanwhile."""

import json
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect

from devhost.stack import Host
from shared.settings import ROOT
from tests.conftest import KEYS

AXE: Final = ROOT / "node_modules" / "axe-core" / "axe.min.js"
REFUSED: Final = re.compile(r"Failed to load resource: .*?(?:status of (\d+)|net::(ERR_\w+))")
SERIOUS: Final = ("serious", "critical")


@dataclass
class Console:
    """A page of the console.

    Attributes:
        expected: what the service, or the network, may refuse with: the browser says each on its console.
        errors: whatever else the browser complained of.
        origins: hosts that were asked for something.
    """

    page: Page
    url: str
    expected: set[str] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)
    origins: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Listen."""
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self._asked(request.url))

    def _said(self, message: ConsoleMessage) -> None:
        refused = REFUSED.match(message.text)
        known = refused and (refused[1] or refused[2]) in self.expected
        if message.type in ("error", "warning") and not known:
            self.errors.append(message.text)

    def _asked(self, url: str) -> None:
        parts = urlsplit(url)
        self.origins.add(f"{parts.scheme}://{parts.netloc}")

    def open(self, key: str = KEYS[0], refused: Collection[str] = ()) -> "Console":
        """Go there, be told that a key is needed, and type one unless it is empty; then ``refused`` is expected."""
        self.expected = {"401"}
        self.page.goto(f"{self.url}/console")
        self.problem.first.wait_for()
        if key:
            self.expected = set(refused)
            self.use(key)
        return self

    def use(self, key: str) -> None:
        """Type a key."""
        self.page.get_by_label("Key", exact=True).fill(key)
        self.page.get_by_role("button", name="Use this key").click()

    def see(self, view: str) -> None:
        """Turn to a view."""
        self.page.get_by_role("navigation").get_by_role("button", name=view).click()

    def choose(self, family: str) -> None:
        """Choose a family of voices."""
        self.page.get_by_label(family).check()

    def among(self, label: str) -> None:
        """Choose among whom a voice is identified."""
        self.page.get_by_role("combobox", name="Among whom").select_option(label)

    def make(self, name: str) -> None:
        """Make a voice, of which the person agrees to be recorded."""
        self.page.get_by_label("Name", exact=True).fill(name)
        self.page.get_by_role("button", name="Make a new voice").click()
        expect(self.voices.locator("option:checked")).to_contain_text(name)
        self.page.get_by_label("This person knows").check()

    def give(self, clip: bytes, name: str = "clip.wav") -> None:
        """Choose a file."""
        chosen = {"name": name, "mimeType": "application/octet-stream", "buffer": clip}
        self.page.get_by_label("Or choose a file").set_input_files(chosen)  # type: ignore[arg-type]

    def record(self, seconds: float) -> None:
        """Record until so much speech was heard, and send it."""
        self.page.get_by_role("button", name="Record").click()
        self.page.wait_for_function(
            "least => parseFloat(document.querySelector('.number')?.textContent) >= least", arg=seconds
        )
        self.page.get_by_role("button", name="Stop and send").click()

    def enrolled(self, name: str, clip: bytes) -> None:
        """Make a voice and enroll it."""
        self.make(name)
        self.give(clip)
        self.heard.wait_for()

    @property
    def voices(self) -> Locator:
        """The voices that can be chosen."""
        return self.page.get_by_role("combobox", name="Voice")

    @property
    def heard(self) -> Locator:
        """What the service heard."""
        return self.page.locator(".heard")

    @property
    def problem(self) -> Locator:
        """What went wrong."""
        return self.page.get_by_role("alert")

    def findings(self) -> list[str]:
        """What axe-core finds that is serious or critical."""
        found: dict[str, Any] = self.page.evaluate("() => axe.run()")
        return [
            f"{rule['id']}: {json.dumps([node['html'] for node in rule['nodes']])}"
            for rule in found["violations"]
            if rule["impact"] in SERIOUS
        ]


@contextmanager
def opened(browser: Browser, service: Host, **options: Any) -> Iterator[BrowserContext]:  # noqa: ANN401  Playwright's
    """A browser in which nothing was done yet, with a microphone and axe-core."""
    context = browser.new_context(**options)
    context.set_default_timeout(20_000)
    context.grant_permissions(["microphone"], origin=service.url)
    context.add_init_script(path=AXE)
    yield context
    context.close()


@dataclass(frozen=True)
class Microphone:
    """The fake one: it plays a file, from its beginning each time it is opened."""

    file: Path

    def hears(self, clip: bytes) -> None:
        """From now on, a WAV file."""
        self.file.write_bytes(clip)
