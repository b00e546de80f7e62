import json
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from functions.contract import wire
from functions.contract.wire import V2, V2021
from shared.errors import InvalidArgument, InvalidRequest, NotFound, StorageUnavailable
from shared.listening.quality import Quality
from shared.profiles.profiles import Candidate, Enrolled, Identified
from shared.scoring import Verdict
from shared.voices.families import VERIFICATION
from shared.voices.records import Enrollment, Profile, Signature

ID = "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9"
QUALITY = Quality(8.25, 10.5, 20.0)
CREATED = datetime(2026, 1, 2, 3, 4, 5, 678900, tzinfo=UTC)


@pytest.mark.parametrize("written", [ID, ID.upper(), ID.replace("-", ""), ID.replace("-", "").upper()])
def test_profile_ids_are_read_in_any_case_with_or_without_dashes(written: str) -> None:
    assert wire.profile_id(written) == ID


@pytest.mark.parametrize(
    "written", ["", "x", ID[:-1], ID + "0", ID.replace("f", "g"), "../" + ID, ID + "\n", f"{{{ID}}}"]
)
def test_what_is_no_guid_is_no_profile(written: str) -> None:
    with pytest.raises(NotFound):
        wire.profile_id(written)


def test_candidates_lose_empty_items_and_duplicates_but_keep_their_order() -> None:
    other = "a" * 8 + ID[8:]
    assert wire.profile_ids(f"{other},,{ID.upper()}, {other} ,{ID},") == [other, ID]


def test_missing_and_invalid_candidates_are_told_apart() -> None:
    with pytest.raises(InvalidRequest, match="profileIds parameter is missing"):
        wire.profile_ids(None)
    for text in ("", ",", " , ,", "x", f"{ID},x"):
        with pytest.raises(InvalidArgument, match="Invalid profileIds parameter value"):
            wire.profile_ids(text)


@pytest.mark.parametrize(
    ("text", "value"), [(None, False), ("True", True), ("true", True), ("FALSE", False), ("", False)]
)
def test_flags_are_read_in_any_case(text: str | None, value: bool) -> None:  # noqa: FBT001
    assert wire.flag("ignoreMinLength", text) is value


@pytest.mark.parametrize("text", ["1", "yes", "true,true", " true"])
def test_other_flags_are_refused(text: str) -> None:
    with pytest.raises(InvalidArgument, match='Valid values are "true" and "false"'):
        wire.flag("ignoreMinLength", text)


@pytest.mark.parametrize(("text", "size"), [(None, 100), ("1", 1), ("500", 500), ("007", 7)])
def test_page_sizes_from_1_to_500(text: str | None, size: int) -> None:
    assert wire.page_size("maxpagesize", text) == size


@pytest.mark.parametrize("text", ["0", "501", "x", "-1", "1.5", "", "\uff11\uff10", "9" * 30])
def test_other_page_sizes_are_refused(text: str) -> None:
    with pytest.raises(InvalidArgument, match=r"maxpagesize.*\[1, 500\]"):
        wire.page_size("maxpagesize", text)


def test_a_continuation_token_leads_back_to_its_id() -> None:
    assert wire.continue_after("token", wire.continuation_token(ID)) == ID


@pytest.mark.parametrize("token", ["x", "é", "!!!!", "AAAA", wire.continuation_token("no guid"), "a" * 5000])
def test_foreign_continuation_tokens_are_refused(token: str) -> None:
    with pytest.raises(InvalidArgument, match="must be generated"):
        wire.continue_after("token", token)


