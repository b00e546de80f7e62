"""Phrases to be spoken, as data files beside this one: one list a locale."""

import json
from functools import cache
from pathlib import Path

from shared.families import Family
from shared.profiles import check_locale


def activation(family: Family, locale: str) -> list[str]:
    """Activation phrases of a locale (any case, dash optional); none are known for most.

    Raises:
        InvalidArgument: the locale is not supported; names those that are.
    """
    check_locale(family, locale)
    return _lists("activation").get(family.locale(locale) or "", [])


@cache
def _lists(name: str) -> dict[str, list[str]]:
    phrases: dict[str, list[str]] = json.loads((Path(__file__).parent / f"{name}.json").read_text())
    return phrases
