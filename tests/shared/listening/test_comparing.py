"""How alike two voices are, seen from others."""

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.listening.comparing import compare, compare_all
from shared.listening.scoring import Conditions, cosine

HARD = Conditions(narrowed=True, snr_db=12)


def test_what_all_voices_have_in_common_does_not_count() -> None:
    random = np.random.default_rng(0)
    common = np.eye(64)[0]
    voices = _unit(common + random.standard_normal((22, 64)) / 8)
    alone = cosine(voices[0], voices[1])
    seen = compare(3 * voices[0], 2 * voices[1], voices[2:])
    assert seen.cosine == pytest.approx(alone, abs=1e-6)
    assert seen.voices == 20
    assert abs(seen.centred) < alone / 2


def test_a_centre_of_m_voices_is_their_mean_shrunk() -> None:
    e, t, other = np.eye(3, dtype=np.float32)
    centre = other / np.float32(1 + 5)
    assert compare(e, t, other[None]).centred == pytest.approx(cosine(e - centre, t - centre))


def test_only_the_voices_nearest_to_both_make_the_centre() -> None:
    e, t = _unit(np.array([[1, 0.5, 0], [0.5, 1, 0]]))
    near, far = np.tile(_unit(np.array([[1, 1, 0]]) * 0.5 + [[0, 0, 1]]), (10, 1)), np.tile([[0, 0, -1.0]], (40, 1))
    both = np.concatenate([far, near]).astype(np.float32)
    assert compare(e, t, both).centred == pytest.approx(compare(e, t, near.astype(np.float32)).centred, abs=1e-6)


def test_the_same_voice_under_another_name_is_no_other_voice() -> None:
    random = np.random.default_rng(0)
    e, t, *others = _unit(random.standard_normal((12, 32)))
    twice = _unit(np.array([*others, *(e + random.standard_normal((10, 32)) * 0.05)]))
    assert compare(e, t, twice) == compare(e, t, np.array(others, np.float32))


def test_without_others_the_centred_cosine_is_the_cosine() -> None:
    e, t = _unit(np.random.default_rng(0).standard_normal((2, 32)))
    seen = compare(e, t, np.zeros((0, 1), np.float32))
    assert seen.voices == 0
    assert seen.centred == pytest.approx(seen.cosine)
    assert seen.cosine == pytest.approx(cosine(e, t))


def test_of_many_signatures_each_is_compared_as_if_it_were_alone() -> None:
    random = np.random.default_rng(0)
    signatures, others = random.normal(size=(50, 192)).astype(np.float32), _unit(random.normal(size=(201, 192)))
    clip = random.normal(size=192).astype(np.float32)
    left_out = [*range(0, 40, 2), *[200] * 30]
    found = compare_all([*signatures], clip, others, left_out, HARD)
    alone = [
        compare(signature, clip, np.delete(others, row, axis=0), HARD)
        for signature, row in zip(signatures, left_out, strict=True)
    ]
    assert found == alone


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float32]:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
