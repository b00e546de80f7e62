"""Digits that are asked for and said."""

import itertools

import pytest

from shared.words.digits import LENGTH, digits_in, random_digits, saying_of

ASKED = "4 1 9 0 2 7 3 6"


def test_what_is_asked_for_is_never_the_same_and_has_no_digit_twice_in_a_row() -> None:
    asked = [random_digits() for _ in range(200)]
    assert len(set(asked)) == 200
    for each in asked:
        digits = each.split(" ")
        assert len(digits) == LENGTH
        assert all(one != other for one, other in itertools.pairwise(digits))
    assert set("".join(asked)) == set("0123456789 ")


@pytest.mark.parametrize(
    ("text", "locale", "digits"),
    [
        ("4 1 9 0 2 7 3 6", "en-US", "41902736"),
        ("4, 190-27 36.", "en-US", "41902736"),
        ("Four, won, nine oh to seven three six", "en-GB", "41902736"),
        ("Vier eins neun null zwo sieben drei sechs", "de-DE", "41902736"),
        ("cuatro uno nueve cero dos siete tres seis", "es-MX", "41902736"),
        ("Quatre, un, neuf, zéro, deux, sept, trois, six", "fr-FR", "41902736"),
        ("quattro uno nove zero due sette tre sei", "it-IT", "41902736"),
        ("quatro um nove zero dois sete três meia", "pt-BR", "41902736"),
        ("四一九ゼロ二七三六", "ja-JP", "41902736"),
        ("四幺九零两七三六", "zh-CN", "41902736"),
        ("41902736", "ja-JP", "41902736"),
        ("fourteen onerous tools", "en-US", ""),
        ("un deux", "en-US", ""),
        ("un deux", "xx-XX", ""),
        ("", "en-US", ""),
    ],
)
def test_digits_are_read_as_numbers_and_as_words(text: str, locale: str, digits: str) -> None:
    assert digits_in(text, locale) == digits


@pytest.mark.parametrize(
    "text",
    [
        ASKED,
        "41902736",
        "4190273",
        "419027366",
        "4190273 5",
        "It is 4 1 9 0 2 7 3 6.",
        "41902736 41902736",
        "41902736 41902736 4190",
        "4190273 4190273",
    ],
)
def test_what_was_asked_for_may_be_heard_with_one_slip_and_more_than_once(text: str) -> None:
    assert saying_of(ASKED, text, "en-US").phrase == ASKED


@pytest.mark.parametrize(
    "text",
    ["", "hello", "41902", "1 4 9 0 2 7 6 3", "5 5 5 5 5 5 5 5", "41902736 12345678", "4190273655", "0123456789" * 9],
)
def test_what_was_not_asked_for_is_not_taken_for_it(text: str) -> None:
    assert saying_of(ASKED, text, "en-US").phrase is None
