"""What callers may write of a speaker's choices, read or refused."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from functions.contract.choice_refusals import BadConsent
from functions.contract.requests import is_unicode, json_object, locale_in
from shared.voices.consent import MAX_TEXT, Consent

AHEAD: Final = timedelta(minutes=5)
"""By so much a caller's clock may be fast."""

_EXAMPLE: Final = '{"version":"2026-01","givenDateTime":"2026-01-31T09:30:00Z","by":"web form"}'
_MOMENT: Final = "a time with its offset from UTC, such as 2026-01-31T09:30:00Z, and not in the future"
_WHOLE: Final = "an object with version, givenDateTime and by"


def consent(body: bytes, now: datetime) -> Consent:
    """The consent that a body holds.

    Raises:
        NoJson, BadConsent: the body is no JSON object, or a value in it is not allowed.
    """
    return _consent(json_object(body, _EXAMPLE), now)


def new_consent(body: bytes, now: datetime) -> Consent | None:
    """The consent in the body of a create request, if there is one; raises as ``consent``."""
    return _consent_in(json_object(body, '{"locale":"en-us"}'), now)


def opting_in(body: bytes, now: datetime) -> tuple[str, Consent | None]:
    """Locale and consent of a speaker who opts in, as far as the body has them; raises as ``consent``."""
    document = json_object(body, '{"locale":"en-us"}') if body.strip() else {}
    return locale_in(document) or "", _consent_in(document, now)


def _consent_in(document: Mapping[str, Any], now: datetime) -> Consent | None:
    told = document.get("consent")
    if told is None:
        return None
    if not isinstance(told, dict):
        raise BadConsent("value", _WHOLE)
    return _consent(told, now)


def _consent(told: Mapping[str, Any], now: datetime) -> Consent:
    return Consent(_text(told, "version"), _given(told.get("givenDateTime"), now), _text(told, "by"))


def _text(told: Mapping[str, Any], name: str) -> str:
    text = told.get(name)
    if not isinstance(text, str) or not text.strip() or len(text) > MAX_TEXT or not is_unicode(text):
        raise BadConsent(name, f"a text of 1 to {MAX_TEXT} characters")
    return text


def _given(told: object, now: datetime) -> datetime:
    try:
        given = datetime.fromisoformat(told if isinstance(told, str) else "")
        if given - now <= AHEAD:  # raises TypeError where there is no offset
            return given
    except (ValueError, TypeError, OverflowError):
        pass
    raise BadConsent("givenDateTime", _MOMENT)
