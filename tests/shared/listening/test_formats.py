"""Every row of the table in docs/formats.md, tried with PyAV and without."""

import io
import struct
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import soundfile

from shared.listening.audio import decode
from shared.listening.caf import readable
from shared.listening.refusals import TooMuchToDecode, WrongFormat
from tests.shared.listening.test_wrapping import HEAD, PACKETS, RATE, SPEECH, _block, _element, _matroska, _movie, _webm
from tools.formats import Format, formats

CLIPS: Final = Path(__file__).parent / "clips"
SUBTYPES: Final = {
    "PCM": "PCM_16",
    "PCM 8 bit": "PCM_U8",
    "PCM 16 bit": "PCM_16",
    "PCM 24 bit": "PCM_24",
    "PCM 32 bit": "PCM_32",
    "float": "FLOAT",
    "double": "DOUBLE",
    "mu-law": "ULAW",
    "A-law": "ALAW",
    "IMA ADPCM": "IMA_ADPCM",
    "MS ADPCM": "MS_ADPCM",
    "GSM 6.10": "GSM610",
    "ALAC": "ALAC_16",
    "FLAC": "PCM_16",
    "MP3": "MPEG_LAYER_III",
    "Opus": "OPUS",
    "Vorbis": "VORBIS",
}
WRITTEN: Final = {"Wave64": "W64"}
MP4_NAMES: Final = {
    "AMR-WB": b"sawb",
    "AC-3": b"ac-3",
    "E-AC-3": b"ec-3",
    "encrypted": b"enca",
    "QuickTime PCM": b"sowt",
}
CAF_NAMES: Final = {"AAC": b"aac ", "Opus": b"opus"}
RECORDED: Final = {
    ("MP4, M4A, 3GP", "Opus"): "opus.mp4",
    ("MP4, M4A, 3GP", "ALAC"): "alac.m4a",
    ("MP4, M4A, 3GP", "FLAC"): "flac.mp4",
    ("MP4, M4A, 3GP", "MP3"): "mp3.mp4",
    ("MP4, M4A, 3GP", "AAC"): "aac.m4a",
    ("MP4, M4A, 3GP", "AMR-NB"): "amr.3gp",
    ("WebM, Matroska", "AAC"): "aac-stereo-44khz.mka",
    ("WebM, Matroska", "VORBIS"): "vorbis.webm",
    ("AMR", "AMR-NB"): "amr.amr",
    ("AAC (ADTS)", "AAC"): "aac.aac",
}


def written(form: str, subtype: str) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, SPEECH[:RATE], RATE, format=WRITTEN.get(form, form.upper()), subtype=subtype)
    return file.getvalue()


def in_matroska(codec: str) -> bytes:
    """The codecs that no recorded file holds."""
    pcm = _element("b5", struct.pack(">d", RATE)) + _element("6264", b"\x10")
    flac, mp3, (cookie, *packets) = written("FLAC", "PCM_16"), written("MP3", "MPEG_LAYER_III"), list(alac())
    made = {
        "Opus": lambda: _webm(HEAD, PACKETS),
        "FLAC": lambda: _matroska(b"A_FLAC", flac[:42], [_block(flac[42:])]),
        "PCM": lambda: _matroska(b"A_PCM/INT/LIT", b"", [_block(SPEECH[:RATE].tobytes())], pcm),
        "MP3": lambda: _matroska(b"A_MPEG/L3", b"", [_block(mp3)]),
        "ALAC": lambda: _matroska(b"A_ALAC", cookie, [_block(packet) for packet in packets]),
    }
    return made[codec]() if codec in made else _matroska(f"A_{codec}".encode(), b"", [_block(bytes(100))])


def alac() -> Iterator[bytes]:
    """Cookie and packets of ALAC, out of a Core Audio file."""
    body = readable(written("CAF", "ALAC_16"))
    at = body.index(b"kuki")
    yield body[at + 12 : at + 36]
    table, data = body.index(b"pakt") + 36, body.index(b"data") + 16
    size = 0
    for byte in body[table : body.index(b"data")]:
        size = size << 7 | byte & 127
        if byte < 128:
            yield body[data : data + size]
            data, size = data + size, 0


def body_of(row: Format) -> bytes:
    """A file as the row names it."""
    if (name := RECORDED.get((row.container, row.codec))) is not None:
        return (CLIPS / name).read_bytes()
    match row.container:
        case "WebM, Matroska":
            return in_matroska(row.codec)
        case "MP4, M4A, 3GP":
            return _movie(HEAD, b"", MP4_NAMES[row.codec])
        case "CAF" if row.codec in CAF_NAMES:
            return written("CAF", "PCM_16").replace(b"lpcm", CAF_NAMES[row.codec])
        case "AMR":
            return b"#!AMR-WB\n" + bytes(100)
        case "Ogg":
            return written("OGG", SUBTYPES[row.codec])
    return written(row.container, SUBTYPES[row.codec])


def named(row: Format) -> str:
    return f"{row.container}: {row.codec}"


@pytest.mark.parametrize("row", [row for row in formats() if not row.refusal], ids=named)
def test_what_is_read_is_read_without_pyav(row: Format, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    assert decode(body_of(row), any_format=True).seconds > 0.5


@pytest.mark.parametrize("row", [row for row in formats() if row.optional], ids=named)
def test_an_option_is_read_with_pyav(row: Format) -> None:
    pytest.importorskip("av", reason="PyAV is not installed")
    assert decode(body_of(row), any_format=True).seconds > 1


@pytest.mark.parametrize("row", [row for row in formats() if row.refusal], ids=named)
def test_what_is_not_read_is_refused_in_these_words(row: Format, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(WrongFormat) as refused:
        decode(body_of(row), any_format=True)
    assert refused.value.measured == row.refusal


@pytest.mark.parametrize("row", [row for row in formats() if row.refusal and not row.optional], ids=named)
def test_pyav_does_not_change_what_is_refused(row: Format) -> None:
    with pytest.raises(WrongFormat) as refused:
        decode(body_of(row), any_format=True)
    assert refused.value.measured == row.refusal


def test_a_core_audio_file_of_unknown_size_is_read_to_its_end() -> None:
    whole = written("CAF", "PCM_16")
    at = whole.index(b"data") + 4
    live = whole[:at] + b"\xff" * 8 + whole[at + 8 :]
    assert decode(live, any_format=True).seconds == decode(whole, any_format=True).seconds == 1


@pytest.mark.parametrize("broken", [b"kuki", b"pakt", b"desc"])
def test_a_core_audio_file_that_lacks_a_part_is_damaged(broken: bytes) -> None:
    with pytest.raises(WrongFormat, match="a CAF file that is damaged"):
        decode(written("CAF", "ALAC_16").replace(broken, b"free"), any_format=True)


def test_alac_that_describes_nothing_is_damaged() -> None:
    whole = written("CAF", "ALAC_16")
    at = whole.index(b"kuki") + 17
    with pytest.raises(WrongFormat, match="a file with ALAC audio that is damaged"):
        decode(whole[:at] + b"\x07" + whole[at + 1 :], any_format=True)


def test_a_core_audio_file_of_a_million_packets_costs_little() -> None:
    whole = written("CAF", "ALAC_16")
    table = whole.index(b"pakt")
    many = struct.pack(">4sq", b"pakt", 24 + 1_000_000) + bytes(24) + b"\1" * 1_000_000
    body = whole[:table] + many + struct.pack(">4sq", b"data", 1_000_004) + bytes(1_000_004)
    tracemalloc.start()
    with pytest.raises(TooMuchToDecode):
        decode(body, any_format=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 * 2**20
