"""Tones of the telephone are no speech, no noise and no voice; speech is never taken for them."""

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.listening.audio import Clip
from shared.listening.frames import FRAME
from shared.listening.scoring import cosine
from shared.listening.tones import tonal_frames
from tests import remembering
from tests.recordings import RATE, Recordings

type Samples = NDArray[np.float32]


def tone(seconds: float, *hertz: float, loud: float = 0.2) -> Samples:
    time = np.arange(round(seconds * RATE)) / RATE
    return np.asarray(loud * sum(np.sin(2 * np.pi * each * time) for each in hertz), np.float32)


def repeated(sound: Samples, pause: float, times: int) -> Samples:
    return np.tile(np.concatenate([sound, np.zeros(round(pause * RATE), np.float32)]), times)


TONES = {
    "keys": repeated(np.concatenate([tone(0.12, 770, 1336), tone(0.08, 0), tone(0.12, 941, 1477)]), 0.08, 8),
    "ring-back": repeated(tone(2, 440, 480), 1, 2),
    "busy": repeated(tone(0.5, 425), 0.5, 4),
    "dial tone": tone(3, 350, 440),
    "beep": tone(1, 1000, loud=0.5),
}
tones = pytest.mark.parametrize("sound", TONES.values(), ids=list(TONES))


@pytest.fixture(scope="module")
def speech(recordings: Recordings) -> Samples:
    return recordings.read(recordings.reading)[: 6 * RATE]


def _frames(samples: Samples) -> Samples:
    return np.pad(samples, (0, -len(samples) % FRAME)).reshape(-1, FRAME)


@tones
@pytest.mark.parametrize("decibels", [90, 30])
def test_a_tone_is_known(sound: Samples, decibels: float) -> None:
    rustle = np.random.default_rng(0).normal(0, sound.std() / 10 ** (decibels / 20), len(sound))
    sounding = np.mean(np.square(_frames(sound)), axis=1) > 0.01
    assert tonal_frames(_frames((sound + rustle).astype(np.float32)))[sounding].all()


def test_speech_is_hardly_ever_taken_for_tones(recordings: Recordings) -> None:
    for file in recordings.files(recordings.readers)[:30]:
        assert tonal_frames(_frames(recordings.read(file))).mean() < 0.01


def test_noise_silence_and_too_little_are_no_tone() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)
    assert not tonal_frames(_frames(noise)).any()
    assert not tonal_frames(np.zeros((30, FRAME), np.float32)).any()
    assert not tonal_frames(np.zeros((0, FRAME), np.float32)).any()


@tones
def test_tones_before_speech_are_neither_speech_nor_noise(sound: Samples, speech: Samples) -> None:
    listener = remembering.listener(any_format=True)
    alone, after = (listener.hear(Clip(samples)) for samples in (speech, np.concatenate([sound, speech])))
    assert after.quality.speech_sec == pytest.approx(alone.quality.speech_sec, abs=0.2)
    assert alone.quality.snr_db is not None
    assert after.quality.snr_db is not None
    assert after.quality.snr_db > min(15, alone.quality.snr_db - 3)


def test_music_before_speech_is_neither_speech_nor_noise(speech: Samples) -> None:
    chords = [220 * 2 ** (step / 12) for step in (0, 5, 7, 3, 10, 5, 7, 0, 12, 7)]
    fading = np.exp(-3 * np.arange(round(0.4 * RATE)) / RATE).astype(np.float32)
    music = np.concatenate(
        [tone(0.4, *(root * k for k in (1, 1.26, 1.5, 2, 3)), loud=0.08) * fading for root in chords]
    )
    listener = remembering.listener(any_format=True)
    alone, after = (listener.hear(Clip(samples)) for samples in (speech, np.concatenate([music, speech])))
    assert after.quality.speech_sec == pytest.approx(alone.quality.speech_sec, abs=0.2)
    assert after.quality.snr_db is not None
    assert after.quality.snr_db > 10


def test_beeps_between_words_do_not_ruin_a_voice(speech: Samples) -> None:
    listener = remembering.listener(any_format=True)
    beeping = np.concatenate([np.append(part, tone(0.4, 1000, loud=0.6)) for part in np.array_split(speech, 5)])
    alone, with_beeps = (listener.hear(Clip(samples.astype(np.float32))) for samples in (speech, beeping))
    voices = [listener.embed(heard, listener.version) for heard in (alone, with_beeps)]
    assert cosine(*voices) > 0.87
    assert len(with_beeps.speech) < len(alone.speech) + RATE // 2
