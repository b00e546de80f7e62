"""Every row of the error catalogue, provoked over HTTP on the real parts."""

import io
import json
import math
import re
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from socketserver import StreamRequestHandler, ThreadingTCPServer

import numpy as np
import pytest
import requests
import soundfile
from azure.data.tables import TableClient, UpdateMode
from azure.storage.blob import ContainerClient

from devhost.azurite import azurite
from devhost.stack import host
from functions.contract.account_refusals import BadDay
from functions.contract.catalogue import causes
from functions.contract.choice_refusals import BadConsent
from functions.contract.dialects import V2021
from functions.contract.group_refusals import BadGroup, BadGroupId, BadMembers
from functions.contract.operations import OPERATIONS
from functions.contract.refusals import (
    AccessDenied,
    BadCandidates,
    BadChannel,
    BadFlag,
    BadPageSize,
    BadToken,
    BothCandidates,
    LengthRequired,
    MalformedHost,
    NoBody,
    NoCandidates,
    NoGuid,
    NoJson,
    NoLocale,
    NoSuchRoute,
    OtherSign,
    RateLimited,
    SeveralRecordings,
    TooManyGuesses,
    TooManyParts,
    TooMuchJson,
    Unauthorized,
    Unconfirmed,
    UnsupportedMediaType,
    UnsupportedParameter,
    WrongScope,
    WrongVersion,
)
from functions.plumbing.guard import App
from functions.plumbing.refusals import BadRepeatability, Busy, SentTooLongAgo, Starting
from shared.errors import (
    Conflict,
    Fault,
    LocaleNotUnderstood,
    MixedLocales,
    NoActivationPhrase,
    NotEnrolled,
    ProfileFull,
    QuotaExceeded,
    SpeakerError,
    StorageUnavailable,
    TooManyCandidates,
    TooManyEnrollments,
    TranscriberUnavailable,
    UnknownLocale,
    UnknownProfile,
    UnreadableProfile,
    WrongPassphrase,
)
from shared.listening.refusals import (
    NoAudio,
    TooLarge,
    TooLittleSpeech,
    TooLong,
    TooMuchToDecode,
    TooNoisy,
    TooShort,
    Undeclared,
    WrongFormat,
)
from shared.profiles.refusals import RepeatedRecording, SamePerson, TwoVoices, VoiceDiffers
from shared.recognition.gallery import Gallery
from shared.recognition.refusals import GalleryNotReady
from shared.recordings.conversations import Told
from shared.recordings.jobs import GIVEN_UP, Asked, Job, Jobs, Problem
from shared.recordings.naming import Named
from shared.recordings.refusals import (
    AudioNotKept,
    BadRecording,
    NeverTold,
    NotTold,
    OutdatedSignature,
    UnknownRecording,
    UnknownSpeaker,
)
from shared.recordings.turns import Diarized, Turn, Voice
from shared.recordings.written import told_to_bytes
from shared.store import Span
from shared.store.audio import AUDIO_CONTAINER, BLOB_API_VERSION
from shared.store.azure import TABLE
from shared.store.memory import MemoryStore
from shared.trust.refusals import UsedForAnother
from shared.voices.families import IDENTIFICATION as IDENTIFICATION_FAMILY
from shared.voices.families import PASSPHRASE_VERIFICATION, Family
from shared.voices.families import VERIFICATION as VERIFICATION_FAMILY
from shared.voices.records import Enrollment, Profile
from shared.voices.refusals import (
    ChallengeOver,
    EnrollingOptedOut,
    Expired,
    GroupChanged,
    Locked,
    NobodyEnrolled,
    NoConsent,
    OptedOut,
    TooManyGroups,
    UnknownGroup,
)
from shared.voices.standing import Standing
from tests import remembering, voices
from tests.conftest import KEYS
from tests.contract.api import IDENTIFICATION, TEXT_DEPENDENT, VERIFICATION, Api, BackedApi, error_of
from tests.contract.conftest import IN_PROCESS, KEY
from tests.contract.in_process import ORIGIN, sending_to

CLIP = voices.seconds("anna", 6)
PHRASE = voices.phrase("anna", 5)
NOBODY = str(uuid.UUID(int=1))
PROFILES = f"{VERIFICATION}/profiles"
MANY_PARTS = b"\r\n--xAB" * 99
IDENTIFY = f"{IDENTIFICATION}/profiles:identifySingleSpeaker"
RECORDINGS = f"{IDENTIFICATION}/recordings"
HOLDS_ONE_PROFILE = {"SPEAKER_RECOGNITION_KEYS": "key", "SPEAKER_MAX_PROFILES": "1"}
STORAGE = (
    "DefaultEndpointsProtocol=http;AccountName=nobody;AccountKey=bm90aGluZw==;"
    "BlobEndpoint=http://127.0.0.1:{port}/nobody;TableEndpoint=http://127.0.0.1:{port}/nobody;"
)
NO_STORAGE = STORAGE.format(port=9)
SLOW_SEC = 0.5
"""After which slow storage hangs up."""


