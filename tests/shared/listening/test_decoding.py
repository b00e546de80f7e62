"""Formats beyond the contract's, against a tone whose pitch and level are known."""

import io
import struct
import tracemalloc

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from shared.listening import audio
from shared.listening.containers import MAX_BODY_BYTES
from shared.listening.decoding import MAX_SECONDS
from shared.listening.refusals import InvalidAudio

PITCH = 440


def tone(rate: int, seconds: float = 2.0, channels: int = 1) -> NDArray[np.float64]:
    wave = 0.5 * np.sin(2 * np.pi * PITCH * np.arange(round(rate * seconds)) / rate)
    return np.repeat(wave[:, None], channels, axis=1)


def encoded(samples: NDArray[np.float64], rate: int, form: str = "WAV", subtype: str | None = None) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=form, subtype=subtype)
    return file.getvalue()


def decode(body: bytes) -> audio.Clip:
    return audio.decode(body, any_format=True)


def pitch(clip: audio.Clip) -> float:
    spectrum = np.abs(np.fft.rfft(clip.samples * np.hanning(len(clip.samples))))
    return float(spectrum.argmax()) / clip.seconds


FORMATS = {
    "8-bit WAV": encoded(tone(16_000), 16_000, subtype="PCM_U8"),
    "24-bit WAV": encoded(tone(16_000), 16_000, subtype="PCM_24"),
    "32-bit WAV": encoded(tone(48_000), 48_000, subtype="PCM_32"),
    "float WAV": encoded(tone(16_000), 16_000, subtype="FLOAT"),
    "double WAV": encoded(tone(22_050), 22_050, subtype="DOUBLE"),
    "u-law WAV of a telephone": encoded(tone(8_000), 8_000, subtype="ULAW"),
    "A-law WAV": encoded(tone(8_000), 8_000, subtype="ALAW"),
    "stereo WAV": encoded(tone(16_000, channels=2), 16_000),
    "44.1 kHz WAV": encoded(tone(44_100), 44_100),
    "5.1 at 96 kHz": encoded(tone(96_000, channels=6), 96_000, subtype="PCM_24"),
    "AIFF": encoded(tone(16_000), 16_000, "AIFF"),
    "FLAC": encoded(tone(16_000), 16_000, "FLAC"),
    "stereo FLAC at 48 kHz": encoded(tone(48_000, channels=2), 48_000, "FLAC", "PCM_24"),
    "Ogg Vorbis": encoded(tone(44_100), 44_100, "OGG", "VORBIS"),
    "Ogg Opus": encoded(tone(48_000), 48_000, "OGG", "OPUS"),
    "MP3": encoded(tone(44_100, channels=2), 44_100, "MP3"),
    "MP3 of speech": encoded(tone(16_000), 16_000, "MP3"),
}


@pytest.mark.parametrize("body", FORMATS.values(), ids=FORMATS)
def test_a_tone_keeps_its_pitch_level_and_length(body: bytes) -> None:
    clip = decode(body)
    assert clip.samples.dtype == np.float32
    assert clip.seconds == pytest.approx(2.0, abs=0.1)
    assert pitch(clip) == pytest.approx(PITCH, abs=1)
    assert np.abs(clip.samples[8000:24_000]).max() == pytest.approx(0.5, abs=0.06)  # MP3


@pytest.mark.parametrize("body", FORMATS.values(), ids=FORMATS)
def test_without_the_extension_each_is_refused_in_the_contracts_words(body: bytes) -> None:
    with pytest.raises(InvalidAudio, match=r"Supported format is WAV 16Khz 16bit Mono PCM\. Measured: "):
        audio.decode(body)


def test_the_contracts_own_format_is_read_alike_with_and_without_the_extension() -> None:
    body = encoded(tone(16_000), 16_000, subtype="PCM_16")
    np.testing.assert_array_equal(decode(body).samples, audio.decode(body).samples)


def test_16_bit_flac_is_its_wav_to_the_bit() -> None:
    flac, wav = (encoded(tone(16_000), 16_000, form, "PCM_16") for form in ("FLAC", "WAV"))
    np.testing.assert_allclose(decode(flac).samples, decode(wav).samples, atol=2**-15)


