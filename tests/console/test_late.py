"""Answers come in another order than they were asked for: what is shown is what was asked for last."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, Route, expect

from tests import voices
from tests.console.browsing import Console

pytestmark = pytest.mark.slow

SHOWN = "() => new Promise(shown => requestAnimationFrame(() => setTimeout(shown)))"
"""What was rendered meanwhile is on the page."""


@contextmanager
def _late(page: Page, pattern: str) -> Iterator[None]:
    """What is asked for by a pattern is answered only at the end, the newest first."""
    held: list[Route] = []
    page.route(pattern, lambda route: held.append(route))
    with page.expect_request(pattern):
        yield
    page.evaluate(SHOWN)
    assert held
    for route in reversed(held):
        with page.expect_event("requestfinished", lambda request, asked=route.request: request == asked):
            route.continue_()
    page.unroute(pattern)
    page.evaluate(SHOWN)


def test_a_page_of_voices(empty: None, console: Console) -> None:
    for number in range(11):
        console.make(f"voice {number:02}")
    rows = console.page.locator("tbody tr")
    with _late(console.page, "**/profiles/*details=true*"):
        console.see("Voices")
        expect(rows).to_have_count(10)
        console.page.get_by_role("button", name="Next page").click()
        expect(rows).to_have_count(1)
    expect(rows).to_have_count(1)


def test_voices_of_another_family(empty: None, console: Console) -> None:
    console.make("Ann")
    console.see("Voices")
    rows = console.page.locator("tbody tr")
    expect(rows).to_have_count(1)
    with _late(console.page, "**/text-dependent/profiles?*"):
        console.choose("Verify, passphrase")
        with console.page.expect_event("requestfinished", lambda request: "details=true" in request.url):
            console.choose("Verify, free speech")
    expect(rows).to_have_count(1)


def test_a_decision_about_another_voice(empty: None, console: Console) -> None:
    for name in ("Ann", "Bob"):
        console.enrolled(name, voices.seconds("anna", 30))
    console.see("Verify")
    with _late(console.page, "**/*:verify?*"):
        console.give(voices.seconds("anna", 6))
        console.voices.select_option(label="Ann (enrolled)")
    expect(console.page.get_by_text("Accept: this is Bob.")).to_be_attached()
    expect(console.page.locator(".decision")).to_have_count(0)


def test_an_enrollment_of_another_voice(empty: None, console: Console) -> None:
    console.make("Ann")
    console.make("Bob")
    with _late(console.page, "**/enrollments?*"):
        console.give(voices.seconds("anna", 8))
        console.voices.select_option(label="Ann (enrolling)")
        expect(console.page.locator(".ring")).to_be_visible()
    expect(console.heard).to_have_count(0)
    expect(console.page.locator(".ring")).to_contain_text("0.0")


def test_what_was_done_and_failed_is_told_whatever_is_shown_since(empty: None, console: Console) -> None:
    console.make("Ann")
    console.see("Voices")
    console.expected = {"409"}
    held: list[Route] = []
    console.page.route("**/profiles/*", lambda route: held.append(route))
    console.page.get_by_role("button", name="Delete: Ann").click()
    with console.page.expect_request(lambda request: request.method == "DELETE"):
        console.page.get_by_role("button", name="Delete for ever: Ann").click()
    console.choose("Verify, passphrase")
    expect(console.page.locator("tbody tr")).to_have_count(0)
    console.page.evaluate(SHOWN)
    [removal] = [route for route in held if route.request.method == "DELETE"]
    removal.fulfill(status=409, json={"error": {"code": "Conflict", "message": "Somebody else is at it."}})
    expect(console.problem).to_contain_text("Somebody else is at it.")
