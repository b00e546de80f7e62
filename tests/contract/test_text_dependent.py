"""The text-dependent family: every clip is the same listed phrase. Names are written out, not taken from the app."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import requests
import soundfile

from tests import voices
from tests.contract.api import PASSPHRASES, TEXT_DEPENDENT, VERIFICATION, Api, error_of
from tests.recordings import Recordings

CLIP, OTHER = voices.phrase("anna", 5), voices.phrase("anna", 7)
CHANGED = voices.changed("anna", 5)
SAID, OTHERWISE = PASSPHRASES[4], PASSPHRASES[6]


@dataclass
class Family:
    """A hand on the family in one version.

    Attributes:
        path: of the family.
        version: in the query of each request.
        action: what stands before the name of an action.
        seconds: ending of the names of lengths.
        also: second names of fields of a profile.
        items: field of the profiles in their list.
        phrases: field of the phrases in theirs, if it has one.
        reset: status of a reset.
    """

    api: Api
    path: str
    version: Mapping[str, str]
    action: str
    seconds: str
    also: frozenset[str]
    items: str
    phrases: str | None
    reset: int

    def __call__(self, method: str, path: str, body: bytes | str = b"", **query: str) -> requests.Response:
        """Send a request below the family's path."""
        return self.api.request(
            method,
            f"{self.api.url}/{self.path}/{path}",
            params={**self.version, **query},
            headers={"Ocp-Apim-Subscription-Key": self.api.key},
            data=body,
            timeout=60,
        )

    @property
    def progress(self) -> set[str]:
        """Fields that tell how far enrollment is."""
        lengths = {f"enrollmentsLength{self.seconds}", f"enrollmentsSpeechLength{self.seconds}"}
        return {"profileId", "enrollmentStatus", "enrollmentsCount", "remainingEnrollmentsCount", *lengths}

    def enrolled(self, answer: requests.Response) -> tuple[str, int, int]:
        """Status, clips and clips to come, of an answer to a clip that was taken."""
        assert answer.status_code == 201, answer.text
        said = answer.json()
        return said["enrollmentStatus"], said["enrollmentsCount"], said["remainingEnrollmentsCount"]


@pytest.fixture(params=["2021-09-05", "2.0"])
def family(request: pytest.FixtureRequest, api: Api) -> Family:
    if request.param == "2.0":
        also = frozenset({"enrollmentSpeechLength"})
        return Family(api, "speaker/verification/v2.0/text-dependent", {}, "/", "", also, "profiles", None, 204)
    path, version = "speaker-recognition/verification/text-dependent", {"api-version": "2021-09-05"}
    return Family(api, path, version, ":", "InSec", frozenset(), "value", "value", 200)


@pytest.fixture(scope="module")
def anna(api: Api) -> str:
    """A profile whose phrase is CLIP's."""
    return api.enrolled(CLIP, TEXT_DEPENDENT)


@pytest.fixture
def begun(api: Api) -> str:
    """A profile that has heard CLIP once."""
    profile_id = api.create(TEXT_DEPENDENT)
    assert api.enroll(profile_id, CLIP, TEXT_DEPENDENT).status_code == 201
    return profile_id


def _profile(api: Api, profile_id: str) -> dict[str, Any]:
    return api.profile(profile_id, TEXT_DEPENDENT)