@pytest.mark.parametrize("body", FORMATS.values(), ids=FORMATS)
def test_what_is_kept_of_an_enrollment_is_what_was_heard(body: bytes) -> None:
    clip = decode(body)
    np.testing.assert_array_equal(decode(clip.to_wav()).samples, clip.samples)


def test_samples_beyond_full_scale_are_cut_off() -> None:
    loud = decode(encoded(4 * tone(16_000), 16_000, subtype="FLOAT")).samples
    assert loud.max() == pytest.approx(1, abs=2**-15)
    assert loud.min() == -1


@pytest.mark.slow
def test_hours_of_silence_in_a_small_file_are_refused_in_little_memory() -> None:
    """Four hours of silence as FLAC: by their header, and where it does not say how much there is."""
    silence = _flac_of_silence(4 * 3600)
    assert len(silence) < MAX_BODY_BYTES
    unsaid = silence[:21] + bytes([silence[21] & 0xF0]) + b"\0\0\0\0" + silence[26:]  # total samples unknown
    tracemalloc.start()
    with pytest.raises(InvalidAudio, match=r"At most 163\.84 seconds are decoded; the audio is 14,400\.00 seconds"):
        decode(silence)
    with pytest.raises(InvalidAudio, match=r"At most 163\.84 seconds are decoded"):
        decode(unsaid)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40 * 2**20


def _flac_of_silence(seconds: int) -> bytes:
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", 8_000, 1, format="FLAC") as out:
        for _ in range(seconds // 60):
            out.write(np.zeros(60 * 8_000, np.int16))
    return file.getvalue()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_refused(value: float) -> None:
    samples = tone(16_000)
    samples[20_000] = value
    with pytest.raises(InvalidAudio, match="NaN or infinite"):
        decode(encoded(samples, 16_000, subtype="FLOAT"))


@pytest.mark.parametrize(
    ("rate", "channels"), [(1, 1), (3999, 1), (192_001, 1), (2**31 - 1, 1), (16_000, 9), (8_000, 900)]
)
def test_rates_and_channels_out_of_bounds_are_refused(rate: int, channels: int) -> None:
    with pytest.raises(InvalidAudio, match=rf"Measured: {rate} Hz and {channels} channel"):
        decode(encoded(np.zeros((10, channels)), rate))


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 10**9])
def test_sizes_that_lie_are_taken_as_the_rest_of_the_body(size: int) -> None:
    body = bytearray(encoded(tone(44_100), 44_100))
    at = body.index(b"data") + 4
    body[4:8] = body[at : at + 4] = struct.pack("<I", size)
    assert decode(bytes(body)).seconds == pytest.approx(2, abs=0.01)


def test_headerless_pcm_that_begins_like_an_mp3_frame_is_pcm() -> None:
    pcm = b"\xff\xfb\x90\x00" + bytes(40_000)
    assert len(decode(pcm).samples) == 20_002


@pytest.mark.parametrize("start", [b"\0\0\0\x20ftypM4A ", b"\x1a\x45\xdf\xa3", b"ID3\x04", b"OggS", b"fLaC", b"RF64"])
def test_files_that_cannot_be_read_are_named_for_what_they_are_not(start: bytes) -> None:
    with pytest.raises(InvalidAudio, match="Supported format is WAV 16Khz 16bit Mono PCM"):
        decode(start + bytes(1000))


def test_no_more_is_decoded_than_the_contracts_largest_body_holds() -> None:
    assert MAX_SECONDS * 32_000 == MAX_BODY_BYTES


@settings(max_examples=60)
@given(st.sampled_from(sorted(FORMATS)), st.data())
def test_damaged_files_are_audio_or_a_typed_refusal(name: str, data: st.DataObject) -> None:
    body = bytearray(FORMATS[name])
    for _ in range(data.draw(st.integers(1, 8))):
        body[data.draw(st.integers(0, min(len(body), 400) - 1))] = data.draw(st.integers(0, 255))
    try:
        samples = decode(bytes(body[: data.draw(st.integers(0, len(body)))])).samples
    except InvalidAudio:
        return
    assert np.isfinite(samples).all()
    assert np.abs(samples).max(initial=0) <= 1
