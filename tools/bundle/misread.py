"""Measure what misread recordings have in common for an embedder, and keep it beside its manifest.

Every recording is written at many rates and in other encodings, read as PCM of every rate, and embedded as the service
does.
"""

import argparse
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import starmap
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from tqdm import tqdm

from shared.errors import SpeakerError
from shared.listening.audio import Clip, from_pcm
from shared.listening.bundle import Bundle
from shared.listening.containers import SAMPLE_RATE
from shared.listening.declared import pcm_at
from shared.listening.decoding import on_16_bits
from shared.listening.listener import Listener
from shared.listening.misread import FILE
from shared.settings import MODELS, ROOT
from tools.accuracy.heard import service_listener

PROBLEMS: Final = (SpeakerError, OSError)
FOLDER: Final = ROOT.parent / "shared" / "speech" / "librispeech-clean"
SECONDS: Final = 5

type Samples = NDArray[np.float32]
type Written = Callable[[Samples], bytes]


def _pcm(samples: Samples) -> bytes:
    return (on_16_bits(samples) * 32768).astype("<i2").tobytes()


def _encoded(subtype: str) -> Written:
    def written(samples: Samples) -> bytes:
        body = io.BytesIO()
        soundfile.write(body, samples, SAMPLE_RATE, format="RAW", subtype=subtype)
        return body.getvalue()

    return written


def _two_channels(samples: Samples) -> bytes:
    late = np.roll(samples, SAMPLE_RATE // 4) / 2
    return _pcm(np.stack([samples, late], axis=1).reshape(-1))


RATES: Final = (8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
"""At which recordings are read, and written; with those of ``OTHERS``."""
OTHERS: Final[dict[str, tuple[int, Written]]] = {
    pcm_at(12_000): (12_000, _pcm),
    "audio/PCMU": (8_000, _encoded("ULAW")),
    "audio/PCMA": (8_000, _encoded("ALAW")),
    "audio/L8; rate=8000": (8_000, _encoded("PCM_U8")),
    pcm_at(SAMPLE_RATE, 2): (SAMPLE_RATE, _two_channels),
}
"""Rate and encoding in which recordings are written as well, by the media type that tells of it."""
_FASTEST: Final = 4.1
"""Times; in speech that is faster or slower, no words are found."""


def _ways(read_at: int) -> dict[str, tuple[int, Written]]:
    """How recordings are written that are then read at a rate; in encodings only where nothing is said of those."""
    ways = {pcm_at(rate): (rate, _pcm) for rate in RATES} | OTHERS
    told = {pcm_at(rate) for rate in (*RATES, 12_000) if 1 / _FASTEST < rate / read_at < _FASTEST}
    return {name: way for name, way in ways.items() if name in told or read_at == SAMPLE_RATE}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """From which recordings, for which bundle."""
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER, help="recordings at 16 kHz")
    parser.add_argument("--model", default="campplus", help="bundle under models/")


def run(options: argparse.Namespace) -> None:
    """Return once the file is written."""
    bundle = Bundle.load(MODELS / options.model)
    listener = service_listener(options.model)
    speech = list(_speech(options.folder))
    means = {
        read_at: {way: _mean(listener, speech, *written, read_at) for way, written in _ways(read_at).items()}
        for read_at in tqdm(RATES, desc="misreading", unit="rate", disable=None)
    }
    (bundle.folder / FILE).write_text(_lines(means), "utf-8")
    print(f"written: {(bundle.folder / FILE).relative_to(ROOT)}, from {len(speech)} recordings")


def _lines(means: Mapping[int, Mapping[str, Samples]]) -> str:
    """JSON with a line for each vector."""

    def line(way: str, mean: Samples) -> str:
        return f'    "{way}": {json.dumps([round(float(each), 3) for each in mean])}'

    rates = (f'  "{rate}": {{\n' + ",\n".join(starmap(line, ways.items())) + "\n  }" for rate, ways in means.items())
    return "{\n" + ",\n".join(rates) + "\n}\n"


def _speech(folder: Path) -> Iterator[Samples]:
    for file in sorted(folder.rglob("*.flac")):
        yield soundfile.read(file, SECONDS * SAMPLE_RATE, dtype="float32")[0]


def _mean(listener: Listener, speech: Iterable[Samples], rate: int, written: Written, read_at: int) -> Samples:
    return np.mean([_embedding(listener, samples, rate, written, read_at) for samples in speech], axis=0)


def _embedding(listener: Listener, samples: Samples, rate: int, written: Written, read_at: int) -> Samples:
    read = from_pcm(written(np.asarray(soxr.resample(samples, SAMPLE_RATE, rate), np.float32))).samples
    heard = np.asarray(soxr.resample(read, read_at, SAMPLE_RATE), np.float32)[: SECONDS * SAMPLE_RATE]
    return listener.embed(listener.hear(Clip(on_16_bits(heard))), listener.version)
