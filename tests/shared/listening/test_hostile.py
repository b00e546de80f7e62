"""Hostile audio is audio or a typed refusal, costs little, and prints nothing."""

import io
import platform
import subprocess
import sys

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.listening.audio import Clip, decode
from shared.listening.containers import MAX_BODY_BYTES
from shared.listening.refusals import InvalidAudio, TooLong, WrongFormat
from shared.settings import ROOT
from tests import models
from tests.shared.listening.hostile import FILES, RATE, damaged, misdescribed

pytestmark = pytest.mark.slow

DAMAGE = """
import random
from shared.errors import SpeakerError
from shared.listening.audio import decode
from tests.shared.listening.hostile import FILES
chance = random.Random(1)
for body in FILES.values():
    for _ in range(60):
        damaged = bytearray(body)
        for _ in range(chance.randint(1, 12)):
            damaged[chance.randrange(chance.choice((300, len(body))))] = chance.choice((0, 128, 255))
        try:
            decode(bytes(damaged), any_format=True)
        except SpeakerError:
            continue
"""
HUSHED = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="C's stderr is a variable with glibc alone")
EXAMPLES = settings(max_examples=200)


def wav(samples: np.ndarray, subtype: str, rate: int = RATE) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="WAV", subtype=subtype)
    return file.getvalue()


def read(body: bytes) -> Clip | None:
    """What is heard in it; None if it is refused."""
    try:
        return decode(body, any_format=True)
    except InvalidAudio:
        return None


def is_audio_or_nothing(clip: Clip | None) -> bool:
    if clip is None:
        return True
    return clip.samples.dtype == np.float32 and bool((np.abs(clip.samples) <= 1).all())  # false for NaN, too


@EXAMPLES
@given(damaged())
def test_a_damaged_file_of_any_container_is_audio_or_a_refusal(body: bytes) -> None:
    assert is_audio_or_nothing(read(body))


@EXAMPLES
@given(misdescribed())
def test_a_wav_header_may_say_anything(body: bytes) -> None:
    assert is_audio_or_nothing(read(body))


@pytest.mark.parametrize("body", FILES.values(), ids=FILES)
def test_every_container_is_read_while_it_is_whole(body: bytes) -> None:
    clip = read(body)
    assert clip is not None
    assert clip.seconds == pytest.approx(0.5, abs=0.1)


@EXAMPLES
@given(st.lists(st.floats(width=32), min_size=1, max_size=50), st.sampled_from(("FLOAT", "DOUBLE")))
def test_any_numbers_are_audio_or_a_refusal(numbers: list[float], subtype: str) -> None:
    body = wav(np.array(numbers), subtype)
    clip = read(body)
    assert is_audio_or_nothing(clip)
    assert (clip is None) == (not np.isfinite(numbers).all())


@pytest.mark.parametrize("number", [1e308, -1e308, 1e39, 5e-324, 1e-40])
def test_numbers_that_no_sample_holds_are_audio_or_a_refusal(number: float) -> None:
    assert is_audio_or_nothing(read(wav(np.full((100, 2), [number, -number]), "DOUBLE")))


@pytest.mark.parametrize("channels", [0, 1, 2, 8, 9, 255, 65_535])
@pytest.mark.parametrize("rate", [0, 1, 16_000, 192_000, 2**31 - 1, 2**31, 2**32 - 1])
def test_any_rate_and_any_channels_are_audio_or_a_refusal(rate: int, channels: int) -> None:
    body = bytearray(wav(np.zeros(1000), "PCM_24"))
    at = body.index(b"fmt ") + 10
    body[at : at + 6] = channels.to_bytes(2, "little") + rate.to_bytes(4, "little")
    clip = read(bytes(body))
    assert is_audio_or_nothing(clip)
    assert (clip is not None) == (rate in (16_000, 192_000) and 1 <= channels <= 8)


@pytest.mark.parametrize(("form", "subtype"), [("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("OGG", "OPUS")])
def test_minutes_in_a_small_file_are_refused(form: str, subtype: str) -> None:
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", 8_000, 1, format=form, subtype=subtype) as out:
        for _ in range(5):
            out.write(np.zeros(60 * 8_000, np.int16))
    assert len(file.getvalue()) < MAX_BODY_BYTES / 30
    with pytest.raises(InvalidAudio, match=r"At most 163\.84 seconds are decoded; the audio is 300\.00 seconds"):
        decode(file.getvalue(), any_format=True, max_sec=120)


def test_many_channels_at_the_highest_rate_are_refused_by_their_length() -> None:
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", 192_000, 8, format="FLAC", subtype="PCM_16") as out:
        for _ in range(11):
            out.write(np.zeros((192_000, 8), np.int16))
    with pytest.raises(TooLong, match=r"Maximum allowed length is 10 second\(s\)\. The audio is 11\.00 seconds long"):
        decode(file.getvalue(), any_format=True, max_sec=10)


def test_a_refusal_says_nothing_of_the_inside_of_the_service() -> None:
    with pytest.raises(WrongFormat) as refusal:
        decode(FILES["CAF PCM_16"][:60], any_format=True)
    assert "object at 0x" not in str(refusal.value)
    assert ".." not in str(refusal.value)


# What is printed


@HUSHED
def test_damaged_files_print_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", DAMAGE], cwd=ROOT, capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")


@HUSHED
def test_who_writes_to_the_standard_error_of_c_is_heard_again_after_decoding() -> None:
    said = """
import ctypes
from shared.listening.quiet import quiet
libc = ctypes.CDLL(None)
with quiet():
    with quiet():
        libc.perror(b"one")
    libc.perror(b"two")
libc.perror(b"three")
"""
    done = subprocess.run([sys.executable, "-c", said], cwd=ROOT, capture_output=True, text=True, check=True)
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["three"]


def test_a_log_line_is_written_while_a_file_is_decoded() -> None:
    said = "import sys\nfrom shared.listening.quiet import quiet\nwith quiet(): print('line', file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", said], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == "line\n"


# What was kept, and is heard again


@EXAMPLES
@given(st.binary(max_size=3000) | damaged() | misdescribed())
def test_kept_audio_is_a_voice_or_a_refusal(body: bytes) -> None:
    listener = models.listener()
    try:
        embedding = listener.embed(listener.hear(decode(body)), listener.version)
    except InvalidAudio:
        return
    assert np.linalg.norm(embedding) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("body", [b"", b"\0", wav(np.zeros(0), "PCM_16"), wav(np.zeros(0), "PCM_16")[:44]])
def test_kept_audio_that_holds_nothing_is_refused(body: bytes) -> None:
    listener = models.listener()
    with pytest.raises(InvalidAudio):
        listener.embed(listener.hear(decode(body)), listener.version)
