"""Audio that somebody has damaged on purpose, or made to cost much."""

import io
from typing import Final

import numpy as np
import soundfile
from hypothesis import strategies as st

RATE: Final = 16_000
_CONTAINERS: Final = {
    "WAV": ("PCM_16", "PCM_24", "FLOAT", "DOUBLE", "ULAW", "IMA_ADPCM", "MS_ADPCM", "GSM610"),
    "AIFF": ("PCM_16", "FLOAT"),
    "AU": ("PCM_16", "ULAW"),
    "CAF": ("PCM_16", "ALAC_16"),
    "FLAC": ("PCM_16",),
    "MP3": ("MPEG_LAYER_III",),
    "OGG": ("VORBIS", "OPUS"),
    "RF64": ("PCM_16",),
    "W64": ("PCM_24",),
}


def _encoded(form: str, subtype: str) -> bytes:
    file = io.BytesIO()
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE // 2) / RATE)
    soundfile.write(file, tone, RATE, format=form, subtype=subtype)
    return file.getvalue()


FILES: Final = {f"{form} {sub}": _encoded(form, sub) for form, subtypes in _CONTAINERS.items() for sub in subtypes}
"""Half a second of a tone in every container that is read, in most of its encodings."""

_BYTES: Final = st.sampled_from((0, 1, 0x7F, 0x80, 0xFE, 0xFF)) | st.integers(0, 255)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A file with other bytes in it, mostly in its header, and perhaps cut off."""
    body = bytearray(FILES[draw(st.sampled_from(sorted(FILES)))])
    for _ in range(draw(st.integers(0, 10))):
        span = draw(st.sampled_from((64, 512, len(body))))
        body[draw(st.integers(0, min(span, len(body)) - 1))] = draw(_BYTES)
    return bytes(body[: draw(st.just(len(body)) | st.integers(0, len(body)))])


@st.composite
def misdescribed(draw: st.DrawFn) -> bytes:
    """A WAV file whose header says anything: formats, channels, rates, widths, sizes, chunks that are none."""
    word, long = st.sampled_from((0, 1, 2, 0xFFFF)), st.sampled_from((0, 1, 16, 2**31 - 1, 2**31, 2**32 - 1))
    tag = draw(st.sampled_from((0, 1, 2, 3, 6, 7, 0x11, 0x31, 0x55, 0xFFFE)) | st.integers(0, 0xFFFF))
    rate, channels, bits = draw(long | st.just(RATE)), draw(word), draw(word | st.sampled_from((8, 16, 24, 32, 64)))
    fields = (tag, 2), (channels, 2), (rate, 4), (draw(long), 4), (draw(word), 2), (bits, 2)
    form = b"".join(value.to_bytes(size, "little") for value, size in fields) + draw(st.binary(max_size=24))
    data = draw(st.binary(max_size=200)) * draw(st.sampled_from((1, 1, 100)))
    parts = draw(st.permutations([(b"fmt ", form), (b"data", data), (b"LIST", draw(st.binary(max_size=9)))]))
    sizes = [draw(st.just(len(content)) | long) for _, content in parts]
    chunks = (name + size.to_bytes(4, "little") + content for (name, content), size in zip(parts, sizes, strict=True))
    return b"RIFF" + draw(long).to_bytes(4, "little") + b"WAVE" + b"".join(chunks)
