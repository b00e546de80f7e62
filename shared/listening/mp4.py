"""Sound out of MP4 files, plain ones and those that a recorder writes in fragments (ISO/IEC 14496-12)."""

import struct
from collections.abc import Iterable, Iterator
from itertools import chain, islice, pairwise
from typing import Final

from shared.listening.bare import amr_frames
from shared.listening.caf import alac_file
from shared.listening.mp4_entry import Entry
from shared.listening.ogg import opus_file
from shared.listening.packets import MP4, WITH_PYAV, Packets, damaged, not_read
from shared.listening.refusals import WrongFormat

_HOLDERS: Final = frozenset((b"moov", b"trak", b"mdia", b"minf", b"stbl", b"mvex", b"moof", b"traf"))
_MAX_BOXES: Final = 100_000
_MAX_TRACKS: Final = 16
_MAX_SAMPLES: Final = 200_000
_BASE, _DESCRIPTION, _DURATION, _SIZE = 1, 2, 8, 0x10
_OFFSET, _FIRST_FLAGS, _TIMES, _SIZES, _FLAGS, _COMPOSITION = 1, 4, 0x100, 0x200, 0x400, 0x800

type Boxes = list[tuple[bytes, int, bytes]]


def readable(body: bytes) -> bytes | Packets:
    """The first track of sound, in a file that libsndfile reads, or as packets.

    Raises:
        WrongFormat: there is none, its codec is not read, or the file is damaged; names the codec.
    """
    try:
        boxes = list(islice(_boxes(body), _MAX_BOXES))
        track, entry = _track_of_sound(boxes)
        places = chain(_of_table(track), _of_fragments(boxes, _track_id(track)))
        return _wrapped(entry, list(_samples(body, places)))
    except (struct.error, ValueError, IndexError) as damage:
        raise damaged(MP4) from damage


def _wrapped(entry: Entry, samples: list[bytes]) -> bytes | Packets:
    match entry.codec:
        case "Opus":
            return opus_file(entry.opus, samples)
        case "ALAC":
            return alac_file(entry.alac, samples)
        case "FLAC":
            return entry.flac + b"".join(samples)
        case "MP3":
            return b"".join(samples)
        case "AMR-NB":
            samples = amr_frames(b"".join(samples), MP4)
    if entry.codec not in WITH_PYAV[MP4]:
        raise not_read(MP4, entry.codec)
    return Packets(MP4, entry.codec, entry.aac, samples)


def _samples(body: bytes, places: Iterable[tuple[int, int]]) -> Iterator[bytes]:
    """The samples at these places; all together they hold no more than the file does, unless it is damaged.

    Raises:
        ValueError: tables name the same bytes again and again.
    """
    left = len(body)
    for at, size in islice(places, _MAX_SAMPLES):
        sample = body[at : at + size]
        if len(sample) < size:
            return  # a recording that was cut off
        left -= size
        if left < 0:
            raise ValueError("samples that overlap")
        yield sample


def _boxes(body: bytes) -> Iterator[tuple[bytes, int, bytes]]:
    """Name, place and content of each box; those that hold others are empty, and followed by what they hold."""
    at = 0
    while at + 8 <= len(body):
        size, name = struct.unpack_from(">I4s", body, at)
        start = at + 8
        if size == 1 and at + 16 <= len(body):
            (size,) = struct.unpack_from(">Q", body, at + 8)
            start = at + 16
        stop = min(len(body), at + size) if size else len(body)
        if name in _HOLDERS:
            yield name, at, b""
            at = start
        else:
            yield name, at, b"" if name == b"mdat" else body[start:stop]
            at = max(stop, start)


def _track_of_sound(boxes: Boxes) -> tuple[Boxes, Entry]:
    """The boxes of the first track of sound, and what is said of its codec."""
    for track in _tracks(boxes):
        for table in _contents(track, b"stsd"):
            if (entry := Entry(table)).codec:
                return track, entry
    raise WrongFormat(f"{MP4} without a track of sound")


def _tracks(boxes: Boxes) -> Iterator[Boxes]:
    starts = [at for at, (name, _, _) in enumerate(boxes) if name == b"trak"][:_MAX_TRACKS]
    for start, stop in pairwise([*starts, len(boxes)]):
        yield boxes[start:stop]


def _track_id(track: Boxes) -> bytes:
    header = next(_contents(track, b"tkhd"), b"")
    return header[20:24] if header[:1] == b"\1" else header[12:16]


def _contents(boxes: Boxes, name: bytes) -> Iterator[bytes]:
    return (content for known, _, content in boxes if known == name)


def _of_table(boxes: Boxes) -> Iterator[tuple[int, int]]:
    """Place and size of each sample that a track's tables name."""
    sizes = next((each for each in map(_sample_sizes, _contents(boxes, b"stsz")) if each), [])
    chunks = next(_contents(boxes, b"stsc"), b"")
    runs = dict(struct.unpack_from(">II", chunks, 8 + 12 * each) for each in range(_count(chunks, 12)))
    left, held = iter(sizes), 0
    for number, at in enumerate(_chunk_offsets(boxes), 1):
        held = runs.get(number, held)
        for size in islice(left, held):
            yield at, size
            at += size


def _sample_sizes(table: bytes) -> list[int]:
    same, count = struct.unpack_from(">II", table, 4)
    count = min(count, _MAX_SAMPLES)
    return [same] * count if same else list(struct.unpack_from(f">{min(count, (len(table) - 12) // 4)}I", table, 12))


def _chunk_offsets(boxes: Boxes) -> Iterator[int]:
    for name, form, width in ((b"stco", "I", 4), (b"co64", "Q", 8)):
        table = next(_contents(boxes, name), b"")
        yield from struct.unpack_from(f">{_count(table, width)}{form}", table, 8) if table else ()


def _count(table: bytes, width: int) -> int:
    """Entries that a table says it has, and holds."""
    return min(struct.unpack_from(">I", table, 4)[0], max(0, len(table) - 8) // width) if len(table) >= 8 else 0


def _of_fragments(boxes: Boxes, track_id: bytes) -> Iterator[tuple[int, int]]:
    """Place and size of each sample of a track's fragments."""
    default = next((struct.unpack_from(">I", content, 16)[0] for content in _contents(boxes, b"trex")), 0)
    moof, size, own = 0, default, False
    for name, at, content in boxes:
        if name == b"moof":
            moof, size = at, default
        elif name == b"tfhd":
            size, own = _default_size(content, default), content[4:8] == track_id
        elif name == b"trun" and own:
            yield from _run(content, moof, size)


def _default_size(content: bytes, default: int) -> int:
    flags = int.from_bytes(content[1:4])
    at = 8 + 8 * bool(flags & _BASE) + 4 * bool(flags & _DESCRIPTION) + 4 * bool(flags & _DURATION)
    return struct.unpack_from(">I", content, at)[0] if flags & _SIZE else default


def _run(content: bytes, moof: int, default: int) -> Iterator[tuple[int, int]]:
    flags, (count,) = int.from_bytes(content[1:4]), struct.unpack_from(">I", content, 4)
    at, place = 8, moof
    if flags & _OFFSET:
        place += struct.unpack_from(">i", content, at)[0]
        at += 4
    at += 4 * bool(flags & _FIRST_FLAGS)
    before, width = 4 * bool(flags & _TIMES), 4 * (flags & (_TIMES | _SIZES | _FLAGS | _COMPOSITION)).bit_count()
    for number in range(min(count, _MAX_SAMPLES)):
        sized = flags & _SIZES
        size = struct.unpack_from(">I", content, at + width * number + before)[0] if sized else default
        yield max(0, place), size
        place += size