class _HangsUp(StreamRequestHandler):
    def handle(self) -> None:
        threading.Event().wait(SLOW_SEC)


@contextmanager
def slow_storage() -> Iterator[str]:
    """Connection string of storage that keeps its callers waiting, and then says nothing."""
    with ThreadingTCPServer(("127.0.0.1", 0), _HangsUp) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever).start()
        yield STORAGE.format(port=server.server_address[1])
        server.shutdown()


def _verify(api: Api, clip: bytes) -> requests.Response:
    return api("POST", f"{PROFILES}/{api.enrolled(CLIP)}:verify", clip)


def _identify(api: Api, *locales: str) -> requests.Response:
    ids = [api.enrolled(CLIP, IDENTIFICATION, locale) for locale in locales]
    return api("POST", IDENTIFY, CLIP, profileIds=",".join(ids))


def _enroll_phrase(api: Api, clip: bytes) -> requests.Response:
    return api.enroll(api.create(TEXT_DEPENDENT), clip, TEXT_DEPENDENT)


def _verify_phrase(api: Api, clip: bytes) -> requests.Response:
    return api.verify(api.enrolled(PHRASE, TEXT_DEPENDENT), clip, TEXT_DEPENDENT)


def _fifty_first(api: Api) -> requests.Response:
    """The answer to the clip after the last, on a profile that 49 were written into."""
    assert isinstance(api, BackedApi)
    profile_id = api.enrolled(PHRASE, TEXT_DEPENDENT)
    profile = api.store.get(PASSPHRASE_VERIFICATION, profile_id)
    assert profile is not None
    held = tuple(replace(profile.enrollments[0], id=str(uuid.UUID(int=n))) for n in range(49))
    api.store.replace(replace(profile, enrollments=held))
    assert api.enroll(profile_id, PHRASE, TEXT_DEPENDENT).json()["enrollmentsCount"] == 50
    return api.enroll(profile_id, PHRASE, TEXT_DEPENDENT)


def _turns_of_an_older_signature(api: Api) -> requests.Response:
    assert isinstance(api, BackedApi)
    profile = api.store.get(IDENTIFICATION_FAMILY, api.enrolled(voices.seconds("anna", 40), IDENTIFICATION))
    assert profile is not None
    assert profile.signature is not None
    api.store.replace(replace(profile, signature=replace(profile.signature, model_version="2020-01-01")))
    return api("POST", f"{IDENTIFICATION}/recordings:identify", CLIP, profileIds=profile.id)


def _turns(api: Api, why: Problem | None = None) -> requests.Response:
    """The answer to who asks for the turns of a recording that waits, or has failed."""
    assert isinstance(api, BackedApi)
    now = datetime.now(UTC)
    waiting = Job(IDENTIFICATION_FAMILY, str(uuid.uuid4()), Asked(), created=now, moved=now)
    Jobs(api.store.jobs).insert(waiting.failed(why) if why else waiting)
    answer = api("GET", f"{RECORDINGS}/{waiting.id}/turns")
    assert answer.headers.get("retry-after") == (None if why else "5")
    assert api("DELETE", f"{RECORDINGS}/{waiting.id}").ok
    return answer


def _speaker(api: Api, number: str = "") -> requests.Response:
    """The answer to enrolling a speaker of a silent recording, or of one whose audio is gone."""
    assert isinstance(api, BackedApi)
    now = datetime.now(UTC)
    done = Job(IDENTIFICATION_FAMILY, str(uuid.uuid4()), Asked(), created=now, moved=now).succeeded()
    Jobs(api.store.jobs).insert(done)
    voice = Voice(1, np.zeros(0, np.float32), 2.0, 2.0)
    voices_in_it = [] if number else [voice]
    found = Diarized(2.0, voices_in_it, [Turn(0.0, 2.0, 1) for _ in voices_in_it])
    told = Told(found, [Named(each) for each in voices_in_it], "2026-01-01")
    api.store.recordings.put(f"{done.id}/turns", told_to_bytes(told))
    answer = api("POST", f"{RECORDINGS}/{done.id}/speakers/1:enroll", profileId=NOBODY)
    assert api("DELETE", f"{RECORDINGS}/{done.id}").ok
    return answer


def _identify_in_an_empty_group(api: Api) -> requests.Response:
    assert api("PUT", f"{IDENTIFICATION}/groups/empty").ok
    return api("POST", IDENTIFY, CLIP, groupId="empty")


def _enrolled_twice(api: Api) -> requests.Response:
    clip = voices.seconds("anna", 12)
    api.enrolled(clip)
    return api.enroll(api.create(), clip, duplicates="refuse")


