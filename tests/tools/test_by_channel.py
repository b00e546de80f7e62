"""Galleries and channels in the accuracy report: who is compared with whom, who is refused, and what is shown."""

import argparse
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shared.listening.bundle import Bundle
from shared.listening.scoring import Calibration
from shared.listening.views import Band
from shared.settings import ROOT
from tests.recordings import SHIPPED
from tools.accuracy import by_channel as module
from tools.accuracy import channel_tables, command
from tools.accuracy.by_channel import by_channel, failures, pairs, strangers_named
from tools.accuracy.command import channels_result
from tools.accuracy.crowds import crowded
from tools.accuracy.galleries import Door, Tenant, attempts_of
from tools.accuracy.heard import Heard, everybody, hear_through
from tools.accuracy.measure import digest
from tools.accuracy.unheard import unheard
from tools.recordings import UnusableInput

PEOPLE = 12
DIMENSION = 192


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundle.load(ROOT / "models" / "campplus")


@pytest.fixture(scope="module")
def calibration(bundle: Bundle) -> Calibration:
    return bundle.required_calibration()


def heard_of(people: int = PEOPLE, *, band: Band = Band.WIDE, spread: float = 0.1, kind: str = "made-up") -> Heard:
    """Made-up voices, one enrollment and one test each: directions that chance draws, and something near them."""
    random = np.random.default_rng(0)
    voices = random.standard_normal((people, DIMENSION))
    said = np.concatenate([voices, voices + spread * random.standard_normal(voices.shape)]).astype(np.float32)
    said /= np.linalg.norm(said, axis=1, keepdims=True)
    names = [f"{at:03}" for at in range(people)] * 2
    seconds = np.repeat([16.0, 3.2], people)
    return Heard(
        set=np.full(2 * people, kind),
        speaker=np.array(names),
        use=np.repeat(["enroll", "test"], people),
        length=np.repeat([20.0, 4.0], people),
        speech_sec=seconds,
        evidence_sec=seconds,
        snr_db=np.full(2 * people, 30.0),
        band=np.full(2 * people, band.value),
        refused=np.full(2 * people, "", dtype="U20"),
        as_it_came=said,
        narrowed=said,
    )


def test_voices_that_are_far_apart_are_told_apart_before_every_gallery(calibration: Calibration) -> None:
    rows = by_channel({"wide": heard_of()}, calibration, 0.001, 4)
    galleries = [(row["gallery"], row["mixed"]) for row in rows]
    assert galleries == [(0, False), (3, False), (3, True), (10, False), (10, True)]
    for row in rows:
        assert (row["same"], row["different"]) == (PEOPLE, PEOPLE * (PEOPLE - 1))
        assert (row["fmr"][0], row["fnmr"][0], row["refused_speakers"]) == (0, 0, 0)


def test_voices_that_are_nowhere_near_themselves_are_refused_and_counted(calibration: Calibration) -> None:
    [row, *_] = by_channel({"wide": heard_of(spread=30)}, calibration, 0.001, 4)
    assert row["fnmr"][0] == 1
    assert row["refused_speakers"] == row["speakers"] == PEOPLE


def test_a_gallery_holds_neither_the_profile_nor_the_person_who_speaks(calibration: Calibration) -> None:
    tenant = Tenant.of(heard_of())
    attempts, _ = attempts_of(heard_of(), "made-up", 4)
    door = Door(calibration, 0.001, tenant, tenant)

    def against(gallery: int) -> Counter[bool]:
        seen = door.compare(attempts[5], gallery, np.random.default_rng(0), mixed=False)
        return Counter(each.name == attempts[5].name for each in seen)

    assert against(PEOPLE - 2) == {True: 1, False: PEOPLE - 1}
    assert against(PEOPLE - 1) == {True: 1}, "of a stranger's profile, two of all are no others"
    assert against(PEOPLE) == {}


def test_a_gallery_that_cannot_be_filled_is_not_judged(calibration: Calibration) -> None:
    tenant = Tenant.of(heard_of())
    tests, _ = attempts_of(heard_of(), "made-up", 4)
    door = Door(calibration, 0.001, tenant, tenant)
    own = list(door.verify(tests[0], PEOPLE, np.random.default_rng(0), mixed=True))
    assert own == []


