"""What galleries of very many cost: figures of speed are told, and owners who are missed are counted."""

from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np
import pytest

from shared.listening.bundle import Bundle
from shared.listening.views import Band
from shared.recognition.vectors import Halves
from shared.settings import MODELS
from tests.hearing import again, somebody
from tests.signatures import both
from tools.accuracy import owners
from tools.accuracy.by_channel import WIDE
from tools.accuracy.galleries import Attempt, Tenant
from tools.bench import everyone
from tools.bench.everyone import Everyone
from tools.bench.row import lines

pytestmark = pytest.mark.slow

RANDOM = np.random.default_rng(3)
MADE_UP = Everyone(100_000, 5.1, None, 6.9, 1_000, 80.0, 101.5, 50.0, 56.0, 7.0, 3.0, 0.9, 100_000, 210.4, 258.2)


def test_figures_are_told_beside_their_bounds() -> None:
    said = "\n".join(" ".join(line.split()) for line in lines(everyone.rows([MADE_UP]), {}))
    assert "search among 100,000 5.10 ms faiss not installed, numpy float32 6.9 ms" in said
    assert "identify among 100,000, above 50 21.5 ms at most 40, 101.5 ms in all" in said
    assert "above 50, of processor 6.00 ms" in said
    assert "above verify and reads 3.00 ms at most 5, of processor; 50.0 ms in all, 7.0 for reads" in said
    assert "cold gallery among 100,000 0.900 s at most 5" in said
    assert "BROKEN" not in said


def test_what_our_search_finds_is_compared_with_an_exact_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(everyone, "QUERIES", 20)
    voices = everyone._voices(3_000)
    assert np.linalg.norm(voices.astype(np.float32), axis=1) == pytest.approx(1, abs=0.01)
    codes = everyone._packed(RANDOM.integers(0, 256, (3_000, 16), np.uint8), voices).coded().vectors[Band.WIDE]
    assert everyone._right(voices, codes) < 20, "they are in another order"
    assert everyone._right(voices, Halves(voices).coded()) == 20
    took = everyone._times({"ours": codes.cosines, **everyone._others(voices)}, voices)
    assert {"ours", "numpy_ms"} <= took.keys()


def _alike(count: int) -> np.ndarray:
    """Voices that have something in common, and differ in few directions."""
    found = RANDOM.normal(size=(count, 30)) @ RANDOM.normal(size=(30, 192)) + 10
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def test_drawn_voices_are_as_alike_as_those_around_which_they_are_drawn() -> None:
    voices = _alike(80)
    drawn = owners.drawn_around(voices, np.random.default_rng(1))(2_000)
    assert np.linalg.norm(drawn, axis=1) == pytest.approx(1, abs=1e-5)
    for how in (np.mean, np.std):
        measured, synthetic = (how((each @ each.T)[np.triu_indices(len(each), 1)]) for each in (voices, drawn))
        assert synthetic == pytest.approx(measured, rel=0.15)


def test_owners_are_missed_the_more_the_larger_a_gallery_is(capsys: pytest.CaptureFixture[str]) -> None:
    people = np.stack([somebody(RANDOM) for _ in range(12)])
    tenant = Tenant(
        np.array(["kind"] * 12), np.array([str(n) for n in range(12)]), [both(v, v, 20, "") for v in people],
        dict.fromkeys(Band, people), [],
    )  # fmt: skip
    tests = [
        Attempt("kind", str(n), Band.WIDE, 4.0, None, clip, clip)
        for n in range(12)
        for clip in [again(people[n], RANDOM) if n % 2 else somebody(RANDOM)]
    ]
    calibration = Bundle.load(MODELS / "campplus").calibration
    assert calibration is not None
    with (
        patch.object(owners, "_people", return_value=(tenant, tests)),
        patch.object(owners, "SIZES", (10, 500, 20_000)),
    ):
        found = list(owners.owners(Path(), calibration, 0.001, owners.SIZES))
    assert [(each.size, each.people) for each in found] == [(10, True), (10, False), (500, False), (20_000, False)]
    assert [each.tests for each in found] == [12] * 4
    assert 6 <= found[1].missed <= found[3].missed
    assert all(each.behind <= each.missed for each in found)
    assert all(each.named <= 1 for each in found)
    assert "| 20,000 | drawn |" in owners.table(found)


def test_only_kinds_of_speech_of_which_there_are_enough_people_count(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = SimpleNamespace(set=np.array(["few"] * 3 + ["many"] * 20), speaker=np.array([str(n) for n in range(23)]))
    kept: list[np.ndarray] = []
    heard.where = kept.append
    monkeypatch.setattr(owners, "hear_through", lambda *_: {WIDE: heard})
    monkeypatch.setattr(Tenant, "of", lambda _: "tenant")
    monkeypatch.setattr(owners, "attempts_of", lambda _, kind, __: ([kind], []))
    _, attempts = owners._people(Path())
    assert list(map(str, attempts)) == ["many"]
    assert kept[0].sum() == 20
