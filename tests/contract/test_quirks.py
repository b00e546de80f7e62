"""What real clients send beside the letter of the contract."""

import json
import urllib.request
from collections.abc import Iterator, Mapping

import pytest
import requests

from tests import voices
from tests.conftest import KEYS
from tests.contract.api import IDENTIFICATION, TEXT_DEPENDENT, VERIFICATION, Api, error_of
from tests.contract.conftest import KEY, Serve

ROOT = f"/speaker-recognition/{VERIFICATION}/profiles"
VERSION = "api-version=2021-09-05"
CLIP = voices.seconds("anna", 6)


@pytest.fixture(scope="module")
def enrolled(api: Api) -> str:
    return api.enrolled(voices.speakers()["anna"].enrollments[0])


@pytest.fixture(scope="module", params=[VERIFICATION, TEXT_DEPENDENT])
def verifying(request: pytest.FixtureRequest, api: Api) -> tuple[str, bytes]:
    """The path of a profile's verification, and a clip that is accepted there."""
    family: str = request.param
    clip = voices.phrase("anna", 5) if family == TEXT_DEPENDENT else CLIP
    return f"/speaker-recognition/{family}/profiles/{api.enrolled(clip, family)}:verify?{VERSION}", clip


def _send(
    api: Api, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> requests.Response:
    sent = {"Ocp-Apim-Subscription-Key": api.key, **(headers or {})}
    return api.request(method, api.url + path, headers=sent, data=body, timeout=30)


@pytest.mark.wire
@pytest.mark.parametrize(
    "spelling",
    [
        "/speaker-recognition/verification/text-independent/profiles/{id}:verify/",
        "/speaker-recognition//verification/text-independent/profiles/{id}:verify",
        "/speaker-recognition/verification/text-independent/profiles/{id}%3Averify",
        "/speaker-recognition/verification/text-independent/profiles/{id}%3averify/",
        "/SPEAKER-Recognition/Verification/TEXT-INDEPENDENT/Profiles/{ID}:VERIFY",
        "/speaker/verification/v2.0/text-independent/profiles/{id}/verify/",
        "/speaker//Verification/V2.0/Text-Independent/profiles//{ID}/Verify",
    ],
)
def test_an_operation_is_found_under_every_spelling_of_its_path(api: Api, enrolled: str, spelling: str) -> None:
    path = spelling.replace("{id}", enrolled).replace("{ID}", enrolled.upper())
    answer = _send(api, "POST", f"{path}?{VERSION}", CLIP)
    assert (answer.status_code, answer.json()["recognitionResult"]) == (200, "Accept")


def test_the_host_finds_no_path_that_begins_with_two_slashes(hosted: Api) -> None:
    answer = _send(hosted, "GET", f"//speaker-recognition/verification/text-independent/profiles?{VERSION}")
    assert (answer.status_code, answer.content) == (404, b"")


@pytest.mark.parametrize("query", ["ignoreMinLength=True", "ignoreminlength=TRUE", "IgnoreMinLength=true"])
def test_booleans_and_names_of_parameters_are_read_in_any_case(api: Api, enrolled: str, query: str) -> None:
    short = voices.seconds("anna", 2)
    assert _send(api, "POST", f"{ROOT}/{enrolled}:verify?{VERSION}&{query}", short).status_code == 200


@pytest.mark.wire
@pytest.mark.parametrize(
    "content_type",
    [
        "audio/wav; codecs=audio/pcm",
        "audio/wave",
        "application/octet-stream",
        "multipart/form-data",
        'multipart/form-data; boundary="-"',
        "application/json",
        "nonsense",
        None,
    ],
)
def test_audio_is_taken_under_any_content_type(
    api: Api, verifying: tuple[str, bytes], content_type: str | None
) -> None:
    path, clip = verifying
    headers = {"content-type": content_type} if content_type else {}
    answer = _send(api, "POST", path, clip, headers)
    assert (answer.status_code, answer.json()["recognitionResult"]) == (200, "Accept")


def test_audio_comes_without_a_header(api: Api, verifying: tuple[str, bytes]) -> None:
    """The native SDK's way."""
    path, clip = verifying
    headers = {"content-type": "audio/wav; codecs=audio/pcm"}
    answer = _send(api, "POST", f"{path}&ignoreMinLength=True", clip[44:], headers)
    assert answer.json() == _send(api, "POST", path, clip).json()


def test_audio_is_found_in_a_real_form(api: Api, verifying: tuple[str, bytes]) -> None:
    path, clip = verifying
    answer = api.request(
        "POST",
        f"{api.url}{path}",
        headers={"Ocp-Apim-Subscription-Key": api.key},
        data={"note": "not the audio"},
        files={"audio": ("clip.wav", clip, "audio/wav")},
        timeout=30,
    )
    assert answer.json() == _send(api, "POST", path, clip).json()


def test_a_form_without_a_file_is_too_short_to_be_audio(api: Api, enrolled: str) -> None:
    body, form = b"--x\r\n\r\n\r\n--x--\r\n", {"content-type": "multipart/form-data; boundary=x"}
    answer = _send(api, "POST", f"{ROOT}/{enrolled}:verify?{VERSION}", body, form)
    assert "Minimum allowed length is 1 second(s)." in error_of(answer)[2]


@pytest.mark.wire
@pytest.mark.parametrize("content_type", ["application/json, application/json", "text/plain", "multipart/form-data"])
def test_profiles_are_created_under_any_content_type(api: Api, content_type: str) -> None:
    answer = _send(api, "POST", f"{ROOT}/?{VERSION}", b"{ 'locale':'EN-us' }", {"content-type": content_type})
    assert (answer.status_code, answer.json()["locale"]) == (201, "EN-us")


def test_requests_without_audio_may_say_that_they_carry_some(api: Api) -> None:
    """The JavaScript SDK keeps the header of its last enrollment."""
    path, form = f"{ROOT}/{api.create()}", {"content-type": "multipart/form-data"}
    assert _send(api, "POST", f"{path}:reset?{VERSION}", headers=form).status_code == 200
    assert _send(api, "DELETE", f"{path}?{VERSION}", headers=form).status_code == 204


def test_candidates_come_with_encoded_and_trailing_commas(api: Api) -> None:
    """The native SDK's query, to the letter."""
    ids = [api.enrolled(voices.speakers()[name].enrollments[0], IDENTIFICATION) for name in ("anna", "david")]
    wanted = "%2C".join([*ids, ids[0].upper(), ids[1].replace("-", ""), ""])
    query = f"{VERSION}&ignoreMinLength=True&profileIds={wanted}"
    path = f"/speaker-recognition/{IDENTIFICATION}/profiles:identifySingleSpeaker"
    found = _send(api, "POST", f"{path}?{query}", CLIP).json()
    assert found["identifiedProfile"]["profileId"] == ids[0]
    assert {candidate["profileId"] for candidate in found["profilesRanking"]} == set(ids)


@pytest.mark.wire
@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-Host": "voice.example.org", "X-Forwarded-Proto": "https"},
        {"X-Original-Host": "voice.example.org", "X-Forwarded-Proto": "https"},
        {"Forwarded": 'for=192.0.2.1;host="voice.example.org";proto=https'},
    ],
)
def test_the_next_link_leads_home_whatever_a_caller_forwards(api: Api, headers: dict[str, str]) -> None:
    for _ in range(2):
        api.create()
    link = _send(api, "GET", f"{ROOT}?{VERSION}&maxpagesize=1", headers=headers).json()["nextLink"]
    assert link.startswith(f"{api.url}{ROOT}?maxpagesize=1&$continuationToken=")
    assert len(_send(api, "GET", link.removeprefix(api.url)).json()["value"]) == 1


