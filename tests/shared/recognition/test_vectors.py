import numpy as np
import pytest

from shared.recognition import vectors
from shared.recognition.vectors import Codes, Halves, joined, vectors_of

RANDOM = np.random.default_rng(5)


def _units(count: int, dimension: int = 192) -> np.ndarray:
    values = RANDOM.normal(size=(count, dimension))
    return (values / np.linalg.norm(values, axis=1, keepdims=True)).astype(np.float16)


@pytest.mark.parametrize("count", [0, 1, vectors.BLOCK, vectors.BLOCK + 1, 5_000])
def test_in_4_bits_cosines_are_nearly_what_they_are(count: int) -> None:
    halves, query = Halves(_units(count)), _units(1)[0].astype(np.float32)
    codes = halves.coded()
    assert codes.codes.nbytes == count * 96
    exact = halves.values.astype(np.float32) @ query
    assert halves.cosines(query) == pytest.approx(exact)
    assert codes.cosines(query) == pytest.approx(exact, abs=0.05)
    rows = RANDOM.permutation(count)[: count // 2]
    for known in (halves, codes):
        assert known.cosines(query, rows) == pytest.approx(known.cosines(query)[rows], abs=1e-6)
        assert known.taken(rows).cosines(query) == pytest.approx(known.cosines(query, rows), abs=1e-6)


def test_the_fifty_best_in_4_bits_hold_the_five_best() -> None:
    halves = Halves(_units(30_000))
    codes = halves.coded()
    for _ in range(20):
        query = halves.values[RANDOM.integers(30_000)] * 0.7 + _units(1)[0] * 0.7
        exact = np.argsort(-halves.cosines(query.astype(np.float32)))[:5]
        found = np.argsort(-codes.cosines(query.astype(np.float32)))[:50]
        assert set(exact) <= set(found)


def test_few_are_joined_as_they_are_and_many_or_coded_ones_in_4_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two, query = Halves(_units(3)), Halves(_units(2)), _units(1)[0].astype(np.float32)
    rows = np.array([4, 0, 2])
    expected = np.concatenate([one.cosines(query), two.cosines(query)])[rows]
    few = joined([one, two], rows)
    assert isinstance(few, Halves)
    coded = joined([one.coded(), two], rows)
    monkeypatch.setattr(vectors, "FEW", 2)
    many = joined([one, two], rows)
    for each, error in ((few, 1e-6), (coded, 0.05), (many, 0.05)):
        assert each.cosines(query) == pytest.approx(expected, abs=error)
    assert isinstance(coded, Codes)
    assert isinstance(many, Codes)


def test_what_is_kept_comes_back_and_anything_else_is_refused() -> None:
    halves, query = Halves(_units(7)), _units(1)[0].astype(np.float32)
    for known in (halves, halves.coded()):
        assert vectors_of(known.arrays()).cosines(query) == pytest.approx(known.cosines(query))
    with pytest.raises(TypeError):
        vectors_of({"": np.zeros((2, 3), np.int64)})
    with pytest.raises(KeyError):
        vectors_of({"": np.zeros((2, 3), np.uint8)})
