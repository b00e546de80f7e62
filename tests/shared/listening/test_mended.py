"""Files whose length libsndfile mistakes are heard to their end."""

import io
from typing import Final

import numpy as np
import pytest
import soundfile

from shared.listening.audio import decode
from shared.listening.mp3 import mp3_frame_bytes
from shared.listening.refusals import WrongFormat
from tests import voices

RATE: Final = 16_000
SPEECH: Final = voices.speech("anna")[: 3 * RATE]
SILENCE: Final = np.zeros(6 * RATE, np.int16)


def written(samples: np.ndarray, form: str, subtype: str, **more: float | str) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, format=form, subtype=subtype, **more)
    return file.getvalue()


def seconds(body: bytes) -> float:
    return decode(body, any_format=True).seconds


def variable(samples: np.ndarray) -> bytes:
    """An MP3 file of variable bit rate, without the frame that says how long it is."""
    body = written(samples, "MP3", "MPEG_LAYER_III", bitrate_mode="VARIABLE", compression_level=0.1)
    length = mp3_frame_bytes(body[:4])
    assert b"Xing" in body[:length]
    return body[length:]


@pytest.mark.parametrize(
    "samples", [np.append(SILENCE, SPEECH), np.append(SPEECH, SILENCE)], ids=["quiet first", "last"]
)
@pytest.mark.parametrize("tag", [b"", b"ID3\x04\0\0\0\0\0\x05title"], ids=["bare", "with a title"])
def test_mp3_of_variable_bit_rate_is_heard_to_its_end(samples: np.ndarray, tag: bytes) -> None:
    assert seconds(tag + variable(samples)) == pytest.approx(9, abs=0.15)


@pytest.mark.parametrize("mode", ["CONSTANT", "VARIABLE"])
def test_mp3_that_says_how_long_it_is_or_needs_not_is_left_alone(mode: str) -> None:
    assert seconds(written(SPEECH, "MP3", "MPEG_LAYER_III", bitrate_mode=mode)) == pytest.approx(3, abs=0.1)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_the_frame_that_says_it_fits_every_version_and_mode(rate: int, channels: int) -> None:
    file = io.BytesIO()
    samples = np.repeat(np.append(SILENCE, SPEECH)[:, None], channels, axis=1)
    more = {"bitrate_mode": "VARIABLE", "compression_level": 0.1}
    soundfile.write(file, samples, rate, format="MP3", subtype="MPEG_LAYER_III", **more)
    body = file.getvalue()
    assert seconds(body[mp3_frame_bytes(body[:4]) :]) == pytest.approx(9 * RATE / rate, abs=0.15)


def test_recordings_of_opus_that_follow_each_other_are_one() -> None:
    links = [written(part, "OGG", "OPUS") for part in np.array_split(SPEECH, 3)]
    clip = decode(b"".join(links), any_format=True)
    assert clip.seconds == pytest.approx(3, abs=0.1)
    assert np.abs(clip.samples[-RATE // 2 :]).max() > 0.05


def test_a_recording_of_opus_alone_is_left_alone() -> None:
    assert seconds(written(SPEECH, "OGG", "OPUS")) == 3


def test_other_recordings_that_follow_each_other_are_refused() -> None:
    vorbis, opus = written(SPEECH, "OGG", "VORBIS"), written(SPEECH, "OGG", "OPUS")
    stereo = written(np.repeat(SPEECH[:, None], 2, axis=1), "OGG", "OPUS")
    for body in (vorbis * 2, vorbis + opus, opus + stereo):
        with pytest.raises(WrongFormat, match="an Ogg file of 2 recordings, one after the other"):
            decode(body, any_format=True)