def test_the_next_link_leads_through_the_front_end_that_the_operator_names(serve: Serve) -> None:
    front_end = "https://voice.example.org"
    with serve({**KEY, "SPEAKER_PUBLIC_ORIGIN": front_end}) as api:
        for _ in range(2):
            api.create()
        link = _send(api, "GET", f"{ROOT}?{VERSION}&maxpagesize=1").json()["nextLink"]
        assert link.startswith(f"{front_end}{ROOT}?maxpagesize=1&$continuationToken=")
        assert len(_send(api, "GET", link.removeprefix(front_end)).json()["value"]) == 1


def test_a_key_may_stand_in_the_query(api: Api) -> None:
    url = f"{api.url}{ROOT}?{VERSION}&subscription-key="
    assert api.request("GET", url + KEYS[1], timeout=10).status_code == 200
    assert error_of(api.request("GET", url + "wrong", timeout=10))[:2] == (401, "401")


def test_an_audio_post_without_any_content_type_is_served(hosted: Api) -> None:
    enrolled = hosted.enrolled(voices.speakers()["anna"].enrollments[0])
    request = urllib.request.Request(  # noqa: S310  http on this machine
        f"{hosted.url}{ROOT}/{enrolled}:verify?{VERSION}",
        data=CLIP,
        headers={"Ocp-Apim-Subscription-Key": hosted.key, "Content-Type": ""},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        assert json.load(answer)["recognitionResult"] == "Accept"


SIGNED_IN = {"Authorization": "bearer token", "X-MS-CLIENT-PRINCIPAL-ID": "someone"}


def test_a_token_that_no_platform_has_checked_opens_nothing(api: Api) -> None:
    answer = api.request("GET", f"{api.url}{ROOT}?{VERSION}", headers=SIGNED_IN, timeout=10)
    assert error_of(answer)[:2] == (401, "Unauthorized")


@pytest.fixture(scope="module")
def signing_in(serve: Serve) -> Iterator[Api]:
    """The app as App Service runs it with authentication switched on."""
    with serve({**KEY, "WEBSITE_AUTH_ENABLED": "True", "WEBSITE_SITE_NAME": "site"}) as running:
        yield running


@pytest.mark.wire
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (SIGNED_IN, 200),
        ({**SIGNED_IN, "Authorization": "Bearer token"}, 200),
        ({"Ocp-Apim-Subscription-Key": KEYS[0]}, 200),
        ({"Authorization": "bearer token"}, 401),
        ({"X-MS-CLIENT-PRINCIPAL-ID": "someone"}, 401),
        ({**SIGNED_IN, "X-MS-CLIENT-PRINCIPAL-ID": ""}, 401),
        ({**SIGNED_IN, "Authorization": "basic token"}, 401),
    ],
)
def test_a_token_that_the_platform_has_checked_is_as_good_as_a_key(
    signing_in: Api, headers: dict[str, str], status: int
) -> None:
    answer = signing_in.request("GET", f"{signing_in.url}{ROOT}?{VERSION}", headers=headers, timeout=10)
    assert answer.status_code == status


def test_activation_phrases_are_listed_by_locale(api: Api) -> None:
    for family in (VERIFICATION, IDENTIFICATION):
        phrase = "I'll talk for a few seconds so you can recognize my voice in the future."
        assert api("GET", f"{family}/phrases/en-us").json() == {"value": [{"activationPhrase": phrase}]}
        german = "Ich spreche jetzt ein paar Sekunden, damit du meine Stimme in Zukunft erkennen kannst."
        assert api("GET", f"{family}/phrases/DEde").json() == {"value": [{"activationPhrase": german}]}
    status, code, said = error_of(api("GET", f"{VERIFICATION}/phrases/tl-hh"))
    assert (status, code) == (400, "InvalidArgument")
    assert said.startswith("Invalid locale value. Supported locales are de-DE, en-AU")


@pytest.mark.wire
@pytest.mark.parametrize("family", [VERIFICATION, IDENTIFICATION, TEXT_DEPENDENT])
@pytest.mark.parametrize("path", ["phrases", "phrases/", "/Phrases//"])
def test_phrases_are_not_listed_without_a_locale(api: Api, family: str, path: str) -> None:
    assert error_of(api("GET", f"{family}/{path}")) == (400, "InvalidRequest", "Locale parameter is missing.")
