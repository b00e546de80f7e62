"""Core Audio files: those that libsndfile does not read as their recorders write them, and ALAC wrapped in one."""

import struct
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from shared.listening.packets import CAF, MAX_PACKETS, damaged, not_read

_START: Final = b"caff\0\1\0\0"
_HEAD: Final = ">4sq"
_CODECS: Final = {b"aac ": "AAC", b"samr": "AMR-NB", b"opus": "Opus", b"ilbc": "iLBC", b"ima4": "IMA4", b".mp3": "MP3"}
_KNOWN: Final = frozenset((b"lpcm", b"ulaw", b"alaw", b"alac"))
_COOKIE: Final = 24
_ALAC_FLAGS: Final = {16: 1, 20: 2, 24: 3, 32: 4}
"""Of an ALAC description, by the bits of a sample; FFmpeg writes 0."""
_EDIT_COUNT: Final = 4
_MAX_SIZE: Final = (1 << 32) - 1


def readable(body: bytes) -> bytes:
    """The file as libsndfile reads it: with sizes that are known, and ALAC described in full.

    Raises:
        WrongFormat: it is damaged, or its codec is not read; names it.
    """
    try:
        chunks: dict[bytes, bytes] = {}
        for name, content in _chunks(body):
            chunks.setdefault(name, content)
        codec = chunks[b"desc"][8:12]
        if codec == b"alac":
            return alac_file(_cookie(chunks[b"kuki"]), list(islice(_packets(chunks), MAX_PACKETS)))
    except (KeyError, struct.error) as damage:
        raise damaged(CAF) from damage
    if codec not in _KNOWN:
        raise not_read(CAF, _CODECS.get(codec, codec.decode("ascii", "replace")))
    return _START + b"".join(_chunk(name, content) for name, content in chunks.items())


def alac_file(cookie: bytes, packets: Sequence[bytes]) -> bytes:
    """A Core Audio file of Apple Lossless.

    Args:
        cookie: ALACSpecificConfig, 24 bytes.
        packets: in order.

    Raises:
        WrongFormat: the cookie describes nothing that is ALAC.
    """
    if len(cookie) < _COOKIE or cookie[5] not in _ALAC_FLAGS or not packets:
        raise damaged("a file with ALAC audio")
    each, channels, rate = struct.unpack_from(">I", cookie)[0], cookie[9], struct.unpack_from(">I", cookie, 20)[0]
    flags = _ALAC_FLAGS[cookie[5]]
    table = struct.pack(">qqii", len(packets), min(each, 1 << 31) * len(packets), 0, 0)
    table += b"".join(_varied(len(packet)) for packet in packets)
    chunks = {
        b"desc": struct.pack(">d4sIIIII", rate, b"alac", flags, 0, each, channels, 0),
        b"kuki": cookie[:_COOKIE],
        b"pakt": table,
        b"data": bytes(_EDIT_COUNT) + b"".join(packets),
    }
    return _START + b"".join(_chunk(name, content) for name, content in chunks.items())


def _chunks(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of each chunk; a size that is negative or points past the end means the rest of the body."""
    at = len(_START)
    while at + 12 <= len(body):
        name, size = struct.unpack_from(_HEAD, body, at)
        at += 12
        size = size if 0 <= size <= len(body) - at else len(body) - at
        yield name, body[at : at + size]
        at += size


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(_HEAD, name, len(content)) + content


def _cookie(chunk: bytes) -> bytes:
    """An ALACSpecificConfig; older writers put two atoms around it."""
    return chunk[24 : 24 + _COOKIE] if chunk[4:8] == b"frma" else chunk[:_COOKIE]


def _packets(chunks: dict[bytes, bytes]) -> Iterator[bytes]:
    table, data = chunks[b"pakt"][24:], chunks[b"data"]
    at, size = _EDIT_COUNT, 0
    for byte in table:
        size = (size << 7 | byte & 127) & _MAX_SIZE
        if byte & 128:
            continue
        if packet := data[at : at + size]:
            yield packet
        at, size = at + size, 0


def _varied(number: int) -> bytes:
    """Seven bits a byte, the upper bit of all but the last set."""
    last, rest = bytes([number & 127]), number >> 7
    while rest:
        last, rest = bytes([rest & 127 | 128]) + last, rest >> 7
    return last