def _while_the_gallery_is_read(_: Api) -> requests.Response:
    """The answer of a service that has waited long enough for voices, which come when it has answered."""
    answered, store = threading.Event(), MemoryStore()

    def scan(of: Family | Span | None = None) -> Iterator[Profile]:
        answered.wait(30)
        return iter(())

    store.scan = scan  # type: ignore[method-assign]
    app = App(KEY, store=store, listener=remembering.listener(any_format=True))
    vars(app)["gallery"] = Gallery(store, patience=timedelta(0))
    try:
        answer = Api(ORIGIN, KEYS[0], sending_to(app))("POST", IDENTIFY, CLIP, profileIds="*")
    finally:
        answered.set()
    assert answer.headers["retry-after"] == "10"
    return answer


def _put_into_the_past(api: Api) -> requests.Response:
    url = f"{api.url}/speaker-recognition/{VERIFICATION}/groups/past?api-version=2021-09-05"
    headers = {"Ocp-Apim-Subscription-Key": api.key, "If-Match": 'W/"older"'}
    return api.request("PUT", url, headers=headers, data=b"{}", timeout=10)


def _two_under(api: Api, request_id: str) -> requests.Response:
    assert _sent(api, PROFILES, b'{"locale":"en-us"}', **{"Repeatability-Request-ID": request_id}).status_code == 201
    return _sent(api, PROFILES, b'{"locale":"de-de"}', **{"Repeatability-Request-ID": request_id})


def _in_501(api: Api) -> requests.Response:
    """The answer to adding a profile to one more group than it may be in."""
    assert isinstance(api, BackedApi)
    profile = api.store.get(VERIFICATION_FAMILY, api.create())
    assert profile is not None
    api.store.replace(replace(profile, groups=frozenset(map(str, range(500)))))
    api("PUT", f"{VERIFICATION}/groups/last")
    return api("POST", f"{VERIFICATION}/groups/last/profiles:add", json.dumps({"profileIds": [profile.id]}))


def _verify_opted_out(api: Api) -> requests.Response:
    profile_id = api.enrolled(CLIP)
    assert api("POST", f"{PROFILES}/{profile_id}:optOut").ok
    return api.verify(profile_id, CLIP)


def _verify_expired(api: Api) -> requests.Response:
    assert isinstance(api, BackedApi)
    profile = api.store.get(VERIFICATION_FAMILY, api.enrolled(CLIP))
    assert profile is not None
    api.store.replace(replace(profile, standing=Standing.EXPIRED))
    return api.verify(profile.id, CLIP)


def _enroll_after_opting_out(api: Api) -> requests.Response:
    assert api("POST", f"{PROFILES}/{uuid.UUID(int=2)}:optOut").ok
    return api.enroll(str(uuid.UUID(int=2)), CLIP)


def _verify_after_a_stranger(api: Api) -> requests.Response:
    profile_id = api.create()
    consent = '{"version":"1","givenDateTime":"2026-01-31T09:30:00Z","by":"test"}'
    assert api("PUT", f"{PROFILES}/{profile_id}/consent", consent).ok
    assert api.enroll(profile_id, CLIP, ignoreMinLength="true").ok
    assert api.verify(profile_id, voices.seconds("david", 6)).json()["recognitionResult"] == "Reject"
    return api.verify(profile_id, CLIP)


def _flac(seconds: float) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.zeros(round(seconds * 8_000)), 8_000, format="FLAC")
    return file.getvalue()


def _filled(api: Api) -> requests.Response:
    path, clip = f"{PROFILES}/{api.create()}/enrollments", voices.seconds("anna", 110)
    for _ in range(2):
        assert api("POST", path, clip).status_code == 201
    return api("POST", path, clip)


def _with_key(api: Api, **headers: str) -> requests.Response:
    url = f"{api.url}/speaker-recognition/{PROFILES}?api-version=2021-09-05"
    return api.request("GET", url, headers=headers, timeout=10)


def _compressed(api: Api, path: str) -> requests.Response:
    return api.request(
        "POST",
        f"{api.url}/speaker-recognition/{path}?api-version=2021-09-05",
        headers={"Ocp-Apim-Subscription-Key": api.key, "Content-Encoding": "gzip"},
        data=b"\x1f\x8b",
        timeout=10,
    )


def _sent(api: Api, path: str, body: bytes | Iterator[bytes], **headers: str) -> requests.Response:
    url = f"{api.url}/speaker-recognition/{path}?api-version=2021-09-05"
    key = {"Ocp-Apim-Subscription-Key": api.key}
    return api.request("POST", url, headers={**key, **headers}, data=body, timeout=10)


def _guessed(api: Api) -> requests.Response:
    for _ in range(30):
        assert _with_key(api, **{"Ocp-Apim-Subscription-Key": "guess"}).status_code == 401
    return _with_key(api, **{"Ocp-Apim-Subscription-Key": "guess"})


def _older_list(api: Api) -> requests.Response:
    url = f"{api.url}/speaker/verification/v2.0/text-independent/profiles?$filter=x"
    return api.request("GET", url, headers={"Ocp-Apim-Subscription-Key": api.key}, timeout=10)


