"""Whatever goes wrong is told in words, with what to do, and the page goes on."""

import io
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from typing import Final

import pytest
import requests
import soundfile
from playwright.sync_api import Browser, BrowserType, expect

from devhost.stack import Host, host
from tests import voices
from tests.conftest import KEYS
from tests.console.browsing import Console, opened
from tests.console.conftest import Open
from tests.shared.listening.test_wrapping import HEAD, PACKETS, WRAPS
from tools.picture import FLAGS

pytestmark = pytest.mark.slow

NO_STORAGE = (
    "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;"
    "BlobEndpoint=http://127.0.0.1:9/a;TableEndpoint=http://127.0.0.1:9/a"
)
DEVICELESS = [flag for flag in FLAGS if "device" not in flag]


@pytest.fixture(scope="module")
def ailing(program: str) -> Iterator[Host]:
    """A service whose storage is away, and which takes one call a minute."""
    settings = {"SPEAKER_STORAGE_CONNECTION_STRING": NO_STORAGE, "SPEAKER_RATE_LIMIT": "0.016"}
    with host({"SPEAKER_RECOGNITION_KEYS": ",".join(KEYS), **settings}) as running:
        yield running


def _file(kind: str, subtype: str = "", rate: int = 16_000) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, voices.speech("anna")[: 3 * rate], rate, format=kind, subtype=subtype or None)
    return file.getvalue()


def test_without_a_key_and_with_a_wrong_one_it_asks_for_one(visit: Open) -> None:
    console = visit(key="")
    expect(console.problem).to_contain_text("Type a key that may do this at the top of the page.")
    console.use("a wrong key, of 16 characters and more")
    expect(console.problem).to_contain_text("Access denied")
    console.expected = set()
    console.use(KEYS[1])
    expect(console.problem).to_have_count(0)


def test_a_reload_forgets_the_key_and_no_storage_of_the_browser_has_it(console: Console) -> None:
    console.make("Ann")
    console.expected = {"401"}
    console.page.reload()
    expect(console.problem).to_contain_text("Type a key")
    expect(console.page.get_by_label("Key", exact=True)).to_have_value("")
    kept = console.page.context.storage_state()
    assert "Ann" in str(kept)
    assert not any(key in str(kept) for key in KEYS)
    assert kept["cookies"] == []
    assert console.page.url == f"{console.url}/console"


@pytest.mark.parametrize("path", ["%2e%2e/console.py", "..%2fconsole.py", "vendor/%2e%2e/%2e%2e/console.py", "no.js"])
def test_the_host_gives_no_other_file(service: Host, path: str) -> None:
    asked = requests.Request("GET", f"{service.url}/console/x").prepare()
    asked.url = f"{service.url}/console/{path}"
    with requests.Session() as session:
        answer = session.send(asked, timeout=10)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "404"


def test_the_host_answers_for_the_page_with_and_without_a_slash_and_to_head(service: Host) -> None:
    answers = [requests.get(f"{service.url}/console{slash}", timeout=10) for slash in ("", "/")]
    answers.append(requests.head(f"{service.url}/console", timeout=10))
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert {answer.headers["content-type"] for answer in answers} == {"text/html; charset=utf-8"}
    assert {len(answer.text) > 0 for answer in answers[:2]} == {True}


def test_the_log_of_the_service_has_no_key(console: Console, service: Host) -> None:
    console.make("Ann")
    assert any('"CreateProfile"' in line for line in service.log)
    assert not any(key in line for key in KEYS for line in service.log)


def test_a_microphone_that_may_not_be_used_is_named(console: Console) -> None:
    console.make("Ann")
    console.page.context.clear_permissions()
    console.page.context.grant_permissions([])
    console.page.get_by_role("button", name="Record").click()
    expect(console.problem).to_contain_text("The microphone may not be used. Allow it")
    console.give(voices.seconds("anna", 6))
    console.heard.wait_for()


def test_a_machine_without_a_microphone_is_named(chromium_type: BrowserType, program: str, service: Host) -> None:
    with (
        closing(chromium_type.launch(executable_path=program, args=DEVICELESS)) as deaf,
        opened(deaf, service) as context,
    ):
        console = Console(context.new_page(), service.url).open()
        console.make("Ann")
        console.page.get_by_role("button", name="Record").click()
        expect(console.problem).to_contain_text("There is no microphone. Plug one in, or choose a file.")
        assert console.errors == []


