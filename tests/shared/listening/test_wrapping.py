"""Opus, FLAC and PCM in the files of browsers and phones, wrapped here from what libsndfile has written."""

import io
import struct
import tracemalloc
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.listening.audio import decode
from shared.listening.ogg import opus_file, samples_of
from shared.listening.refusals import InvalidAudio, WrongFormat
from tests import voices

RATE: Final = 16_000
SPEECH: Final = voices.speech("anna")[: 3 * RATE]
UNKNOWN: Final = b"\x01\xff\xff\xff\xff\xff\xff\xff"
type Wrap = Callable[[bytes, Sequence[bytes]], bytes]


def _ogg() -> bytes:
    file = io.BytesIO()
    soundfile.write(file, SPEECH, RATE, format="OGG", subtype="OPUS")
    return file.getvalue()


def _packets(ogg: bytes) -> list[bytes]:
    """The packets of an Ogg file of one stream."""
    packets, at, open_packet = [], 0, b""
    while at < len(ogg):
        table = ogg[at + 27 : at + 27 + ogg[at + 26]]
        at += 27 + len(table)
        for size in table:
            open_packet += ogg[at : at + size]
            at += size
            if size < 255:
                packets.append(open_packet)
                open_packet = b""
    return packets


HEAD, _TAGS, *PACKETS = _packets(_ogg())


def _element(name: str, content: bytes, *, unknown: bool = False) -> bytes:
    return bytes.fromhex(name) + (UNKNOWN if unknown else struct.pack(">Q", len(content) | 1 << 56)) + content


def _track(codec: bytes, private: bytes, more: bytes = b"") -> bytes:
    entry = _element("d7", b"\1") + _element("86", codec) + _element("63a2", private) + _element("e1", more)
    return _element("1654ae6b", _element("ae", entry))


def _matroska(codec: bytes, private: bytes, blocks: Sequence[bytes], more: bytes = b"", *, live: bool = False) -> bytes:
    cluster = _element("e7", b"\0") + b"".join(_element("a3", block) for block in blocks)
    segment = _track(codec, private, more) + _element("1f43b675", cluster, unknown=live)
    return _element("1a45dfa3", _element("4282", b"webm")) + _element("18538067", segment, unknown=live)


def _block(content: bytes, lacing: int = 0) -> bytes:
    return b"\x81\0\0" + bytes([0x80 | lacing << 1]) + content


def _webm(head: bytes, packets: Sequence[bytes]) -> bytes:
    return _matroska(b"A_OPUS", head, [_block(packet) for packet in packets])


def _live(head: bytes, packets: Sequence[bytes]) -> bytes:
    return _matroska(b"A_OPUS", head, [_block(packet) for packet in packets], live=True)


def _xiph(head: bytes, packets: Sequence[bytes]) -> bytes:
    blocks = []
    for first in range(0, len(packets), 4):
        group = packets[first : first + 4]
        sizes = b"".join(b"\xff" * (len(each) // 255) + bytes([len(each) % 255]) for each in group[:-1])
        blocks.append(_block(bytes([len(group) - 1]) + sizes + b"".join(group), 1))
    return _matroska(b"A_OPUS", head, blocks)


def _ebml(head: bytes, packets: Sequence[bytes]) -> bytes:
    blocks = []
    for first in range(0, len(packets), 4):
        group = packets[first : first + 4]
        lengths = [len(each) for each in group]
        steps = [struct.pack(">H", 0x4000 | after - before + 0x1FFF) for before, after in pairwise(lengths[:-1])]
        sizes = struct.pack(">H", 0x4000 | lengths[0]) + b"".join(steps) if len(group) > 1 else b""
        blocks.append(_block(bytes([len(group) - 1]) + sizes + b"".join(group), 3))
    return _matroska(b"A_OPUS", head, blocks)


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), name) + content


def _movie(head: bytes, tables: bytes, codec: bytes = b"Opus") -> bytes:
    """File type and movie box."""
    channels, skip, rate, gain = struct.unpack_from("<BHIh", head, 9)
    own = _box(b"dOps", struct.pack(">BBHIhB", 0, channels, skip, rate, gain, 0))
    entry = _box(codec, bytes(28) + own)
    described = _box(b"stsd", bytes(4) + struct.pack(">I", 1) + entry)
    track = _box(b"tkhd", bytes(12) + struct.pack(">I", 7) + bytes(68))
    media = _box(b"mdia", _box(b"minf", _box(b"stbl", described + tables)))
    return _box(b"ftyp", b"isom" + bytes(4)) + _box(b"moov", _box(b"trak", track + media))


def _mp4(head: bytes, packets: Sequence[bytes]) -> bytes:
    def tables(at: int) -> bytes:
        sizes = struct.pack(f">II{len(packets)}I", 0, len(packets), *map(len, packets))
        return _tables(sizes, [(1, len(packets))], [at])

    first = len(_movie(head, tables(0)))
    return _movie(head, tables(first + 8)) + _box(b"mdat", b"".join(packets))


def _tables(sizes: bytes, runs: Sequence[tuple[int, int]], chunks: Sequence[int]) -> bytes:
    """Where samples are: their sizes, how many of them a chunk holds from which on, and where chunks begin."""
    held = b"".join(struct.pack(">III", *run, 1) for run in runs)
    return (
        _box(b"stsz", bytes(4) + sizes)
        + _box(b"stsc", struct.pack(">II", 0, len(runs)) + held)
        + _box(b"stco", struct.pack(f">II{len(chunks)}I", 0, len(chunks), *chunks))
    )


