"""Speed and memory of embedding, beside sherpa-onnx with the same weights.

All run on one thread and take turns, so that a busy machine slows all. All start from samples; sherpa-onnx computes its
features in C++ and loads the network without a front end: in the operators of its makers' export, as its users have it,
and, to tell what our front end and what our graph saves, in ours. Both are built into ``.cache/``.
sherpa-onnx is a peer for speed only: its features differ, so that its embeddings are not numerically ours.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from shared.listening.bundle import MODEL, Bundle, golden_signal
from shared.listening.embedder import Embedder
from shared.settings import MODELS, ROOT
from tools.bench.row import Row
from tools.bundle import campplus
from tools.bundle.campplus import Network
from tools.bundle.checkpoint import read_checkpoint
from tools.bundle.published import Published
from tools.bundle.sources import fetch

type Samples = NDArray[np.float32]

INT8: Final = "campplus-int8"
ROUNDS: Final = {3: 30, 10: 15, 60: 7}
"""Turns of each at a length in seconds."""

# VmHWM, because ru_maxrss of a child also holds what its parent had when it started the child.
_FOOTPRINT: Final = """
import json, time
from pathlib import Path
from shared.listening.bundle import Bundle, golden_signal
started = time.perf_counter()
from shared.listening.embedder import Embedder
from shared.listening.quality import SpeechDetector
embedder = Embedder(Bundle.load(Path("models/campplus")))
embedder_sec = time.perf_counter() - started
detector = SpeechDetector(Bundle.load(Path("models/silero-vad")))
load_sec = time.perf_counter() - started
import numpy
clip = numpy.resize(golden_signal(), 160_000)
detector.measure(clip)
embedder.embed(clip)
status = dict(line.split(":") for line in Path("/proc/self/status").read_text().splitlines())
peak_mb = int(status["VmHWM"].split()[0]) / 1024
print(json.dumps({"embedder_sec": embedder_sec, "load_sec": load_sec, "peak_mb": peak_mb}))
"""


@dataclass(frozen=True)
class Speed:
    """Median milliseconds to embed ``seconds`` of audio; ``int8_ms`` is None where that bundle is not built.

    Attributes:
        sherpa_ms: of sherpa-onnx with the network as it is published, ``sherpa_ours_ms`` with our graph of it.
    """

    seconds: int
    ours_ms: float
    sherpa_ms: float
    sherpa_ours_ms: float
    int8_ms: float | None = None


@dataclass(frozen=True)
class Footprint:
    """A fresh process that loads embedder and speech detector and handles a 10 s clip.

    Attributes:
        embedder_sec: to import onnxruntime, load the embedder and check it.
        load_sec: to load both.
        peak_mb: largest resident memory of the process, Python included.
    """

    embedder_sec: float
    load_sec: float
    peak_mb: float


def rows() -> Iterator[Row]:
    """For the table."""
    for speed in speeds():
        length, theirs = (
            f"{speed.seconds} s",
            f"sherpa-onnx {speed.sherpa_ms:.1f} ms, {speed.sherpa_ours_ms:.1f} with ours",
        )
        yield Row(f"embedding {length}", speed.ours_ms, "ms", theirs)
        yield Row(f"embedding {length} against sherpa-onnx", speed.ours_ms / speed.sherpa_ms, "times", most=0.9)
        ratio = speed.ours_ms / speed.sherpa_ours_ms
        yield Row(f"embedding {length} against sherpa-onnx with our graph", ratio, "times")
        if speed.int8_ms is not None:
            yield Row(f"embedding {length} in 8 bits against float", speed.int8_ms / speed.ours_ms, "times", most=0.55)
    process = footprint()
    yield Row("embedder loaded and checked", process.embedder_sec, "s", f"with detector {process.load_sec:.2f} s")
    yield Row("peak memory after a clip of 10 s", process.peak_mb, "MB")


def speeds(rounds: dict[int, int] = ROUNDS) -> list[Speed]:
    """Measure all at every length.

    Raises:
        BundleError: a bundle is not built or its source cannot be had.
    """
    names = [INT8] if Bundle.load(MODELS / INT8).is_complete() else []
    ours, *others = (Embedder(Bundle.load(MODELS / name)).embed for name in ("campplus", *names))
    contestants: list[Callable[[Samples], object]] = [ours, sherpa(Published), sherpa(Network), *others]
    return [
        Speed(seconds, *_medians(seconds, turns, contestants))
        for seconds, turns in tqdm(rounds.items(), desc="embedding", unit="length", disable=None)
    ]


def footprint() -> Footprint:
    """Load time and memory, measured in a process of its own; on Linux only."""
    command = [sys.executable, "-c", _FOOTPRINT]
    return Footprint(**json.loads(subprocess.check_output(command, cwd=ROOT)))


def _medians(seconds: int, turns: int, contestants: Sequence[Callable[[Samples], object]]) -> Iterator[float]:
    clip = np.resize(golden_signal(), seconds * 16_000)
    for contestant in contestants:
        contestant(clip)
    times = [[_milliseconds(contestant, clip) for contestant in contestants] for _ in range(turns)]
    return (statistics.median(column) for column in zip(*times, strict=True))


def _milliseconds(embed: Callable[[Samples], object], clip: Samples) -> float:
    started = time.perf_counter()
    embed(clip)
    return (time.perf_counter() - started) * 1000


def sherpa(network: type[Network]) -> Callable[[Samples], list[float]]:
    """sherpa-onnx with the same weights; returns an embedding for samples at 16 kHz.

    Args:
        network: in whose operators.

    Raises:
        BundleError: the weights cannot be had.
    """
    import sherpa_onnx

    config = sherpa_onnx.SpeakerEmbeddingExtractorConfig(model=str(features_model(network)), num_threads=1)
    extractor = sherpa_onnx.SpeakerEmbeddingExtractor(config)

    def embed(clip: Samples) -> list[float]:
        stream = extractor.create_stream()
        stream.accept_waveform(16_000, clip)
        stream.input_finished()
        embedding: list[float] = extractor.compute(stream)
        return embedding

    return embed


def features_model(network: type[Network]) -> Path:
    """The network without its front end, as sherpa-onnx loads it; built once.

    Args:
        network: in whose operators.

    Raises:
        BundleError: the weights cannot be had.
    """
    bundle = Bundle.load(ROOT / "models" / "campplus")
    file = ROOT / ".cache" / f"campplus-{network.__name__.lower()}-{bundle.files[MODEL][:12]}.onnx"
    if not file.is_file():
        [checkpoint] = fetch(bundle.sources).values()
        file.write_bytes(campplus.features_model(read_checkpoint(checkpoint), network))
    return file
