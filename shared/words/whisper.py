"""Whisper on this machine: a folder with a model in CTranslate2's form."""

import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from shared.errors import BundleError
from shared.listening.bundle import MANIFEST, Bundle
from shared.listening.containers import SAMPLE_RATE
from shared.listening.heap import loading
from shared.words.mel import log_mel
from shared.words.tokens import read_tokens
from shared.words.transcript import Fit, Transcript

if TYPE_CHECKING:
    from ctranslate2 import StorageView
    from ctranslate2.models import Whisper as Weights
    from tiktoken import Encoding

_WINDOW_SEC: Final = 30
"""What a model hears at once; what is said later than that is not written down."""
_SILENCE_SEC: Final = 3
"""Silence after the speech: without it the models write a sentence twice, or words that nobody said."""
_REPETITION_PENALTY: Final = 1.06
"""For tokens that were written already, for the same reason. From 1.1 on it also hides what was really said twice."""
_TOKENS_PER_SEC: Final = {"en": 6}
_MANY_TOKENS_PER_SEC: Final = 12
"""More than anybody says, which in other languages takes more of them; a model that loops is stopped there."""

_SCRIPTS: Final = {"zh-CN": "以下是普通话的句子。"}
"""What was said before, as the model is told, where a language has several scripts: it goes on in the script of it."""


@dataclass(frozen=True)
class _Model:
    """A loaded model, and its tokens."""

    weights: "Weights"
    tokens: "Encoding"

    def knows(self, locale: str) -> bool:
        """Whether it was trained on the language, if it was trained on several."""
        return self.weights.is_multilingual and f"<|{_language(locale)}|>" in self.tokens.special_tokens_set

    def start(self, locale: str) -> list[int]:
        """Tokens that tell it the script, the language, and not to translate it."""
        if not self.weights.is_multilingual:
            return self._special("<|startoftranscript|>")
        task = self._special("<|startoftranscript|>", f"<|{_language(locale)}|>", "<|transcribe|>")
        return [*self._script(locale), *task]

    def _script(self, locale: str) -> list[int]:
        if locale not in _SCRIPTS:
            return []
        return [*self._special("<|startofprev|>"), *self.tokens.encode_ordinary(_SCRIPTS[locale])]

    def _special(self, *tokens: str) -> list[int]:
        return [self.tokens.encode_single_token(token) for token in tokens]

    def write(self, heard: "StorageView", start: list[int], most: int) -> tuple[str, float]:
        """The words that it thinks likeliest, at most so many tokens, and their log-likelihood."""
        result: Any = self.weights.generate(
            heard,
            [[*start, self.tokens.encode_single_token("<|notimestamps|>")]],
            beam_size=1,
            repetition_penalty=_REPETITION_PENALTY,
            max_length=2 * most,  # CTranslate2 reserves half for what was said before
            return_scores=True,
        )
        [written], [mean] = result[0].sequences_ids, result[0].scores
        text = self.tokens.decode([token for token in written if token < self.tokens.eot_token])
        return text.strip(), mean * len(written)

    def log_likelihoods(self, heard: "StorageView", start: list[int], words: str) -> NDArray[np.float64]:
        """Of each token of the words, given the sound and the tokens before it."""
        result: Any = self.weights.align(heard, start, [self.tokens.encode_ordinary(words)], 2)
        probabilities = np.asarray(result[0].text_token_probs, np.float64)
        return np.log(np.maximum(probabilities, np.finfo(np.float32).tiny))


@dataclass(frozen=True)
class _Heard(Transcript):
    """A transcript by a model that still has the sound in its ear.

    Attributes:
        log_likelihood: of the text.
        encoded: the sound.
        start: tokens that the text began with.
    """

    log_likelihood: float
    model: _Model = field(repr=False)
    encoded: "StorageView" = field(repr=False)
    start: list[int] = field(repr=False)

    def fit(self, words: str) -> Fit:
        likelihoods = self.model.log_likelihoods(self.encoded, self.start, f" {_sentence(words)}")
        ratio = likelihoods.sum() - self.log_likelihood
        return Fit(float(likelihoods.mean()), float(ratio / len(likelihoods)))


class Whisper:
    """A transcriber of one model folder, which is loaded when it is first asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loading = threading.Lock()
        self._loaded: _Model | None = None

    def understands(self, locale: str) -> bool:
        return _language(locale) == "en" or self._model().knows(locale)

    def transcribe(self, speech: NDArray[np.float32], locale: str) -> Transcript:
        from ctranslate2 import StorageView

        model = self._model()
        start = model.start(locale)
        heard = speech[: (_WINDOW_SEC - _SILENCE_SEC) * SAMPLE_RATE]
        spectrum = log_mel(np.pad(heard, (0, _SILENCE_SEC * SAMPLE_RATE)), model.weights.n_mels)
        encoded = model.weights.encode(StorageView.from_array(spectrum[np.newaxis]))
        text, log_likelihood = model.write(encoded, start, _most_tokens(locale, len(heard)))
        return _Heard(text, log_likelihood, model, encoded, start)

    def _model(self) -> _Model:
        with self._loading:
            self._loaded = self._loaded or _load(self._folder)
            return self._loaded


def _load(folder: Path) -> _Model:
    from ctranslate2.models import Whisper as Weights

    if (folder / MANIFEST).is_file():  # a folder of the operator's own need not have one
        Bundle.load(folder).check_files()
    together = os.process_cpu_count() or 1
    try:
        with loading():
            weights = Weights(str(folder), compute_type="int8", inter_threads=together, intra_threads=1)
    except (RuntimeError, ValueError) as error:
        raise BundleError(f"{folder} cannot be loaded as a CTranslate2 Whisper model: {error}") from error
    return _Model(weights, read_tokens(folder))


def _most_tokens(locale: str, samples: int) -> int:
    return _TOKENS_PER_SEC.get(_language(locale), _MANY_TOKENS_PER_SEC) * -(-samples // SAMPLE_RATE)


def _language(locale: str) -> str:
    return locale[:2].lower()


def _sentence(phrase: str) -> str:
    """A phrase as Whisper writes: with a capital and, at its end, a full stop."""
    return phrase[:1].upper() + phrase[1:] + ("." if phrase[-1:].isalnum() else "")
