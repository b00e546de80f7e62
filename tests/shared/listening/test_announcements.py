"""Announcements before a caller: another voice, which is left out."""

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.listening.announcements import end_of_first_words
from shared.listening.audio import Clip
from tests import remembering, voices

RATE = 16_000


def _speech(*lengths: int) -> NDArray[np.bool]:
    """Frames of speech, of a pause, of speech, and so on."""
    return np.repeat(np.arange(len(lengths)) % 2 == 0, lengths)


def test_first_words_end_in_a_pause_after_two_seconds() -> None:
    assert end_of_first_words(_speech(70, 20, 200)) == 80
    assert end_of_first_words(_speech(30, 20, 40, 20, 200)) == 100


@pytest.mark.parametrize(
    "speech", [_speech(40, 20, 200), _speech(70, 10, 200), _speech(70, 20, 100), _speech(300), _speech()]
)
def test_words_that_are_few_or_many_or_go_on_are_no_announcement(speech: NDArray[np.bool]) -> None:
    assert end_of_first_words(speech) is None


def _clip(*parts: NDArray[np.float32]) -> Clip:
    pause = np.random.default_rng(0).normal(0, 3e-4, RATE).astype(np.float32)
    return Clip(np.concatenate([samples for part in parts for samples in (part, pause)]))


def _said(name: str, begin: int, end: int) -> NDArray[np.float32]:
    return (voices.speech(name)[begin * RATE : end * RATE] / np.float32(32768)).astype(np.float32)


def test_an_announcement_is_no_speech_of_the_caller() -> None:
    listener = remembering.listener(any_format=True)
    caller = listener.hear(_clip(_said("anna", 0, 20)))
    heard = listener.hear(_clip(_said("david", 0, 5), _said("anna", 0, 20)))
    assert 3 < heard.quality.announced_sec < 7
    assert heard.quality.speech_sec == pytest.approx(caller.quality.speech_sec, abs=1)
    likeness = float(listener.embed(heard, listener.version) @ listener.embed(caller, listener.version))
    assert likeness > 0.98


def test_ones_own_first_words_are_heard() -> None:
    listener = remembering.listener(any_format=True)
    heard = listener.hear(_clip(_said("anna", 20, 25), _said("anna", 0, 20)))
    assert heard.quality.announced_sec == 0
    assert heard.quality.speech_sec > 15
