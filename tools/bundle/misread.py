"""Measure what misread recordings have in common for an embedder, and keep it beside its manifest.

Every recording is written at other rates and in other encodings, read as 16 kHz PCM, and embedded as the service does.
"""

import argparse
import io
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from tqdm import tqdm

from shared.errors import SpeakerError
from shared.listening.audio import from_pcm
from shared.listening.bundle import Bundle
from shared.listening.containers import SAMPLE_RATE
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


WAYS: Final[Mapping[str, tuple[int, Written]]] = {
    **{
        f"{rate / 1000:g} kHz": (rate, _pcm) for rate in (8_000, 11_025, 12_000, 22_050, 24_000, 32_000, 44_100, 48_000)
    },
    "8 kHz, mu-law": (8_000, _encoded("ULAW")),
    "8 kHz, A-law": (8_000, _encoded("ALAW")),
    "8 kHz, 8-bit": (8_000, _encoded("PCM_U8")),
    "16 kHz, two channels": (SAMPLE_RATE, _two_channels),
}
"""Rate and encoding in which recordings are written, by the name that callers read."""


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
        name: np.mean([_embedding(listener, samples, *way) for samples in speech], axis=0)
        for name, way in tqdm(WAYS.items(), desc="misreading", unit="way", disable=None)
    }
    lines = (f'  "{name}": {json.dumps([round(float(each), 3) for each in mean])}' for name, mean in means.items())
    (bundle.folder / FILE).write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
    print(f"written: {(bundle.folder / FILE).relative_to(ROOT)}, from {len(speech)} recordings")


def _speech(folder: Path) -> Iterator[Samples]:
    for file in sorted(folder.rglob("*.flac")):
        yield soundfile.read(file, SECONDS * SAMPLE_RATE, dtype="float32")[0]


def _embedding(listener: Listener, samples: Samples, rate: int, written: Written) -> Samples:
    body = written(np.asarray(soxr.resample(samples, SAMPLE_RATE, rate), np.float32))
    return listener.embed(listener.hear(from_pcm(body)), listener.version)
