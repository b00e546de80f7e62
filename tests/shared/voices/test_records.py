from datetime import UTC, datetime

import numpy as np
import pytest

from shared.errors import Forbidden
from shared.voices.families import VERIFICATION
from shared.voices.records import Enrollment, Profile
from shared.voices.signatures import Signature
from tests.signatures import mean_of, wide

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2026, 1, 2, tzinfo=UTC)


def _clip(name: str, audio_sec: float, speech_sec: float) -> Enrollment:
    return Enrollment(name, audio_sec, speech_sec, 20.0)


def _voice(direction: int, speech_sec: float) -> Signature:
    return wide(np.eye(3)[direction], speech_sec, "v1")


def _enrolled(profile: Profile, clip: Enrollment, direction: int = 0, *, waive: bool = False) -> Profile:
    return profile.with_enrollment(clip, _voice(direction, clip.speech_sec), None, LATER, waive_minimum=waive)


@pytest.fixture
def profile() -> Profile:
    return Profile.new(VERIFICATION, "en-us", NOW)


def test_new_profiles_have_different_ids(profile: Profile) -> None:
    assert profile.id != Profile.new(VERIFICATION, "en-us", NOW).id
    assert (profile.enrolled, profile.remaining_speech_sec) == (False, 20.0)


def test_a_profile_is_enrolled_at_twenty_seconds_of_speech(profile: Profile) -> None:
    almost = _enrolled(profile, _clip("a", 30, 19.9))
    assert not almost.enrolled
    assert almost.remaining_speech_sec == pytest.approx(0.1)
    assert _enrolled(almost, _clip("b", 1, 0.1)).enrolled


def test_a_waived_minimum_enrolls_at_once_and_stays(profile: Profile) -> None:
    waived = _enrolled(profile, _clip("a", 2, 1.5), waive=True)
    assert waived.enrolled
    assert _enrolled(waived, _clip("b", 2, 1.5)).enrolled


def test_the_signature_is_the_mean_weighted_by_net_speech(profile: Profile) -> None:
    both = _enrolled(_enrolled(profile, _clip("a", 9, 6)), _clip("b", 9, 2), direction=1)
    assert both.signature is not None
    np.testing.assert_allclose(mean_of(both.signature), [0.75, 0.25, 0])
    assert both.signature.speech_sec == 8


def test_the_same_enrollment_is_never_counted_twice(profile: Profile) -> None:
    once = _enrolled(profile, _clip("a", 9, 6))
    assert _enrolled(once, _clip("a", 9, 6)) is once


def test_three_hundred_seconds_in_total_and_not_one_more(profile: Profile) -> None:
    full = _enrolled(_enrolled(_enrolled(profile, _clip("a", 120, 9)), _clip("b", 120, 9)), _clip("c", 60, 9))
    assert full.audio_sec == 300
    with pytest.raises(Forbidden, match=r"300 seconds. The profile holds 300.00 seconds and the clip has 1.00"):
        _enrolled(full, _clip("d", 1, 1))


def test_reset_keeps_only_who_and_when(profile: Profile) -> None:
    blank = _enrolled(profile, _clip("a", 30, 25)).reset(LATER)
    assert (blank.id, blank.created, blank.updated) == (profile.id, NOW, LATER)
    assert (blank.enrolled, blank.enrollments, blank.signature) == (False, (), None)
    assert blank.remaining_speech_sec == 20.0


def test_deletion_begins_by_dropping_the_voice(profile: Profile) -> None:
    marked = _enrolled(profile, _clip("a", 30, 25)).marked_deleting(LATER)
    assert marked.deleting
    assert marked.signature is None
