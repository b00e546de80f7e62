"""Draw the picture of the console in the README: a voice of the demo is verified, in a Chromium that is there."""

import argparse
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Error, Page, Playwright, ViewportSize, sync_playwright

from devhost.stack import stack
from shared.settings import ROOT
from tools.client import Client
from tools.demo.speakers import VOICES, read_speakers

PROBLEMS: Final = (RuntimeError, Error)
NAME: Final = "docs/console.png"
PICTURE: Final = ROOT / NAME
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
FLAGS: Final = ("--no-sandbox", "--use-fake-device-for-media-stream")
"""Without a sandbox, as root in a container has none; with a microphone that is none."""

KEY: Final = "a key for a picture"
_SIZE: Final[ViewportSize] = {"width": 820, "height": 900}


class NoBrowser(RuntimeError):
    """There is no Chromium."""


def chromium() -> str:
    """The program of a Chromium or Chrome.

    Raises:
        NoBrowser: there is none; says what would help.
    """
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise NoBrowser("Chromium is missing: `apt-get install chromium`, or Chrome, gives one")
    return found


def add_arguments(_: argparse.ArgumentParser) -> None:
    """There are none."""


def run(_: argparse.Namespace) -> None:
    """Write the picture, and say where."""
    with stack({"SPEAKER_RECOGNITION_KEYS": KEY}) as running:
        draw(running.url, KEY, PICTURE)
    print(f"written: {PICTURE.relative_to(ROOT)}, {PICTURE.stat().st_size / 1000:.0f} kB")


@contextmanager
def chromium_browser() -> Iterator[Browser]:
    """A Chromium that was just started."""
    with sync_playwright() as playwright, closing(_launched(playwright)) as browser:
        yield browser


def _launched(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=chromium(), args=FLAGS)


def draw(url: str, key: str, file: Path) -> None:
    """Enroll a voice, let the page verify it, and keep what is seen."""
    speaker = read_speakers(VOICES)[0]
    client = Client(url, "verification", key)
    profile_id = client.create()
    for clip in speaker.enrollments:
        client.enroll(profile_id, clip, ignoreMinLength="true")
    with chromium_browser() as browser, closing(browser.new_page(viewport=_SIZE)) as page:
        page.goto(f"{url}/console")
        _verify(page, key, profile_id, speaker.test)
        page.screenshot(path=file, full_page=True)
    client.delete(profile_id)


def _verify(page: Page, key: str, profile_id: str, clip: bytes) -> None:
    page.get_by_label("Key", exact=True).fill(key)
    page.get_by_role("button", name="Use this key").click()
    page.get_by_role("button", name="Voices").click()
    page.get_by_label(f"Name of {profile_id}").fill("Anna")
    page.get_by_role("button", name=f"Choose: {profile_id[:8]}").focus()
    page.get_by_role("button", name="Choose: Anna").click()
    page.get_by_role("button", name="Verify").click()
    page.get_by_label("Take short clips").check()
    page.get_by_label("Or choose a file").set_input_files({"name": "clip.wav", "mimeType": "audio/wav", "buffer": clip})
    page.locator(".decision").wait_for()
