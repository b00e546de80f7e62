"""Each bad input, whatever the family: the contract's error, nothing stored, process alive."""

import io
import struct
import uuid
from collections.abc import Iterator

import numpy as np
import pytest
import soundfile

from tests import voices
from tests.contract.api import IDENTIFICATION, TEXT_DEPENDENT, VERIFICATION, Api, BackedApi, error_of
from tests.contract.conftest import KEY, Serve

AUDIO_FORMAT = "Supported format is WAV 16Khz 16bit Mono PCM."


@pytest.fixture(scope="module")
def api(serve: Serve) -> Iterator[BackedApi]:
    """A service that takes no more formats than the original did."""
    with serve({**KEY, "SPEAKER_DECODE_ANY": "false"}) as running:
        yield running


@pytest.fixture(scope="module")
def enrolled(api: Api) -> str:
    return api.enrolled(voices.speakers()["anna"].enrollments[0])


@pytest.fixture(scope="module")
def candidate(api: Api) -> str:
    return api.enrolled(voices.speakers()["anna"].enrollments[0], IDENTIFICATION)


@pytest.fixture(scope="module")
def passphrase(api: Api) -> str:
    return api.enrolled(voices.phrase("anna", 5), TEXT_DEPENDENT)


@pytest.fixture(autouse=True)
def nothing_changes(api: BackedApi, enrolled: str, passphrase: str) -> Iterator[None]:
    """Around each test: the profiles stay as they were, and the process stays alive."""
    before = api.profile(enrolled), api.profile(passphrase, TEXT_DEPENDENT)
    yield
    assert (api.profile(enrolled), api.profile(passphrase, TEXT_DEPENDENT)) == before
    assert api.alive


def _wav(samples: object, rate: int = 16_000, subtype: str = "PCM_16") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="WAV", subtype=subtype)
    return file.getvalue()


def _speech(seconds: float) -> "np.ndarray[tuple[int], np.dtype[np.int16]]":
    return np.resize(voices.speech("anna"), round(seconds * 16_000))


BAD_AUDIO = {
    "empty": (b"", "Minimum allowed length is 1 second(s)."),
    "a few bytes of text": (b"hello", "Minimum allowed length is 1 second(s)."),
    "half a header": (b"RIFF\0\0\0\0WAVE", AUDIO_FORMAT),
    "8-bit": (_wav(_speech(5), subtype="PCM_U8"), AUDIO_FORMAT),
    "stereo": (_wav(np.repeat(_speech(5)[:, None], 2, axis=1)), AUDIO_FORMAT),
    "44.1 kHz": (_wav(_speech(5), rate=44_100), AUDIO_FORMAT),
    "NaN and Inf in a float WAV": (_wav(np.array([np.nan, np.inf, -np.inf] * 16_000), subtype="FLOAT"), AUDIO_FORMAT),
    "0.9 s": (voices.seconds("anna", 0.9), "Minimum allowed length is 1 second(s)."),
    "121 s": (voices.seconds("anna", 121), "Maximum allowed length is {limit} second(s)."),
    "6 MB": (b"\0" * 6 * 2**20, "Invalid audio length."),
    "silence": (voices.silence(5), "Invalid audio length."),
    "a tone": (voices.to_wav(np.sin(np.arange(5 * 16_000) * 0.17).astype(np.float32)), "Audio is too noisy."),
    "noise": (voices.noise(5), "Audio is too noisy."),
    "not audio": (np.random.default_rng(3).bytes(200_000), "Invalid audio format."),
}


@pytest.mark.parametrize(("clip", "message"), BAD_AUDIO.values(), ids=BAD_AUDIO)
@pytest.mark.parametrize("operation", ["enroll", "verify", "identify", "enroll a phrase", "verify a phrase"])
def test_audio_that_cannot_be_used(
    api: Api, enrolled: str, candidate: str, passphrase: str, operation: str, clip: bytes, message: str
) -> None:
    path, query, limit = {
        "enroll": (f"{VERIFICATION}/profiles/{enrolled}/enrollments", {}, 120),
        "verify": (f"{VERIFICATION}/profiles/{enrolled}:verify", {}, 120),
        "identify": (f"{IDENTIFICATION}/profiles:identifySingleSpeaker", {"profileIds": candidate}, 120),
        "enroll a phrase": (f"{TEXT_DEPENDENT}/profiles/{passphrase}/enrollments", {}, 10),
        "verify a phrase": (f"{TEXT_DEPENDENT}/profiles/{passphrase}:verify", {}, 10),
    }[operation]
    status, code, said = error_of(api("POST", path, clip, **query))
    assert (status, code) == (400, "InvalidRequest")
    assert message.format(limit=limit) in said


