"""What a local Whisper model writes down, on human and synthetic speech, and when it is loaded."""

import json
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.errors import BundleError
from shared.listening.audio import decode
from shared.settings import MODELS
from shared.words.book import PhraseBook
from shared.words.matching import MEASURED
from shared.words.mel import log_mel
from shared.words.scripts import ACTIVATION, PASSPHRASE
from shared.words.tokens import read_tokens
from shared.words.whisper import Whisper, _Model
from tests import voices
from tests.recordings import Recordings

pytestmark = pytest.mark.slow

FOLDER = MODELS / "whisper-tiny-en"
FILES = ("config.json", "model.bin", "vocabulary.txt")


@pytest.fixture(scope="module")
def whisper() -> Whisper:
    return Whisper(FOLDER)


def test_a_passphrase_is_written_down(whisper: Whisper, recordings: Recordings) -> None:
    heard = whisper.transcribe(recordings.read(recordings.phrase), "en-US")
    saying = PhraseBook.read().nearest(PASSPHRASE, "en-US", heard)
    assert (saying.phrase, saying.distance) == ("my voice is my passport verify me", 0)


def test_an_activation_phrase_is_written_down(whisper: Whisper, recordings: Recordings) -> None:
    heard = whisper.transcribe(recordings.read(recordings.activation), "en-US")
    assert PhraseBook.read().nearest(ACTIVATION, "en-US", heard).distance == 0


def test_fast_speech_is_written_down_to_its_end(whisper: Whisper) -> None:
    clip = decode(voices.phrase("anna", 11))
    assert whisper.transcribe(clip.samples, "en-US").text.endswith("in the future.")


def test_what_is_said_after_half_a_minute_is_not_heard(whisper: Whisper, recordings: Recordings) -> None:
    phrase = recordings.read(recordings.activation)
    late = np.concatenate([np.zeros(27 * 16_000, np.float32), phrase])
    assert "recognize my voice" not in whisper.transcribe(late, "en-US").text


def test_an_english_model_says_that_it_understands_nothing_else(whisper: Whisper) -> None:
    assert whisper.understands("en-GB")
    assert not whisper.understands("de-DE")


def test_english_needs_no_model_to_be_understood(tmp_path: Path) -> None:
    assert Whisper(tmp_path).understands("en-US")


class Multilingual:
    """Stands for the weights of a model that knows many languages; that of a package is built on request."""

    is_multilingual = True


def test_a_multilingual_model_is_told_the_language_and_not_to_translate(tmp_path: Path) -> None:
    special = ["<|endoftext|>", "<|startoftranscript|>", "<|pt|>", "<|transcribe|>"]
    (tmp_path / "vocabulary.json").write_text(json.dumps([*"abc", *special]))
    model = _Model(cast("Any", Multilingual()), read_tokens(tmp_path))
    assert model.start("pt-BR") == [4, 5, 6]
    assert model.knows("pt-BR")
    assert not model.knows("ja-JP")


def test_a_multilingual_model_is_told_to_write_chinese_in_the_script_of_the_locale() -> None:
    folder = MODELS / "whisper-base"
    if not (folder / "vocabulary.json").is_file():
        pytest.skip("whisper-base is built on request, and was not: make models WHISPER=base")
    model = _Model(cast("Any", Multilingual()), read_tokens(folder))
    told = model.tokens.decode(model.start("zh-CN"))
    assert told == "<|startofprev|>以下是普通话的句子。<|startoftranscript|><|zh|><|transcribe|>"
    assert model.start("de-DE") == model._special("<|startoftranscript|>", "<|de|>", "<|transcribe|>")


def test_tokens_are_those_of_the_model_in_any_script(whisper: Whisper) -> None:
    tokens = read_tokens(FOLDER)
    assert tokens.decode_tokens_bytes(tokens.encode_ordinary(" My voice is my passport")) == [
        b" My", b" voice", b" is", b" my", b" passport",
    ]  # fmt: skip
    for text in (" reconnaître ma voix à l'avenir", " 今後私の声を", "1 234,5"):
        assert tokens.decode(tokens.encode_ordinary(text)) == text


