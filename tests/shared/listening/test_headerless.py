"""Bodies without a header: what was declared is obeyed, and what was not is 16 kHz PCM or refused by name."""

import io
import os
from pathlib import Path
from typing import Final

import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray

from shared.listening.audio import decode
from shared.listening.comparing import compare
from shared.listening.declared import Recording, declared, pcm_at
from shared.listening.refusals import InvalidAudio, NoAudio, Undeclared, WrongFormat
from shared.listening.strangers import named
from shared.voices.families import VERIFICATION
from tests import recordings, remembering, voices

type Samples = NDArray[np.float32]

RATE: Final = 16_000
SPEECH: Final[Samples] = (voices.speech("anna")[: 5 * RATE] / np.float32(32768)).astype(np.float32)


def _at(rate: int, samples: Samples = SPEECH) -> Samples:
    return np.asarray(soxr.resample(samples, RATE, rate), np.float32)


def _pcm(samples: Samples) -> NDArray[np.int16]:
    return np.clip(np.round(samples * 32768), -32768, 32767).astype("<i2")


def _coded(samples: Samples, subtype: str, endian: str = "FILE") -> bytes:
    body = io.BytesIO()
    soundfile.write(body, samples, 8_000, format="RAW", subtype=subtype, endian=endian)
    return body.getvalue()


DECLARED: Final = {
    "audio/l16; rate=8000": _coded(_at(8_000), "PCM_16", "BIG"),
    "audio/L16;rate=44100;channels=2": _coded(np.stack([_at(44_100)] * 2, axis=1), "PCM_16", "BIG"),
    "audio/L8; rate=8000": _coded(_at(8_000), "PCM_U8"),
    "audio/L24": _coded(SPEECH, "PCM_24", "BIG"),
    "audio/PCMU": _coded(_at(8_000), "ULAW"),
    "audio/PCMA": _coded(_at(8_000), "ALAW"),
    "audio/basic": _coded(_at(8_000), "ULAW"),
    "audio/wav; codecs=audio/pcm; samplerate=8000": _pcm(_at(8_000)).tobytes(),
    'audio/x-wav; codecs="audio/pcm"; samplerate="48000"': _pcm(_at(48_000)).tobytes(),
    "audio/wav; codecs=7": _coded(_at(8_000), "ULAW"),
}


@pytest.mark.parametrize("content_type", DECLARED)
def test_what_was_declared_is_obeyed(content_type: str) -> None:
    clip = decode(DECLARED[content_type], declared=declared(content_type), any_format=True)
    assert clip.seconds == pytest.approx(5, abs=0.01)
    said = declared(content_type)
    assert clip.read_at == (said and said.rate)
    alike = np.corrcoef(clip.samples[:70_000], _at(RATE, SPEECH)[:70_000])[0, 1]
    assert alike > 0.8


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "audio/wav",
        "application/octet-stream",
        "audio/x-wav; codecs=audio/pcm",
        "text/plain; rate=8000",
        "rate=8000",
    ],
)
def test_types_that_say_nothing_of_samples_are_ignored(content_type: str) -> None:
    assert declared(content_type) is None


def test_the_contracts_own_format_may_be_declared_and_is_judged_all_the_same() -> None:
    said = declared("audio/wav; codecs=audio/pcm; samplerate=16000")
    np.testing.assert_array_equal(decode(_pcm(SPEECH).tobytes(), declared=said).samples, decode(_wav()).samples)
    with pytest.raises(Undeclared):
        decode(_pcm(SPEECH).byteswap().tobytes(), declared=said)


def test_a_header_knows_better_than_what_was_declared() -> None:
    np.testing.assert_array_equal(decode(_wav(), declared=declared("audio/PCMU")).samples, decode(_wav()).samples)


@pytest.mark.parametrize("content_type", ["audio/l16; rate=fast", "audio/l16; rate=7", "audio/l16; channels=99"])
def test_a_rate_that_is_none_is_refused(content_type: str) -> None:
    with pytest.raises(WrongFormat, match="in the content type"):
        declared(content_type)


def test_other_formats_that_are_declared_are_refused_where_files_are() -> None:
    with pytest.raises(WrongFormat, match="the content type says 8000 Hz, 1 channel"):
        decode(DECLARED["audio/PCMU"], declared=declared("audio/PCMU"))


