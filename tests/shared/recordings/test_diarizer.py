"""From samples to turns, with the real models."""

from functools import cache

import numpy as np
import pytest

from shared.listening.bundle import Bundle
from shared.listening.quality import SpeechDetector
from shared.listening.segments import STEP
from shared.listening.views import Band
from shared.recordings.clustering import Bounds
from shared.recordings.diarizer import Diarizer, band_of, together
from shared.settings import MODELS
from tests.models import listener
from tests.recordings import SHIPPED
from tools.turns.der import Line, errors
from tools.turns.mixtures import Conversation, mixtures, readers

pytestmark = pytest.mark.slow


@cache
def diarizer() -> Diarizer:
    """The service's."""
    return Diarizer(listener(), Bundle.load(MODELS / "pyannote-segmentation"))


@pytest.fixture(scope="module")
def conversation() -> Conversation:
    """Two synthetic voices; three of them are too alike for the embedder."""
    return next(mixtures(readers(SHIPPED.speech), 1, SpeechDetector(Bundle.load(MODELS / "silero-vad"))))


def test_turns_are_found_and_progress_is_told(conversation: Conversation) -> None:
    told: list[float] = []
    found = together([diarizer().hear(conversation.samples, told=told.append)])
    turns = [Line(turn.start, turn.stop, str(turn.speaker)) for turn in found.turns]
    assert errors(conversation.turns, turns, conversation.seconds, collar=0.25).rate < 0.1
    assert len(found.voices) == len(conversation.speakers) == 2
    assert told == sorted(told)
    assert told[-1] == 1


def test_a_recording_in_pieces_has_the_same_speakers_as_the_whole(conversation: Conversation) -> None:
    at = len(conversation.samples) // 2 // STEP * STEP
    parts = [
        diarizer().hear(conversation.samples[:at]),
        diarizer().hear(conversation.samples[at:], begin=at // STEP),
    ]
    found = together(parts)
    turns = [Line(turn.start, turn.stop, str(turn.speaker)) for turn in found.turns]
    assert found.seconds == pytest.approx(conversation.seconds)
    assert errors(conversation.turns, turns, conversation.seconds, collar=0.25).rate < 0.12
    assert len(found.voices) == 2
    assert band_of(parts) is Band.WIDE


@pytest.mark.parametrize("samples", [np.zeros(160_000), np.zeros(100), np.zeros(0)])
def test_in_silence_nobody_speaks(samples: "np.typing.NDArray[np.float64]") -> None:
    found = together([diarizer().hear(samples.astype(np.float32))])
    assert (found.voices, found.turns) == ([], [])


def test_one_speaker_is_one_however_many_there_may_be() -> None:
    reading = SHIPPED.read(SHIPPED.reading)
    heard = [diarizer().hear(reading)]
    assert len(together(heard).voices) == 1
    assert len(together(heard, Bounds(most=1)).voices) == 1


def test_a_recording_of_a_telephone_is_narrow() -> None:
    [file] = SHIPPED.files(f"{SHIPPED.telephone}")[:1]
    assert band_of([diarizer().hear(SHIPPED.read(file))]) is Band.NARROW