@dataclass(kw_only=True)
class Crowded(Api):
    """A service that is full, and whose one profile is never left alone."""

    profile_id: str
    audio: ContainerClient


@pytest.fixture(scope="module")
def crowded() -> Iterator[Crowded]:
    with azurite() as storage, host({**HOLDS_ONE_PROFILE, "SPEAKER_STORAGE_CONNECTION_STRING": storage}) as running:
        audio = ContainerClient.from_connection_string(storage, AUDIO_CONTAINER, api_version=BLOB_API_VERSION)
        api = Crowded(running.url, "key", profile_id=Api(running.url, "key").create(), audio=audio)
        with TableClient.from_connection_string(storage, TABLE) as table, audio, _meddling(table, api.profile_id):
            yield api


@contextmanager
def _meddling(table: TableClient, profile_id: str) -> Iterator[None]:
    """Another instance of the app, which rewrites the profile as fast as it can."""
    done = threading.Event()
    [entity] = table.query_entities(f"RowKey eq '{profile_id}'", select=["PartitionKey", "RowKey", "Locale"])

    def meddle() -> None:
        while not done.is_set():
            table.update_entity(entity, mode=UpdateMode.MERGE)

    thread = threading.Thread(target=meddle)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _conflict(api: Api) -> requests.Response:
    assert isinstance(api, Crowded)
    path, clip = f"{PROFILES}/{api.profile_id}/enrollments", voices.seconds("anna", 1.5)
    answers = (api("POST", path, clip) for _ in range(100))
    refused = next(answer for answer in answers if answer.status_code != 201)
    kept = sum(1 for _ in api.audio.list_blob_names())
    assert kept == api.profile(api.profile_id)["enrollmentsCount"]
    return refused


def _damaged(api: Api) -> requests.Response:
    """The answer to reading a profile of which nothing can be read any more."""
    assert isinstance(api, BackedApi)
    profile = api.store.get(VERIFICATION_FAMILY, api.create())
    assert profile is not None
    if isinstance(api.store, MemoryStore):
        api.store.profiles[profile.family.name, profile.id] = Profile.unreadable(profile.family, profile.id, "etag")
    else:
        api.store.replace(replace(profile, enrollments=(Enrollment("endless", math.inf, 1, None),)))
    return api("GET", f"{PROFILES}/{profile.id}")


def _second_call(api: Api) -> requests.Response:
    assert api("GET", PROFILES).status_code == 500  # it has no storage, but it may be called
    answer = api("GET", PROFILES)
    assert 1 <= int(answer.headers["retry-after"]) <= 100
    return answer


CALLERS = 16


def _at_once(api: Api, status: int = Starting.status) -> requests.Response:
    """The refusal of one of many at once where one at a time is let in; without storage each takes its time."""
    gate = threading.Barrier(CALLERS)

    def call(_: int) -> requests.Response:
        gate.wait()
        return api("GET", PROFILES)

    with ThreadPoolExecutor(CALLERS) as callers:
        answers = list(callers.map(call, range(CALLERS)))
    refused = [answer for answer in answers if "retry-after" in answer.headers and answer.status_code == status]
    assert refused, "nobody was refused so"
    assert int(refused[0].headers["retry-after"]) >= 1
    return refused[0]


def _at_once_later(api: Api) -> requests.Response:
    assert "retry-after" not in api("GET", PROFILES).headers
    refused = _at_once(api, Busy.status)
    assert 0 <= float(refused.headers["retry-after-ms"]) / 1000 <= int(refused.headers["retry-after"])
    return refused


_PART = b"--x\r\nContent-Disposition: form-data; name=%b; filename=1\r\n\r\n12\r\n"


@dataclass(frozen=True)
class Provoked:
    """An error of the contract, or one of ours: how the message begins, and a request that is answered so."""

    key: str
    error: type[SpeakerError]
    message: str
    by: Callable[[Api], requests.Response]


