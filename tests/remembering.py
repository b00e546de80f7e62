"""The repository's models, for tests that let them hear the same clips again and again: each is worked out once."""

from dataclasses import replace
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from shared.listening.audio import Clip
from shared.listening.bundle import Bundle
from shared.listening.listener import Listener, Utterance
from shared.settings import MODELS
from shared.words.transcript import Transcript
from shared.words.whisper import Whisper
from tests.models import CAMPPLUS

if TYPE_CHECKING:
    from shared.listening.views import Seen

WHISPER: Final = "whisper-tiny-en"


class RememberingListener(Listener):
    """Embeds a clip once."""

    def __init__(self, *, any_format: bool) -> None:
        super().__init__(Bundle.load(MODELS / CAMPPLUS), (), Bundle.load(MODELS / "silero-vad"), any_format=any_format)
        self._known: dict[bytes, dict[tuple[str, Seen], NDArray[np.float32]]] = {}

    def hear(self, clip: Clip) -> Utterance:
        heard = super().hear(clip)
        return replace(heard, embeddings=self._known.setdefault(_digest(clip.samples), heard.embeddings))


class RememberingWhisper(Whisper):
    """Transcribes a clip once."""

    def __init__(self) -> None:
        super().__init__(MODELS / WHISPER)
        self._known: dict[tuple[bytes, str], Transcript] = {}

    def transcribe(self, speech: NDArray[np.float32], locale: str) -> Transcript:
        sound = _digest(speech), locale
        if sound not in self._known:
            self._known[sound] = super().transcribe(speech, locale)
        return self._known[sound]


listener: Final = cache(RememberingListener)
"""One for all tests, for each way to take formats."""
transcriber: Final = cache(RememberingWhisper)
"""One for all tests."""


def _digest(samples: NDArray[np.float32]) -> bytes:
    return sha256(samples.tobytes()).digest()