def test_three_clips_of_a_phrase_enroll_a_voice_which_is_then_verified(family: Family) -> None:
    answer = family("POST", "profiles", '{"locale":"en-us"}')
    assert answer.status_code == 201
    created = answer.json()
    described = {"locale", "modelVersion", "createdDateTime", "lastUpdatedDateTime"}
    assert set(created) == family.progress | described | family.also
    assert (created["enrollmentStatus"], created["remainingEnrollmentsCount"]) == ("Enrolling", 3)
    assert (created["modelVersion"], created["lastUpdatedDateTime"]) == (None, None)
    path = f"profiles/{created['profileId']}"
    assert answer.headers["Location"] == f"{family.api.url}/{family.path}/{path}"
    assert family("GET", path).json() == created

    for done in (("Enrolling", 1, 2), ("Enrolling", 2, 1), ("Enrolled", 3, 0), ("Enrolled", 4, 0)):
        answer = family("POST", f"{path}/enrollments", CLIP)
        assert family.enrolled(answer) == done
        clip = {f"audioLength{family.seconds}", f"audioSpeechLength{family.seconds}"}
        assert set(answer.json()) == family.progress | clip | {"passPhrase"}
        assert answer.json()["passPhrase"] == SAID
    profile, one = family("GET", path).json(), answer.json()
    assert set(profile) == set(created)
    for length in ("Length", "SpeechLength"):
        total = profile[f"enrollments{length}{family.seconds}"]
        assert total == pytest.approx(4 * one[f"audio{length}{family.seconds}"])
    assert profile["modelVersion"] is not None

    answer = family("POST", f"{path}{family.action}verify", CLIP)
    assert answer.status_code == 200
    assert set(answer.json()) == {"recognitionResult", "score"}
    assert answer.json()["recognitionResult"] == "Accept"


def test_after_a_reset_another_phrase_may_be_chosen(family: Family) -> None:
    created = family("POST", "profiles", '{"locale":"EN-us"}').json()
    path = f"profiles/{created['profileId']}"
    assert family.enrolled(family("POST", f"{path}/enrollments", CLIP)) == ("Enrolling", 1, 2)
    assert family("POST", f"{path}{family.action}reset").status_code == family.reset
    again = family("GET", path).json()
    assert again["lastUpdatedDateTime"] is not None
    assert again == {**created, "lastUpdatedDateTime": again["lastUpdatedDateTime"]}
    answer = family("POST", f"{path}/enrollments", OTHER)
    assert family.enrolled(answer) == ("Enrolling", 1, 2)
    assert answer.json()["passPhrase"] == OTHERWISE


def test_profiles_are_listed_and_deleted(family: Family) -> None:
    profile_id = family("POST", "profiles", '{"locale":"en-us"}').json()["profileId"]
    size = "$top" if family.items == "profiles" else "maxpagesize"
    listed = family("GET", "profiles", **{size: "500"}).json()[family.items]
    assert [profile for profile in listed if profile["profileId"] == profile_id] == [
        family("GET", f"profiles/{profile_id}").json()
    ]
    assert family("DELETE", f"profiles/{profile_id}").status_code == 204
    assert error_of(family("GET", f"profiles/{profile_id}"))[0] == 404
    assert family("DELETE", f"profiles/{profile_id}").status_code == 204


@pytest.mark.parametrize("locale", ["en-us", "EN-US", "enus"])
def test_the_passphrases_are_listed_in_their_order(family: Family, locale: str) -> None:
    listed = family("GET", f"phrases/{locale}").json()
    assert (listed[family.phrases] if family.phrases else listed) == [{"passPhrase": text} for text in PASSPHRASES]
    assert family.phrases is None or set(listed) == {family.phrases}


@pytest.mark.parametrize("locale", ["de-de", "en-GB"])
def test_other_locales_are_refused_with_the_one_that_there_is(family: Family, locale: str) -> None:
    refusal = (400, "InvalidArgument", "Invalid locale value. Supported locales are en-US.")
    assert error_of(family("GET", f"phrases/{locale}")) == refusal
    assert error_of(family("POST", "profiles", f'{{"locale":"{locale}"}}')) == refusal


def test_another_listed_phrase_is_refused_once_one_is_chosen(api: Api, begun: str) -> None:
    before = _profile(api, begun)
    refused = api.enroll(begun, OTHER, TEXT_DEPENDENT)
    message = f"Invalid passphrase. The profile's is '{SAID}'; this clip says '{OTHERWISE}'."
    assert error_of(refused) == (400, "InvalidRequest", message)
    assert _profile(api, begun) == before
    assert api.enroll(begun, CLIP, TEXT_DEPENDENT).json()["remainingEnrollmentsCount"] == 1


