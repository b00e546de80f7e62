"""What benchmarks measure and judge."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from shared.settings import Settings
from tools.bench import recordings
from tools.bench.enrolling import Enrolled
from tools.bench.formats import CLIPS, _decoding, rows
from tools.bench.trust import Cost, settings
from tools.bench.turns import Turns, in_turns
from tools.turns.der import Line
from tools.turns.mixtures import Conversation

pytestmark = pytest.mark.slow


def test_a_clip_is_measured_in_a_process_of_its_own() -> None:
    measured = _decoding(CLIPS / "opus.mka", rounds=1)
    assert measured is not None
    assert measured.seconds == pytest.approx(1.5, abs=0.05)
    assert min(measured.ms, measured.first_ms, measured.more_mb) > 0
    [row] = rows([measured])
    assert (row.name, row.unit, row.beside[-4:]) == ("a second of opus.mka", "ms", "more")


def test_a_clip_that_needs_pyav_is_left_out_where_that_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "av.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert _decoding(CLIPS / "aac.m4a", rounds=1) is None


def test_a_clip_that_is_damaged_is_not_passed_over(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.webm"
    damaged.write_bytes((CLIPS / "opus.mka").read_bytes()[:50])
    with pytest.raises(RuntimeError, match="without a track of sound"):
        _decoding(damaged, rounds=1)


def test_what_trust_costs_is_bounded_and_the_app_takes_all_that_is_switched_on() -> None:
    others = {"verify off": [40.0, 60.0, 41.0], "identify on": [90.0] * 3, "identify off": [88.0] * 3}
    verify, identify = Cost(Turns({"verify on": [45.5, 65.5, 41.0], **others})).rows()
    assert (verify.kept, verify.value, identify.value) == (True, 5.5, 2.0)
    assert not Cost(Turns({"verify on": [46.5, 66.5, 41.0], **others})).rows()[0].kept
    chosen = Settings.read(settings())
    assert (chosen.sealing, chosen.audit, chosen.failure_limit) == ("local", True, 5)


def test_enrolling_many_is_bounded_by_the_bare_work() -> None:
    [row] = Enrolled(1_000, command=330, bare=300, storage=33).rows()
    assert (row.kept, row.value) == (True, 1.1)
    assert row.beside == "330 ms a person, against 300; Azurite took 10.0% of a core meanwhile"
    assert not Enrolled(1_000, command=360, bare=300, storage=33).rows()[0].kept


def test_a_long_recording_is_judged_by_its_turns_and_its_names() -> None:
    true = [Line(0, 10, "anna"), Line(10, 20, "boris")]
    conversation = Conversation("", np.zeros(20 * 16_000, np.float32), true, {"anna": np.zeros(1, np.float32)})
    told = {
        "speakers": [{"speaker": 1, "profileId": "1"}, {"speaker": 2, "profileId": "0"}],
        "value": [
            {"offsetMs": 0, "durationMs": 10_000, "speaker": 1},
            {"offsetMs": 10_000, "durationMs": 10_000, "speaker": 2},
        ],
    }
    cost = recordings.Cost(body_mb=1, wall_sec=1, processor_sec=0.5, peak_mb=701)
    share, peak, rate, off, named, wrong = recordings.judged(conversation, told, {"1": "anna"}, cost).rows()
    assert (share.value, share.kept, peak.kept) == (0.025, True, False)
    assert (rate.value, off.value, named.value, wrong.value) == (0, 0, 100, 0)
    *_, named, wrong = recordings.judged(conversation, told, {"0": "anna"}, cost).rows()
    assert (named.value, wrong.value) == (0, 1)


def test_each_works_once_a_turn_and_is_compared_with_the_same_turn() -> None:
    order: list[str] = []
    turns = in_turns({"one": partial(order.append, "one"), "other": partial(order.append, "other")}, 3)
    assert order == ["one", "other"] * 3
    assert {name: len(took) for name, took in turns.took.items()} == {"one": 3, "other": 3}
    slowing = Turns({"one": [10.0, 20.0, 90.0], "other": [5.0, 10.0, 80.0]})
    assert (slowing.median("one"), slowing.above("one", "other"), slowing.against("one", "other")) == (20, 10, 2)