def test_a_narrow_enrollment_has_no_wide_view() -> None:
    tenant = Tenant.of(heard_of(band=Band.NARROW))
    assert all(set(signature.views) == {Band.NARROW} for signature in tenant.signatures)
    assert np.isnan(tenant.views[Band.WIDE]).all()


def test_a_mixed_tenant_has_everybody_through_the_channel_of_one_of_them() -> None:
    wide, narrow = Tenant.of(heard_of()), Tenant.of(heard_of(band=Band.NARROW))
    mixed = wide.mixed_with([narrow], np.random.default_rng(0))
    assert mixed.names.tolist() == wide.names.tolist()
    assert {Band.WIDE in signature.views for signature in mixed.signatures} == {True, False}


def test_who_could_not_enroll_and_whose_test_was_refused_is_told() -> None:
    heard = heard_of()
    refused = heard.refused.copy()
    refused[0], refused[PEOPLE + 1] = "TooNoisy", "TooLittleSpeech"
    [row] = failures({"wide": replace(heard, refused=refused)}, 4)
    assert (row["not_enrolled"], row["speakers"]) == (1, PEOPLE)
    assert (row["refused"], row["tests"], row["why"]) == (1, PEOPLE, ["TooLittleSpeech"])


def test_far_voices_are_named_and_strangers_are_not(calibration: Calibration) -> None:
    rows = strangers_named({"wide": heard_of()}, calibration, 0.001, 4)
    assert [row["candidates"] for row in rows] == [5, 10]
    assert all((row["fpir"][0], row["fnir"][0]) == (0, 0) for row in rows)


def test_a_thousand_candidates_are_filled_with_blends_of_those_who_were_measured(
    calibration: Calibration, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "DRAWS", 1)
    rows = strangers_named({"wide": heard_of(60)}, calibration, 0.001, 4)
    assert [(row["candidates"], row["blended"]) for row in rows] == [(5, 0), (10, 0), (50, 0), (1000, 1000 - 59)]
    assert all((row["tests"], row["fpir"][0], row["fnir"][0]) == (60, 0, 0) for row in rows)


def test_blends_are_as_alike_a_test_as_measured_strangers_and_nobody_is_blended_of_who_is_tested() -> None:
    tenant = Tenant.of(heard_of(60))
    crowd = crowded(tenant, "made-up", tenant.names[0], 1000, np.random.default_rng(0))
    assert crowd
    alike = crowd.views[Band.WIDE] @ tenant.views[Band.WIDE][0]
    drawn, measured = alike[60:], alike[1:60]
    assert len(drawn) == 1000 - 59
    assert drawn.mean() == pytest.approx(measured.mean(), abs=0.01)
    assert drawn.std() == pytest.approx(measured.std(), rel=0.1)
    assert drawn.max() < 0.5
    assert crowd.signatures[999].views.keys() == tenant.signatures[0].views.keys()


def test_of_few_people_no_crowd_is_drawn_and_of_enough_none_is_needed() -> None:
    random = np.random.default_rng(0)
    assert crowded(Tenant.of(heard_of(49)), "made-up", "", 1000, random) is None
    assert crowded(Tenant.of(heard_of(60)), "made-up", "", 60, random) is None


