"""Known voices are hints: nobody gets the nearest name."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.errors import UnreadableProfile
from shared.listening.bundle import Bundle
from shared.listening.comparing import NOBODY, Crowd
from shared.listening.views import Band
from shared.recognition.judging import Known
from shared.recordings.naming import Named, Naming
from shared.recordings.refusals import OutdatedSignature
from shared.recordings.turns import Voice
from shared.settings import MODELS
from shared.voices.signatures import Signature, View

BUNDLE = Bundle.load(MODELS / "campplus")
ANNA, BORIS, CLARA = (np.eye(192, dtype=np.float32)[at] for at in range(3))


def voice(number: int, embedding: NDArray[np.float32], seconds: float = 30.0) -> Voice:
    """A speaker of a recording."""
    return Voice(number, embedding, seconds, seconds)


def nobody(_: Band) -> Crowd:
    """No other voices to compare with."""
    return NOBODY


def known(name: str, mean: NDArray[np.float32], version: str = BUNDLE.version) -> Known:
    """A profile with 20 s of speech."""
    return Known(name, Signature({Band.WIDE: View(mean, 20.0)}, version), nobody)


def named(
    voices: Sequence[Voice], offered: Sequence[Known], *, exclusive: bool = True, band: Band = Band.WIDE
) -> Sequence[Named]:
    """By the operating point of the service."""
    naming = Naming(BUNDLE.version, BUNDLE.required_calibration(), 0.001, exclusive=exclusive)
    return naming.named([replace(each, band=band) for each in voices], offered)


def between(one: NDArray[np.float32], other: NDArray[np.float32], cosine: float) -> NDArray[np.float32]:
    """A direction that is so like the first, and otherwise like the second."""
    return np.asarray(cosine * one + np.sqrt(1 - cosine**2) * other, np.float32)


def test_known_speakers_are_named_and_strangers_are_not() -> None:
    found = named([voice(1, BORIS), voice(2, CLARA)], [known("anna", ANNA), known("boris", BORIS)])
    assert [each.profile_id for each in found] == ["boris", None]
    assert [candidate.profile_id for candidate in found[0].ranking] == ["boris", "anna"]


def test_without_profiles_everybody_is_unknown() -> None:
    assert [(each.profile_id, list(each.ranking)) for each in named([voice(1, ANNA)], [])] == [(None, [])]


def test_the_nearest_name_is_not_given_below_the_operating_point() -> None:
    assert named([voice(1, between(ANNA, CLARA, 0.5))], [known("anna", ANNA)])[0].profile_id is None


def test_a_profile_is_one_speaker_at_most_the_one_who_is_most_like_it() -> None:
    voices = [voice(1, between(ANNA, CLARA, 0.9)), voice(2, ANNA)]
    assert [each.profile_id for each in named(voices, [known("anna", ANNA)])] == [None, "anna"]
    assert [each.profile_id for each in named(voices, [known("anna", ANNA)], exclusive=False)] == ["anna", "anna"]


def test_a_voice_that_is_enrolled_twice_has_no_name() -> None:
    assert named([voice(1, ANNA)], [known("one", ANNA), known("other", ANNA)])[0].profile_id is None


def test_where_a_profile_is_narrowed_for_the_telephone_its_constant_is_added() -> None:
    constant, heard = BUNDLE.required_calibration().narrowed, [voice(1, between(ANNA, CLARA, 0.5))]
    ratios = {}
    for own in Band:
        seen = {Band.NARROW: View(ANNA, 20.0), own: View(ANNA, 20.0)}  # the same mean: only the constant can tell
        anna = Known("anna", Signature(seen, BUNDLE.version), nobody)
        by_telephone = named(heard, [anna], band=Band.NARROW)
        ratios[own] = by_telephone[0].ranking[0].verdict.llr
    assert constant > 0
    assert ratios[Band.WIDE] == pytest.approx(ratios[Band.NARROW] + constant)


def test_signatures_that_do_not_compare_are_refused() -> None:
    with pytest.raises(OutdatedSignature, match="anna"):
        named([voice(1, ANNA)], [known("anna", ANNA, "2020-01-01")])
    with pytest.raises(UnreadableProfile):
        named([voice(1, ANNA)], [known("anna", ANNA[:64])])
