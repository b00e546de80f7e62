"""Paths and queries of URLs, decoded and encoded as Kestrel and ASP.NET Core do."""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

_ENCODED: Final = re.compile(r"(?:%[0-9a-fA-F]{2})+")
_ENCODED_IN_PATH: Final = re.compile(r"(?:%(?!2[fF])[0-9a-fA-F]{2})+")
_STRAY_PERCENT: Final = re.compile(r"%(?![0-9a-fA-F]{2})")
_PLAIN_PATH: Final = re.compile(r"[\w/:@.~-]*", re.ASCII)
_PATH_SAFE: Final = "/:@!$&'()*+,;=~%"


def decode_path(target: str) -> str:
    """Percent-decode a path as Kestrel does: all but %2F and what is not UTF-8; then resolve `.` and `..`."""
    path = _ENCODED_IN_PATH.sub(_decode, target)
    return _without_dots(path) if "/." in path else path


def encode_path(path: str) -> str:
    """Encode a decoded path as PathString.ToUriComponent does."""
    if _PLAIN_PATH.fullmatch(path):
        return path
    return _STRAY_PERCENT.sub("%25", quote(path, safe=_PATH_SAFE))


def parse_query(query: str) -> dict[str, str]:
    """The values of a query, given without its question mark; see `joined`. Names without a value are dropped."""
    pairs = (item.partition("=") for item in query.split("&") if item)
    values = joined((_decode_query(name), _decode_query(value)) for name, _, value in pairs)
    return {name: value for name, value in values.items() if value}


def joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Join the values of repeated names with commas, leaving out empty ones.

    Names differ without regard to case; the last spelling is kept.
    """
    values: dict[str, list[str]] = {}
    spelling: dict[str, str] = {}
    for name, value in pairs:
        values.setdefault(name.lower(), []).append(value)
        spelling[name.lower()] = name
    return {spelling[name]: ",".join(filter(None, given)) for name, given in values.items()}


def _decode_query(text: str) -> str:
    return _ENCODED.sub(_decode, text.replace("+", " "))


def _decode(match: re.Match[str]) -> str:
    """Decode a run of encoded bytes; what is not UTF-8 stays as it is written."""
    text, decoded = match[0], ""
    data = bytes.fromhex(text.replace("%", ""))
    while data:
        try:
            return decoded + data.decode()
        except UnicodeDecodeError as error:
            decoded += data[: error.start].decode() + text[3 * error.start : 3 * error.end]
            text, data = text[3 * error.end :], data[error.end :]
    return decoded


def _without_dots(path: str) -> str:
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments[1:]:
        if segment == "..":
            kept = kept[:-1]
        elif segment != ".":
            kept.append(segment)
    closing = [""] if segments[-1] in (".", "..") else []
    return "/" + "/".join(kept + closing)
