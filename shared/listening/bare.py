"""Frames of speech codecs that stand in a file without a container: AAC in ADTS, and AMR (RFC 4867)."""

from collections.abc import Iterator
from typing import Final

from shared.listening.packets import ADTS, AMR, MAX_PACKETS, Packets, damaged, not_read

_AMR_START: Final = b"#!AMR\n"
_ADTS_HEADER: Final = 7
_AMR_BYTES: Final = (13, 14, 16, 18, 20, 21, 27, 32, 6)
"""Of a frame with its first byte, by mode: eight rates and comfort noise (RFC 4867, storage format)."""
_COMFORT_NOISE: Final = 8
_AMR_NOTHING: Final = 1
"""Bytes of a frame in which nothing was sent."""


def adts(body: bytes) -> Packets:
    """AAC as it is streamed: every frame says how long it is."""
    return Packets(ADTS, "AAC", b"", list(_adts_frames(body)))


def adts_frame_bytes(start: bytes) -> int:
    """Length of the ADTS frame that begins like this; 0 if none does (ISO/IEC 14496-3)."""
    if len(start) < _ADTS_HEADER or start[0] != 0xFF or start[1] & 0xF6 != 0xF0 or start[2] >> 2 & 15 > 12:
        return 0
    length = (start[3] & 3) << 11 | start[4] << 3 | start[5] >> 5
    return length if length > _ADTS_HEADER else 0


def amr(body: bytes) -> Packets:
    """AMR-NB as phones write it."""
    return Packets(AMR, "AMR-NB", b"", amr_frames(body[len(_AMR_START) :], AMR))


def amr_wb(_: bytes) -> Packets:
    """Nothing yet: no decoder was tried on it.

    Raises:
        WrongFormat: always; names it.
    """
    raise not_read(AMR, "AMR-WB")


def amr_frames(stored: bytes, container: str) -> list[bytes]:
    """The frames of speech in AMR-NB that follow each other; what is cut off at the end is dropped.

    Frames of comfort noise, and those in which nothing was sent, are left out: FFmpeg does not decode them, and a pause
    that is shorter does no harm.

    Raises:
        WrongFormat: something else stands between them.
    """
    frames, at = [], 0
    for _ in range(MAX_PACKETS):
        if at >= len(stored):
            break
        mode = stored[at] >> 3 & 15
        if stored[at] & 0x83 or len(_AMR_BYTES) <= mode < 15:
            raise damaged(container)
        size = _AMR_NOTHING if mode == 15 else _AMR_BYTES[mode]
        if mode < _COMFORT_NOISE and at + size <= len(stored):
            frames.append(stored[at : at + size])
        at += size
    return frames


def _adts_frames(body: bytes) -> Iterator[bytes]:
    at = 0
    while length := adts_frame_bytes(body[at : at + _ADTS_HEADER]):
        yield body[at : at + length]
        at += length
