"""Who spoke when: the tool, the conversations that it is judged on, and how it is judged."""

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from shared.listening.bundle import Bundle
from shared.listening.quality import SpeechDetector
from shared.settings import MODELS
from tests.recordings import SHIPPED
from tools import verbs
from tools.recordings import UnusableInput
from tools.turns import hearing, held_out, report
from tools.turns.der import Line, errors
from tools.turns.hearing import pieces
from tools.turns.judging import judge, misnamed
from tools.turns.mixtures import Conversation, mixtures, readers
from tools.turns.saying import Manner


def lines(*turns: tuple[float, float, str]) -> list[Line]:
    """Turns by start, stop and speaker."""
    return [Line(*turn) for turn in turns]


@pytest.fixture(scope="module")
def conversation() -> Conversation:
    """Two synthetic voices who take turns."""
    detector = SpeechDetector(Bundle.load(MODELS / "silero-vad"))
    return next(mixtures(readers(SHIPPED.speech), 1, detector))


# Judging


REFERENCE = lines((0, 10, "anna"), (10, 20, "boris"))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (lines((0, 10, "1"), (10, 20, "2")), (0, 0, 0)),
        (lines((0, 10, "2"), (10, 20, "1")), (0, 0, 0)),
        (lines((0, 20, "1")), (0, 0, 10)),
        (lines((0, 10, "1")), (10, 0, 0)),
        (lines((0, 10, "1"), (10, 20, "2"), (5, 8, "3")), (0, 3, 0)),
        (lines((0, 10, "1"), (10, 20, "2"), (20, 24, "2")), (0, 4, 0)),
        ([], (20, 0, 0)),
    ],
)
def test_errors_are_missed_invented_and_confused_speech(found: Sequence[Line], expected: tuple[float, ...]) -> None:
    wrong = errors(REFERENCE, found, 30, collar=0)
    assert (wrong.missed, wrong.false_alarm, wrong.confused) == pytest.approx(expected)
    assert wrong.total == pytest.approx(20)
    assert wrong.rate == pytest.approx(sum(expected) / 20)


def test_nothing_is_judged_within_the_collar() -> None:
    late = lines((0.2, 10.2, "1"), (10.2, 20.2, "2"))
    assert errors(REFERENCE, late, 30, collar=0).rate > 0
    assert errors(REFERENCE, late, 30, collar=0.25).rate == 0


def test_overlapped_speech_counts_once_for_each_speaker() -> None:
    both = lines((0, 10, "anna"), (0, 10, "boris"))
    wrong = errors(both, lines((0, 10, "1")), 10, collar=0)
    assert (wrong.missed, wrong.total) == pytest.approx((10, 20))


NAMES = {"1": "anna", "2": "clara"}


def test_a_turn_is_right_if_the_known_have_their_names_and_strangers_none() -> None:
    found = lines((0, 9, "1"), (9, 20, "2"))
    offered = {"anna", "clara"}
    known, stranger = judge(REFERENCE, found, offered, NAMES)
    assert (known.name, known.is_right) == ("anna", True)
    assert (stranger.name, stranger.is_offered, stranger.is_right) == ("clara", False, False)
    assert misnamed(REFERENCE, found, NAMES) == ["clara"]
    assert judge(REFERENCE, [], offered, NAMES) == []


# Conversations


def test_a_conversation_is_the_same_every_time_and_as_long_as_it_says(conversation: Conversation) -> None:
    detector = SpeechDetector(Bundle.load(MODELS / "silero-vad"))
    again = next(mixtures(readers(SHIPPED.speech), 1, detector))
    np.testing.assert_array_equal(again.samples, conversation.samples)
    assert again.turns == conversation.turns
    assert len(conversation.speakers) == 2
    assert max(turn.stop for turn in conversation.turns) <= conversation.seconds
    assert conversation.speakers & set(conversation.enrolled)
    assert set(conversation.enrolled) - conversation.speakers


def test_people_talk_as_long_as_they_are_told_to_and_say_a_word_while_others_speak() -> None:
    detector = SpeechDetector(Bundle.load(MODELS / "silero-vad"))
    people = readers(SHIPPED.speech)
    once, long = (
        next(mixtures(people, 1, detector, Manner(words=words, overlapped=0, speakers=(2,), seconds=seconds)))
        for words, seconds in ((0, 0), (1, 100))
    )
    assert once.seconds < 100 <= long.seconds < 200
    assert not any(one.stop > other.start for one, other in pairwise(once.turns))
    within = [(one, other) for one, other in pairwise(long.turns) if one.stop > other.stop]
    assert within
    assert all(one.speaker != other.speaker and other.stop - other.start < 1 for one, other in within)