def test_what_was_measured_is_said(api: Api, enrolled: str) -> None:
    path = f"{VERIFICATION}/profiles/{enrolled}:verify"
    assert "0.90 seconds" in error_of(api("POST", path, voices.seconds("anna", 0.9)))[2]
    assert "121.00 seconds" in error_of(api("POST", path, voices.seconds("anna", 121)))[2]
    assert "44100 Hz" in error_of(api("POST", path, BAD_AUDIO["44.1 kHz"][0]))[2]
    assert "dB" in error_of(api("POST", path, voices.noise(5)))[2]


def test_less_than_four_seconds_of_speech_is_too_little_unless_waived(api: Api, enrolled: str) -> None:
    path = f"{VERIFICATION}/profiles/{enrolled}:verify"
    clip = voices.seconds("anna", 3)
    status, code, said = error_of(api("POST", path, clip))
    assert (status, code) == (400, "InvalidRequest")
    assert "Minimum allowed length is 4 second(s)." in said
    assert api("POST", path, clip, ignoreMinLength="True").status_code == 200


def _header(riff: int, data: int) -> bytes:
    form = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", riff, b"WAVE", b"fmt ", 16, 1, 1, 16_000, 32_000, 2, 16)
    return form + struct.pack("<4sI", b"data", data)


PCM = _speech(6).tobytes()
LENIENT = {
    "headerless PCM": PCM,
    "sizes 0": _header(0, 0) + PCM,
    "sizes 0xFFFFFFFF": _header(0xFFFFFFFF, 0xFFFFFFFF) + PCM,
    "sizes too large": _header(10**9, 10**9) + PCM,
    "truncated data": voices.to_wav(_speech(60))[: 44 + len(PCM)],
    "odd bytes": _header(0, len(PCM) + 1) + PCM + b"\x01",
}


@pytest.mark.parametrize("clip", LENIENT.values(), ids=LENIENT)
def test_lying_headers_are_read_for_what_they_hold(api: Api, enrolled: str, clip: bytes) -> None:
    path = f"{VERIFICATION}/profiles/{enrolled}:verify"
    straight = api("POST", path, voices.to_wav(_speech(6))).json()
    assert api("POST", path, clip).json() == straight


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (b"", "InvalidRequest", "Request body is missing."),
        (b'{"locale"', "InvalidRequest", "Invalid JSON format."),
        (b"[]", "InvalidRequest", "Invalid JSON format."),
        (b"{}", "InvalidRequest", "Locale parameter is missing."),
        (b'{"locale":5}', "InvalidRequest", "Invalid JSON format."),
        (b'{"locale":"xx-yy"}', "InvalidArgument", "Supported locales are de-DE, en-AU"),
        (b'{"locale":"\\ud800"}', "InvalidArgument", "Invalid locale value."),
    ],
)
def test_create_requests_that_say_nothing_usable(api: Api, body: bytes, code: str, message: str) -> None:
    status, said_code, said = error_of(api("POST", f"{VERIFICATION}/profiles", body))
    assert (status, said_code) == (400, code)
    assert message in said


@pytest.mark.wire
@pytest.mark.parametrize("profile_id", ["x", "1234", str(uuid.UUID(int=1)), "%01", "..%2f", "a" * 300])
@pytest.mark.parametrize(
    ("method", "suffix"), [("GET", ""), ("POST", ":reset"), ("POST", "/enrollments"), ("POST", ":verify")]
)
@pytest.mark.parametrize("family", [VERIFICATION, TEXT_DEPENDENT])
def test_ids_that_nobody_has(api: Api, family: str, profile_id: str, method: str, suffix: str) -> None:
    answer = api(method, f"{family}/profiles/{profile_id}{suffix}", voices.seconds("anna", 5))
    status, code, _ = error_of(answer)
    assert status == 404
    assert code in ("NotFound", "404")


def test_the_host_refuses_an_id_with_a_zero_before_the_app_sees_it(hosted: Api) -> None:
    answer = hosted("GET", f"{VERIFICATION}/profiles/%00")
    assert (answer.status_code, answer.content) == (400, b"")


def test_ids_of_another_family_are_unknown(api: Api, candidate: str, enrolled: str, passphrase: str) -> None:
    ids = {IDENTIFICATION: candidate, VERIFICATION: enrolled, TEXT_DEPENDENT: passphrase}
    for family in ids:
        for other in ids:
            answer = api("GET", f"{family}/profiles/{ids[other]}")
            if family == other:
                assert answer.status_code == 200
                continue
            status, _, said = error_of(answer)
            assert (status, "Requested profile doesn't exist" in said) == (404, True)
    said = error_of(api("POST", f"{IDENTIFICATION}/profiles:identifySingleSpeaker", PCM, profileIds=passphrase))[2]
    assert "Requested profile doesn't exist" in said


