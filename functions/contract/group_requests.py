"""What callers may write about groups: names and bodies, read or refused."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from functions.contract.group_refusals import BadGroup, BadGroupId, BadMembers
from functions.contract.requests import is_unicode, json_object, profile_ids_of
from shared.settings.readers import SHARES, is_share
from shared.voices.groups import MAX_DISPLAY_NAME, MAX_USER_DATA, Described, is_group_id

MAX_MEMBERS: Final = 100
"""Ids that one request adds or removes."""


def group_id(text: str) -> str:
    """The id of a group, as the caller has to write it.

    Raises:
        BadGroupId: it cannot be one.
    """
    if not is_group_id(text):
        raise BadGroupId
    return text


def described(body: bytes) -> Described:
    """What is said of a group; nothing, where there is no body.

    Raises:
        NoJson, BadGroup: the body is no JSON object, or a value in it is not allowed.
    """
    document = json_object(body, '{"displayName":"Staff"}') if body.strip() else {}
    name = _text(document, "displayName", MAX_DISPLAY_NAME, "characters", len)
    data = _text(document, "userData", MAX_USER_DATA, "bytes in UTF-8", lambda text: len(text.encode()))
    return Described(name, data, _rate(document))


def members(body: bytes) -> list[str]:
    """The ids that are added to a group, or removed from it: each once, in order.

    Raises:
        NoJson, BadMembers: the body is no JSON object, or does not list 1 to ``MAX_MEMBERS`` ids.
    """
    listed = json_object(body, '{"profileIds":["..."]}').get("profileIds")
    if not isinstance(listed, list) or not 1 <= len(listed) <= MAX_MEMBERS:
        raise BadMembers(MAX_MEMBERS, f"{len(listed):,}" if isinstance(listed, list) else "no list")
    known = profile_ids_of(item if isinstance(item, str) else "" for item in listed)
    if known is None:
        raise BadMembers(MAX_MEMBERS, "something that is no id")
    return known


def _text(document: Mapping[str, Any], name: str, most: int, unit: str, length: Callable[[str], int]) -> str | None:
    text = document.get(name)
    if text is None:
        return None
    if not isinstance(text, str) or not is_unicode(text) or length(text) > most:
        raise BadGroup(name, f"a text of at most {most:,} {unit}")
    return text


def _rate(document: Mapping[str, Any]) -> float | None:
    rate = document.get("falseMatchRate")
    if rate is None:
        return None
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not is_share(rate):
        raise BadGroup("falseMatchRate", SHARES)
    return float(rate)
