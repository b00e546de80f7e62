"""Whisper on this machine: a folder with a model in CTranslate2's form."""

import os
import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from shared.bundle import MANIFEST, Bundle
from shared.containers import SAMPLE_RATE
from shared.errors import BundleError
from shared.transcription.mel import log_mel

if TYPE_CHECKING:
    from ctranslate2.models import Whisper as Model

_WINDOW_SEC: Final = 30
"""What a model hears at once; what is said later than that is not written down."""
_SILENCE_SEC: Final = 4
"""Silence after the speech: without it the models write a sentence twice, or words that nobody said."""
_REPETITION_PENALTY: Final = 1.06
"""For tokens that were written already, for the same reason. From 1.1 on it also hides what was really said twice."""
_TOKENS_PER_SEC: Final = {"en": 6}
_MANY_TOKENS_PER_SEC: Final = 12
"""More than anybody says, which in other languages takes more of them; a model that loops is stopped there."""


class Whisper:
    """A transcriber of one model folder, which is loaded when it is first asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loading = threading.Lock()
        self._loaded: Model | None = None

    def understands(self, locale: str) -> bool:
        return _language(locale) == "en" or self._model().is_multilingual

    def transcribe(self, speech: NDArray[np.float32], locale: str) -> str:
        import ctranslate2

        model = self._model()
        heard = speech[: (_WINDOW_SEC - _SILENCE_SEC) * SAMPLE_RATE]
        spectrum = log_mel(np.pad(heard, (0, _SILENCE_SEC * SAMPLE_RATE)), model.n_mels)
        result: Any = model.generate(
            ctranslate2.StorageView.from_array(spectrum[np.newaxis]),
            [_prompt(locale, multilingual=model.is_multilingual)],
            beam_size=1,
            repetition_penalty=_REPETITION_PENALTY,
            max_length=_max_length(locale, len(heard)),
        )
        return _text(result[0].sequences[0])

    def _model(self) -> "Model":
        with self._loading:
            self._loaded = self._loaded or _load(self._folder)
            return self._loaded


def _load(folder: Path) -> "Model":
    from ctranslate2.models import Whisper as Model

    if (folder / MANIFEST).is_file():  # a folder of the operator's own need not have one
        Bundle.load(folder).check_files()
    try:
        return Model(str(folder), compute_type="int8", inter_threads=os.process_cpu_count() or 1, intra_threads=1)
    except (RuntimeError, ValueError) as error:
        raise BundleError(f"{folder} cannot be loaded as a CTranslate2 Whisper model: {error}") from error


def _max_length(locale: str, samples: int) -> int:
    """Twice the tokens: CTranslate2 reserves half for what was said before."""
    rate = _TOKENS_PER_SEC.get(_language(locale), _MANY_TOKENS_PER_SEC)
    return 2 * rate * -(-samples // SAMPLE_RATE)


def _prompt(locale: str, *, multilingual: bool) -> list[str]:
    task = [f"<|{_language(locale)}|>", "<|transcribe|>"] if multilingual else []
    return ["<|startoftranscript|>", *task, "<|notimestamps|>"]


def _language(locale: str) -> str:
    return locale[:2].lower()


def _text(tokens: list[str]) -> str:
    written = "".join(token for token in tokens if not token.startswith("<|"))
    return bytes(_byte_of()[character] for character in written).decode(errors="replace").strip()


@cache
def _byte_of() -> dict[str, int]:
    """Bytes by the characters that stand for them in tokens: GPT-2 writes those that do not print as others."""
    printed = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(0x100) if byte not in printed]
    return {chr(byte): byte for byte in printed} | {chr(0x100 + n): byte for n, byte in enumerate(others)}
