"""Recordings of other programs are heard as what was said: the voice "anna", from its beginning.

``clips/chromium-*`` come from the MediaRecorder of Chromium 156, which listened to it through its fake microphone
(``--use-file-for-fake-audio-capture``): ``start()`` for the WebM file, ``start(250)`` for the live MP4 file. The others
come from FFmpeg 5.1: ``ffmpeg -t 1.5 -i anna.wav -c:a CODEC FILE``, fragments with ``-movflags frag_keyframe+empty_moov
-frag_duration 500000``, and AMR with ``-ar 8000`` from a
build of it with OpenCORE.
"""

import sys
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from shared.listening.audio import decode
from shared.listening.refusals import InvalidAudio, TooMuchToDecode, WrongFormat
from tests import voices

CLIPS: Final = Path(__file__).parent / "clips"
RATE: Final = 16_000
SAID: Final = voices.speech("anna")[: 3 * RATE] / 32768
LIKENESS: Final = {"amr": 0.7}
"""Least cosine with what was said, 0.95 for others: AMR keeps no waveform, and FFmpeg itself decodes it to .731."""
NEEDS_PYAV: Final = frozenset(
    name for name in (clip.name for clip in CLIPS.iterdir()) if name[:3] in ("aac", "amr", "vor")
)
NAMES: Final = sorted(clip.name for clip in CLIPS.iterdir())
DELAY: Final = 0.25


def read(name: str) -> bytes:
    if name in NEEDS_PYAV:
        pytest.importorskip("av", reason="PyAV is not installed")
    return (CLIPS / name).read_bytes()


def likeness(heard: np.ndarray) -> float:
    """Largest cosine of a clip with as much of what was said, a little earlier or later."""
    size = 1 << 17
    match = np.fft.irfft(np.fft.rfft(SAID, size) * np.conj(np.fft.rfft(heard, size)))
    around = np.concatenate((match[-int(DELAY * RATE) :], match[: int(DELAY * RATE)]))
    return float(around.max() / np.linalg.norm(heard) / np.linalg.norm(SAID[: len(heard)]))


@pytest.mark.parametrize("name", NAMES)
def test_what_was_said_is_heard(name: str) -> None:
    clip = decode(read(name), any_format=True)
    expected = 2.45 if name.startswith("chromium") else 0.75 if name.startswith(("alac", "flac")) else 1.5
    assert expected - 0.1 < clip.seconds < expected + 0.13
    assert likeness(clip.samples) > LIKENESS.get(name[:3], 0.95)
    np.testing.assert_array_equal(clip.samples * 32768, np.round(clip.samples * 32768))


@pytest.mark.parametrize("name", sorted(NEEDS_PYAV))
def test_without_pyav_the_container_and_the_codec_are_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(WrongFormat, match=r"(?i)(aac|amr|vorbis).*; it is read where PyAV is installed"):
        decode((CLIPS / name).read_bytes(), any_format=True)


@pytest.mark.parametrize("name", NAMES)
def test_a_cut_off_recording_is_heard_as_far_as_it_goes_or_refused(name: str) -> None:
    body = read(name)
    for part in (0.9, 0.5, 0.1):
        try:
            clip = decode(body[: int(len(body) * part)], any_format=True)
        except InvalidAudio:
            continue
        assert clip.seconds < 2.6


@pytest.mark.parametrize("name", ["chromium-opus.webm", "chromium-opus-live.mp4", "opus.mka", "aac-fragmented.mp4"])
def test_a_live_recording_that_breaks_off_is_heard_as_far_as_it_goes(name: str) -> None:
    body = read(name)
    whole = decode(body, any_format=True).seconds
    for torn in range(20):
        assert decode(body[: len(body) * 3 // 4 + torn], any_format=True).seconds > whole / 2


def test_decoding_stops_at_the_bound_of_seconds() -> None:
    body = read("aac.aac")
    with pytest.raises(TooMuchToDecode, match="goes on after that"):
        decode(body * 3, any_format=True, max_sec=2)


def test_many_damaged_frames_are_refused() -> None:
    frame = b"\xff\xf1\x60\x40\x02\x1f\xfc" + b"\xff" * 9
    pytest.importorskip("av", reason="PyAV is not installed")
    with pytest.raises(WrongFormat, match="a bare AAC stream with AAC audio that is damaged"):
        decode(frame * 300, any_format=True)


def test_a_stream_that_changes_its_rate_is_refused() -> None:
    body = read("aac.aac")
    other = bytearray(body)
    at = 0
    while at < len(other):  # 16 kHz is index 8, 48 kHz is index 3
        other[at + 2] = other[at + 2] & 0xC3 | 3 << 2
        at += (other[at + 3] & 3) << 11 | other[at + 4] << 3 | other[at + 5] >> 5
    with pytest.raises(WrongFormat, match="change on the way"):
        decode(body + bytes(other), any_format=True)


def test_other_bytes_between_frames_of_amr_are_damage() -> None:
    with pytest.raises(WrongFormat, match="an AMR file that is damaged"):
        decode(b"#!AMR\n" + b"\xff" * 40, any_format=True)


@pytest.mark.parametrize("silent", [b"\x7c", b"\x44" + bytes(5)], ids=["nothing sent", "comfort noise"])
def test_frames_of_amr_without_speech_are_left_out(silent: bytes) -> None:
    body = read("amr.amr")
    before, after = (decode(each, any_format=True).samples for each in (body, body + silent * 200))
    np.testing.assert_array_equal(before, after)


def test_a_decoder_that_cannot_be_opened_is_a_damaged_file() -> None:
    body = bytearray(read("vorbis.webm"))
    at = body.index(b"\x05vorbis")
    body[at : at + 200] = bytes(200)
    with pytest.raises(WrongFormat, match="with VORBIS audio that is damaged"):
        decode(bytes(body), any_format=True)


def test_amr_is_mono_at_8_khz_whatever_its_container_says() -> None:
    body = bytearray(read("amr.3gp"))
    at = body.index(b"samr")
    body[at + 20 : at + 22] = bytes(2)  # channels
    np.testing.assert_array_equal(
        decode(bytes(body), any_format=True).samples, decode(read("amr.3gp"), any_format=True).samples
    )
