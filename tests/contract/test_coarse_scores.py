"""Scores that tell little, as an operator may want them."""

import json
from typing import Final

import pytest

from tests import voices
from tests.contract.api import IDENTIFICATION, VERIFICATION, BackedApi

CONSENT: Final = {"version": "1", "givenDateTime": "2026-01-31T09:30:00Z", "by": "test"}
SPEAKERS: Final = ("anna", "boris")


def _enrolled(strict: BackedApi, speaker: str, family: str) -> str:
    body = json.dumps({"locale": "en-us", "consent": CONSENT})
    name: str = strict("POST", f"{family}/profiles", body).json()["profileId"]
    for clip in voices.speakers()[speaker].enrollments[:2]:
        enrolled = strict.enroll(name, clip, family, ignoreMinLength="true", details="true").json()["details"]
    assert (enrolled["agreement"]["cosine"], enrolled["agreement"]["llr"]) == (None, None)
    return name


def test_a_score_has_as_many_decimals_as_the_operator_wants_and_what_is_behind_it_is_not_told(
    strict: BackedApi,
) -> None:
    clip = voices.speakers()["anna"].test
    verified = strict.verify(_enrolled(strict, "anna", VERIFICATION), clip, details="true").json()
    assert verified["recognitionResult"] == "Accept"
    assert verified["score"] in (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
    assert [verified["details"][name] for name in ("cosine", "llr", "rawLlr")] == [None] * 3
    ids = ",".join(_enrolled(strict, name, IDENTIFICATION) for name in SPEAKERS)
    path = f"{IDENTIFICATION}/profiles:identifySingleSpeaker"
    found = strict("POST", path, clip, profileIds=ids, details="true").json()
    assert all(each["score"] == round(each["score"], 1) for each in found["profilesRanking"])
    assert found["details"]["margin"] is None
    assert {(each["cosine"], each["llr"]) for each in found["details"]["ranking"]} == {(None, None)}


@pytest.mark.parametrize("recognized", ["Accept", "Reject"])
def test_a_coarse_score_is_on_its_side_of_one_half(strict: BackedApi, recognized: str) -> None:
    clip = voices.speakers()["anna" if recognized == "Accept" else "david"].test
    answer = strict.verify(_enrolled(strict, "anna", VERIFICATION), clip).json()
    assert answer["recognitionResult"] == recognized
    assert (answer["score"] >= 0.5) is (recognized == "Accept")
