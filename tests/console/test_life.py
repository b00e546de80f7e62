"""The life of a voice, as a person sees it."""

import re
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from playwright.sync_api import Browser, Request, expect
from scipy.signal import correlate

from devhost.stack import Host
from shared.settings import ROOT
from tests import voices
from tests.conftest import KEYS
from tests.console.browsing import Console, Microphone
from tests.console.conftest import Open
from tests.console.people import people
from tools import picture

pytestmark = pytest.mark.slow

RECORDED = """async () => {
  const { Microphone } = await import("/console/audio.js");
  let microphone;
  await new Promise(async (resolve) => {
    microphone = await Microphone.open(({ speech }) => speech > 2 && resolve());
  });
  return [...new Uint8Array(await (await microphone.stop()).arrayBuffer())];
}"""


def test_a_voice_is_recorded_enrolled_accepted_and_a_stranger_is_rejected(
    console: Console, microphone: Microphone
) -> None:
    person, stranger = people()
    console.make("Ann")
    microphone.hears(person.short)
    console.record(5)
    expect(console.heard).to_contain_text(re.compile(r"[4-9]\.\d s of speech in"))
    expect(console.page.get_by_role("img", name=re.compile(r"^[4-9]\.\d of 20\.0 seconds of speech"))).to_be_visible()
    console.give(person.long)
    expect(console.page.locator(".progress")).to_contain_text("Enrolled: the voice can be recognized.")
    console.see("Verify")
    console.page.get_by_label("Take short clips").check()
    console.record(4.5)
    expect(console.page.locator(".decision")).to_contain_text("Accept: this is Ann.")
    expect(console.page.get_by_role("img", name=re.compile("^Score .* accepted from 0.5: Accept"))).to_be_visible()
    microphone.hears(stranger.short)
    console.record(2.5)
    expect(console.page.locator(".decision")).to_contain_text("Reject: this is not Ann")
    for fact in ("Log-likelihood ratio (LLR)", "Accepted from", "Margin"):
        expect(console.page.locator("dl")).to_contain_text(fact)
    console.see("Accuracy")
    expect(console.page.locator("main")).to_contain_text("the score 0.5 stood for a log-likelihood ratio of")