@pytest.mark.parametrize(
    "body",
    [b'{"locale":"en-us"}', b"{ 'locale':'en-us' }", b'\xef\xbb\xbf{"Locale": "en-us", "more": [1]}'],
    ids=["json", "single quotes", "byte order mark"],
)
def test_the_locale_is_read_as_sent_from_lenient_json(body: bytes) -> None:
    assert wire.locale(body) == "en-us"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "Request body is missing"),
        (b" \n", "Request body is missing"),
        (b"{}", "Locale parameter is missing"),
        (b'{"locale":null}', "Locale parameter is missing"),
        (b'{"locale":7}', "locale must be a string"),
        (b"[]", "Invalid JSON format"),
        (b"7", "Invalid JSON format"),
        (b'{"locale":', "Invalid JSON format"),
        (b"\xff\xfe", "Invalid JSON format"),
        (b"[" * 100_000, "Invalid JSON format"),
    ],
)
def test_bodies_without_a_locale_are_refused(body: bytes, message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        wire.locale(body)


def _profile(**changes: object) -> Profile:
    fields: dict[str, object] = {"family": VERIFICATION, "id": ID, "locale": "en-us", "created": CREATED}
    return Profile(**{**fields, **changes})  # type: ignore[arg-type]


def test_a_new_profile_reads_as_the_contract_says() -> None:
    assert wire.profile_info(V2021, _profile()) == {
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
    voice = Signature(np.ones(2, np.float32), 20.25, "2026-11-22")
    enrolled = Enrolled(_profile(enrollments=clips, enrolled=True, signature=voice), clips[1], QUALITY)
    assert wire.enrollment_info(V2021, enrolled) == {
        "profileId": ID,
        "enrollmentStatus": "Enrolled",
        "enrollmentsCount": 2,
        "enrollmentsLengthInSec": 25.5,
        "enrollmentsSpeechLengthInSec": 20.25,
        "remainingEnrollmentsSpeechLengthInSec": 0.0,
        "audioLengthInSec": 15.0,
        "audioSpeechLengthInSec": 12.0,
    }
    assert wire.profile_info(V2021, enrolled.profile)["modelVersion"] == "2026-11-22"


def test_only_a_page_that_others_follow_has_a_link() -> None:
    assert wire.page(V2021, [], None) == {"value": []}
    assert wire.page(V2021, [_profile()], "https://next") == {
        "value": [wire.profile_info(V2021, _profile())],
        "nextLink": "https://next",
    }


def test_version_2_0_drops_the_unit_of_seconds_and_the_status() -> None:
    assert wire.profile_info(V2, _profile()) == {
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
    assert wire.enrollment_info(V2, Enrolled(_profile(enrollments=(clip,)), clip, QUALITY)) == {
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
    assert wire.page(V2, [], None) == {"profiles": [], "@nextLink": ""}
    assert wire.page(V2, [], "https://next") == {"profiles": [], "@nextLink": "https://next"}


def test_version_2_0_spells_the_code_of_what_is_not_found_with_a_space() -> None:
    assert wire.error_of(V2021, NotFound("gone"))["error"]["code"] == "NotFound"
    assert wire.error_of(V2, NotFound("gone"))["error"]["code"] == "Not Found"


def test_parameters_that_a_list_never_had_are_named() -> None:
    wire.refuse_parameters([])
    with pytest.raises(InvalidArgument, match=r"^\$skip parameter is not supported\.$"):
        wire.refuse_parameters(["$skip", "$orderBy"])


def test_decisions_are_capitalised() -> None:
    assert wire.verification(_candidate(0.0)) == {"recognitionResult": "Accept", "score": 0.5}
    rejected = _candidate(-0.004)
    assert wire.verification(rejected) == {"recognitionResult": "Reject", "score": rejected.score}
    assert 0.49 < rejected.score < 0.5


def test_nobody_has_the_all_zero_id_and_the_ranking_stays() -> None:
    stranger, speaker = _candidate(-0.4), _candidate(0.4)
    assert wire.identification(Identified([stranger], QUALITY)) == {
        "identifiedProfile": {"profileId": "00000000-0000-0000-0000-000000000000", "score": 0.0},
        "profilesRanking": [{"profileId": ID, "score": stranger.score}],
    }
    found = wire.identification(Identified([speaker, stranger], QUALITY))
    assert found["identifiedProfile"] == {"profileId": ID, "score": speaker.score}


def test_the_evidence_behind_a_ranking_tells_how_far_the_best_is_ahead() -> None:
    both = Identified([_candidate(2.5), _candidate(-1)], QUALITY)
    assert wire.ranking_evidence(both) == {
        "ranking": [
            {"profileId": ID, "cosine": 0.7, "llr": 4.5, "threshold": 2.0},
            {"profileId": ID, "cosine": 0.7, "llr": 1.0, "threshold": 2.0},
        ],
        "margin": 3.5,
    }
    assert wire.ranking_evidence(Identified([_candidate(1)], QUALITY))["margin"] is None


def _candidate(above_threshold: float) -> Candidate:
    return Candidate(ID, Verdict(0.7, 2 + above_threshold, 2))


def test_errors_of_the_server_keep_their_cause_to_themselves() -> None:
    answer = json.dumps(wire.error_of(V2021, StorageUnavailable("account secretname at 10.0.0.1")))
    assert "secretname" not in answer
    assert "ServiceUnavailable" in answer


def test_timestamps_are_utc_with_milliseconds() -> None:
    assert wire.timestamp(datetime(2026, 5, 1, 1, 0, tzinfo=timezone(timedelta(hours=2)))) == "2026-04-30T23:00:00.000Z"
