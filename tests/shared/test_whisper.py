"""What a local Whisper model writes down, on human and synthetic speech, and when it is loaded."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from shared.audio import decode
from shared.errors import BundleError
from shared.phrases import PhraseBook
from shared.phrases.scripts import ACTIVATION, PASSPHRASE
from shared.settings import MODELS
from shared.transcription.mel import log_mel
from shared.transcription.whisper import Whisper, _prompt, _text
from tests import voices

FOLDER = MODELS / "whisper-tiny-en"
FILES = ("config.json", "model.bin", "vocabulary.txt")


@pytest.fixture(scope="module")
def whisper() -> Whisper:
    return Whisper(FOLDER)


def _human(shared_folder: Path, name: str) -> NDArray[np.float32]:
    samples: NDArray[np.float32] = soundfile.read(shared_folder / "speech" / name, dtype="float32")[0]
    return samples


def test_a_human_passphrase_is_written_down(whisper: Whisper, shared_folder: Path) -> None:
    text = whisper.transcribe(_human(shared_folder, "phrases/myVoiceIsMyPassportVerifyMe01.flac"), "en-US")
    saying = PhraseBook.read().nearest(PASSPHRASE, "en-US", text)
    assert (saying.phrase, saying.distance) == ("my voice is my passport verify me", 0)


def test_a_human_activation_phrase_is_written_down(whisper: Whisper, shared_folder: Path) -> None:
    text = whisper.transcribe(_human(shared_folder, "phrases/TalkForAFewSeconds16.flac"), "en-US")
    assert PhraseBook.read().nearest(ACTIVATION, "en-US", text).distance == 0


def test_fast_speech_is_written_down_to_its_end(whisper: Whisper) -> None:
    clip = decode(voices.phrase("anna", 11))
    assert whisper.transcribe(clip.samples, "en-US").endswith("in the future.")


def test_what_is_said_after_half_a_minute_is_not_heard(whisper: Whisper, shared_folder: Path) -> None:
    phrase = _human(shared_folder, "phrases/TalkForAFewSeconds16.flac")
    late = np.concatenate([np.zeros(27 * 16_000, np.float32), phrase])
    assert "recognize my voice" not in whisper.transcribe(late, "en-US")


def test_an_english_model_says_that_it_understands_nothing_else(whisper: Whisper) -> None:
    assert whisper.understands("en-GB")
    assert not whisper.understands("de-DE")


def test_english_needs_no_model_to_be_understood(tmp_path: Path) -> None:
    assert Whisper(tmp_path).understands("en-US")


def test_a_multilingual_model_is_told_the_language_and_not_to_translate() -> None:
    assert _prompt("pt-BR", multilingual=True) == [
        "<|startoftranscript|>", "<|pt|>", "<|transcribe|>", "<|notimestamps|>",
    ]  # fmt: skip
    assert _prompt("en-US", multilingual=False) == ["<|startoftranscript|>", "<|notimestamps|>"]


def test_text_of_any_script_comes_out_of_the_bytes_of_its_tokens() -> None:
    assert _text(["Ġr", "econna", "Ã®", "tre", "Ġ", "å£°", "<|endoftext|>"]) == "reconnaître 声"


def test_a_folder_without_a_manifest_is_the_operators_own(tmp_path: Path) -> None:
    for name in FILES:
        (tmp_path / name).symlink_to(FOLDER / name)
    assert Whisper(tmp_path).transcribe(np.zeros(16_000, np.float32), "en-US") is not None


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