def test_what_the_page_records_is_what_was_said(console: Console, microphone: Microphone) -> None:
    said = voices.speech("anna")[: 6 * voices.RATE]
    microphone.hears(voices.to_wav(said))
    wav = bytes(console.page.evaluate(RECORDED))
    assert wav[:4] + wav[8:12] == b"RIFFWAVE"
    assert int.from_bytes(wav[24:28], "little") == voices.RATE
    heard = voices.samples(wav).astype(np.float64)
    part = heard[voices.RATE // 2 :]
    whole = said.astype(np.float64)
    energy = np.sqrt(correlate(whole**2, np.ones(len(part)), "valid"))
    assert (correlate(whole, part, "valid") / energy).max() / np.linalg.norm(part) > 0.9


def test_a_file_that_is_dropped_is_heard(console: Console) -> None:
    console.make("Ann")
    dropped = console.page.evaluate_handle(
        """bytes => {
          const carried = new DataTransfer();
          carried.items.add(new File([new Uint8Array(bytes)], "clip.wav"));
          return carried;
        }""",
        [*voices.seconds("anna", 6)],
    )
    console.page.dispatch_event(".recorder", "drop", {"dataTransfer": dropped})
    expect(console.heard).to_contain_text("s of speech in 6.0 s")


def test_what_would_be_better_is_said(console: Console) -> None:
    console.make("Ann")
    console.give(voices.to_wav(voices.speech("anna")[: 8 * voices.RATE] // 200))
    expect(console.heard).to_contain_text("To do better:")
    expect(console.heard).to_contain_text("Speak closer to the microphone.")


def test_whoever_turns_away_while_recording_is_not_recorded_any_more(console: Console, microphone: Microphone) -> None:
    microphone.hears(people()[0].short)
    console.make("Ann")
    console.page.get_by_role("button", name="Record").click()
    console.page.locator(".live").wait_for()
    console.see("Verify")
    console.see("Enroll")
    expect(console.page.get_by_role("button", name="Record")).to_be_enabled()
    expect(console.page.get_by_role("img", name="0.0 of 20.0 seconds of speech")).to_be_visible()


def test_nobody_is_recorded_before_they_agreed(console: Console) -> None:
    console.make("Ann")
    record = console.page.get_by_role("button", name="Record")
    expect(record).to_be_enabled()
    console.page.get_by_label("This person knows").uncheck()
    expect(record).to_be_disabled()
    expect(console.page.get_by_label("Or choose a file")).to_be_disabled()


def test_one_of_several_is_named_and_a_stranger_is_nobody(empty: None, console: Console) -> None:
    console.choose("Identify among several")
    for name in ("anna", "david"):
        console.enrolled(name, voices.seconds(name, 30))
        expect(console.page.locator(".progress")).to_contain_text("Enrolled")
    console.see("Identify")
    console.give(voices.speakers()["anna"].test)
    expect(console.page.locator(".decision")).to_contain_text("This is anna.")
    expect(console.page.locator(".bars li")).to_have_count(2)
    expect(console.page.locator(".bars li").first).to_contain_text("anna")
    expect(console.page.locator(".bars line.point")).to_have_count(2)
    expect(console.page.locator(".decision")).to_contain_text("The best leads the next by")
    console.page.get_by_label("anna").uncheck()
    console.give(voices.speakers()["anna"].test)
    expect(console.page.locator(".decision")).to_contain_text("Nobody: it is none of these voices")
    console.page.get_by_label("david").uncheck()
    expect(console.page.locator("main")).to_contain_text("Choose at least one voice.")


def test_a_voice_is_found_among_everyone_and_in_a_group(empty: None, console: Console) -> None:
    console.choose("Identify among several")
    for name in ("anna", "david"):
        console.enrolled(name, voices.seconds(name, 30))
        expect(console.page.locator(".progress")).to_contain_text("Enrolled")
    console.see("Groups")
    console.page.get_by_label("Id of the new group").fill("staff-1")
    console.page.get_by_label("Description").fill("Staff")
    console.page.get_by_role("button", name="Make the group").click()
    expect(console.page.get_by_text("Nobody is in it.")).to_be_visible()
    console.page.get_by_role("button", name="Add the voice").click()
    members = console.page.locator(".members li")
    expect(members).to_contain_text("david")
    assert console.findings() == []
    decision = console.page.locator(".decision")
    console.see("Identify")
    console.among("Everyone who is enrolled")
    console.give(voices.speakers()["anna"].test)
    expect(decision).to_contain_text("This is anna.")
    expect(decision).to_contain_text("Compared with 2 voice(s)")
    console.among("Staff (staff-1)")
    console.give(voices.speakers()["anna"].test)
    expect(decision).to_contain_text("Nobody: it is none of these voices")
    console.see("Groups")
    console.page.get_by_role("combobox", name="Group").select_option("Staff (staff-1)")
    console.page.get_by_role("button", name="Take out: david").click()
    expect(members).to_have_count(0)
    console.page.get_by_role("button", name="Delete the group").click()
    console.page.get_by_role("button", name="Delete the group; its voices stay").click()
    expect(console.page.get_by_text("The group staff-1 is deleted.")).to_be_attached()
    expect(console.page.get_by_role("combobox", name="Group")).to_contain_text("No group yet")


def test_a_passphrase_is_chosen_enrolled_and_verified_with_its_words(console: Console) -> None:
    console.choose("Verify, passphrase")
    console.make("Ann")
    expect(console.page.locator(".phrases li")).to_have_count(10)
    console.expected = {"400"}
    console.give(voices.phrase("anna", 11))
    expect(console.problem).to_contain_text("Invalid passphrase.")
    for count in (1, 2, 3):
        console.give(voices.phrase("anna", 3))
        expect(console.page.get_by_role("img", name=f"{count} of 3 clips")).to_be_visible()
    expect(console.page.locator(".phrase")).to_contain_text("my voice is my passport verify me")
    expect(console.heard).to_contain_text("Said: “my voice is my passport verify me”")
    console.see("Verify")
    console.choose("Verify, passphrase")
    console.give(voices.phrase("anna", 3))
    expect(console.page.locator(".decision")).to_contain_text("Accept: this is Ann.")
    console.give(voices.phrase("anna", 5))
    expect(console.page.locator(".decision")).to_contain_text("Reject: this is not Ann")


def test_voices_are_named_reset_and_deleted_page_by_page(empty: None, console: Console) -> None:
    for number in range(11):
        console.make(f"voice {number:02}")
    console.give(voices.seconds("anna", 8))
    console.heard.wait_for()
    console.see("Voices")
    rows = console.page.locator("tbody tr")
    expect(rows).to_have_count(10)
    console.page.get_by_role("button", name="Next page").click()
    expect(rows).to_have_count(1)
    console.page.get_by_role("button", name="First page").click()
    expect(rows).to_have_count(10)
    console.page.get_by_role("textbox", name="Name of").first.fill("Zoe")
    console.page.get_by_role("button", name="Choose: ").first.focus()
    console.page.get_by_role("button", name="Reset: Zoe").click()
    console.page.get_by_role("button", name="Forget what was enrolled: Zoe").click()
    expect(console.page.get_by_text("Zoe is back at its beginning.")).to_be_attached()
    expect(rows.first).to_contain_text("0.0 s in 0 clip(s)")
    console.page.get_by_role("button", name="Delete: Zoe").click()
    console.page.get_by_role("button", name="Delete for ever: Zoe").click()
    expect(console.page.get_by_text("Zoe is deleted.")).to_be_attached()
    expect(console.page.get_by_role("button", name="Next page")).to_be_disabled()
    expect(rows).to_have_count(10)


def test_a_page_of_voices_is_read_one_after_another(empty: None, console: Console) -> None:
    for number in range(4):
        console.make(f"voice {number}")
    told = list[Request]()
    for event in ("request", "requestfinished"):
        console.page.on(event, lambda request: told.append(request))
    console.see("Voices")
    expect(console.page.get_by_role("cell", name=re.compile("^0 clip"))).to_have_count(4)
    reads = [request for request in told if re.search("/profiles/[^/]+$", request.url)]
    assert len(reads) == 8
    assert reads[0::2] == reads[1::2], "what is asked is answered before anything else is asked"


def test_names_stay_in_the_browser(console: Console, visit: Open) -> None:
    console.make("Ann")
    console.open()
    expect(console.voices).to_contain_text("Ann (enrolling)")
    expect(visit().voices).not_to_contain_text("Ann")


@pytest.mark.parametrize("language", ["curl", "Python", "JavaScript"])
def test_the_last_call_is_shown_in_code_without_the_key(console: Console, language: str) -> None:
    console.make("Ann")
    console.give(voices.seconds("anna", 8))
    console.heard.wait_for()
    console.page.get_by_text("The same in code").click()
    console.page.get_by_label(language).check()
    code = console.page.locator("pre")
    expect(code).to_contain_text("/enrollments?api-version=2021-09-05&details=true")
    expect(code).to_contain_text("SPEAKER_KEY")
    assert KEYS[0] not in console.page.content()


def test_the_picture_of_the_readme_is_drawn_by_its_command(
    empty: None, service: Host, browser: Browser, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def running(_: object) -> Iterator[Host]:
        yield service

    with (
        patch.object(picture, "stack", running),
        patch.object(picture, "KEY", KEYS[0]),
        patch.object(picture, "chromium_browser", lambda: nullcontext(browser)),
        patch.object(picture, "PICTURE", tmp_path / "console.png"),
        patch.object(picture, "ROOT", tmp_path),
    ):
        picture.run(Namespace())
    drawn = (tmp_path / "console.png").read_bytes()
    assert drawn.startswith(b"\x89PNG")
    assert len(drawn) <= 150_000
    assert "written: console.png" in capsys.readouterr().out
    assert f"]({picture.NAME})" in (ROOT / "README.md").read_text()
    assert (ROOT / picture.NAME).stat().st_size <= 150_000
