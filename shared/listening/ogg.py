"""Packets of Opus as an Ogg file (RFC 3533, RFC 7845), and files of several recordings: libsndfile reads only one."""

import struct
import zlib
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

from shared.listening.refusals import WrongFormat

HEAD: Final = b"OpusHead"

_CHANNELS_END: Final = 10
_HEADERS: Final = 2
"""Packets before those of sound."""
_PAGE: Final = 27
_SERIAL: Final = 1
_SEGMENTS: Final = 255
_REVERSED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_FIRST, _LAST = 2, 4
_FRAME_SAMPLES: Final = (480, 960, 1920, 2880) * 3 + (480, 960) * 2 + (120, 240, 480, 960) * 4
"""Samples at 48 kHz of a frame, by configuration: SILK, hybrid and CELT (RFC 6716, table 2)."""


def readable(body: bytes) -> bytes:
    """The file; recordings of Opus that follow each other in it are made one.

    Raises:
        WrongFormat: several recordings follow each other that are not all of Opus, with the same channels.
    """
    flags = [flags & _FIRST for flags, _, _ in _pages(body)]
    if sum(not before and after > 0 for before, after in pairwise((0, *flags))) < 2:
        return body
    links = [link for link in _links(body) if link]
    if not links:
        return body
    heads = {link[0][:_CHANNELS_END] for link in links}
    if len(heads) > 1 or not min(heads).startswith(HEAD):
        raise WrongFormat(f"an Ogg file of {len(links)} recordings, one after the other; read are those of Opus alike")
    return opus_file(links[0][0], [packet for link in links for packet in link[_HEADERS:]])


def opus_file(head: bytes, packets: Iterable[bytes]) -> bytes:
    """An Ogg file of one stream.

    Args:
        head: an OpusHead, as Matroska's CodecPrivate holds it.
        packets: of Opus, in order; empty ones are dropped.
    """
    tags = b"OpusTags" + struct.pack("<II", 0, 0)
    pages = [_page([head], 0, 0, _FIRST), _page([tags], 0, 1, 0)]
    held: list[bytes] = []
    samples = segments = 0
    for packet in filter(None, packets):
        if segments + _lacings(packet) > _SEGMENTS:
            pages.append(_page(held, samples, len(pages), 0))
            held, segments = [], 0
        if _lacings(packet) > _SEGMENTS:
            continue  # no packet of Opus is that long
        held.append(packet)
        segments += _lacings(packet)
        samples += samples_of(packet)
    return b"".join((*pages, _page(held, samples, len(pages), _LAST)))


def samples_of(packet: bytes) -> int:
    """Length of a packet, in samples at 48 kHz."""
    frame, count = _FRAME_SAMPLES[packet[0] >> 3], packet[0] & 3
    if count == 3:
        return frame * (packet[1] & 63) if len(packet) > 1 else 0
    return frame * (1 if count == 0 else 2)


def _links(body: bytes) -> list[list[bytes]]:
    """Packets of each recording in a file: one begins with a page that says so, after a page that does not."""
    links: list[list[bytes]] = [[]]
    began, parts = True, list[bytes]()
    for flags, sizes, content in _pages(body):
        if flags & _FIRST and not began:
            links.append([])
            parts = []
        began, at = bool(flags & _FIRST), 0
        for size in sizes:
            parts.append(content[at : at + size])
            at += size
            if size < _SEGMENTS:
                links[-1].append(b"".join(parts))
                parts = []
    return links


def _pages(body: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Flags, sizes of segments and content of each page that follows the one before."""
    at = 0
    while body[at : at + 4] == b"OggS" and at + _PAGE <= len(body):
        sizes = body[at + _PAGE : at + _PAGE + body[at + _PAGE - 1]]
        start = at + _PAGE + len(sizes)
        yield body[at + 5], sizes, body[start : start + sum(sizes)]
        at = start + sum(sizes)


def _lacings(packet: bytes) -> int:
    return len(packet) // 255 + 1


def _page(packets: list[bytes], granule: int, number: int, flags: int) -> bytes:
    table = bytes(_segments(packets))
    head = struct.pack("<4sBBqIII", b"OggS", 0, flags, granule, _SERIAL, number, 0) + bytes([len(table)]) + table
    page = head + b"".join(packets)
    return page[:22] + struct.pack("<I", _checksum(page)) + page[26:]


def _segments(packets: list[bytes]) -> Iterator[int]:
    for packet in packets:
        yield from (255,) * (len(packet) // 255)
        yield len(packet) % 255


def _checksum(page: bytes) -> int:
    """CRC-32 of Ogg: zlib's polynomial with the bits the other way round, and nothing inverted."""
    straight = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{straight:032b}"[::-1], 2)