def test_held_out_are_people_whom_the_mixtures_do_not_have(monkeypatch: pytest.MonkeyPatch) -> None:
    detector, people = SpeechDetector(Bundle.load(MODELS / "silero-vad")), readers(SHIPPED.speech)
    assert list(held_out.held_out(people, 15, detector)) == []
    monkeypatch.setattr(held_out, "NUMBER", 1)
    [(name, [call])] = held_out.held_out(people, 0, detector)  # the others need more people
    assert (name, len(call.speakers), call.seconds >= 180) == ("calls of three minutes", 2, True)


def test_too_few_people_make_no_conversation(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="at least 6 are needed"):
        next(mixtures(readers(tmp_path), 1, SpeechDetector(Bundle.load(MODELS / "silero-vad"))))


# The tool


def test_the_tool_names_who_is_known_and_writes_every_form(
    conversation: Conversation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording = tmp_path / "meeting.flac"
    soundfile.write(recording, conversation.samples, 16_000)
    [own] = conversation.speakers & set(conversation.enrolled)
    for name, samples in conversation.enrolled.items():
        (tmp_path / "people" / name).mkdir(parents=True)
        soundfile.write(tmp_path / "people" / name / "1.wav", samples, 16_000)
    verbs.main(["turns", str(recording), "--profiles", str(tmp_path / "people"), "--out", str(tmp_path)])
    said = capsys.readouterr().out
    assert said.count(f"\n{own} ") == 1
    assert "speaker-" in said
    assert {f" {own} " in line for line in (tmp_path / "meeting.rttm").read_text().splitlines()} == {True, False}
    assert (tmp_path / "meeting.vtt").read_text().startswith("WEBVTT\n")
    assert (tmp_path / "meeting.csv").read_text().startswith("offsetMs,")
    assert own in (tmp_path / "meeting.svg").read_text()


def test_the_tool_says_that_nobody_speaks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    soundfile.write(tmp_path / "silence.wav", np.zeros(160_000, np.float32), 16_000)
    verbs.main(["turns", str(tmp_path / "silence.wav"), "--out", str(tmp_path)])
    assert "Nobody speaks." in capsys.readouterr().out
    assert (tmp_path / "silence.rttm").read_text() == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["{tmp}/none.wav"], "cannot be read as audio"),
        (["{tmp}/text.wav"], "cannot be read as audio"),
        (["{tmp}/tone.wav", "--min-speakers", "3", "--max-speakers", "2"], "there cannot be 3"),
        (["{tmp}/tone.wav", "--profiles", "{tmp}/nobody"], "holds no recordings of people"),
    ],
)
def test_the_tool_says_in_a_line_what_it_cannot_use(tmp_path: Path, arguments: Sequence[str], said: str) -> None:
    (tmp_path / "text.wav").write_text("no audio")
    (tmp_path / "nobody").mkdir()
    soundfile.write(tmp_path / "tone.wav", np.zeros(16_000, np.float32), 16_000)
    with pytest.raises(SystemExit, match=said):
        verbs.main(["turns", *(each.format(tmp=tmp_path) for each in arguments)])


def test_a_recording_is_read_in_pieces_without_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 16_000 * 30).astype(np.float32)
    soundfile.write(tmp_path / "noise.wav", noise, 16_000, subtype="FLOAT")
    monkeypatch.setattr(hearing, "PIECE", 16_000 * 12)
    parts = list(pieces(tmp_path / "noise.wav"))
    assert [len(part) for part in parts] == [192_000, 192_000, 96_000]
    np.testing.assert_allclose(np.concatenate(parts), noise, atol=1e-6)


def test_what_cannot_be_heard_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    soundfile.write(tmp_path / "nan.wav", np.full(16_000, np.nan, np.float32), 16_000, subtype="FLOAT")
    with pytest.raises(UnusableInput, match="no numbers"):
        list(pieces(tmp_path / "nan.wav"))
    with pytest.raises(UnusableInput, match=r"none\.wav"):
        list(pieces(tmp_path / "none.wav"))
    monkeypatch.setattr(hearing, "MAX_HOURS", 0.5 / 3600)
    with pytest.raises(UnusableInput, match="longer than"):
        list(pieces(tmp_path / "nan.wav"))


# The report


def test_the_page_shows_the_figures_of_the_report() -> None:
    page = report.PAGE.read_text("utf-8")
    for line in report.table(json.loads(report.FIGURES.read_text("utf-8"))):
        assert line in page
