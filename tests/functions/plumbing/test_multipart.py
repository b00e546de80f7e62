import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests import Request

from functions.contract.refusals import TooManyParts
from functions.plumbing.multipart import MAX_PARTS, audio_in

AUDIO = bytes(range(256)) * 4 + b"\r\n--\r\n"


def test_the_file_of_a_form_is_its_audio() -> None:
    form = Request("POST", "http://x", data={"a": "b"}, files={"clip": ("clip.wav", AUDIO)}).prepare()
    assert isinstance(form.body, bytes)
    assert audio_in(str(form.headers["content-type"]), form.body) == AUDIO


def test_a_form_without_a_file_gives_its_first_part() -> None:
    body = b"preamble\r\n--x\r\na: b\r\n\r\none\r\n--x\r\n\r\ntwo\r\n--x--\r\n"
    assert audio_in("multipart/form-data; boundary=x", body) == b"one"


@pytest.mark.parametrize(
    "content_type",
    ["multipart/form-data", "multipart/form-data; boundary=", "audio/wav; boundary=x", "", "multipart/;;=", "\r\nx: y"],
)
def test_a_body_that_is_no_form_is_taken_as_it_is(content_type: str) -> None:
    assert audio_in(content_type, AUDIO) is AUDIO


def test_a_form_of_many_parts_is_refused_before_it_is_taken_apart() -> None:
    part = b"\r\n--x\r\n\r\none"
    assert audio_in("multipart/form-data; boundary=x", part * MAX_PARTS + b"\r\n--x--\r\n") == b"one"
    with pytest.raises(TooManyParts, match="At most 16 parts are read"):
        audio_in("multipart/form-data; boundary=x", part * (MAX_PARTS + 1) + b"\r\n--x--\r\n")
    with pytest.raises(TooManyParts):
        audio_in("multipart/x; boundary=x", b"\r\n--xAB" * 500_000)


def test_a_boundary_that_does_not_occur_makes_no_form() -> None:
    assert audio_in("multipart/form-data; boundary=somewhere-else", AUDIO) is AUDIO


@given(st.text(max_size=60), st.binary(max_size=200))
def test_nothing_that_a_caller_says_of_a_body_is_an_error(content_type: str, body: bytes) -> None:
    assert isinstance(audio_in(content_type, body), bytes)
    assert isinstance(audio_in(f"multipart/form-data; boundary={content_type}", b"--" + body), bytes)
