"""What a voice is recognised by: which view compares with which clip, and how enrollments join."""

import numpy as np
import pytest

from shared.errors import UnreadableProfile
from shared.listening.views import Band
from shared.voices.signatures import Signature, View
from tests.signatures import both, mean_of, wide


def _narrow(speech_sec: float) -> Signature:
    return Signature({Band.NARROW: View(np.array([0, 1], np.float32), speech_sec)}, "v1")


@pytest.mark.parametrize(
    ("signature", "clip", "band"),
    [
        (both([1, 0], [0, 1], 20, "v1"), Band.WIDE, Band.WIDE),
        (both([1, 0], [0, 1], 20, "v1"), Band.NARROW, Band.NARROW),
        (_narrow(20), Band.WIDE, Band.NARROW),
        (_narrow(20), Band.NARROW, Band.NARROW),
        (wide([1, 0], 20, "v1"), Band.WIDE, Band.WIDE),
        (wide([1, 0], 20, "v1"), Band.NARROW, Band.WIDE),
    ],
    ids=["wide-wide", "wide-narrow", "narrow-wide", "narrow-narrow", "older-wide", "older-narrow"],
)
def test_a_comparison_is_made_in_the_band_that_both_sides_have(signature: Signature, clip: Band, band: Band) -> None:
    assert signature.band_for(clip) is band


@pytest.mark.parametrize(("narrow_sec", "band"), [(9, Band.WIDE), (11, Band.NARROW)])
def test_a_wide_clip_is_compared_where_most_of_the_enrolled_speech_is(narrow_sec: float, band: Band) -> None:
    mixed = both([1, 0], [0, 1], 10, "v1").joined_by(_narrow(narrow_sec))
    assert mixed.band_for(Band.WIDE) is band
    assert mixed.speech_sec == 10 + narrow_sec


@pytest.mark.parametrize(
    ("signature", "clip", "narrowed"),
    [
        (both([1, 0], [0, 1], 10, "v1"), Band.WIDE, False),
        (both([1, 0], [0, 1], 10, "v1"), Band.NARROW, True),
        (_narrow(10), Band.WIDE, True),
        (_narrow(10), Band.NARROW, False),
        (both([1, 0], [0, 1], 10, "v1").joined_by(_narrow(11)), Band.WIDE, True),
        (both([1, 0], [0, 1], 10, "v1").joined_by(_narrow(11)), Band.NARROW, False),
        (wide([1, 0], 10, "v1"), Band.NARROW, False),
    ],
)
def test_one_side_is_narrowed_where_only_the_other_came_narrow(
    signature: Signature, clip: Band, *, narrowed: bool
) -> None:
    assert signature.is_narrowed_with(clip) is narrowed


def test_each_view_is_the_mean_of_the_enrollments_that_have_it() -> None:
    joined = both([1, 0], [1, 0], 6, "v1").joined_by(both([0, 1], [0, 1], 2, "v1")).joined_by(_narrow(8))
    np.testing.assert_allclose(mean_of(joined), [0.75, 0.25])
    np.testing.assert_allclose(mean_of(joined, Band.NARROW), [0.375, 0.625])
    assert joined.views[Band.WIDE].speech_sec == 8


def test_a_signature_of_an_older_version_becomes_whole_only_by_re_extraction() -> None:
    assert not wide([1, 0], 6, "v1").is_whole
    assert wide([1, 0], 6, "v1").joined_by(both([0, 1], [0, 1], 2, "v1")).views[Band.NARROW].speech_sec == 2


def test_embeddings_of_another_dimension_do_not_join() -> None:
    with pytest.raises(UnreadableProfile, match="has 2 numbers, not 3"):
        wide([1, 0], 6, "v1").joined_by(wide([1, 0, 0], 6, "v1"))
