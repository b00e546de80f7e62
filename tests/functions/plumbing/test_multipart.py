import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests import Request

from functions.contract.refusals import SeveralRecordings, TooManyParts
from functions.plumbing.multipart import MAX_PARTS, audio_in
from shared.listening.declared import Recording
from tests import voices

AUDIO = bytes(range(256)) * 4 + b"\r\n--\r\n"


def test_the_file_of_a_form_is_its_audio() -> None:
    form = Request("POST", "http://x", data={"a": "b"}, files={"clip": ("clip.wav", AUDIO)}).prepare()
    assert isinstance(form.body, bytes)
    assert audio_in(str(form.headers["content-type"]), form.body).body == AUDIO


def test_a_form_without_a_file_gives_its_first_part() -> None:
    body = b"preamble\r\n--x\r\na: b\r\n\r\none\r\n--x\r\n\r\ntwo\r\n--x--\r\n"
    assert audio_in("multipart/form-data; boundary=x", body).body == b"one"


@pytest.mark.parametrize(
    "content_type",
    ["multipart/form-data", "multipart/form-data; boundary=", "audio/wav; boundary=x", "", "multipart/;;=", "\r\nx: y"],
)
def test_a_body_that_is_no_form_is_taken_as_it_is(content_type: str) -> None:
    assert audio_in(content_type, AUDIO) == Recording(AUDIO, content_type)


def test_a_form_of_many_parts_is_refused_before_it_is_taken_apart() -> None:
    part = b"\r\n--x\r\n\r\none"
    assert audio_in("multipart/form-data; boundary=x", part * MAX_PARTS + b"\r\n--x--\r\n").body == b"one"
    with pytest.raises(TooManyParts, match="At most 16 parts are read"):
        audio_in("multipart/form-data; boundary=x", part * (MAX_PARTS + 1) + b"\r\n--x--\r\n")
    with pytest.raises(TooManyParts):
        audio_in("multipart/x; boundary=x", b"\r\n--xAB" * 500_000)


def test_a_boundary_that_does_not_occur_makes_no_form() -> None:
    assert audio_in("multipart/form-data; boundary=somewhere-else", AUDIO).body is AUDIO


@given(st.text(max_size=60), st.binary(max_size=200))
def test_nothing_that_a_caller_says_of_a_body_is_an_error(content_type: str, body: bytes) -> None:
    assert isinstance(_taken(content_type, body), Recording | SeveralRecordings)
    assert isinstance(
        _taken(f"multipart/form-data; boundary={content_type}", b"--" + body), Recording | SeveralRecordings
    )


def _taken(content_type: str, body: bytes) -> Recording | SeveralRecordings:
    try:
        return audio_in(content_type, body)
    except SeveralRecordings as refused:
        return refused


def _form(*parts: tuple[str, str | None, str | None, bytes]) -> tuple[str, bytes]:
    """A form of parts with a name, the name of a file, a content type, and content."""
    files = [(name, (file, content, kind) if kind else (file, content)) for name, file, kind, content in parts]
    form = Request("POST", "http://x", files=files).prepare()
    assert isinstance(form.body, bytes)
    return str(form.headers["content-type"]), form.body


WAV = voices.seconds("anna", 1)
RAW = WAV[44:]
NOTES = ("notes", "notes.txt", "text/plain", b"the caller seemed tired")


@pytest.mark.parametrize(
    "parts",
    [
        [NOTES, ("clip", "clip.wav", "audio/wav", WAV)],
        [("consent", "consent.json", "application/json", b"{}"), ("clip", "clip", None, WAV)],
        [("json", "a.bin", "application/octet-stream", b"{}"), ("clip", None, "audio/wav", WAV)],
        [("picture", "me.png", "image/png", b"\x89PNG"), ("clip", None, None, WAV)],
    ],
)
def test_the_part_that_is_audio_is_taken_wherever_it_stands(parts: list[tuple[str, str, str, bytes]]) -> None:
    assert audio_in(*_form(*parts)).body == WAV
    assert audio_in(*_form(*reversed(parts))).body == WAV


def test_a_parts_own_type_says_what_its_samples_are() -> None:
    taken = audio_in(*_form(NOTES, ("clip", "clip.raw", "audio/l16; rate=8000", RAW)))
    assert taken == Recording(RAW, "audio/l16; rate=8000")


def test_several_recordings_are_refused_by_name() -> None:
    with pytest.raises(SeveralRecordings, match="More than one part is audio: 'left', 'right'"):
        audio_in(*_form(("left", "l.wav", "audio/wav", WAV), ("right", "r.wav", "audio/wav", WAV)))
    with pytest.raises(SeveralRecordings, match="'one', 'two'"):
        audio_in(*_form(("one", "1", None, RAW), ("two", "2", None, RAW)))


def test_a_form_without_parts_holds_nothing() -> None:
    assert audio_in("multipart/form-data; boundary=x", b"--x--\r\n").body == b""
