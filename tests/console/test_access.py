"""Everybody can use the page: by keyboard, with a screen reader, on a small screen; and it is there at once."""

from collections.abc import Callable
from statistics import median

import pytest
from playwright.sync_api import expect

from devhost.stack import Host
from tests import voices
from tests.conftest import KEYS
from tests.console.browsing import Console
from tests.console.conftest import Open
from tools.client import Client

pytestmark = pytest.mark.slow

VIEWS = ("Enroll", "Verify", "Identify", "Voices", "Accuracy")
NARROW = {"width": 320, "height": 640}
TOO_WIDE = """[...document.querySelectorAll('#app *')]
  .filter(part => !part.closest('.table, pre, .hidden, .skip') && part.getBoundingClientRect().right > 320)
  .map(part => part.outerHTML.slice(0, 80))"""
"""What reaches beyond a narrow screen, without what scrolls by itself."""


@pytest.fixture(scope="module")
def ann(service: Host) -> str:
    """Id of an enrolled voice; there is one to identify as well."""
    clients = [Client(service.url, mode, KEYS[0]) for mode in ("identification", "verification")]
    for client in clients:
        enrolled = client.create()
        client.enroll(enrolled, voices.seconds("anna", 30))
    return enrolled


def _choose(console: Console, voice: str) -> None:
    console.see("Verify")
    console.voices.select_option(voice)
    console.see("Enroll")
    console.page.locator(".ring").wait_for()


def _verified(console: Console) -> None:
    console.give(voices.seconds("anna", 6))
    console.page.locator(".decision").wait_for()
    console.page.get_by_text("The same in code").click()


DOING: dict[str, Callable[[Console], None]] = {"Verify": _verified, "Identify": _verified}
"""What is done in a view before it is looked at."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_view(visit: Open, ann: str, scheme: str) -> None:
    console = visit(color_scheme=scheme)
    _choose(console, ann)
    found = {}
    for view in VIEWS:
        console.see(view)
        if view in DOING:
            DOING[view](console)
        found[view] = console.findings()
    assert found == {view: [] for view in VIEWS}


def test_axe_finds_nothing_serious_in_what_goes_wrong_and_in_what_is_recorded(visit: Open) -> None:
    console = visit(key="")
    assert console.findings() == []
    console.open()
    console.make("Ann")
    console.page.get_by_role("button", name="Record").click()
    console.page.locator(".live").wait_for()
    assert console.findings() == []


def test_axe_would_find_something(console: Console) -> None:
    console.page.evaluate("document.body.append(document.createElement('input'))")
    assert [finding for finding in console.findings() if finding.startswith("label")] != []


def test_a_narrow_screen_needs_no_scrolling_to_the_side(visit: Open, ann: str) -> None:
    console = visit(viewport=NARROW)
    _choose(console, ann)
    for view in VIEWS:
        console.see(view)
        if view in DOING:
            DOING[view](console)
        assert console.page.evaluate(TOO_WIDE) == [], view


def test_whoever_asks_for_no_motion_sees_none(visit: Open) -> None:
    seconds = {}
    for motion in ("reduce", "no-preference"):
        console = visit(reduced_motion=motion)
        console.make("Ann")
        ring = console.page.locator(".ring .fill")
        seconds[motion] = ring.evaluate("ring => parseFloat(getComputedStyle(ring).transitionDuration)")
    assert seconds["reduce"] == 0 < seconds["no-preference"]


def test_a_voice_is_made_recorded_and_looked_up_by_keyboard_alone(console: Console) -> None:
    keyboard = console.page.keyboard
    console.page.get_by_label("Key", exact=True).focus()
    _tab_to(console, "Verify, free speech")
    keyboard.press("ArrowRight")
    expect(console.page.get_by_label("Verify, passphrase")).to_be_checked()
    keyboard.press("ArrowLeft")
    _tab_to(console, "Name")
    keyboard.type("Ann")
    keyboard.press("Enter")
    expect(console.voices.locator("option:checked")).to_contain_text("Ann")
    _tab_to(console, "This person knows")
    keyboard.press("Space")
    _tab_to(console, "Record")
    keyboard.press("Enter")
    expect(console.page.get_by_text("Recording.", exact=True)).to_be_attached()
    console.expected = {"400"}
    expect(console.page.get_by_role("button", name="Stop and send")).to_be_focused()
    keyboard.press("Enter")
    expect(console.problem).to_contain_text("Try again with what it asks for.")
    expect(console.page.get_by_role("button", name="Record")).to_be_focused()
    console.page.get_by_role("navigation").get_by_role("button", name="Voices").press("Enter")
    expect(console.page.get_by_role("heading", name="Voices")).to_be_focused()
    _tab_to(console, "Delete: Ann")
    keyboard.press("Enter")
    expect(console.page.get_by_role("button", name="Delete for ever: Ann")).to_be_focused()
    keyboard.press("Enter")
    expect(console.page.get_by_role("status").filter(has_text="Ann is deleted.")).to_be_attached()
    expect(console.page.get_by_role("heading", name="Voices")).to_be_focused()


def _tab_to(console: Console, name: str) -> None:
    """Go on, key by key, until the focus is on something of this name."""
    focused = (
        "const at = document.activeElement; return at.ariaLabel || at.labels?.[0]?.innerText || at.innerText || ''"
    )
    for _ in range(40):
        if str(console.page.evaluate(f"() => {{ {focused} }}")).strip().startswith(name):
            return
        console.page.keyboard.press("Tab")
    pytest.fail(f"nothing of the name {name!r} can be reached")


def test_how_much_is_loaded_and_when_it_is_seen(visit: Open, record_property: Callable[[str, object], None]) -> None:
    paints, console = [], visit()
    for _ in range(5):
        console.open()
        console.page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length")
        paints.append(console.page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
    console.see("Accuracy")
    fresh = visit()
    fresh.see("Accuracy")
    fresh.page.wait_for_function("() => [...document.images].every(image => image.complete && image.naturalWidth)")
    loaded = fresh.page.evaluate(
        "performance.getEntries().filter(at => at.name.includes('/console'))"
        ".reduce((sum, at) => sum + (at.encodedBodySize || 0), 0)"
    )
    assert 0 < loaded <= 60_000
    record_property(
        "printed", f"console: {loaded / 1000:.1f} kB compressed, first paint after {median(paints):.0f} ms (5 loads)"
    )