PROVOKED = [
    Provoked(
        "too-much-json",
        TooMuchJson,
        "Invalid JSON format. The body holds 20,0",
        lambda api: api("POST", PROFILES, b'{"locale":"en-us","x":"' + b"x" * 20_000 + b'"}'),
    ),
    Provoked(
        "too-many-parts",
        TooManyParts,
        "Invalid multipart body. At most 16 parts are read.",
        lambda api: _sent(
            api, f"{PROFILES}/{NOBODY}:verify", b"\r\n--xAB" * 99, **{"Content-Type": "multipart/x; boundary=x"}
        ),
    ),
    Provoked(
        "channel",
        BadChannel,
        'Invalid channel parameter value. Valid values are "left", "right" and numbers from 1 to 8.',
        lambda api: api("POST", f"{PROFILES}/{api.create()}:verify", CLIP, channel="middle"),
    ),
    Provoked(
        "gallery-not-ready",
        GalleryNotReady,
        "The voices of all profiles are being read. Try again.",
        _while_the_gallery_is_read,
    ),
    Provoked(
        "same-person",
        SamePerson,
        "The speaker is enrolled already. These profiles are the same person: ",
        _enrolled_twice,
    ),
    Provoked(
        "two-voices",
        TwoVoices,
        "Different people speak on two channels: log-likelihood ratio -",
        lambda api: api.enroll(api.create(), voices.beside("anna", "david")),
    ),
    Provoked(
        "several-recordings",
        SeveralRecordings,
        "Invalid multipart body. More than one part is audio: 'a', 'b'.",
        lambda api: _sent(
            api,
            f"{PROFILES}/{NOBODY}:verify",
            b"".join(_PART % name for name in (b"a", b"b")),
            **{"Content-Type": "multipart/form-data; boundary=x"},
        ),
    ),
    Provoked(
        "no-audio",
        NoAudio,
        "Invalid audio format. Supported format is WAV 16Khz 16bit Mono PCM. The body is no audio: it looks like JSON.",
        lambda api: _verify(api, b'{"audio": "here it comes"}'),
    ),
    Provoked(
        "undeclared",
        Undeclared,
        "Invalid audio format. Supported format is WAV 16Khz 16bit Mono PCM. The audio has no header, was taken for 16",
        lambda api: _verify(api, np.frombuffer(voices.seconds("anna", 2)[44:], "<i2").byteswap().tobytes()),
    ),
    Provoked(
        "chunked",
        LengthRequired,
        "The length of the body is not known. Send Content-Length.",
        lambda api: _sent(api, PROFILES, iter([b'{"locale":"en-us"}'])),
    ),
    Provoked(
        "malformed-host",
        MalformedHost,
        "Invalid Host header.",
        lambda api: _sent(api, PROFILES, b'{"locale":"en-us"}', Host="a$b"),
    ),
    Provoked("scope", WrongScope, "The key may not do this. Its scope is recognize;", lambda api: api("GET", PROFILES)),
    Provoked("guesses", TooManyGuesses, "Too many wrong keys were presented. Try again in", _guessed),
    Provoked("no-body", NoBody, "Request body is missing.", lambda api: api("POST", PROFILES, b"")),
    Provoked("no-json", NoJson, "Invalid JSON format.", lambda api: api("POST", PROFILES, b"{")),
    Provoked("no-locale", NoLocale, "Locale parameter is missing.", lambda api: api("POST", PROFILES, b"{}")),
    Provoked(
        "locale",
        UnknownLocale,
        "Invalid locale value. Supported locales are",
        lambda api: api("POST", PROFILES, b'{"locale":"tl-hh"}'),
    ),
    Provoked(
        "locale-not-understood",
        LocaleNotUnderstood,
        "Invalid locale value. Supported locales are",
        lambda api: api("POST", PROFILES, b'{"locale":"de-de"}'),
    ),
    Provoked(
        "page-size",
        BadPageSize,
        "Invalid maxpagesize parameter value. Value should be positive integer in the range [1, 500].",
        lambda api: api("GET", PROFILES, maxpagesize="0"),
    ),
    Provoked(
        "token",
        BadToken,
        "Invalid $continuationToken value. $continuationToken must be generated form a prior API call.",
        lambda api: api("GET", PROFILES, **{"$continuationToken": "x"}),
    ),
    Provoked("list-parameter", UnsupportedParameter, "$filter parameter is not supported.", _older_list),
    Provoked(
        "too-short",
        TooShort,
        "Invalid audio length. Minimum allowed length is 1 second(s).",
        lambda api: _verify(api, b""),
    ),
    Provoked(
        "too-little-speech",
        TooLittleSpeech,
        "Invalid audio length. Minimum allowed length is 4 second(s).",
        lambda api: _verify(api, voices.seconds("anna", 3)),
    ),
    Provoked(
        "too-long",
        TooLong,
        "Invalid audio length. Maximum allowed length is 120 second(s).",
        lambda api: _verify(api, voices.seconds("anna", 121)),
    ),
    Provoked(
        "too-long-for-a-phrase",
        TooLong,
        "Invalid audio length. Maximum allowed length is 10 second(s).",
        lambda api: _enroll_phrase(api, voices.seconds("anna", 10.1)),
    ),
    Provoked(
        "too-large", TooLarge, "Invalid audio length. The request holds", lambda api: _verify(api, b"\0" * 6 * 2**20)
    ),
    Provoked(
        "too-much-to-decode",
        TooMuchToDecode,
        "Invalid audio length. At most 163.84 seconds are decoded;",
        lambda api: _verify(api, _flac(1000)),
    ),
    Provoked(
        "format",
        WrongFormat,
        "Invalid audio format. Supported format is WAV 16Khz 16bit Mono PCM.",
        lambda api: _verify(api, b"RIFF\0\0\0\0WAVE"),
    ),
    Provoked(
        "noisy",
        TooNoisy,
        "Audio is too noisy. The minimum allowed Signal-to-noise ratio (SNR) is 2dB.",
        lambda api: _verify(api, voices.noise(5)),
    ),
    Provoked(
        "noisy-phrase",
        TooNoisy,
        "Audio is too noisy. The minimum allowed Signal-to-noise ratio (SNR) is 10dB.",
        lambda api: _verify_phrase(api, voices.noisy(PHRASE, 7)),
    ),
    Provoked("passphrase", WrongPassphrase, "Invalid passphrase.", lambda api: _enroll_phrase(api, CLIP)),
    Provoked(
        "activation",
        NoActivationPhrase,
        "The first enrollment must match an activation phrase.",
        lambda api: api.enroll(api.create(), CLIP),
    ),
    Provoked(
        "other-voice",
        VoiceDiffers,
        "The voice is not like the other enrollments of the profile. Measured: a log-likelihood ratio of -",
        lambda api: api.enroll(api.enrolled(CLIP), voices.seconds("david", 6)),
    ),
    Provoked(
        "repeated",
        RepeatedRecording,
        "The recording is enrolled already. It is enrollment 1 of the profile.",
        lambda api: api.enroll(api.enrolled(CLIP), CLIP),
    ),
    Provoked(
        "not-enrolled",
        NotEnrolled,
        "Profile is not enrolled.",
        lambda api: api("POST", f"{PROFILES}/{api.create()}:verify", CLIP),
    ),
    Provoked(
        "flag",
        BadFlag,
        'Invalid ignoreMinLength parameter value. Valid values are "true" and "false".',
        lambda api: api("POST", f"{PROFILES}/{NOBODY}:verify", CLIP, ignoreMinLength="maybe"),
    ),
    Provoked(
        "details",
        BadFlag,
        'Invalid details parameter value. Valid values are "true" and "false".',
        lambda api: api("POST", f"{PROFILES}/{NOBODY}:verify", CLIP, details="maybe"),
    ),
    Provoked(
        "confirm",
        Unconfirmed,
        "Invalid confirm parameter value. All profiles are deleted only with confirm=delete-all-profiles.",
        lambda api: api("DELETE", PROFILES),
    ),
    Provoked(
        "no-candidates",
        NoCandidates,
        "profileIds parameter is missing. It should be comma-delimited list of IDs containing at least one ID.",
        lambda api: api("POST", IDENTIFY, CLIP),
    ),
    Provoked(
        "candidates",
        BadCandidates,
        "Invalid profileIds parameter value. It should be comma-delimited list of IDs containing at least one ID.",
        lambda api: api("POST", IDENTIFY, CLIP, profileIds=","),
    ),
    Provoked(
        "locales",
        MixedLocales,
        "Invalid group of profiles. Profiles must have the same locale.",
        lambda api: _identify(api, "en-us", "fr-fr"),
    ),
    Provoked(
        "too-many-candidates",
        TooManyCandidates,
        "Maximum number of profiles allowed per request is 50.",
        lambda api: api("POST", IDENTIFY, CLIP, profileIds=",".join(str(uuid.UUID(int=n)) for n in range(51))),
    ),
    Provoked(
        "both-candidates",
        BothCandidates,
        "Name either profileIds or groupId, not both.",
        lambda api: api("POST", IDENTIFY, CLIP, profileIds="*", groupId="staff"),
    ),
    Provoked("nobody", NobodyEnrolled, "Nobody is enrolled.", _identify_in_an_empty_group),
    Provoked(
        "group-id",
        BadGroupId,
        "Invalid groupId value. It should be 1 to 64 of a to z, 0 to 9, - and _.",
        lambda api: api("GET", f"{VERIFICATION}/groups/Staff"),
    ),
    Provoked(
        "group",
        BadGroup,
        "Invalid falseMatchRate value. It should be a number from 1e-06 to 0.1.",
        lambda api: api("PUT", f"{VERIFICATION}/groups/staff", '{"falseMatchRate":0.5}'),
    ),
    Provoked(
        "members",
        BadMembers,
        "Invalid profileIds value. It should be a list of 1 to 100 profile ids. The body holds 101.",
        lambda api: api("POST", f"{VERIFICATION}/groups/staff/profiles:add", json.dumps({"profileIds": ["x"] * 101})),
    ),
    Provoked("opted-out", OptedOut, "Profile is not enrolled. The speaker", _verify_opted_out),
    Provoked("enroll-opted-out", EnrollingOptedOut, "The speaker has opted out.", _enroll_after_opting_out),
    Provoked("expired", Expired, "Profile is not enrolled. Profile", _verify_expired),
    Provoked(
        "no-consent",
        NoConsent,
        "The speaker's consent is missing.",
        lambda api: api.enroll(api.create(), CLIP),
    ),
    Provoked(
        "challenge-over",
        ChallengeOver,
        "Invalid challenge. It is unknown, was answered before, or is older than 2 minutes.",
        lambda api: api.verify(api.enrolled(CLIP), CLIP, challenge="x"),
    ),
    Provoked("locked", Locked, "Rate limit is exceeded. Try again in", _verify_after_a_stranger),
    Provoked(
        "a day that is none",
        BadDay,
        "Invalid since value. It should be a day, as in 2026-11-26.",
        lambda api: api("GET", f"{PROFILES}/{uuid.uuid4()}/audit", since="2026-13-01"),
    ),
    Provoked(
        "consent",
        BadConsent,
        "Invalid consent. Its version should be a text of 1 to 128 characters.",
        lambda api: api("POST", PROFILES, '{"locale":"en-us","consent":{}}'),
    ),
    Provoked(
        "unknown-group",
        UnknownGroup,
        "Requested group doesn't exist. Group: nobodys.",
        lambda api: api("GET", f"{VERIFICATION}/groups/nobodys"),
    ),
    Provoked("group-changed", GroupChanged, "The group has changed, or is not there.", _put_into_the_past),
    Provoked("too-many-groups", TooManyGroups, "Maximum allowed number of groups per profile is 500.", _in_501),
    Provoked(
        "used-for-another",
        UsedForAnother,
        f"Repeatability-Request-ID {uuid.UUID(int=9)} was used for another request.",
        lambda api: _two_under(api, str(uuid.UUID(int=9))),
    ),
    Provoked(
        "bad-repeatability",
        BadRepeatability,
        "Invalid Repeatability-Request-ID header. It should be a GUID such as",
        lambda api: _sent(api, PROFILES, b'{"locale":"en-us"}', **{"Repeatability-Request-ID": "1"}),
    ),
    Provoked(
        "sent-too-long-ago",
        SentTooLongAgo,
        "Repeatability-First-Sent is Thu, 01 Jan 2026 00:00:00 GMT. Requests are known for 24 hours.",
        lambda api: _sent(
            api,
            PROFILES,
            b'{"locale":"en-us"}',
            **{"Repeatability-Request-ID": NOBODY, "Repeatability-First-Sent": "Thu, 01 Jan 2026 00:00:00 GMT"},
        ),
    ),
    Provoked(
        "version", WrongVersion, "Query parameter api-version", lambda api: api("GET", PROFILES, **{"api-version": "1"})
    ),
    Provoked(
        "no-key",
        Unauthorized,
        "Request is not authorized. Make sure subscription key is included and valid.",
        _with_key,
    ),
    Provoked(
        "wrong-key",
        AccessDenied,
        "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a "
        "valid key for an active subscription and use a correct regional API endpoint for your resource.",
        lambda api: _with_key(api, **{"Ocp-Apim-Subscription-Key": "wrong"}),
    ),
    Provoked(
        "profile-full", ProfileFull, "Maximum allowed length across all profile enrollments is 300 seconds.", _filled
    ),
    Provoked(
        "too-many-enrollments",
        TooManyEnrollments,
        "Maximum allowed number of enrollments per profile is 50.",
        _fifty_first,
    ),
    Provoked(
        "unknown-profile",
        UnknownProfile,
        "Requested profile doesn't exist",
        lambda api: api("GET", f"{PROFILES}/{NOBODY}"),
    ),
    Provoked("no-id", NoGuid, "Requested profile doesn't exist", lambda api: api("GET", f"{PROFILES}/x")),
    Provoked(
        "verify-with-a-slash",
        OtherSign,
        f"Resource not found. In this version it is POST /{OPERATIONS['Verify'].route(V2021)}.",
        lambda api: api("POST", f"{PROFILES}/{NOBODY}/verify"),
    ),
    Provoked("unknown-route", NoSuchRoute, "Resource not found", lambda api: api("PUT", PROFILES)),
    Provoked(
        "json-type",
        UnsupportedMediaType,
        "Unsupported media type. Only 'application/JSON' is accepted.",
        lambda api: _compressed(api, PROFILES),
    ),
    Provoked(
        "audio-type",
        UnsupportedMediaType,
        "Unsupported media type. Only 'audio/wav; codecs=audio/pcm' is accepted.",
        lambda api: _compressed(api, f"{PROFILES}/{NOBODY}:verify"),
    ),
    Provoked("rate", RateLimited, "Rate limit is exceeded. Try again in", _second_call),
    Provoked(
        "outdated",
        OutdatedSignature,
        "The profile's signature was made by another model. Profile ",
        _turns_of_an_older_signature,
    ),
    Provoked(
        "unknown-recording",
        UnknownRecording,
        "Requested recording doesn't exist. It may have expired.",
        lambda api: api("GET", f"{RECORDINGS}/{NOBODY}"),
    ),
    Provoked(
        "unknown-speaker",
        UnknownSpeaker,
        "Requested speaker doesn't exist. The recording has 0.",
        lambda api: _speaker(api, "1"),
    ),
    Provoked("audio-not-kept", AudioNotKept, "The audio of the recording is not kept.", lambda api: _speaker(api)),
    Provoked("turns-too-early", NotTold, "The recording has no turns yet. It is NotStarted.", _turns),
    Provoked(
        "turns-never",
        NeverTold,
        "The recording has failed. The recording could not be worked on.",
        lambda api: _turns(api, GIVEN_UP),
    ),
    Provoked(
        "recording",
        BadRecording,
        "Invalid value of maxSpeakers. It should be a whole number from 1 to 100.",
        lambda api: api("POST", RECORDINGS, CLIP, profileIds=NOBODY, maxSpeakers="0"),
    ),
    Provoked("starting", Starting, "The service is starting. Try again in 2 seconds.", _at_once),
    Provoked("busy", Busy, "The service is busy with 1 requests. Try again in", _at_once_later),
    Provoked("unreadable", UnreadableProfile, "The stored profile cannot be read. It can be deleted.", _damaged),
    Provoked("internal", Fault, "Internal Server Error.", lambda api: api("GET", PROFILES)),
    Provoked("storage", StorageUnavailable, "Storage is not available. Try again.", lambda api: api("GET", PROFILES)),
    Provoked(
        "transcriber",
        TranscriberUnavailable,
        "Speech recognition is not available. Try again.",
        lambda api: _enroll_phrase(api, PHRASE),
    ),
]
CROWDED = [
    Provoked(
        "profiles",
        QuotaExceeded,
        "Maximum allowed number of profiles is",
        lambda api: api("POST", PROFILES, '{"locale":"en-us"}'),
    ),
    Provoked("conflict", Conflict, "Sending concurrent requests on same profile is not allowed.", _conflict),
]
"""Those of a service that is crowded."""
ALONE = {
    "rate": {"SPEAKER_RATE_LIMIT": "0.01"},
    "internal": {"SPEAKER_RATE_LIMIT": "many"},
    "storage": {"SPEAKER_STORAGE_CONNECTION_STRING": NO_STORAGE},
    "starting": {"SPEAKER_MAX_IN_FLIGHT": "1"},
    "busy": {"SPEAKER_MAX_IN_FLIGHT": "1"},
    "scope": {"SPEAKER_RECOGNITION_KEYS": f"app:recognize:{KEYS[0]}"},
    "guesses": {},
}
"""Settings of a service that is without storage."""
SLOW = ("starting", "busy")
"""Those of a service whose storage keeps it waiting."""
REFUSED_BY_THE_HOST = ("malformed-host",)
"""Before the app sees it."""
SERVICES = {
    "activation": "active",
    "locale-not-understood": "active",
    "too-many-enrollments": "active",
    "other-voice": "careful",
    "repeated": "careful",
    "transcriber": "forsaken_api",
    "unreadable": "active",
    "too-many-groups": "active",
    "outdated": "careful",
    "expired": "careful",
    "no-consent": "strict",
    "locked": "strict",
    "turns-too-early": "careful",
    "turns-never": "careful",
    "unknown-speaker": "careful",
    "audio-not-kept": "careful",
}
"""Where it is another than ``api``."""


