"""Frames of MP3 (ISO/IEC 11172-3, 13818-3), and the header that says how long a file of variable bit rate is.

Without one libsndfile takes the first frame's bit rate for that of all, and stops where the file would then end.
"""

import struct
from collections.abc import Iterator
from typing import Final

_KBITS: Final = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0)
_KBITS_LOW: Final = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0)
_RATES: Final = (44_100, 48_000, 32_000)
_TAGS: Final = (b"Xing", b"Info", b"VBRI")
_HEADER: Final = 4
_ROOMY: Final = 8
"""Index of a bit rate whose frames hold a Xing header under every version and rate."""
_MPEG1: Final = 3
_MONO: Final = 3


def mp3_frame_bytes(start: bytes) -> int:
    """Length of the layer III frame that begins like this; 0 if none does."""
    if len(start) < 4 or start[0] != 0xFF or start[1] & 0xE6 != 0xE2:
        return 0
    version, rate_index, padding = start[1] >> 3 & 3, start[2] >> 2 & 3, start[2] >> 1 & 1
    if version == 1 or rate_index == 3:
        return 0
    kilobits = (_KBITS if version == 3 else _KBITS_LOW)[start[2] >> 4]
    rate = _RATES[rate_index] >> {3: 0, 2: 1, 0: 2}[version]
    return (144 if version == 3 else 72) * 1000 * kilobits // rate + padding if kilobits else 0


def readable(body: bytes) -> bytes:
    """The file; with a header that says how many frames there are, where it is of variable bit rate and lacks one."""
    start = _id3_bytes(body)
    frames = list(_frames(body, start))
    if not frames or len({head[2] >> 4 for head in frames}) == 1:
        return body
    if any(tag in body[start : start + mp3_frame_bytes(frames[0])] for tag in _TAGS):
        return body
    return _xing(frames[0], len(frames)) + body[start:]


def _id3_bytes(body: bytes) -> int:
    """Length of the tag before the first frame: seven bits a byte (ID3v2)."""
    if not body.startswith(b"ID3") or len(body) < 10:
        return 0
    return 10 + sum((byte & 127) << 7 * (3 - place) for place, byte in enumerate(body[6:10]))


def _frames(body: bytes, at: int) -> Iterator[bytes]:
    """The header of each frame."""
    while length := mp3_frame_bytes(head := body[at : at + _HEADER]):
        yield head
        at += length


def _xing(head: bytes, count: int) -> bytes:
    """A silent frame that says how many others there are."""
    mono, first = head[3] >> 6 == _MONO, head[1] >> 3 & 3 == _MPEG1
    own = bytes([head[0], head[1] | 1, _ROOMY << 4 | head[2] & 0x0C, head[3]])
    side = {(True, False): 32, (True, True): 17, (False, False): 17, (False, True): 9}[first, mono]
    frame = own + bytes(side) + b"Xing" + struct.pack(">II", 1, count)
    return frame + bytes(mp3_frame_bytes(own) - len(frame))
