"""Which phrases there are, which files are refused, and what counts as having said one."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import BadPhrase, InvalidArgument
from shared.settings import LOOSEST
from shared.words.book import PhraseBook
from shared.words.matching import MEASURED, Saying, compare, letters
from shared.words.scripts import ACTIVATION, PASSPHRASE
from shared.words.transcript import Fit, Transcript
from tests.contract.api import PASSPHRASES

PASSPORT = PASSPHRASES[2]


@pytest.fixture(scope="module")
def book() -> PhraseBook:
    return PhraseBook.read()


def test_the_published_passphrases_come_in_their_order(book: PhraseBook) -> None:
    assert book.phrases(PASSPHRASE, "en-US") == PASSPHRASES
    assert book.locales(PASSPHRASE) == ["en-US"]


def test_every_locale_of_the_retired_service_has_an_activation_phrase(book: PhraseBook) -> None:
    locales = "de-DE en-AU en-CA en-GB en-IN en-US es-ES es-MX fr-CA fr-FR it-IT ja-JP pt-BR zh-CN"
    assert " ".join(book.locales(ACTIVATION)) == locales
    assert book.phrases(ACTIVATION, "en-US") == [
        "I'll talk for a few seconds so you can recognize my voice in the future."
    ]


@pytest.mark.parametrize("text", ["de-DE", "de-de", "DEDE", "dede"])
def test_locales_are_known_in_any_case_dash_optional(book: PhraseBook, text: str) -> None:
    assert book.locale(ACTIVATION, text) == "de-DE"


@pytest.mark.parametrize("text", ["tlh", "", "de", "de-DE-1996"])
def test_an_unknown_locale_is_refused_with_those_that_are_known(book: PhraseBook, text: str) -> None:
    with pytest.raises(
        InvalidArgument, match=r"^Invalid locale value\. Supported locales are de-DE, en-AU, .*zh-CN\.$"
    ):
        book.phrases(ACTIVATION, text)


@pytest.mark.parametrize("phrase", PASSPHRASES)
def test_a_phrase_is_recognised_however_it_is_written(book: PhraseBook, phrase: str) -> None:
    for text in (phrase, phrase.capitalize() + ".", f" {phrase.upper()}!? ", phrase.replace(" ", ", ")):
        assert book.nearest(PASSPHRASE, "en-us", Transcript(text)) == Saying(phrase, 0, 1, MEASURED)


@pytest.mark.parametrize("phrase", PASSPHRASES)
def test_half_a_phrase_is_not_the_phrase(book: PhraseBook, phrase: str) -> None:
    words = phrase.split()
    for half in (words[: len(words) // 2], words[(len(words) + 1) // 2 :]):
        assert book.nearest(PASSPHRASE, "en-us", Transcript(" ".join(half))).phrase is None


@pytest.mark.parametrize(
    "text", ["", " ... ", "thank you for watching", f"{PASSPORT} {PASSPORT}", f"{PASSPORT} and so on"]
)
def test_something_else_is_no_phrase(book: PhraseBook, text: str) -> None:
    assert book.nearest(PASSPHRASE, "en-us", Transcript(text)).phrase is None


def test_listed_passphrases_are_far_from_each_other() -> None:
    apart = [_distance(one, other) for one in PASSPHRASES for other in PASSPHRASES if one != other]
    assert min(apart) > 0.6


def _distance(phrase: str, text: str) -> float:
    return compare(phrase, text, MEASURED, whole=True).distance


def test_speech_may_go_on_after_an_activation_phrase_but_not_before_it(book: PhraseBook) -> None:
    phrase = book.phrases(ACTIVATION, "en-US")[0]
    speech = "The quick brown fox went home and lay down to sleep for the rest of the day."
    assert book.nearest(ACTIVATION, "en-US", Transcript(f"{phrase} {speech}")).phrase == phrase
    assert book.nearest(ACTIVATION, "en-US", Transcript(f"{speech} {phrase}")).phrase is None


def test_a_saying_tells_what_was_measured() -> None:
    assert str(Saying("be yourself", 1.412, 0.9, MEASURED)) == (
        "The nearest phrase is 'be yourself': 100% of its letters were heard otherwise, 25% are allowed; "
        "as much as 90% of it was heard, from 76% to 132% are needed."
    )
    assert str(Saying("be yourself", 0.3, 0.9, MEASURED, fit=Fit(-2.345, -1.04))) == (
        "The nearest phrase is 'be yourself': its log-likelihood is -2.35 a token, at least -1.75 is needed, "
        "and -1.04 in relation to what was heard, at least -1 is needed; "
        "as much as 90% of it was heard, from 76% to 132% are needed."
    )


def test_distances_are_known() -> None:
    assert _distance("kitten", "sitting") == 3 / 6  # the example of every textbook
    assert _distance("abcd", "") == 1
    assert _distance("ab", "abcdef") == 2


@given(st.text("abc", min_size=1, max_size=8), st.text("abc", min_size=1, max_size=8))
def test_the_edits_are_the_same_in_both_directions(one: str, other: str) -> None:
    assert _distance(one, other) * len(one) == pytest.approx(_distance(other, one) * len(other))


@given(st.text("abcdef ", max_size=60))
def test_whatever_follows_an_activation_phrase_it_was_said(more: str) -> None:
    book = PhraseBook.read()
    phrase = book.phrases(ACTIVATION, "en-US")[0]
    assert book.nearest(ACTIVATION, "en-US", Transcript(f"{phrase} {more}")) == Saying(phrase, 0, 1, MEASURED)


def test_most_of_a_phrase_is_not_the_phrase_however_tolerant_one_is(book: PhraseBook) -> None:
    most = book.nearest(PASSPHRASE, "en-US", Transcript("My name is unknown."))
    assert (most.distance, most.length, most.phrase) == (0.25, 0.75, None)
    lax = PhraseBook.read(tolerance=LOOSEST)
    assert lax.nearest(PASSPHRASE, "en-US", Transcript("My name is unknown.")).phrase is None


@dataclass(frozen=True)
class Doubtful(Transcript):
    """Remembers what it was asked, and thinks of it what it is told to."""

    opinion: Fit
    asked: list[str] = field(default_factory=list)

    def fit(self, words: str) -> Fit:
        self.asked.append(words)
        return self.opinion


@pytest.mark.parametrize(
    ("fit", "said"),
    [
        (Fit(-1.7, -0.9), True),
        (Fit(-0.5, 2.0), True),
        (Fit(-2.1, 0.5), False),  # nothing explains the sound well
        (Fit(-0.7, -1.1), False),  # something else explains it better
    ],
)
@pytest.mark.parametrize("text", ["my voice is my past or to bear if I me", "my voice is my passport verify you"])
def test_where_the_transcriber_can_tell_likelihood_decides_and_not_the_letters(
    book: PhraseBook, text: str, fit: Fit, *, said: bool
) -> None:
    heard = Doubtful(text, fit)
    saying = book.nearest(PASSPHRASE, "en-us", heard)
    assert heard.asked == [PASSPORT]
    assert (saying.nearest, saying.phrase is not None) == (PASSPORT, said)


@pytest.mark.parametrize("text", [PASSPORT, "My voice is", f"{PASSPORT} or the passport of somebody"])
def test_nothing_is_asked_where_letters_decide(book: PhraseBook, text: str) -> None:
    heard = Doubtful(text, Fit(0, 0))
    assert (book.nearest(PASSPHRASE, "en-us", heard).phrase == PASSPORT) == (text == PASSPORT)
    assert heard.asked == []


def test_of_an_activation_phrase_letters_decide_as_it_may_be_anywhere_in_its_clip(book: PhraseBook) -> None:
    heard = Doubtful("So I talk for a few seconds, so you can recognize my voice in future. Well then.", Fit(-9, -9))
    assert book.nearest(ACTIVATION, "en-US", heard).phrase is not None
    assert heard.asked == []


def test_half_an_activation_phrase_and_other_speech_is_not_it(book: PhraseBook) -> None:
    begun = "I'll talk for a few seconds so you can"
    assert book.nearest(ACTIVATION, "en-US", Transcript(begun)).phrase is None
    assert book.nearest(ACTIVATION, "en-US", Transcript(f"{begun} leave the harbour at nine.")).phrase is None


def test_letters_are_those_of_any_script() -> None:
    assert letters("¿Qué? Ⅸ ﬁn — 我会说。几秒") == "quéixfin我会说几秒"


@pytest.mark.parametrize(
    ("lines", "line", "problem"),
    [
        ([f"passphrase: {PASSPORT}", "", f"passphrase: {PASSPORT}"], 3, "this phrase is on line 1 already"),
        (["activation: I'll talk.", "activation: i'll  talk"], 2, "this phrase is on line 1 already"),
        (
            [f"passphrase: {PASSPORT}", "passphrase: my voice is my passport verify us"],
            2,
            "this is too like the phrase on line 1: 7% of their letters differ",
        ),
        (
            [f"passphrase: {PASSPORT}", "passphrase: my face is my passport open the door"],
            2,
            "this is too like the phrase on line 1: 45% of their letters differ",
        ),
        (["# good", "passphrase: My voice, my passport."], 2, "lower case without punctuation: 'my voice my passport'"),
        (["pass phrase: my voice"], 1, "does not begin with passphrase: or activation:"),
        (["my voice is my passport"], 1, "does not begin with passphrase: or activation:"),
        (["activation:"], 1, "there is no phrase"),
        (["activation: ..."], 1, "there is no phrase"),
    ],
)
def test_a_bad_line_is_refused_with_file_and_line(tmp_path: Path, lines: list[str], line: int, problem: str) -> None:
    (tmp_path / "en-US.txt").write_text("\n".join(lines))
    with pytest.raises(BadPhrase) as refused:
        PhraseBook.read(tmp_path)
    assert str(refused.value).startswith(f"en-US.txt, line {line}: ")
    assert problem in str(refused.value)


def test_a_file_that_is_not_utf_8_is_refused_with_the_line(tmp_path: Path) -> None:
    (tmp_path / "de-DE.txt").write_bytes("# gut\nactivation: für immer".encode("latin-1"))
    with pytest.raises(BadPhrase, match=r"^de-DE\.txt, line 2: this is not UTF-8"):
        PhraseBook.read(tmp_path)


@pytest.mark.parametrize("name", ["english.txt", "en_US.txt", "en-us.txt"])
def test_a_file_that_is_not_named_after_a_locale_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("activation: I'll talk")
    with pytest.raises(BadPhrase, match=f"^{name}: a file of phrases is named after a locale"):
        PhraseBook.read(tmp_path)


def test_a_line_adds_a_passphrase_and_a_file_a_locale(tmp_path: Path) -> None:
    (tmp_path / "de-AT.txt").write_text("# Unsere.\n\npassphrase: meine stimme öffnet jede tür\n", "utf-8")
    added = PhraseBook.read(tmp_path)
    assert added.locales(PASSPHRASE) == ["de-AT"]
    heard = Transcript("Meine Stimme öffnet jede Tür.")
    assert added.nearest(PASSPHRASE, "de-at", heard).phrase == "meine stimme öffnet jede tür"


def test_activation_phrases_may_be_alike_as_any_of_them_will_do(tmp_path: Path) -> None:
    (tmp_path / "en-US.txt").write_text("\ufeffactivation: recognize my voice\nactivation: recognise my voice", "utf-8")
    assert PhraseBook.read(tmp_path).phrases(ACTIVATION, "en-US") == ["recognize my voice", "recognise my voice"]


def test_the_same_phrase_may_serve_two_kinds_and_two_locales(tmp_path: Path) -> None:
    for locale in ("en-US", "en-GB"):
        (tmp_path / f"{locale}.txt").write_text("passphrase: my voice\nactivation: My voice.")
    assert PhraseBook.read(tmp_path).locales(ACTIVATION) == ["en-GB", "en-US"]