def test_a_clip_that_is_too_short_is_measured_and_can_be_taken_all_the_same(console: Console) -> None:
    console.make("Ann")
    console.enrolled("Bob", voices.seconds("anna", 25))
    console.see("Verify")
    console.expected = {"400"}
    console.give(voices.seconds("anna", 3))
    expect(console.problem).to_contain_text("Minimum allowed length is 4 second(s). The audio holds 2.")
    console.expected = set()
    console.page.get_by_label("Take short clips").check()
    console.give(voices.seconds("anna", 3))
    expect(console.page.locator(".decision")).to_contain_text("Accept: this is Bob.")


def test_a_clip_that_a_front_end_finds_too_large_is_named(console: Console) -> None:
    """The dev host and the open-source host answer 500; front ends answer 413 with a page of theirs."""
    console.make("Ann")
    console.expected = {"413"}
    console.page.route("**/enrollments?*", lambda route: route.fulfill(status=413, body="<h1>Too Large</h1>"))
    console.give(voices.seconds("anna", 8))
    expect(console.problem).to_contain_text("The clip is larger than the service takes. Record or cut a shorter one.")


def test_storage_that_is_away_and_too_many_calls_are_named_with_what_to_do(browser: Browser, ailing: Host) -> None:
    with opened(browser, ailing) as context:
        console = Console(context.new_page(), ailing.url).open(refused={"503", "429"})
        expect(console.problem).to_contain_text("Storage is not available. Try again.", timeout=30_000)
        console.see("Verify")
        expect(console.problem).to_contain_text("Try again in ")
        assert console.errors == []


def test_a_service_that_does_not_answer_is_named(console: Console) -> None:
    console.expected = {"ERR_INTERNET_DISCONNECTED"}
    console.page.context.set_offline(True)
    console.see("Verify")
    expect(console.problem).to_contain_text("The service does not answer. Is it running")


def test_two_windows_enroll_one_voice_together_and_one_deletes_it(empty: None, console: Console, visit: Open) -> None:
    console.enrolled("Ann", voices.seconds("anna", 8))
    other = visit(beside=console)
    other.voices.select_option(label="Ann (enrolling)")
    other.page.get_by_label("This person knows").check()
    other.give(voices.seconds("anna", 9))
    other.heard.wait_for()
    other.see("Voices")
    expect(other.page.locator("tbody tr")).to_contain_text("in 2 clip(s)")
    other.page.get_by_role("button", name="Delete: Ann").click()
    other.page.get_by_role("button", name="Delete for ever: Ann").click()
    expect(other.page.locator("tbody tr")).to_have_count(0)
    console.expected = {"404"}
    console.give(voices.seconds("anna", 8))
    expect(console.problem.first).to_contain_text("It may have been deleted, here or in another window.")


FILES: Final[dict[str, Callable[[], bytes]]] = {
    "WAV, 16 kHz": partial(_file, "WAV"),
    "WAV, mu-law": partial(_file, "WAV", "ULAW"),
    "WAV, floats": partial(_file, "WAV", "FLOAT"),
    "FLAC": partial(_file, "FLAC"),
    "Ogg Vorbis": partial(_file, "OGG"),
    "Ogg Opus": partial(_file, "OGG", "OPUS"),
    "MP3": partial(_file, "MP3"),
    "AIFF": partial(_file, "AIFF"),
    **{name: partial(wrap, HEAD, PACKETS) for name, wrap in WRAPS.items()},
}


def test_a_file_of_each_container_is_heard(console: Console) -> None:
    console.make("Ann")
    lengths = {}
    for name, file in FILES.items():
        console.page.get_by_label("Take short clips").check()
        before = console.page.locator(".progress").inner_text()
        console.give(file(), name)
        expect(console.page.locator(".progress")).not_to_have_text(before)
        expect(console.problem).to_have_count(0)
        lengths[name] = console.heard.locator("li").first.inner_text()
    assert {said for said in lengths.values() if "in 3." not in said and "in 2.9" not in said} == set()


def test_markup_of_the_service_and_of_people_is_shown_as_text(console: Console) -> None:
    markup = "<img src=x onerror=alert(1)>"
    console.expected = {"400"}
    console.page.route("**/profiles?*", lambda route: route.fulfill(
        status=400, content_type="application/json", body=f'{{"error": {{"code": "x", "message": "{markup}"}}}}'
    ))  # fmt: skip
    console.see("Verify")
    expect(console.problem).to_contain_text(markup)
    console.page.unroute("**/profiles?*")
    console.see("Enroll")
    console.make(markup)
    expect(console.page.locator("#app img")).to_have_count(0)
