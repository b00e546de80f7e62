"""Whatever is sent: never a failure, never a hang, bounded memory, and nothing stored by a call that was refused.

``make test`` tries the same few examples every time, ``make fuzz`` many new ones.
"""

import io
import json
import struct
from typing import Any, Final
from urllib.parse import quote

import numpy as np
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.contract.operations import spoken
from tests import voices
from tests.fuzz.target import EXAMPLES, IDENTIFY, PASSPHRASE_PROFILES, PHRASE, PROFILES, VERSION, Target

tries = settings(
    max_examples=EXAMPLES or 120,
    derandomize=not EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)


TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=40).map(
    str.strip
)
ANY_TEXT = st.text(max_size=40)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "Ocp-Apim-Subscription-Key",
            "Authorization",
            "X-MS-CLIENT-PRINCIPAL-ID",
            "Content-Type",
            "Content-Encoding",
            "Accept",
            "Accept-Encoding",
            "Host",
            "Forwarded",
            "X-Forwarded-Host",
            "X-Forwarded-Proto",
            "X-Original-Host",
            "X-Speaker-Details",
            "traceparent",
            "Range",
            "If-Match",
        ]
    ),
    TEXT
    | st.sampled_from(
        ["[", "a$b:1", "bearer x", "multipart/form-data; boundary=x", "gzip", "true", "host=;proto=", '"', "\xff"]
    ),
    max_size=4,
)
NAMES = [
    "api-version",
    "maxpagesize",
    "$top",
    "$skip",
    "$continuationToken",
    "profileIds",
    "ignoreMinLength",
    "details",
]
QUERY = st.lists(
    st.tuples(
        st.sampled_from(NAMES) | ANY_TEXT,
        ANY_TEXT | st.sampled_from(["2021-09-05", "true", "TRUE", "0", "501", "-1", "9" * 40, ",", "\0", "%", "a,b"]),
    ),
    max_size=5,
)


def _encoded(query: list[tuple[str, str]]) -> str:
    return "&".join(f"{quote(name, errors='replace')}={quote(value, errors='replace')}" for name, value in query)


@tries
@given(st.sampled_from(spoken()), st.data())
def test_any_headers_query_and_ids(service: Target, spoken_operation: Any, data: st.DataObject) -> None:  # noqa: ANN401
    operation, dialect = spoken_operation
    if operation.name in ("DeleteProfile", "ResetProfile"):
        profile_id = data.draw(ANY_TEXT.filter(bool))
    else:
        known = [service.verified, service.verified.upper(), service.passphrase]
        profile_id = data.draw(st.sampled_from(known) | ANY_TEXT.filter(bool))
    words = {
        "{mode}": data.draw(st.sampled_from([*operation.modes, "Verification", "x"])),
        "{dependency}": data.draw(st.sampled_from(["text-independent", "TEXT-independent", "text-dependent", "x"])),
        "{profileId}": quote(profile_id, safe="", errors="replace"),
        "{locale}": quote(
            data.draw(st.sampled_from(["en-us", "x"]) | ANY_TEXT.filter(bool)), safe="", errors="replace"
        ),
    }
    path = "/" + operation.route(dialect)
    for name, word in words.items():
        path = path.replace(name, word)
    query = [*data.draw(QUERY), *data.draw(st.sampled_from([[("api-version", "2021-09-05")], []]))]
    method = data.draw(st.sampled_from([operation.method] * 4 + ["GET", "PUT", "PATCH", "HEAD", "OPTIONS"]))
    body = data.draw(st.binary(max_size=200))
    service.send(method, f"{path}?{_encoded(query)}", body, data.draw(HEADERS))


@tries
@given(st.text(alphabet="/:%.aé{}*verify~profiles", max_size=60), st.sampled_from(["GET", "POST", "DELETE"]))
def test_any_path(service: Target, path: str, method: str) -> None:
    service.send(method, f"/speaker-recognition/x{quote(path, safe='/:%', errors='replace')}?{VERSION}")


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | ANY_TEXT | st.sampled_from(["en-us", "EN-GB", "enus"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["locale", "Locale", ""]) | ANY_TEXT, inner, max_size=4)
    ),
    max_leaves=12,
)


