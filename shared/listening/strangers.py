"""What people send by mistake: bodies that are no audio, told by their first bytes, and named."""

import re
from typing import Final

_STARTS: Final = (
    (b"\x89PNG\r\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PK\x05\x06", "a ZIP archive"),
    (b"\x1f\x8b\x08", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "a Windows Media (ASF, WMA) file"),
    (b"#!SILK_V3", "a SILK file"),
    (b"\x02#!SILK_V3", "a SILK file"),
    (b"MThd", "a MIDI file"),
    (b"\x7fELF", "a program"),
    (b"FLV\x01", "a Flash video"),
    (b"\x00\x00\x01\xba", "an MPEG video"),
    (b"Salted__", "an encrypted file"),
    (b"-----BEGIN", "a PEM file"),
    (b"\xef\xbb\xbf", "text"),
)
_TEXTS: Final = (
    (re.compile(rb"data:[\w./+;=-]*,", re.IGNORECASE), "a data: URL; send the bytes that it stands for"),
    (re.compile(rb"<[\w.]*(BufferedReader|BytesIO|object|Blob|File)\b"), "the description of an object, not its bytes"),
    (re.compile(rb"\[object \w+\]"), "the description of an object, not its bytes"),
    (re.compile(rb"b(['\"])"), "the text of a Python bytes object, not its bytes"),
    (re.compile(rb"[{\[]"), "JSON"),
    (re.compile(rb"<(!doctype html|html)", re.IGNORECASE), "HTML"),
    (re.compile(rb"<"), "XML"),
    (re.compile(rb"https?://", re.IGNORECASE), "a URL; send what it points to"),
    (re.compile(rb"[A-Za-z0-9+/_\r\n-]{24,}=*\s*\Z"), "base64; send the bytes that it stands for"),
    (re.compile(rb""), "text"),
)
_LOOKED_AT: Final = 4_096
_LEAST_LETTERS: Final = 6
"""Different ones; bytes of companded silence are letters as well, but the same few."""
_LEAST_TEXT: Final = 8
_PRINTABLE: Final = re.compile(rb"[\t\n\r\x20-\x7e]+\Z")
_GSM_FRAME: Final = 33


def named(body: bytes) -> str | None:
    """What a body looks like that is no audio; None where it may be some."""
    start = body[:_LOOKED_AT]
    for first, name in _STARTS:
        if start.startswith(first):
            return name
    text = start.strip()
    if len(text) >= _LEAST_TEXT and len(set(text)) >= _LEAST_LETTERS and _PRINTABLE.match(text):
        return next(name for pattern, name in _TEXTS if pattern.match(text))
    return "raw GSM 06.10 frames; send them in a WAV file" if _is_gsm(body) else None


def _is_gsm(body: bytes) -> bool:
    """Whether every frame of 33 bytes begins with the signature 0xD in its upper half, and little else does."""
    signed = [byte >> 4 == 0xD for byte in body[: 1_000 * _GSM_FRAME]]
    frames = signed[::_GSM_FRAME]
    return len(frames) >= 10 and all(frames) and sum(signed) < 4 * len(frames)
