"""Audio beyond the contract's format, read by default: the same voice, whatever it comes in."""

import io

import numpy as np
import pytest
import soundfile
import soxr

from tests import voices
from tests.contract.api import VERIFICATION, Api, error_of

RATE = 16_000


def _encoded(rate: int, form: str, subtype: str, channels: int = 1) -> bytes:
    voice = np.frombuffer(voices.speakers()["anna"].test[44:], "<i2").astype(np.float64) / 32768
    file = io.BytesIO()
    frames = np.repeat(soxr.resample(voice, RATE, rate)[:, None], channels, axis=1)
    soundfile.write(file, frames, rate, format=form, subtype=subtype)
    return file.getvalue()


FORMATS = {
    "8-bit WAV": _encoded(RATE, "WAV", "PCM_U8"),
    "stereo WAV": _encoded(RATE, "WAV", "PCM_16", 2),
    "44.1 kHz WAV": _encoded(44_100, "WAV", "PCM_16"),
    "float WAV": _encoded(48_000, "WAV", "FLOAT", 2),
    "FLAC": _encoded(RATE, "FLAC", "PCM_16"),
    "Ogg Opus": _encoded(48_000, "OGG", "OPUS"),
    "Ogg Vorbis": _encoded(44_100, "OGG", "VORBIS"),
    "MP3": _encoded(44_100, "MP3", "MPEG_LAYER_III"),
}


@pytest.fixture(scope="module")
def enrolled(api: Api) -> str:
    return api.enrolled(voices.speakers()["anna"].enrollments[0])


@pytest.mark.parametrize("clip", FORMATS.values(), ids=FORMATS)
def test_a_speaker_is_recognised_in_every_format(api: Api, enrolled: str, clip: bytes) -> None:
    plain = api("POST", f"{VERIFICATION}/profiles/{enrolled}:verify", voices.speakers()["anna"].test).json()
    found = api("POST", f"{VERIFICATION}/profiles/{enrolled}:verify", clip).json()
    assert found["recognitionResult"] == "Accept"
    assert found["score"] == pytest.approx(plain["score"], abs=0.1)


def test_a_speaker_enrolls_in_another_format(api: Api) -> None:
    path = f"{VERIFICATION}/profiles/{api.create()}/enrollments"
    answer = api("POST", path, FORMATS["FLAC"])
    assert answer.status_code == 201
    wav = voices.speakers()["anna"].test
    assert answer.json()["audioLengthInSec"] == pytest.approx((len(wav) - 44) / 2 / RATE, abs=0.01)


def test_numbers_that_are_none_are_refused(api: Api, enrolled: str) -> None:
    file = io.BytesIO()
    soundfile.write(file, np.array([np.nan, np.inf, -np.inf] * RATE), RATE, format="WAV", subtype="FLOAT")
    answer = api("POST", f"{VERIFICATION}/profiles/{enrolled}:verify", file.getvalue())
    status, code, said = error_of(answer)
    assert (status, code) == (400, "InvalidRequest")
    assert said.startswith("Invalid audio format. Supported format is WAV 16Khz 16bit Mono PCM.")
    assert said.endswith("Measured: samples that are NaN or infinite.")