@tries
@given(JSON, st.sampled_from(["utf-8", "utf-16", "utf-8-sig", "latin-1"]), st.data())
def test_any_json(service: Target, document: Any, encoding: str, data: st.DataObject) -> None:  # noqa: ANN401
    text = json.dumps(document, ensure_ascii=data.draw(st.booleans()))
    at = data.draw(st.integers(0, len(text)))
    body = (text[:at] + data.draw(st.sampled_from(["", "", "'", '"', "}", "\0", "[" * 2000])) + text[at:]).encode(
        encoding, "replace"
    )
    profiles = data.draw(st.sampled_from([PROFILES, PASSPHRASE_PROFILES]))
    answer = service.send("POST", f"{profiles}?{VERSION}", body)
    if answer.status_code == 201:
        service.send("DELETE", f"{profiles}/{answer.json()['profileId']}?{VERSION}")


def _encode(rate: int, form: str, subtype: str, channels: int = 1) -> bytes:
    speech = voices.speech("anna")[: 5 * 16_000].astype(np.float64) / 32768
    file = io.BytesIO()
    soundfile.write(file, np.repeat(speech[:, None], channels, axis=1), rate, format=form, subtype=subtype)
    return file.getvalue()


CLIPS: Final = [
    _encode(16_000, "WAV", "PCM_16"),
    _encode(44_100, "WAV", "PCM_24", 2),
    _encode(16_000, "WAV", "FLOAT"),
    _encode(8_000, "WAV", "ULAW"),
    _encode(16_000, "AIFF", "PCM_16"),
    _encode(16_000, "FLAC", "PCM_16"),
    _encode(16_000, "OGG", "VORBIS"),
    _encode(16_000, "OGG", "OPUS"),
    _encode(16_000, "MP3", "MPEG_LAYER_III"),
    voices.speech("anna")[: 5 * 16_000].tobytes(),
    PHRASE,
]
SPECIAL = st.sampled_from([0, 1, 0x7F, 0x80, 0xFF]) | st.integers(0, 255)


@st.composite
def audio(draw: st.DrawFn) -> bytes:
    """Bytes: of no kind, or a clip with a few of them changed, most of them in its header, cut or doubled."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=3000))
    body = bytearray(draw(st.sampled_from(CLIPS)))
    for _ in range(draw(st.integers(0, 6))):
        body[draw(st.integers(0, 80) | st.integers(0, len(body) - 1))] = draw(SPECIAL)
    if draw(st.booleans()):
        at = draw(st.integers(4, 60))
        body[at : at + 4] = struct.pack("<I", draw(st.sampled_from([0, 1, 2**31 - 1, 2**31, 2**32 - 1])))
    return bytes(body[: draw(st.sampled_from([len(body)] * 3) | st.integers(0, len(body)))])


@tries
@given(audio(), st.sampled_from(["enroll", "verify", "identify", "enroll a phrase", "verify a phrase"]), st.booleans())
def test_any_audio(service: Target, clip: bytes, operation: str, waived: bool) -> None:  # noqa: FBT001
    path = {
        "enroll": f"{PROFILES}/{service.verified}/enrollments?{VERSION}",
        "verify": f"{PROFILES}/{service.verified}:verify?{VERSION}",
        "enroll a phrase": f"{PASSPHRASE_PROFILES}/{service.passphrase}/enrollments?{VERSION}",
        "verify a phrase": f"{PASSPHRASE_PROFILES}/{service.passphrase}:verify?{VERSION}",
        "identify": f"{IDENTIFY}?{VERSION}&profileIds={service.identified}",
    }[operation]
    before = service.stored()
    service.send("POST", f"{path}&ignoreMinLength={waived}", clip)
    assert operation.startswith("enroll") or service.stored() == before