def test_constants_have_not_heard_whom_they_judge(calibration: Calibration) -> None:
    """The kind with most people in halves, the other by a fit on that one; voices far apart are told apart."""
    both = [replace(heard_of(count, kind=kind), speaker=np.array([f"{kind}{at:02}" for at in range(count)] * 2))
            for kind, count in (("many", 24), ("few", 6))]  # fmt: skip
    heard = Heard(**{name: np.concatenate([getattr(each, name) for each in both]) for name in vars(both[0])})
    rows = unheard({"wide": heard, "gsm": heard}, calibration, 0.001, 4)
    assert {(row["group"], row["enrolled"], row["tested"]) for row in rows} == {
        (kind, *pair) for kind in ("many", "few") for pair in pairs(["wide", "gsm"])
    }
    for row in rows:
        people = {"many": 24, "few": 6}[row["group"]]
        within = {"many": people // 2, "few": people}[row["group"]]
        assert (row["same"], row["different"]) == (people, people * (within - 1))
        assert row["fnmr"][0] == 0
        assert row["fmr"][0] < 0.01


def test_without_enough_people_nothing_is_judged_by_unheard_constants(calibration: Calibration) -> None:
    assert unheard({"wide": heard_of(6)}, calibration, 0.001, 4) == []


def test_pairs_are_wide_to_each_each_to_wide_and_each_to_itself() -> None:
    assert pairs(["wide", "gsm"]) == [("wide", "wide"), ("wide", "gsm"), ("gsm", "wide"), ("gsm", "gsm")]


@pytest.fixture(scope="module")
def measured(bundle: Bundle, calibration: Calibration, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return channels_result(SHIPPED.speech, bundle, calibration, 0.001, ["wide", "mu-law"])


@pytest.mark.slow
def test_what_ships_can_be_measured_through_channels(measured: dict[str, Any]) -> None:
    assert {(row["enrolled"], row["tested"]) for row in measured["verification"]} == set(pairs(["wide", "mu-law"]))
    assert {row["channel"] for row in measured["failures"]} == {"wide", "mu-law"}
    shown = channel_tables.shown(measured)
    assert all(title in shown for title, _ in channel_tables.TABLES.values())


@pytest.mark.slow
def test_pages_and_picture_follow_from_the_results(measured: dict[str, Any], tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- channels failures -->\nold\n<!-- /channels -->\nafter\n")
    channel_tables.write(measured, [page], tmp_path / "kept.json", tmp_path / "drawn.svg")
    first, drawn = page.read_text(), (tmp_path / "drawn.svg").read_bytes()
    again = json.loads((tmp_path / "kept.json").read_text())
    channel_tables.write(again, [page], tmp_path / "kept.json", tmp_path / "drawn.svg")
    assert (page.read_text(), (tmp_path / "drawn.svg").read_bytes()) == (first, drawn)
    assert "old" not in first
    assert "could not enroll" in first


@pytest.mark.slow
def test_without_people_the_command_measures_what_ships_and_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "FOLDER", tmp_path / "nobody")
    written: list[Any] = []
    monkeypatch.setattr(channel_tables, "write", written.append)
    arguments = argparse.ArgumentParser()
    command.add_arguments(arguments)
    command.run(arguments.parse_args(["--channels", "wide", "--write-docs"]))
    assert capsys.readouterr().out.startswith("on speech of golden")
    assert [row["channel"] for row in written[0]["failures"]] == ["wide"]


def test_what_was_heard_is_read_as_it_was_kept(tmp_path: Path) -> None:
    heard = heard_of(3)
    heard.save(tmp_path / "kept" / "wide.npz")
    again = Heard.load(tmp_path / "kept" / "wide.npz")
    assert all(np.array_equal(column, getattr(again, name)) for name, column in vars(heard).items())


def test_a_channel_that_is_not_there_and_a_report_without_wide_are_refused(
    bundle: Bundle, calibration: Calibration
) -> None:
    with pytest.raises(UnusableInput, match="no channel is called tin-can; there are wide, pcm-8k"):
        hear_through(SHIPPED.speech, ["tin-can"])
    with pytest.raises(UnusableInput, match="one of the channels must be wide"):
        channels_result(SHIPPED.speech, bundle, calibration, 0.001, ["mu-law"])


def test_a_folder_without_two_speakers_of_a_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match=r"holds no two speakers with 8 s of recordings each"):
        everybody(tmp_path)


@pytest.fixture
def kept() -> dict[str, Any]:
    return dict(json.loads(channel_tables.RESULTS.read_text("utf-8")))


@pytest.mark.parametrize("file", channel_tables.PAGES, ids=lambda file: str(file.name))
def test_the_tables_of_the_pages_are_those_of_their_results(kept: dict[str, Any], file: Path) -> None:
    text = file.read_text("utf-8")
    assert "<!-- channels" in text
    assert channel_tables.filled(text, kept) == text, "`make accuracy ARGS='--channels --write-docs'` writes it"


def test_the_results_of_the_pages_are_of_the_calibration_in_force(kept: dict[str, Any], bundle: Bundle) -> None:
    assert (kept["model"], kept["calibration"]) == (bundle.version, digest(bundle.required_calibration()))
