"""Turns are written as other tools read them."""

import csv

from shared.recordings.formats import FORMATS, labels
from shared.recordings.naming import Named
from shared.recordings.turns import Turn, Voice
from tests.shared.recordings.test_naming import ANNA
from tools.turns.sample import turns_of

TURNS = [Turn(0.5, 2.25, 1), Turn(3_661.0, 3_662.5, 2, overlapped=True)]
CALLED = {1: "Anna <a & b>", 2: "speaker-2"}


def test_an_rttm_file_is_read_again_by_its_columns() -> None:
    first, second = turns_of(FORMATS["rttm"](TURNS, CALLED))
    assert (first.start, first.stop, first.speaker) == (0.5, 2.25, "Anna_<a_&_b>")
    assert (second.start, second.stop, second.speaker) == (3_661.0, 3_662.5, "speaker-2")


def test_a_vtt_file_has_a_cue_a_turn_with_its_voice() -> None:
    assert FORMATS["vtt"](TURNS, CALLED) == (
        "WEBVTT\n\n"
        "00:00:00.500 --> 00:00:02.250\n<v Anna &lt;a &amp; b&gt;>Anna &lt;a &amp; b&gt;</v>\n\n"
        "01:01:01.000 --> 01:01:02.500\n<v speaker-2>speaker-2</v>\n"
    )


def test_a_csv_file_has_a_row_a_turn() -> None:
    assert list(csv.reader(FORMATS["csv"](TURNS, CALLED).splitlines())) == [
        ["offsetMs", "durationMs", "speaker", "name", "overlapped"],
        ["500", "1750", "1", "Anna <a & b>", "false"],
        ["3661000", "1500", "2", "speaker-2", "true"],
    ]


def test_who_is_unknown_is_called_by_number() -> None:
    assert labels([Named(Voice(7, ANNA, 1, 1))]) == {7: "speaker-7"}
