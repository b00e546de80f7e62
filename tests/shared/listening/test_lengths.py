"""How long a file is: by its header before anything is decoded, and by what comes where its header does not say."""

import io
import struct
from collections.abc import Callable

import numpy as np
import pytest
import soundfile

from shared.listening.audio import Clip, decode
from shared.listening.declared import Recording
from shared.listening.decoding import MAX_SECONDS
from shared.listening.limits import ClipLimits
from shared.listening.refusals import InvalidAudio, TooLong, TooMuchToDecode
from tests import models

NOISE = np.random.default_rng(1).integers(-3000, 3000, 48_000 * 3).astype(np.int16)
STEREO, LEVEL = np.repeat(NOISE[:, None], 2, axis=1), {1152: 0.0, 4096: 1.0}


def encoded(samples: np.ndarray, rate: int, form: str = "FLAC", subtype: str = "PCM_16", block: int = 4096) -> bytes:
    file = io.BytesIO()
    level = {"compression_level": LEVEL[block]} if form == "FLAC" else {}
    soundfile.write(file, samples, rate, format=form, subtype=subtype, **level)
    return file.getvalue()


def silence(frames: int, rate: int = 16_000, channels: int = 1, form: str = "FLAC", subtype: str = "PCM_16") -> bytes:
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", rate, channels, format=form, subtype=subtype) as out:
        for start in range(0, frames, rate):
            out.write(np.zeros((min(rate, frames - start), channels), np.int16))
    return file.getvalue()


def unsaid(flac: bytes) -> bytes:
    """The file as one writes it who does not know yet how long it gets: 36 bits of STREAMINFO are 0."""
    return flac[:21] + bytes([flac[21] & 0xF0]) + bytes(4) + flac[26:]


def read(body: bytes, max_sec: float = MAX_SECONDS) -> Clip:
    return decode(body, any_format=True, max_sec=max_sec)


# What a header promises


@pytest.mark.parametrize(
    ("form", "subtype"), [("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("OGG", "OPUS"), ("WAV", "PCM_24")]
)
def test_a_header_that_promises_more_than_is_allowed_is_refused(form: str, subtype: str) -> None:
    with pytest.raises(TooLong, match=r"Maximum allowed length is 2 second\(s\)\. The audio is 3\.00 seconds long"):
        read(silence(3 * 48_000, 48_000, form=form, subtype=subtype), max_sec=2)


def test_it_is_refused_before_anything_is_decoded() -> None:
    whole = encoded(NOISE, 16_000)
    damaged = whole[: len(whole) // 8]
    with pytest.raises(InvalidAudio, match="cannot read it"):
        read(damaged)
    with pytest.raises(TooLong, match=r"The audio is 9\.00 seconds long"):
        read(damaged, max_sec=8)


@pytest.mark.parametrize("rate", [4_000, 16_000, 44_100, 48_000, 192_000])
def test_the_longest_clip_that_is_allowed_is_read_and_one_sample_more_is_not(rate: int) -> None:
    assert read(silence(2 * rate, rate), max_sec=2).seconds == 2
    with pytest.raises(TooLong):
        read(silence(2 * rate + max(1, rate // 16_000), rate), max_sec=2)


def test_more_than_the_contracts_largest_body_holds_is_refused_in_the_same_words_whatever_is_allowed() -> None:
    with pytest.raises(
        TooMuchToDecode, match=r"At most 163\.84 seconds are decoded; the audio is 200\.00 seconds long"
    ):
        read(silence(200 * 8_000, 8_000), max_sec=120)


def test_a_listener_decodes_no_more_than_its_limits_allow() -> None:
    limits = ClipLimits(min_sec=1, max_sec=10, min_speech_sec=0.5, min_snr_db=2)
    with pytest.raises(TooMuchToDecode, match="At most 10 seconds are decoded; the audio goes on after that"):
        models.listener().listen(Recording(unsaid(silence(11 * 16_000))), limits)
    with pytest.raises(TooLong, match=r"Maximum allowed length is 10 second\(s\)\. The audio is 11\.00 seconds long"):
        models.listener().listen(Recording(silence(11 * 16_000)), limits)


# What a header leaves open


@pytest.mark.parametrize("block", [1152, 4096])
@pytest.mark.parametrize(
    ("samples", "rate", "subtype"),
    [
        (NOISE, 16_000, "PCM_16"),
        (NOISE[:1152], 16_000, "PCM_16"),
        (NOISE[:4097], 8_000, "PCM_S8"),
        (NOISE[:100], 16_000, "PCM_16"),
        (STEREO, 44_100, "PCM_16"),
        (STEREO[:16_384], 48_000, "PCM_24"),
    ],
)
def test_flac_of_unknown_length_is_read_to_its_end(samples: np.ndarray, rate: int, subtype: str, block: int) -> None:
    told = encoded(samples, rate, subtype=subtype, block=block)
    assert struct.unpack(">HH", told[8:12]) == (block, block)
    np.testing.assert_array_equal(read(unsaid(told)).samples, read(told).samples)


def test_silence_of_unknown_length_is_read_to_its_end() -> None:
    assert read(unsaid(silence(100 * 16_000))).seconds == 100


def test_flac_of_unknown_length_stops_at_what_is_allowed() -> None:
    assert read(unsaid(silence(32_000)), max_sec=2).seconds == 2
    for frames in (32_001, 40_000, 100 * 16_000):
        with pytest.raises(TooMuchToDecode, match="At most 2 seconds are decoded; the audio goes on after that"):
            read(unsaid(silence(frames)), max_sec=2)


@pytest.mark.parametrize("total", [1, 47_999, 48_001, 2**36 - 1])
def test_a_flac_total_that_lies_is_audio_or_a_refusal(total: int) -> None:
    flac = encoded(NOISE[:48_000], 16_000)
    lying = flac[:21] + bytes([flac[21] & 0xF0 | total >> 32]) + struct.pack(">I", total & 0xFFFFFFFF) + flac[26:]
    assert _outcome(lambda: read(lying)) <= 48_000


@pytest.mark.parametrize("cut", [*range(0, 200, 7), 5_000, 20_001, -1, -2, -100])
def test_flac_of_unknown_length_that_is_cut_off_is_audio_or_a_refusal(cut: int) -> None:
    assert _outcome(lambda: read(unsaid(encoded(NOISE[:48_000], 16_000))[:cut])) <= 48_000


def test_a_constant_mp3_without_a_header_of_its_own_is_read_to_its_end() -> None:
    file = io.BytesIO()
    soundfile.write(file, STEREO, 48_000, format="MP3", bitrate_mode="CONSTANT")
    body = file.getvalue()
    info = body.index(b"\xff\xfb", 4) if b"Info" in body[:200] or b"Xing" in body[:200] else 0
    assert read(body[info:]).seconds == pytest.approx(3, abs=0.1)


def _outcome(reading: Callable[[], Clip]) -> int:
    """Samples that were read; 0 for a refusal."""
    try:
        return len(reading().samples)
    except InvalidAudio:
        return 0