def _fragmented(head: bytes, packets: Sequence[bytes]) -> bytes:
    def fragment(group: Sequence[bytes], at: int) -> bytes:
        header = _box(b"tfhd", struct.pack(">II", 0x020000, 7))
        run = _box(b"trun", struct.pack(f">IIi{len(group)}I", 0x201, len(group), at, *map(len, group)))
        return _box(b"moof", _box(b"mfhd", bytes(8)) + _box(b"traf", header + run))

    parts = [_movie(head, _box(b"stsz", bytes(12)))]
    for first in range(0, len(packets), 25):
        group = packets[first : first + 25]
        parts.append(fragment(group, len(fragment(group, 0)) + 8) + _box(b"mdat", b"".join(group)))
    return b"".join(parts)


WRAPS: Final[dict[str, Wrap]] = {
    "WebM": _webm,
    "WebM, live": _live,
    "Matroska, Xiph lacing": _xiph,
    "Matroska, EBML lacing": _ebml,
    "MP4": _mp4,
    "MP4, fragmented": _fragmented,
}


@pytest.mark.parametrize("name", WRAPS)
def test_opus_is_heard_however_it_is_wrapped(name: str) -> None:
    wrapped, plain = (decode(body, any_format=True).samples for body in (WRAPS[name](HEAD, PACKETS), _ogg()))
    assert len(plain) <= len(wrapped) <= len(plain) + RATE // 10
    np.testing.assert_allclose(wrapped[: len(plain)], plain, atol=2**-15)


@pytest.mark.parametrize(("codec", "kind", "bits"), [(b"A_PCM/INT/LIT", "<i2", 16), (b"A_PCM/FLOAT/IEEE", "<f4", 32)])
def test_pcm_of_a_browser_is_heard(codec: bytes, kind: str, bits: int) -> None:
    samples = SPEECH.astype(np.float64) / (32768 if kind == "<f4" else 1)
    more = _element("b5", struct.pack(">d", RATE)) + _element("9f", b"\1") + _element("6264", bytes([bits]))
    blocks = [_block(part.astype(kind).tobytes()) for part in np.array_split(samples, 50)]
    heard = decode(_matroska(codec, b"", blocks, more), any_format=True).samples
    np.testing.assert_allclose(heard, SPEECH / 32768, atol=2**-15)


def test_flac_in_matroska_is_heard() -> None:
    file = io.BytesIO()
    soundfile.write(file, SPEECH, RATE, format="FLAC")
    body = file.getvalue()
    heard = decode(_matroska(b"A_FLAC", body[:42], [_block(body[42:])]), any_format=True).samples
    np.testing.assert_allclose(heard, SPEECH / 32768, atol=2**-15)


def test_a_long_packet_takes_pages_of_its_own() -> None:
    long = [b"\x0b\x01" + bytes(30_000)] * 4
    assert _packets(opus_file(HEAD, [*long, b"", bytes(70_000)]))[2:] == long


@pytest.mark.parametrize(("packet", "samples"), [(b"\x00", 480), (b"\x19", 5760), (b"\xfb\x03", 2880), (b"\xfb", 0)])
def test_a_packet_tells_its_length(packet: bytes, samples: int) -> None:
    assert samples_of(packet) == samples


REFUSED: Final = {
    "a WebM or Matroska file with VORBIS": _matroska(b"A_VORBIS", b"", []),
    "a WebM or Matroska file without a track": _matroska(b"V_VP9", b"", []),
    "a WebM or Matroska file whose header is damaged": _matroska(b"A_PCM/INT/LIT", b"", [], _element("9f", b"\0")),
    "an MP4 file with AAC": _movie(HEAD, b"", b"mp4a"),
    "an MP4 file without a track": _box(b"ftyp", b"isom"),
    "an MP4 file that is damaged": _mp4(HEAD, PACKETS).replace(b"dOps", b"none"),
}


@pytest.mark.parametrize("said", REFUSED)
def test_what_is_not_read_is_named(said: str) -> None:
    with pytest.raises(WrongFormat) as refused:
        decode(REFUSED[said], any_format=True)
    assert refused.value.measured.startswith(said)


def test_tables_that_name_the_same_bytes_again_and_again_are_refused_before_they_are_copied() -> None:
    tables = _tables(struct.pack(">II", 1_000_000, 1_000), [(1, 1)], [0] * 1_000)
    body = _movie(HEAD, tables) + _box(b"mdat", bytes(1_000_000))
    tracemalloc.start()
    with pytest.raises(WrongFormat, match="damaged"):
        decode(body, any_format=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8e6


@pytest.mark.parametrize("name", WRAPS)
@given(data=st.data())
@settings(max_examples=60)
def test_damage_is_refused_and_nothing_else_happens(name: str, data: st.DataObject) -> None:
    body = bytearray(WRAPS[name](HEAD, PACKETS[:40]))
    for _ in range(data.draw(st.integers(1, 6))):
        body[data.draw(st.integers(0, min(len(body), 700) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert decode(bytes(body[: data.draw(st.integers(0, len(body)))]), any_format=True).seconds < 200
    except InvalidAudio:
        return
