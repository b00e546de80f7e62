"""What a caller says of audio without a header: encodings, rates and channels, as media types name them."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Final

from shared.listening.containers import SAMPLE_RATE
from shared.listening.refusals import WrongFormat


@dataclass(frozen=True)
class Recording:
    """The audio of a request, as it came.

    Attributes:
        content_type: what the caller says that it is; many label audio as they like.
        channel: which one is heard, from 0; None for the mean of all.
    """

    body: bytes
    content_type: str = ""
    channel: int | None = None


@dataclass(frozen=True)
class Encoding:
    """How samples are written: a subtype as libsndfile names it, and the order of their bytes."""

    subtype: str
    endian: str = "FILE"


@dataclass(frozen=True)
class Declared:
    """Audio without a header, as its media type has it."""

    encoding: Encoding
    rate: int
    channels: int

    def __str__(self) -> str:
        """In words."""
        return f"{self.rate} Hz, {self.channels} channel(s), {self.encoding.subtype}"


LITTLE: Final = Encoding("PCM_16", "LITTLE")
BIG: Final = Encoding("PCM_16", "BIG")
PLAIN: Final = Declared(LITTLE, SAMPLE_RATE, 1)
"""The contract's own format, which clients name by habit."""
_MU_LAW, _A_LAW = Encoding("ULAW"), Encoding("ALAW")
_TYPES: Final[Mapping[str, tuple[Encoding, int]]] = {
    "audio/l8": (Encoding("PCM_U8"), SAMPLE_RATE),
    "audio/l16": (BIG, SAMPLE_RATE),
    "audio/l24": (Encoding("PCM_24", "BIG"), SAMPLE_RATE),
    "audio/pcmu": (_MU_LAW, 8_000),
    "audio/pcma": (_A_LAW, 8_000),
    "audio/basic": (_MU_LAW, 8_000),
    "audio/x-mulaw": (_MU_LAW, 8_000),
    "audio/x-alaw": (_A_LAW, 8_000),
}
"""Encoding and usual rate by media type (RFC 2586, RFC 3551, RFC 2046); others are PCM as WAV files have it."""
_CODECS: Final[Mapping[str, Encoding]] = {
    "audio/pcm": LITTLE,
    "pcm": LITTLE,
    "1": LITTLE,
    "mulaw": _MU_LAW,
    "ulaw": _MU_LAW,
    "7": _MU_LAW,
    "alaw": _A_LAW,
    "6": _A_LAW,
}
"""Encodings by ``codecs``, where numbers are a WAV file's format tags (RFC 2361)."""
_RATES: Final = range(4_000, 192_001)
_CHANNELS: Final = range(1, 9)


def media_type(content_type: str) -> Message:
    """A header of this content type, whatever stands in it, for its parameters to be asked."""
    header = Message()
    header["content-type"] = content_type.replace("\r", " ").replace("\n", " ")
    return header


def declared(content_type: str) -> Declared | None:
    """What a media type says of samples without a header; None if it says nothing.

    Raises:
        WrongFormat: a rate or a number of channels that is none, or is not read.
    """
    header = media_type(content_type)
    kind = header.get_content_type().lower()
    codec = _CODECS.get(_parameter(header, "codecs").lower().strip())
    given = {name for name in ("rate", "samplerate", "channels") if _parameter(header, name)}
    if kind not in _TYPES and not (kind.startswith("audio/") and (given or codec not in (None, LITTLE))):
        return None
    encoding, rate = _TYPES.get(kind, (codec or LITTLE, 8_000 if codec in (_MU_LAW, _A_LAW) else SAMPLE_RATE))
    rate = _number(header, "rate", _number(header, "samplerate", rate, _RATES), _RATES)
    return Declared(encoding, rate, _number(header, "channels", 1, _CHANNELS))


def pcm_at(rate: int, channels: int = 1) -> str:
    """How 16-bit samples, the least significant byte first, are declared."""
    return f"audio/wav; codecs=audio/pcm; samplerate={rate}" + (f"; channels={channels}" if channels > 1 else "")


def _parameter(header: Message, name: str) -> str:
    value = header.get_param(name, "")
    return value[2] if isinstance(value, tuple) else str(value)


def _number(header: Message, name: str, default: int, allowed: range) -> int:
    text = _parameter(header, name).strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 9 and int(text) in allowed):
        raise WrongFormat(f"{name}={text[:20]!r} in the content type; {allowed[0]} to {allowed[-1]} is read")
    return int(text)
