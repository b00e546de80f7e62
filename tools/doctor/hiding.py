"""Whatever a finding says, it tells no secret: messages of others may repeat what they were given."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from shared.settings import SETTINGS

SECRETS: Final = (
    "SPEAKER_KEY",
    "SPEAKER_RECOGNITION_KEYS",
    "SPEAKER_SPEECH_KEY",
    "SPEAKER_SEALING_KEY",
    "SPEAKER_POSTGRES",
    "SPEAKER_STORAGE_CONNECTION_STRING",
    "AzureWebJobsStorage",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
)
"""Variables whose values are secret as a whole."""

_WITHIN: Final = re.compile(r"(?:AccountKey|SharedAccessKey|SharedAccessSignature|InstrumentationKey|\bsig)=([^;&\s]+)")
"""Secrets inside connection strings and signed URLs, in whatever variable they came to stand."""
_LIKE_A_KEY: Final = re.compile(r"[A-Za-z0-9+/=_-]{32,}")
"""A setting of this look may be a key in the wrong place: ours, and those of Azure, have so many characters."""
_LONG: Final = 8
"""Characters from which a secret is found inside words, too; a shorter one could be part of any."""


def hiding(environment: Mapping[str, str]) -> Callable[[str], str]:
    """A function that puts ``***`` in place of every secret of the environment."""
    known = {form for secret in _secrets(environment) for form in (secret, repr(secret)[1:-1])}
    found = re.compile("|".join(map(_pattern, sorted(known, key=len, reverse=True))) or "(?!)")
    return lambda text: found.sub("***", text)


def _pattern(secret: str) -> str:
    return re.escape(secret) if len(secret) >= _LONG else rf"(?<!\w){re.escape(secret)}(?!\w)"


def _secrets(environment: Mapping[str, str]) -> Iterator[str]:
    for name, value in environment.items():
        if name in SECRETS:
            yield from filter(None, (value, *_parts(value)))
        elif name in SETTINGS:
            yield from (part for part in _parts(value) if _LIKE_A_KEY.fullmatch(part))
        yield from _WITHIN.findall(value)


def _parts(value: str) -> Iterator[str]:
    """The keys of a list, each also without the name and scopes before it."""
    for part in (value.strip(), *map(str.strip, value.split(","))):
        yield part
        yield part.split(":", 2)[-1]
