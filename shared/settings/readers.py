"""How the text of a setting is understood, and what a row of the table of settings is."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, cast

from shared.errors import Misconfigured

MIN_FALSE_MATCH_RATE: Final = 1e-6
MAX_FALSE_MATCH_RATE: Final = 0.1
SHARES: Final = f"a number from {MIN_FALSE_MATCH_RATE:g} to {MAX_FALSE_MATCH_RATE:g}"

_WHY_NOT: Final = "is the secret there, may the app's identity read it, and does the network let it?"

type Read[Value] = Callable[[str, str], Value]
"""Reads a setting, given its name and what the environment says.

Raises:
    Misconfigured: names the variable, its value and what is allowed.
"""


@dataclass(frozen=True)
class Setting:
    """One thing that the operator decides.

    Attributes:
        name: of the environment variable.
        default: what it is where the environment does not say.
        meaning: for people.
        parameter: of the template that sets it; empty where the template knows it by itself, or where its parameter
            ``appSettings`` sets whatever it is given.
        read: how its text is understood.
    """

    name: str
    default: str
    meaning: str
    parameter: str
    read: Read[Any]


def setting[Value](name: str, default: str, read: Read[Value], parameter: str, meaning: str) -> Value:
    """A row of the table of settings, as the field of a dataclass of which ``read`` gives the value."""
    return cast("Value", field(metadata={"setting": Setting(name, default, meaning, parameter, read)}))


def text(_name: str, text: str) -> str:
    """The text as it is."""
    return text


def keys(name: str, text: str) -> tuple[str, ...]:
    """The keys; App Service hands over a reference as it stands when it cannot follow it, and that is no key."""
    if text.startswith("@Microsoft.KeyVault("):
        raise Misconfigured(f"{name} is a Key Vault reference that Azure could not follow: {_WHY_NOT}")
    return tuple(key.strip() for key in text.split(",") if key.strip())


def first_key(name: str, text: str) -> str:
    """The first key, or none."""
    return next(iter(keys(name, text)), "")


def hosts(name: str, text: str) -> tuple[str, ...]:
    """Names of hosts, with a port where it is not the usual one."""
    named = tuple(host.strip().lower() for host in text.split(",") if host.strip())
    for host in named:
        if not re.fullmatch(r"[a-z0-9.-]+(:[0-9]{1,5})?", host):
            raise Misconfigured(f"{name}={text!r}: names of hosts are needed, such as calls.example")
    return named


def switch(name: str, text: str) -> bool:
    """True or false."""
    value = {"true": True, "false": False}.get(text.lower())
    if value is None:
        raise Misconfigured(f"{name}={text!r}: allowed are 'true' and 'false'")
    return value


def one_of(*words: str) -> Read[str]:
    """One of a few words, in any case."""

    def read(name: str, text: str) -> str:
        if text.lower() not in words:
            raise Misconfigured(f"{name}={text!r}: allowed are {', '.join(map(repr, words))}")
        return text.lower()

    return read


def whole(name: str, text: str) -> int:
    """A whole number."""
    if not re.fullmatch("[0-9]{1,9}", text):
        raise Misconfigured(f"{name}={text!r}: a whole number is needed")
    return int(text)


def is_share(number: float) -> bool:
    """Whether a number can be a false-match rate."""
    return MIN_FALSE_MATCH_RATE <= number <= MAX_FALSE_MATCH_RATE


def share(name: str, text: str) -> float:
    """A false-match rate."""
    if not re.fullmatch(r"0?\.[0-9]{1,9}|[0-9]e-[0-9]", text) or not is_share(float(text)):
        raise Misconfigured(f"{name}={text!r}: {SHARES} is needed")
    return float(text)


def decimals(name: str, text: str) -> int | None:
    """How many decimals a score has; None for all."""
    if text and not re.fullmatch("[1-6]", text):
        raise Misconfigured(f"{name}={text!r}: a whole number from 1 to 6 is needed, or nothing for all")
    return int(text) if text else None


def rate(name: str, text: str) -> float:
    """Requests a second."""
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", text):
        raise Misconfigured(f"{name}={text!r}: a number of requests a second is needed, 0 for no limit")
    return float(text)


def within(least: float, most: float) -> Read[float]:
    """A number between two others."""

    def read(name: str, text: str) -> float:
        if not re.fullmatch(r"-?[0-9](\.[0-9]{1,4})?", text) or not least <= float(text) <= most:
            raise Misconfigured(f"{name}={text!r}: a number from {least:g} to {most:g} is needed")
        return float(text)

    return read


def endpoint(name: str, text: str) -> str:
    """A URL whose answers cannot be read on their way."""
    if text and not re.match(r"https://|http://127\.0\.0\.1[:/]", text):
        raise Misconfigured(f"{name}={text!r}: a URL that begins with https:// is needed")
    return text


def origin(name: str, text: str) -> str:
    """Scheme and host, or nothing."""
    if text and not re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?", text):
        raise Misconfigured(
            f"{name}={text!r}: scheme and host are needed, in lower case, such as https://voices.example"
        )
    return text
