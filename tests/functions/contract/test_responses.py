import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from functions.contract.dialects import V2, V2021, Context
from functions.contract.responses import (
    ENROLLMENT,
    IDENTIFICATION_RESULT,
    PROFILE,
    PROFILE_LIST,
    VERIFICATION_RESULT,
    error_of,
)
from functions.contract.shapes import EVIDENCE, SCORE, Listed, timestamp
from shared.errors import StorageUnavailable, UnknownProfile
from shared.listening.quality import Quality
from shared.listening.scoring import Verdict
from shared.listening.views import Band
from shared.profiles.enrolling import Enrolled
from shared.recognition.outcomes import Candidate, Identified, Verified
from shared.voices.families import VERIFICATION
from shared.voices.records import Enrollment, Profile
from shared.voices.standing import Standing
from tests.signatures import wide

ID = "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9"
QUALITY = Quality(8.25, 10.5, 20.0)
CREATED = datetime(2026, 1, 2, 3, 4, 5, 678900, tzinfo=UTC)
TOLD = Context(V2021, VERIFICATION)
TOLD_2 = Context(V2, VERIFICATION)


def _profile(**changes: object) -> Profile:
    fields: dict[str, object] = {"family": VERIFICATION, "id": ID, "locale": "en-us", "created": CREATED}
    return Profile(**{**fields, **changes})  # type: ignore[arg-type]


def test_a_new_profile_reads_as_the_contract_says() -> None:
    assert PROFILE.write(TOLD, _profile()) == {
        "profileId": ID,
        "locale": "en-us",
        "profileStatus": "Active",
        "enrollmentStatus": "Enrolling",
        "enrollmentsCount": 0,
        "enrollmentsLengthInSec": 0,
        "enrollmentsSpeechLengthInSec": 0,
        "remainingEnrollmentsSpeechLengthInSec": 20.0,
        "modelVersion": None,
        "createdDateTime": "2026-01-02T03:04:05.678Z",
        "lastUpdatedDateTime": None,
    }


def test_an_enrollment_reads_as_the_contract_says() -> None:
    clips = (Enrollment("a", 10.5, 8.25, 20.0), Enrollment("b", 15.0, 12.0, None))
    voice = wide(np.ones(2), 20.25, "2026-11-22")
    enrolled = Enrolled(
        _profile(enrollments=clips, standing=Standing.ENROLLED, signature=voice), clips[1], QUALITY, "2026-11-22"
    )
    assert ENROLLMENT.write(TOLD, enrolled) == {
        "profileId": ID,
        "enrollmentStatus": "Enrolled",
        "enrollmentsCount": 2,
        "enrollmentsLengthInSec": 25.5,
        "enrollmentsSpeechLengthInSec": 20.25,
        "remainingEnrollmentsSpeechLengthInSec": 0.0,
        "audioLengthInSec": 15.0,
        "audioSpeechLengthInSec": 12.0,
    }
    assert PROFILE.write(TOLD, enrolled.profile)["modelVersion"] == "2026-11-22"


def test_only_a_page_that_others_follow_has_a_link() -> None:
    assert PROFILE_LIST.write(TOLD, Listed([], V2021.last_link)) == {"value": []}
    assert PROFILE_LIST.write(TOLD, Listed([_profile()], "https://next")) == {
        "value": [PROFILE.write(TOLD, _profile())],
        "nextLink": "https://next",
    }


def test_version_2_0_drops_the_unit_of_seconds_and_the_status() -> None:
    assert PROFILE.write(TOLD_2, _profile()) == {
        "profileId": ID,
        "locale": "en-us",
        "enrollmentStatus": "Enrolling",
        "enrollmentsCount": 0,
        "enrollmentsLength": 0,
        "enrollmentsSpeechLength": 0,
        "enrollmentSpeechLength": 0,
        "remainingEnrollmentsSpeechLength": 20.0,
        "modelVersion": None,
        "createdDateTime": "2026-01-02T03:04:05.678Z",
        "lastUpdatedDateTime": None,
    }
    clip = Enrollment("a", 10.5, 8.25, 20.0)
    assert ENROLLMENT.write(TOLD_2, Enrolled(_profile(enrollments=(clip,)), clip, QUALITY, "2026-11-22")) == {
        "profileId": ID,
        "enrollmentStatus": "Enrolling",
        "enrollmentsCount": 1,
        "enrollmentsLength": 10.5,
        "enrollmentsSpeechLength": 8.25,
        "remainingEnrollmentsSpeechLength": 11.75,
        "audioLength": 10.5,
        "audioSpeechLength": 8.25,
    }


