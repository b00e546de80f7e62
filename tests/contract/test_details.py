"""What callers read who ask for more than yes or no; who does not ask reads the plain contract."""

import math
from typing import Any

import numpy as np
import pytest
import soxr

from shared.listening.bundle import Bundle
from shared.listening.scoring import Verdict, rate_of_one
from shared.settings import ROOT
from tests import voices
from tests.contract.api import IDENTIFICATION, VERIFICATION, Api, error_of

CALIBRATION = Bundle.load(ROOT / "models" / "campplus").required_calibration()
RATE = 0.001
MEASURED = {
    "modelVersion",
    "audioLengthInSec",
    "speechLengthInSec",
    "snrInDb",
    "clippedShare",
    "bandwidthInHz",
    "narrowband",
}


@pytest.fixture(scope="module")
def profile_id(api: Api) -> str:
    return api.enrolled(voices.speakers()["anna"].enrollments[0])


@pytest.fixture(scope="module")
def candidates(api: Api) -> list[str]:
    return [api.enrolled(voices.speakers()[name].enrollments[0], IDENTIFICATION) for name in ("anna", "david", "ewan")]


def test_a_verification_shows_its_evidence(api: Api, profile_id: str) -> None:
    clip = voices.speakers()["anna"].test
    answer = api("POST", f"{VERIFICATION}/profiles/{profile_id}:verify", clip, details="true").json()
    details = answer["details"]
    assert {"cosine", "llr", "threshold"} | MEASURED <= set(details)
    assert details["threshold"] == pytest.approx(_threshold(details, RATE))
    assert details["llr"] > details["threshold"]
    assert details["band"] == "wide"
    assert answer["score"] == pytest.approx(Verdict(0, details["llr"], details["threshold"], 0).score)
    assert details["speechLengthInSec"] <= details["audioLengthInSec"]
    assert "phrase" not in details


def test_an_identification_shows_every_candidate_and_the_margin(api: Api, candidates: list[str]) -> None:
    path, clip = f"{IDENTIFICATION}/profiles:identifySingleSpeaker", voices.speakers()["anna"].test
    answer = api("POST", path, clip, profileIds=",".join(candidates), details="true").json()
    ranking = answer["details"]["ranking"]
    assert [entry["profileId"] for entry in ranking] == [entry["profileId"] for entry in answer["profilesRanking"]]
    assert answer["details"]["margin"] == pytest.approx(ranking[0]["llr"] - ranking[1]["llr"])
    assert ranking[0]["threshold"] == pytest.approx(_threshold(ranking[0], rate_of_one(RATE, 3)))


def test_a_candidates_score_depends_on_how_many_there_are_and_not_on_who_they_are(
    api: Api, candidates: list[str]
) -> None:
    path, clip = f"{IDENTIFICATION}/profiles:identifySingleSpeaker", voices.speakers()["anna"].test
    own, *others = candidates
    scores = []
    for other in others:
        found = api("POST", path, clip, profileIds=f"{other},{own}").json()
        scores.append(next(entry["score"] for entry in found["profilesRanking"] if entry["profileId"] == own))
    assert scores[0] == scores[1]


def test_an_enrollment_shows_what_was_measured(api: Api) -> None:
    path = f"{VERIFICATION}/profiles/{api.create()}/enrollments"
    answer = api("POST", path, voices.speakers()["anna"].enrollments[0], details="True").json()
    assert set(answer["details"]) >= MEASURED
    assert answer["details"]["speechLengthInSec"] == answer["audioSpeechLengthInSec"]


def test_an_upsampled_telephone_recording_is_named_as_such(api: Api, profile_id: str) -> None:
    narrow = soxr.resample(soxr.resample(voices.speech("anna")[: 8 * 16_000], 16_000, 8_000), 8_000, 16_000)
    path = f"{VERIFICATION}/profiles/{profile_id}:verify"
    narrowly, widely = (
        api("POST", path, clip, details="true").json()["details"]
        for clip in (voices.to_wav(narrow), voices.seconds("anna", 8))
    )
    assert narrowly["narrowband"]
    assert 3000 < narrowly["bandwidthInHz"] <= 4000
    assert not widely["narrowband"]


def test_a_header_asks_as_well(api: Api, profile_id: str) -> None:
    answer = api.request(
        "POST",
        f"{api.url}/speaker-recognition/{VERIFICATION}/profiles/{profile_id}:verify",
        params={"api-version": "2021-09-05"},
        headers={"Ocp-Apim-Subscription-Key": api.key, "X-Speaker-Details": "true"},
        data=voices.speakers()["anna"].test,
        timeout=60,
    )
    assert "details" in answer.json()


def test_who_does_not_ask_reads_the_plain_contract(api: Api, profile_id: str) -> None:
    path, clip = f"{VERIFICATION}/profiles/{profile_id}:verify", voices.speakers()["anna"].test
    for query in ({}, {"details": "false"}):
        assert set(api("POST", path, clip, **query).json()) == {"recognitionResult", "score"}


def test_asking_unclearly_is_refused_before_anything_is_done(api: Api, profile_id: str) -> None:
    before = api.profile(profile_id)
    path, clip = f"{VERIFICATION}/profiles/{profile_id}/enrollments", voices.speakers()["anna"].test
    assert error_of(api("POST", path, clip, details="yes"))[:2] == (400, "InvalidArgument")
    assert api.profile(profile_id) == before


def test_too_little_speech_names_what_was_heard_and_what_is_needed(api: Api, profile_id: str) -> None:
    path = f"{VERIFICATION}/profiles/{profile_id}:verify"
    said = error_of(api("POST", path, voices.seconds("anna", 3)))[2]
    assert "Minimum allowed length is 4 second(s)." in said
    assert " seconds of speech." in said


@pytest.mark.parametrize("path", ["speaker-recognition/verification", "speaker/verification/v2.0"])
def test_a_profile_says_whether_another_model_could_re_extract_its_signature(
    api: Api, profile_id: str, path: str
) -> None:
    def details(of: str) -> object:
        url = f"{api.url}/{path}/text-independent/profiles/{of}?api-version=2021-09-05&details=true"
        answer = api.request("GET", url, headers={"Ocp-Apim-Subscription-Key": api.key}, timeout=10)
        return answer.json()["details"]

    assert details(profile_id) == {"canBeReExtracted": True, "audioKept": 1}
    assert details(api.create()) == {"canBeReExtracted": False, "audioKept": 0}
    assert "details" not in api.profile(profile_id)


def _threshold(evidence: dict[str, Any], rate: float) -> float:
    """That of the row for as many voices, between the fitted rates linear in their logarithm."""
    row = [row for row in CALIBRATION.rows if row.voices <= evidence["voices"]][-1]
    rates, ratios = zip(*sorted(row.thresholds), strict=True)
    (low, least), (high, most) = sorted(row.thresholds)[:2]
    if rate >= low:
        return float(np.interp(math.log(rate), np.log(rates), ratios))
    return least + (most - least) * math.log(rate / low) / math.log(high / low)