@pytest.fixture
def provoking(request: pytest.FixtureRequest, place: str, provoked: Provoked) -> Iterator[Api]:
    """The service of which a row is provoked."""
    if provoked.key not in ALONE:
        yield request.getfixturevalue(SERVICES.get(provoked.key, "api"))
        return
    with slow_storage() as storage:
        slow = {"SPEAKER_STORAGE_CONNECTION_STRING": storage} if provoked.key in SLOW else {}
        environment = {**KEY, **slow, **ALONE[provoked.key]}
        if place == IN_PROCESS:
            yield Api(ORIGIN, KEYS[0], sending_to(App(environment)))
        else:
            with host(environment) as running:
                yield Api(running.url, KEYS[0])


@pytest.mark.wire
@pytest.mark.parametrize("provoked", PROVOKED, ids=lambda provoked: provoked.key)
def test_an_error_is_answered_as_it_is_written(provoking: Api, provoked: Provoked, place: str) -> None:
    if place != IN_PROCESS and provoked.key in REFUSED_BY_THE_HOST:
        assert (answer := provoked.by(provoking)).status_code == 500, answer.content
        assert answer.content == b""
        return
    _check(provoking, provoked)


@pytest.mark.parametrize("provoked", CROWDED, ids=lambda provoked: provoked.key)
def test_an_error_of_a_crowded_service_is_answered_as_it_is_written(crowded: Crowded, provoked: Provoked) -> None:
    _check(crowded, provoked)


def test_every_cause_is_provoked() -> None:
    assert {provoked.error for provoked in PROVOKED + CROWDED} == set(causes())


def _check(api: Api, provoked: Provoked) -> None:
    status, code, said = error_of(provoked.by(api))
    assert (status, code) == (provoked.error.status, provoked.error.code)
    assert said.startswith(provoked.message)
    assert re.fullmatch(_pattern(provoked.error), said)


def _pattern(error: type[SpeakerError]) -> str:
    """What the texts of a cause may read like: anything where they name a field."""
    return re.sub(r"\\\{.*?\\\}", ".*", re.escape(f"{error.says} {error.adds}".strip()))