def _said(voice: str, number: int) -> NDArray[np.float32]:
    return decode(voices.phrase(voice, number)).samples


@pytest.mark.parametrize("voice", ["anna", "boris", "james"])
def test_what_was_said_is_likelier_than_what_was_not(whisper: Whisper, voice: str) -> None:
    heard = whisper.transcribe(_said(voice, 7), "en-US")
    said = heard.fit("my voice is stronger than passwords")
    changed = heard.fit("my voice is stronger than hammers")
    other = heard.fit("apple juice tastes funny after toothpaste")
    assert said is not None
    assert changed is not None
    assert other is not None
    assert 0 > said.log_likelihood > changed.log_likelihood > other.log_likelihood
    assert said.llr > MEASURED.llr > changed.llr > other.llr


def test_the_words_that_were_written_explain_the_sound_as_well_as_themselves(whisper: Whisper) -> None:
    heard = whisper.transcribe(_said("anna", 2), "en-US")
    fit = heard.fit(heard.text)
    assert fit is not None
    assert fit.llr == pytest.approx(0, abs=0.15)  # repeated tokens were written in spite of their penalty


def test_a_slip_of_the_transcriber_is_still_the_phrase(whisper: Whisper) -> None:
    """A voice of espeak-ng whose "verify me" is written otherwise."""
    heard = whisper.transcribe(_said("henry", 3), "en-US")
    saying = PhraseBook.read().nearest(PASSPHRASE, "en-US", heard)
    assert saying.distance > 0
    assert saying.phrase == "my voice is my passport verify me"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("vocabulary.txt", "a\n語\n<|endoftext|>\n"),
        ("vocabulary.json", "[1, 2]"),
        ("vocabulary.json", "5"),
        ("none", ""),
    ],
)
def test_a_vocabulary_that_is_none_of_whispers_is_refused(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(BundleError, match="cannot be read"):
        read_tokens(tmp_path)


def test_a_folder_without_a_manifest_is_the_operators_own(tmp_path: Path) -> None:
    for name in FILES:
        (tmp_path / name).symlink_to(FOLDER / name)
    assert Whisper(tmp_path).transcribe(_said("anna", 5), "en-US").text == "You can get in without your password."


def test_a_damaged_model_is_refused(tmp_path: Path) -> None:
    for name in (*FILES, "manifest.json"):
        (tmp_path / name).write_bytes(
            (FOLDER / name).read_bytes()[:-1] if name == "model.bin" else (FOLDER / name).read_bytes()
        )
    with pytest.raises(BundleError, match=r"model\.bin"):
        Whisper(tmp_path).transcribe(np.zeros(16_000, np.float32), "en-US")


def test_a_folder_that_holds_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="cannot be loaded as a CTranslate2 Whisper model"):
        Whisper(tmp_path).transcribe(np.zeros(16_000, np.float32), "en-US")


def test_a_tone_is_loud_in_its_own_band_of_the_mel_scale_only() -> None:
    seconds = np.arange(16_000, dtype=np.float32) / 16_000
    for hz, band in ((300, 7), (1000, 26), (4000, 62)):
        spectrum = log_mel(np.sin(np.float32(2 * np.pi * hz) * seconds, dtype=np.float32), 80)
        assert spectrum.shape == (80, 100)
        assert abs(int(spectrum[:, 50].argmax()) - band) <= 1, hz


def test_loudness_moves_a_spectrum_by_its_decades_and_hides_what_is_far_below() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32)
    quiet, loud = log_mel(noise * np.float32(0.1), 80), log_mel(noise, 80)
    assert loud - quiet == pytest.approx(0.5, abs=1e-3)  # two decades of power, a quarter each
    assert loud.max() - loud.min() <= 2
