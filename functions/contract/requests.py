"""What callers may write: parameters and bodies, read or refused."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from functions.contract.group_refusals import BadGroupId
from functions.contract.refusals import (
    BadCandidates,
    BadChannel,
    BadFlag,
    BadPageSize,
    BadToken,
    NoBody,
    NoCandidates,
    NoGuid,
    NoJson,
    NoLocale,
    Unconfirmed,
    UnsupportedParameter,
)
from shared.errors import NotFound
from shared.listening.containers import MAX_CHANNELS

CONFIRMATION: Final = "delete-all-profiles"
"""What a caller has to say to delete all profiles of a family."""

DEFAULT_PAGE_SIZE: Final = 100
MAX_PAGE_SIZE: Final = 500

REPORT: Final = "report"
REFUSE: Final = "refuse"
DUPLICATES: Final = (REPORT, REFUSE)
"""What may be done about other profiles of the same person."""

_CHANNELS: Final = {"left": 0, "right": 1, **{str(number + 1): number for number in range(MAX_CHANNELS)}}
_GUID: Final = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.ASCII)


def profile_id(text: str) -> str:
    """A profile id as it is stored: lower-case GUID with dashes.

    Raises:
        NoGuid: the text is no GUID, so no profile can have it.
    """
    digits = canonical_guid(text)
    if digits is None:
        raise NoGuid
    return digits


def profile_ids(text: str | None) -> list[str]:
    """The candidates of an identification: comma-delimited GUIDs, empty items dropped, each once, in order.

    Raises:
        NoCandidates: the parameter is missing.
        BadCandidates: it names no profile, or something that is no GUID.
    """
    if text is None:
        raise NoCandidates
    ids = profile_ids_of(item.strip() for item in text.split(",") if item.strip())
    if not ids:
        raise BadCandidates
    return ids


def profile_ids_of(items: Iterable[str]) -> list[str] | None:
    """Profile ids as they are stored, each once, in order; None if one of them is no GUID."""
    ids = [canonical_guid(item) for item in items]
    return None if None in ids else list(dict.fromkeys(known for known in ids if known))


def flag(name: str, text: str | None) -> bool:
    """A boolean parameter, false where it is absent; any case.

    Raises:
        BadFlag: neither true nor false.
    """
    value = {"": False, "true": True, "false": False}.get((text or "").lower())
    if value is None:
        raise BadFlag(name)
    return value


def channel(text: str | None) -> int | None:
    """A channel of a recording, counted from 0; None for the mean of all.

    Raises:
        BadChannel: neither a name nor a number of one.
    """
    if not text:
        return None
    chosen = _CHANNELS.get(text.lower())
    if chosen is None:
        raise BadChannel(MAX_CHANNELS)
    return chosen


def choice(name: str, text: str | None, of: Sequence[str]) -> str | None:
    """A parameter that is one of a few words, in any case; None where it is absent.

    Raises:
        BadFlag: another word.
    """
    if text is None:
        return None
    if text.lower() not in of:
        raise BadFlag(name, " and ".join(f'"{word}"' for word in of))
    return text.lower()


def page_size(name: str, text: str | None, default: int = DEFAULT_PAGE_SIZE, most: int = MAX_PAGE_SIZE) -> int:
    """A page size.

    Raises:
        BadPageSize: not an integer from 1 to ``most``.
    """
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= most:
        raise BadPageSize(name, most)
    return int(text)


def continuation_token(last_id: str) -> str:
    """The token that continues a list after this profile."""
    return base64.urlsafe_b64encode(last_id.encode()).decode().rstrip("=")


def continue_after(name: str, token: str | None, read: Callable[[str], str] = profile_id) -> str:
    """The id that a list goes on after, as it is read; empty for its beginning.

    Raises:
        BadToken: the token is not one of ours.
    """
    if not token:
        return ""
    try:
        return read(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode())
    except (binascii.Error, UnicodeError, ValueError, NotFound, BadGroupId):
        raise BadToken(name) from None


def locale(body: bytes) -> str:
    """The locale of a create request, as the caller wrote it.

    Single-quoted JSON is read too: the retired service's own quickstart posted it.

    Raises:
        NoBody, NoJson, NoLocale: there is no body, no JSON object, or no locale in it.
    """
    if not body.strip():
        raise NoBody
    return named_locale(locale_in(json_object(body, '{"locale":"en-us"}')))


def locale_in(document: Mapping[str, Any]) -> str | None:
    """The locale in a document, if there is one.

    Raises:
        NoJson: it is no text.
    """
    value = next((value for key, value in document.items() if key.lower() == "locale"), None)
    if not isinstance(value, str | None):
        raise NoJson("locale must be a string.")
    return value


def named_locale(text: str | None) -> str:
    """A locale that has to be there.

    Raises:
        NoLocale: it is not.
    """
    if not text:
        raise NoLocale
    return text


def refuse_parameters(names: Iterable[str]) -> None:
    """Refuse query parameters of a list that the service never supported.

    Raises:
        UnsupportedParameter: names the first of them.
    """
    for name in names:
        raise UnsupportedParameter(name)


def check_confirmation(text: str | None) -> None:
    """Refuse to delete all profiles for somebody who does not say so word by word.

    Raises:
        Unconfirmed: says what is required.
    """
    if text != CONFIRMATION:
        raise Unconfirmed(CONFIRMATION)


def canonical_guid(text: str) -> str | None:
    """A GUID in lower case with dashes; None if the text is none."""
    if not _GUID.fullmatch(text.lower()):
        return None
    digits = text.lower().replace("-", "")
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def json_object(body: bytes, example: str) -> Mapping[str, Any]:
    """The object that a body is.

    Raises:
        NoJson: it is none; shows the example.
    """
    try:
        text = body.decode("utf-8-sig")
        document = json.loads(text if '"' in text else text.replace("'", '"'))
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise NoJson(f"Expected an object such as {example}.")
    return document


def is_unicode(text: str) -> bool:
    """Whether it has no halves of pairs, which JSON can write and nothing can store."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)