def test_version_2_0_names_its_pages_and_closes_the_last_one() -> None:
    assert PROFILE_LIST.write(TOLD_2, Listed([], V2.last_link)) == {"profiles": [], "@nextLink": ""}
    assert PROFILE_LIST.write(TOLD_2, Listed([], "https://next")) == {"profiles": [], "@nextLink": "https://next"}


def test_version_2_0_spells_the_code_of_what_is_not_found_with_a_space() -> None:
    assert error_of(V2021, UnknownProfile("gone"))["error"]["code"] == "NotFound"
    assert error_of(V2, UnknownProfile("gone"))["error"]["code"] == "Not Found"


def test_decisions_are_capitalised() -> None:
    assert VERIFICATION_RESULT.write(TOLD, Verified(_candidate(0.0), QUALITY)) == {
        "recognitionResult": "Accept",
        "score": 0.5,
    }
    rejected = _candidate(-0.004)
    assert VERIFICATION_RESULT.write(TOLD, Verified(rejected, QUALITY)) == {
        "recognitionResult": "Reject",
        "score": rejected.score,
    }
    assert 0.49 < rejected.score < 0.5


def test_nobody_has_the_all_zero_id_and_the_ranking_stays() -> None:
    stranger, speaker = _candidate(-0.4), _candidate(0.4)
    assert IDENTIFICATION_RESULT.write(TOLD, Identified([stranger], QUALITY)) == {
        "identifiedProfile": {"profileId": "00000000-0000-0000-0000-000000000000", "score": 0.0},
        "profilesRanking": [{"profileId": ID, "score": stranger.score}],
    }
    found = IDENTIFICATION_RESULT.write(TOLD, Identified([speaker, stranger], QUALITY))
    assert found["identifiedProfile"] == {"profileId": ID, "score": speaker.score}


def test_the_evidence_behind_a_ranking_tells_how_far_the_best_is_ahead() -> None:
    both = Identified([_candidate(2.5), _candidate(-1)], QUALITY)
    asked = replace(TOLD, details=True)
    details = IDENTIFICATION_RESULT.write(asked, both)["details"]
    known = {"profileId": ID, "cosine": 0.7, "threshold": 2.0, "modelVersion": "2026-11-22"}
    seen = {"rawLlr": 0, "voices": 0, "band": "wide"}
    assert details["ranking"] == [{**known, **seen, "llr": 4.5}, {**known, **seen, "llr": 1.0}]
    assert (details["margin"], details["modelVersion"], details["snrInDb"]) == (3.5, "2026-11-22", 20.0)
    assert IDENTIFICATION_RESULT.write(asked, Identified([_candidate(1)], QUALITY))["details"]["margin"] is None


def test_lengths_are_told_to_a_millisecond() -> None:
    clips = tuple(Enrollment(name, 1.1, 0.96, 20.0) for name in "abc")
    assert sum(clip.speech_sec for clip in clips) == 2.88
    written = PROFILE.write(TOLD, _profile(enrollments=(*clips, Enrollment("d", 0.1, 0.000_04, None))))
    assert written["enrollmentsLengthInSec"] == 3.4
    assert written["enrollmentsSpeechLengthInSec"] == 2.88
    assert written["remainingEnrollmentsSpeechLengthInSec"] == 17.12


def _candidate(above_threshold: float) -> Candidate:
    return Candidate(ID, Verdict(0.7, 2 + above_threshold, 2, 0), "2026-11-22", Band.WIDE)


def test_errors_of_the_server_keep_their_cause_to_themselves() -> None:
    answer = json.dumps(error_of(V2021, StorageUnavailable("account secretname at 10.0.0.1")))
    assert "secretname" not in answer
    assert "ServiceUnavailable" in answer


def test_timestamps_are_utc_with_milliseconds() -> None:
    assert timestamp(datetime(2026, 5, 1, 1, 0, tzinfo=timezone(timedelta(hours=2)))) == "2026-04-30T23:00:00.000Z"


@pytest.mark.parametrize(
    ("decimals", "score", "written"),
    [
        (None, 0.123456789012, 0.123456789012),
        (1, 0.4999999, 0.4),
        (2, 0.29, 0.28),
        (2, 0.5, 0.5),
        (3, 0.99996, 0.999),
        (1, 1.0, 1.0),
        (6, 0.0, 0.0),
    ],
)
def test_a_score_is_rounded_down(decimals: int | None, score: float, written: float) -> None:
    assert SCORE.write(replace(TOLD, decimals=decimals), score) == written


def test_evidence_is_told_where_scores_are_exact() -> None:
    assert [EVIDENCE.write(TOLD, value) for value in (1.23456789012, None)] == [1.23456789, None]
    assert EVIDENCE.write(replace(TOLD, decimals=3), 1.2) is None
