"""A listener that is told voices instead of hearing them: what a recording holds is an embedding."""

from dataclasses import replace
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.listening.audio import decode
from shared.listening.bundle import Bundle
from shared.listening.declared import Recording
from shared.listening.limits import ClipLimits
from shared.listening.listener import Listener, Utterance
from shared.listening.scoring import unit
from shared.listening.views import Seen
from shared.settings import MODELS
from tests import voices
from tests.models import CAMPPLUS, listener

DIMENSION: Final = 192


class Told(Listener):
    """Takes a recording for the embedding that it holds."""

    def __init__(self) -> None:
        super().__init__(Bundle.load(MODELS / CAMPPLUS), (), Bundle.load(MODELS / "silero-vad"))

    def listen(self, recording: Recording, limits: ClipLimits) -> Utterance:  # noqa: ARG002  it always suffices
        voice = np.frombuffer(recording.body, np.float32)
        return replace(_heard(), embeddings={(self.version, seen): voice for seen in Seen})


@cache
def _heard() -> Utterance:
    return listener().hear(decode(voices.seconds("anna", 6)))


def told(voice: NDArray[np.float32]) -> Recording:
    """A recording that holds a voice."""
    return Recording(voice.astype(np.float32).tobytes())


def somebody(random: np.random.Generator) -> NDArray[np.float32]:
    """A voice like nobody else's."""
    return unit(random.normal(size=DIMENSION).astype(np.float32))


def again(voice: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.float32]:
    """The same voice in another clip, as like as clear ones of one person are: a cosine of 0.9."""
    return unit(voice + 0.5 * somebody(random))
