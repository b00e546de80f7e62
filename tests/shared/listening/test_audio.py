import io
import struct

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from shared.listening.audio import Clip, decode
from shared.listening.containers import MAX_BODY_BYTES
from shared.listening.refusals import InvalidAudio

PCM = np.random.default_rng(1).integers(-3000, 3000, 16_000).astype("<i2")


def _wav(rate: int = 16_000, channels: int = 1, subtype: str = "PCM_16", form: str = "WAV") -> bytes:
    file = io.BytesIO()
    frames = np.repeat(PCM[:, None], channels, axis=1)
    soundfile.write(file, frames, rate, format=form, subtype=subtype)
    return file.getvalue()


def _lying(riff: int, data: int, pcm: bytes = PCM.tobytes()) -> bytes:
    header = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", riff, b"WAVE", b"fmt ", 16, 1, 1, 16_000, 32_000, 2, 16)
    return header + struct.pack("<4sI", b"data", data) + pcm


def test_wav_and_headerless_pcm_give_the_samples_that_soundfile_reads() -> None:
    oracle, _ = soundfile.read(io.BytesIO(_wav()), dtype="float32")
    np.testing.assert_array_equal(decode(_wav()).samples, oracle)
    np.testing.assert_array_equal(decode(PCM.tobytes()).samples, oracle)


def test_an_extensible_header_that_says_pcm_is_read() -> None:
    np.testing.assert_array_equal(decode(_wav(form="WAVEX")).samples, decode(_wav()).samples)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 10**9])
def test_sizes_that_lie_are_taken_as_the_rest_of_the_body(size: int) -> None:
    np.testing.assert_array_equal(decode(_lying(size, size)).samples, decode(_wav()).samples)


def test_truncated_data_and_half_a_sample_lose_only_what_is_missing() -> None:
    assert len(decode(_wav()[:-1001]).samples) == 16_000 - 501
    assert len(decode(_lying(0, 2 * len(PCM), PCM.tobytes() + b"\x01")).samples) == 16_000


def test_chunks_after_the_audio_are_not_audio() -> None:
    tail = struct.pack("<4sI", b"LIST", 400) + b"x" * 400
    np.testing.assert_array_equal(decode(_lying(0, 2 * len(PCM)) + tail).samples, decode(_wav()).samples)


def test_two_data_chunks_are_both_read() -> None:
    pcm = PCM.tobytes()
    more = struct.pack("<4sI", b"data", len(pcm) // 2) + pcm[len(pcm) // 2 :]
    body = _lying(0, len(pcm) // 2, pcm[: len(pcm) // 2]) + more
    np.testing.assert_array_equal(decode(body).samples, decode(_wav()).samples)


@pytest.mark.parametrize(
    ("body", "measured"),
    [
        (_wav(subtype="PCM_U8"), "8-bit"),
        (_wav(channels=2), "2 channel"),
        (_wav(rate=44_100), "44100 Hz"),
        (_wav(rate=8_000), "8000 Hz"),
        (_wav(subtype="FLOAT"), "format 0x0003"),
        (_wav(subtype="PCM_24"), "24-bit"),
        (b"RIFF" + b"\0" * 60, "header is damaged"),
        (b"RIFF\x10\0\0\0WAVE", "header is damaged"),
        (b"RIFF\x10\0\0\0AVI fmt " + b"\0" * 40, "header is damaged"),
    ],
)
def test_other_formats_are_refused_and_named(body: bytes, measured: str) -> None:
    with pytest.raises(InvalidAudio, match=r"Supported format is WAV 16Khz 16bit Mono PCM") as refusal:
        decode(body)
    assert measured in str(refusal.value)


def test_a_body_over_the_limit_is_refused_with_both_sizes() -> None:
    with pytest.raises(InvalidAudio, match=r"6,291,456 bytes; at most 5,242,880"):
        decode(b"\0" * 6 * 1024 * 1024)
    assert decode(b"\0" * MAX_BODY_BYTES).seconds == pytest.approx(163.84)


def test_a_clip_survives_its_own_wav_to_the_bit() -> None:
    clip = decode(PCM.tobytes())
    np.testing.assert_array_equal(decode(clip.to_wav()).samples, clip.samples)
    assert isinstance(clip, Clip)
    assert clip.seconds == 1.0


@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_are_audio_or_a_typed_refusal(noise: bytes, riff: bool) -> None:  # noqa: FBT001
    try:
        samples = decode((b"RIFF\0\0\0\0WAVEfmt " if riff else b"") + noise).samples
    except InvalidAudio:
        return
    assert samples.dtype == np.float32
    assert np.abs(samples).max(initial=0) <= 1