def test_ids_are_read_without_dashes_and_in_upper_case(api: Api, enrolled: str) -> None:
    for written in (enrolled.replace("-", ""), enrolled.upper()):
        assert api.profile(written) == api.profile(enrolled)


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (None, (400, "InvalidRequest", "profileIds parameter is missing.")),
        (",", (400, "InvalidArgument", "Invalid profileIds parameter value.")),
        ("x", (400, "InvalidArgument", "Invalid profileIds parameter value.")),
        (",".join(str(uuid.UUID(int=n)) for n in range(51)), (400, "InvalidRequest", "allowed per request is 50.")),
        (str(uuid.UUID(int=7)), (404, "NotFound", "Requested profile doesn't exist")),
    ],
    ids=["none", "empty items", "no guid", "51", "unknown"],
)
def test_candidates_that_cannot_be_compared(api: Api, ids: str | None, expected: tuple[int, str, str]) -> None:
    query = {} if ids is None else {"profileIds": ids}
    answer = api("POST", f"{IDENTIFICATION}/profiles:identifySingleSpeaker", voices.seconds("anna", 6), **query)
    status, code, said = error_of(answer)
    assert (status, code) == expected[:2]
    assert expected[2] in said


def test_duplicate_candidates_count_once_and_a_trailing_comma_not_at_all(api: Api, candidate: str) -> None:
    path, clip = f"{IDENTIFICATION}/profiles:identifySingleSpeaker", voices.seconds("anna", 6)
    ids = f"{candidate},{candidate.upper()},,{candidate},"
    assert len(api("POST", path, clip, profileIds=ids).json()["profilesRanking"]) == 1


def test_candidates_of_different_locales_or_not_enrolled_are_refused(api: Api, candidate: str) -> None:
    path, clip = f"{IDENTIFICATION}/profiles:identifySingleSpeaker", voices.seconds("anna", 6)
    french, blank = api.create(IDENTIFICATION, "fr-FR"), api.create(IDENTIFICATION)
    assert "same locale" in error_of(api("POST", path, clip, profileIds=f"{candidate},{french}"))[2]
    assert "Profile is not enrolled." in error_of(api("POST", path, clip, profileIds=f"{candidate},{blank}"))[2]


@pytest.mark.parametrize("size", ["0", "501", "x"])
def test_page_sizes_out_of_range(api: Api, size: str) -> None:
    status, code, said = error_of(api("GET", f"{VERIFICATION}/profiles", maxpagesize=size))
    assert (status, code) == (400, "InvalidArgument")
    assert "[1, 500]" in said


def test_a_broken_continuation_link(api: Api) -> None:
    answer = api("GET", f"{VERIFICATION}/profiles", **{"$continuationToken": "broken"})
    assert error_of(answer)[:2] == (400, "InvalidArgument")


@pytest.mark.parametrize("value", ["1", "maybe"])
def test_flags_that_are_neither_true_nor_false(api: Api, enrolled: str, value: str) -> None:
    path = f"{VERIFICATION}/profiles/{enrolled}/enrollments"
    status, code, said = error_of(api("POST", path, voices.seconds("anna", 6), ignoreMinLength=value))
    assert (status, code) == (400, "InvalidArgument")
    assert 'Valid values are "true" and "false".' in said


@pytest.mark.wire
@pytest.mark.parametrize(("key", "code"), [("wrong", "401"), (None, "Unauthorized"), ("", "Unauthorized")])
def test_nobody_is_served_without_a_key(api: Api, key: str | None, code: str) -> None:
    headers = {} if key is None else {"Ocp-Apim-Subscription-Key": key}
    url = f"{api.url}/speaker-recognition/{VERIFICATION}/profiles?api-version=2021-09-05"
    assert error_of(api.request("GET", url, headers=headers, timeout=10))[:2] == (401, code)


@pytest.mark.wire
@pytest.mark.parametrize(("second", "status"), [("2021-09-05", 200), ("2020-01-01", 400)])
def test_a_version_may_be_given_twice_if_it_is_the_same(api: Api, second: str, status: int) -> None:
    url = f"{api.url}/speaker-recognition/{VERIFICATION}/profiles?api-version=2021-09-05&api-version={second}"
    assert api.request("GET", url, headers={"Ocp-Apim-Subscription-Key": api.key}, timeout=10).status_code == status


@pytest.mark.parametrize("version", ["", "2020-01-01"])
def test_versions_that_are_not_spoken(api: Api, version: str) -> None:
    status, code, said = error_of(api("GET", f"{VERIFICATION}/profiles", **{"api-version": version}))
    assert (status, code) == (400, "InvalidArgument")
    assert "2021-09-05" in said


@pytest.mark.wire
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "verification/no-such-kind/profiles"),
        ("PUT", f"{VERIFICATION}/profiles"),
        ("POST", f"{VERIFICATION}/profiles:identifySingleSpeaker"),
        ("POST", f"{TEXT_DEPENDENT}/profiles:identifySingleSpeaker"),
        ("POST", f"{IDENTIFICATION}/profiles/{uuid.UUID(int=1)}:verify"),
        ("GET", "identification/text-dependent/profiles"),
        ("GET", "identification/text-dependent/phrases/en-us"),
        ("GET", "nowhere"),
    ],
)
def test_paths_that_lead_nowhere(api: Api, method: str, path: str) -> None:
    assert error_of(api(method, path))[::2] == (404, "Resource not found")