@pytest.mark.parametrize("waived", ["true", "nonsense", ""])
def test_a_waived_minimum_is_not_heeded(api: Api, anna: str, waived: str) -> None:
    """The JavaScript SDK waives it with every clip, also where there is none to waive."""
    answer = api.enroll(api.create(TEXT_DEPENDENT), CLIP, TEXT_DEPENDENT, ignoreMinLength=waived)
    assert answer.status_code == 201
    assert (answer.json()["enrollmentStatus"], answer.json()["remainingEnrollmentsCount"]) == ("Enrolling", 2)
    assert api.verify(anna, CLIP, TEXT_DEPENDENT, ignoreMinLength=waived).json()["recognitionResult"] == "Accept"


def test_a_voice_is_not_verified_before_it_is_enrolled(api: Api, begun: str) -> None:
    blank = api.create(TEXT_DEPENDENT)
    for profile_id, missing in ((blank, 3), (begun, 2)):
        status, code, said = error_of(api.verify(profile_id, CLIP, TEXT_DEPENDENT, ignoreMinLength="true"))
        assert (status, code) == (400, "InvalidRequest")
        assert said == f"Profile is not enrolled. Profile {profile_id} needs {missing} more enrollment(s)."


def _half(clip: bytes) -> bytes:
    spoken = voices.samples(clip)
    return voices.to_wav(spoken[: len(spoken) // 2])


def _joined(*clips: bytes) -> bytes:
    return voices.to_wav(np.concatenate([voices.samples(clip) for clip in clips]))


NOT_THE_PHRASE = {
    "half of it": _half(CLIP),
    "with something after it": _joined(CLIP, voices.seconds("anna", 3)),
    "with another listed phrase after it": _joined(CLIP, OTHER),
    "twice": _joined(CLIP, CLIP),
    "another sentence": voices.seconds("anna", 4),
    "one word changed": CHANGED,
    "no language at all": voices.to_wav(voices.samples(CLIP)[::-1]),
}
"""By the right voice."""
FOREIGN = {f"its like in {language}": voices.foreign(language) for language in ("de", "es", "fr")}


@pytest.mark.parametrize("clip", [*NOT_THE_PHRASE.values(), *FOREIGN.values()], ids=[*NOT_THE_PHRASE, *FOREIGN])
def test_what_is_not_the_phrase_enrolls_nobody(api: Api, begun: str, clip: bytes) -> None:
    for profile_id in (begun, api.create(TEXT_DEPENDENT)):
        before = _profile(api, profile_id)
        status, code, said = error_of(api.enroll(profile_id, clip, TEXT_DEPENDENT))
        assert (status, code) == (400, "InvalidRequest")
        assert said.startswith("Invalid passphrase. The nearest phrase is '")
        assert said.endswith("% of it was heard, from 76% to 132% are needed.")
        assert _profile(api, profile_id) == before


@pytest.mark.parametrize("clip", [*NOT_THE_PHRASE.values(), OTHER], ids=[*NOT_THE_PHRASE, "another listed phrase"])
def test_the_right_voice_is_rejected_without_the_phrase_whatever_its_score(api: Api, anna: str, clip: bytes) -> None:
    before = _profile(api, anna)
    answer = api.verify(anna, clip, TEXT_DEPENDENT)
    assert (answer.status_code, answer.json()["recognitionResult"]) == (200, "Reject")
    assert answer.json()["score"] >= 0.5  # it is the voice's alone
    assert _profile(api, anna) == before


@pytest.mark.parametrize("clip", FOREIGN.values(), ids=FOREIGN)
def test_another_language_is_rejected(api: Api, anna: str, clip: bytes) -> None:
    answer = api.verify(anna, clip, TEXT_DEPENDENT)
    assert (answer.status_code, answer.json()["recognitionResult"]) == (200, "Reject")


@pytest.mark.parametrize("name", ["david", "boris", "clara", "ewan"])
def test_another_voice_is_rejected_with_the_phrase(api: Api, anna: str, name: str) -> None:
    before = _profile(api, anna)
    answer = api.verify(anna, voices.phrase(name, 5), TEXT_DEPENDENT, details="true").json()
    assert answer["details"]["phrase"]["distance"] <= 0.25
    assert (answer["recognitionResult"], answer["score"] < 0.5) == ("Reject", True)
    assert _profile(api, anna) == before


def test_a_clip_may_be_ten_seconds_long_and_no_longer(api: Api, anna: str) -> None:
    for length, status in ((10.0, 201), (10.1, 400)):
        clip = voices.to_wav(np.resize(np.pad(voices.samples(CLIP), (0, 10 * 16_000)), round(length * 16_000)))
        answers = api.enroll(api.create(TEXT_DEPENDENT), clip, TEXT_DEPENDENT), api.verify(anna, clip, TEXT_DEPENDENT)
        assert [answer.ok for answer in answers] == [status == 201] * 2
    assert error_of(answers[1])[2] == (
        "Invalid audio length. Maximum allowed length is 10 second(s). The audio is 10.10 seconds long."
    )


def test_noise_that_is_allowed_when_a_voice_enrolls_is_too_much_when_it_is_verified(api: Api, anna: str) -> None:
    clip = voices.noisy(CLIP, 7)
    answer = api.enroll(api.create(TEXT_DEPENDENT), clip, TEXT_DEPENDENT, details="true")
    assert answer.status_code == 201
    assert 2 < answer.json()["details"]["snrInDb"] < 10
    said = error_of(api.verify(anna, clip, TEXT_DEPENDENT))[2]
    assert said.startswith("Audio is too noisy. The minimum allowed Signal-to-noise ratio (SNR) is 10dB. Measured: ")


def test_a_slip_of_the_transcriber_does_not_keep_a_speaker_out(api: Api) -> None:
    """A voice whose "verify me" is written down otherwise."""
    clip = voices.phrase("henry", 3)
    profile_id = api.enrolled(clip, TEXT_DEPENDENT)
    answer = api.verify(profile_id, clip, TEXT_DEPENDENT, details="true").json()
    phrase = answer["details"]["phrase"]
    assert phrase["distance"] > 0
    assert 0 > phrase["logLikelihood"] >= phrase["allowed"]["logLikelihood"]
    assert phrase["llr"] >= phrase["allowed"]["llr"]
    assert answer["recognitionResult"] == "Accept"


def test_the_details_tell_how_near_the_phrase_was(api: Api, anna: str) -> None:
    allowed = {"distance": 0.25, "length": 0.76, "logLikelihood": -1.75, "llr": -1}
    enrolled = api.enroll(api.create(TEXT_DEPENDENT), CLIP, TEXT_DEPENDENT, details="true")
    verified = api.verify(anna, CLIP, TEXT_DEPENDENT, details="true")
    for answer in (enrolled, verified):
        phrase = answer.json()["details"]["phrase"]
        assert phrase == {"nearest": SAID, "distance": 0, "length": 1, "allowed": allowed}
    other = api.verify(anna, voices.seconds("anna", 4), TEXT_DEPENDENT, details="true").json()["details"]["phrase"]
    assert other["nearest"] in PASSPHRASES
    assert other["distance"] > allowed["distance"]
    changed = api.verify(anna, CHANGED, TEXT_DEPENDENT, details="true").json()["details"]["phrase"]
    assert changed["nearest"] == SAID
    assert changed["logLikelihood"] < 0
    assert changed["llr"] < allowed["llr"]
    profile = api("GET", f"{TEXT_DEPENDENT}/profiles/{anna}", details="true").json()
    assert profile["details"] == {"canBeReExtracted": True, "audioKept": 3}


def test_a_voice_is_verified_by_its_passphrase(api: Api, recordings: Recordings) -> None:
    clip = voices.to_wav(soundfile.read(recordings.speech / recordings.phrase, dtype="int16")[0])
    profile_id = api.enrolled(clip, TEXT_DEPENDENT)
    answer = api.verify(profile_id, voices.noisy(clip, 20), TEXT_DEPENDENT).json()
    assert answer["recognitionResult"] == "Accept"
    impostor = api.verify(profile_id, voices.phrase("david", 3), TEXT_DEPENDENT).json()
    assert (impostor["recognitionResult"], impostor["score"] < 0.5) == ("Reject", True)


def test_the_same_voice_has_a_profile_of_its_own_in_each_family(api: Api, anna: str) -> None:
    assert error_of(api("GET", f"{VERIFICATION}/profiles/{anna}"))[0] == 404
    assert error_of(api.verify(api.create(VERIFICATION), CLIP, TEXT_DEPENDENT))[0] == 404