UNDECLARED: Final = {
    "most significant byte first": _pcm(SPEECH).byteswap().tobytes(),
    "8-bit samples": _coded(_at(8_000), "ULAW"),
    "8-bit samples (mu-law, A-law": _coded(_at(8_000), "ALAW"),
    "8-bit samples (mu-law, A-law or linear)": _coded(_at(8_000), "PCM_U8"),
    "24-bit PCM": _coded(SPEECH, "PCM_24", "LITTLE"),
    "32-bit floating point": _coded(SPEECH, "FLOAT", "LITTLE"),
    "two channels": np.repeat(_pcm(SPEECH), 2).tobytes(),
    "PCM of two channels": np.stack([_pcm(SPEECH), np.roll(_pcm(SPEECH), 4_000) // 2], axis=1).tobytes(),
    "compressed or encrypted data": os.urandom(100_000),
}


@pytest.mark.parametrize("found", UNDECLARED)
def test_samples_of_another_encoding_are_refused_by_name(found: str) -> None:
    with pytest.raises(Undeclared) as refused:
        decode(UNDECLARED[found], any_format=True)
    assert found in refused.value.found
    assert "or declare it" in refused.value.told


DECLARED_WRONGLY: Final = {
    ("audio/wav; codecs=audio/pcm; samplerate=8000", "most significant byte first"): _pcm(_at(8_000))
    .byteswap()
    .tobytes(),
    ("audio/L16; rate=8000", "8-bit samples"): _coded(SPEECH, "ALAW"),
    ("audio/L16; rate=8000; channels=2", "24-bit PCM"): _coded(SPEECH, "PCM_24", "LITTLE"),
    ("audio/wav; codecs=audio/pcm; samplerate=44100", "two channels"): np.repeat(_pcm(_at(44_100)), 2).tobytes(),
    ("audio/L16", "encrypted data"): os.urandom(100_000),
}


@pytest.mark.parametrize(("content_type", "found"), DECLARED_WRONGLY)
def test_samples_that_were_declared_wrongly_are_refused_by_name(content_type: str, found: str) -> None:
    said = declared(content_type)
    with pytest.raises(Undeclared) as refused:
        decode(DECLARED_WRONGLY[content_type, found], declared=said, any_format=True)
    assert found in refused.value.found
    assert f"taken for {said}" in refused.value.told


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
@pytest.mark.parametrize("channels", [1, 2])
def test_little_endian_samples_that_are_called_l16_are_heard(rate: int, channels: int) -> None:
    samples = np.stack([_pcm(_at(rate)), np.roll(_pcm(_at(rate)), 999)][:channels], axis=1)
    said = declared(f"audio/L16; rate={rate}; channels={channels}")
    little, big = (decode(body.tobytes(), declared=said, any_format=True) for body in (samples, samples.byteswap()))
    np.testing.assert_array_equal(little.samples, big.samples)


@pytest.mark.parametrize("change", [0.001, 0.05, 1.0, 30.0], ids=["nearly silent", "quiet", "as it is", "overdriven"])
def test_true_samples_are_taken_at_any_loudness(change: float) -> None:
    body = _pcm(SPEECH * np.float32(change)).tobytes()
    for at in range(0, len(body) - 32_000, 16_000):
        assert decode(body[at : at + 32_000]).read_at == RATE


def test_noise_and_silence_are_nothing_else() -> None:
    noise = np.random.default_rng(0).standard_normal(5 * RATE).astype(np.float32) / np.float32(10)
    assert decode(_pcm(noise).tobytes()).read_at == RATE
    assert decode(bytes(100_000)).read_at == RATE


NO_AUDIO: Final = {
    "a PNG picture": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "a JPEG picture": b"\xff\xd8\xff\xe0" + bytes(100),
    "a PDF document": b"%PDF-1.7\n" + bytes(100),
    "a ZIP archive": b"PK\x03\x04" + bytes(100),
    "a gzip archive": b"\x1f\x8b\x08" + bytes(100),
    "a Windows Media (ASF, WMA) file": b"\x30\x26\xb2\x75\x8e\x66\xcf\x11" + bytes(100),
    "JSON": b'  {"audio": "UklGRg=="}',
    "HTML": b"<!DOCTYPE html><html><body>413</body></html>",
    "XML": b"<?xml version='1.0'?><speak>hello there</speak>",
    "a data: URL; send the bytes that it stands for": b"data:audio/wav;base64,UklGRiQAAABXQVZF",
    "base64; send the bytes that it stands for": b"UklGRiQAAABXQVZFZm10IBAAAAABAAEAgD4AAAB9AAACABAAZGF0YQ==",
    "a URL; send what it points to": b"https://example.com/clip.wav",
    "the description of an object, not its bytes": b"<_io.BytesIO object at 0x7f0c2a1b>",
    "the text of a Python bytes object, not its bytes": b"b'RIFF\\x00\\x00'",
    "text": b"please verify me, it is really me",
    "raw GSM 06.10 frames; send them in a WAV file": (b"\xd3" + bytes(range(32))) * 50,
}


@pytest.mark.parametrize("found", NO_AUDIO)
def test_what_is_no_audio_is_said_to_be_that(found: str) -> None:
    with pytest.raises(NoAudio) as refused:
        decode(NO_AUDIO[found], any_format=True)
    assert refused.value.found == found
    assert "0x7f" not in refused.value.told


def test_what_is_no_audio_is_said_to_be_that_whatever_was_declared() -> None:
    with pytest.raises(NoAudio, match="base64"):
        decode(
            b"UklGRiQAAABXQVZFZm10IBAAAAABAAEAgD4AAAB9AAACABAAZGF0YQ==",
            declared=declared("audio/PCMU"),
            any_format=True,
        )


def test_companded_silence_is_no_text() -> None:
    assert named(b"\x55" * 5_000) is None
    assert named(_coded(_at(8_000, np.concatenate([np.zeros(8_000, np.float32), SPEECH])), "ALAW")) is None


def _wav() -> bytes:
    body = io.BytesIO()
    soundfile.write(body, _pcm(SPEECH), RATE, format="WAV")
    return body.getvalue()


def _heard(body: bytes, content_type: str = "") -> Samples | InvalidAudio:
    listener = remembering.listener(any_format=True)
    try:
        heard = listener.listen(Recording(body, content_type), VERIFICATION.enrolling)
    except InvalidAudio as refused:
        return refused
    return listener.embed(heard, listener.version)


MISREAD: Final = [
    (8_000, RATE),
    (11_025, RATE),
    (24_000, RATE),
    (48_000, RATE),
    (RATE, 8_000),
    (44_100, 24_000),
    (RATE, 24_000),
    (8_000, 11_025),
]


@pytest.mark.slow
@pytest.mark.skipif(not recordings.HUMAN.speech.is_dir(), reason="../shared/speech is not there")
@pytest.mark.parametrize(("rate", "read_at"), MISREAD)
def test_strangers_who_were_read_at_another_rate_are_refused_or_not_alike(rate: int, read_at: int) -> None:
    """A few people here; 163 recordings of 134 people, read at 16 kHz, had 0 of 191,424 pairs accepted."""
    speech = [soundfile.read(file, 5 * RATE, dtype="float32")[0] for file in sorted(_people())]
    said, true = pcm_at(read_at), pcm_at(rate)
    misread = [_heard(_pcm(_at(rate, samples)).tobytes(), said) for samples in speech]
    taken = [each for each in misread if not isinstance(each, InvalidAudio)]
    assert len(taken) <= len(misread) / 2
    calibration = remembering.listener(any_format=True).calibration(remembering.listener(any_format=True).version)
    nobody = np.zeros((0, 192), np.float32)
    for number, one in enumerate(taken):
        for other in taken[:number]:
            assert not calibration.decide(compare(one, other, nobody), 5, 5, 0.001).accepted
    assert not any(isinstance(_heard(_pcm(_at(rate, samples)).tobytes(), true), Undeclared) for samples in speech)


@pytest.mark.slow
def test_a_recording_at_twice_the_rate_that_was_declared_is_refused_with_a_higher_one() -> None:
    speech = (voices.speech("anna")[: 8 * RATE] / np.float32(32768)).astype(np.float32)
    refused = _heard(_pcm(speech).tobytes(), pcm_at(8_000))
    assert isinstance(refused, Undeclared)
    assert refused.taken == "a recording at 8000 Hz"
    assert refused.how.startswith((pcm_at(12_000), pcm_at(RATE)))


def _people() -> list[Path]:
    folders = (recordings.HUMAN.speech / "librispeech-clean", recordings.HUMAN.speech / "digits-8khz")
    files: list[Path] = []
    for folder in folders:
        files += [sorted(person.glob("*.flac"))[0] for person in sorted(folder.iterdir())[::12]]
    return files
