"""Speed and memory of embedding, beside sherpa-onnx with the same weights.

All run on one thread and take turns, so that a busy machine slows all. All start from samples; sherpa-onnx computes its
features in C++ and loads the network without a front end: in the operators of its makers' export, as its users have it,
and, to tell what our front end and what our graph saves, in ours. Both are built into ``.cache/``.
sherpa-onnx is a peer for speed only: its features differ, so that its embeddings are not numerically ours.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.listening.bundle import MODEL, Bundle, golden_signal
from shared.listening.containers import SAMPLE_RATE
from shared.listening.embedder import Embedder
from shared.settings import MODELS, ROOT
from tools.bench.row import Row
from tools.bench.turns import Turns, in_turns
from tools.bundle import campplus
from tools.bundle.campplus import Network
from tools.bundle.checkpoint import read_checkpoint
from tools.bundle.published import Published
from tools.bundle.sources import fetch

type Samples = NDArray[np.float32]

OURS: Final = "campplus"
INT8: Final = "campplus-int8"
PEER: Final = "sherpa-onnx"
PEER_OURS: Final = "sherpa-onnx with our graph"
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
    """For the table.

    Raises:
        BundleError: a bundle is not built or its source cannot be had.
    """
    contestants = _contestants()
    for seconds, rounds in ROUNDS.items():
        clip = np.resize(golden_signal(), seconds * SAMPLE_RATE)
        work = {name: partial(embed, clip) for name, embed in contestants.items()}
        in_turns(work, 1)
        yield from _rows(f"{seconds} s", in_turns(work, rounds))
    process = footprint()
    yield Row("embedder loaded and checked", process.embedder_sec, "s", f"with detector {process.load_sec:.2f} s")
    yield Row("peak memory after a clip of 10 s", process.peak_mb, "MB")


def _rows(length: str, turns: Turns) -> Iterator[Row]:
    theirs = f"sherpa-onnx {turns.median(PEER):.1f} ms, {turns.median(PEER_OURS):.1f} with ours"
    yield Row(f"embedding {length}", turns.median(OURS), "ms", theirs)
    yield Row(f"embedding {length} against sherpa-onnx", turns.against(OURS, PEER), "times", most=0.9)
    yield Row(f"embedding {length} against sherpa-onnx with our graph", turns.against(OURS, PEER_OURS), "times")
    if INT8 in turns.took:
        yield Row(f"embedding {length} in 8 bits against float", turns.against(INT8, OURS), "times", most=0.55)


def _contestants() -> dict[str, Callable[[Samples], object]]:
    """Who embeds; the bundle in 8 bits where it is built."""
    built = [name for name in (OURS, INT8) if name == OURS or Bundle.load(MODELS / name).is_complete()]
    ours = {name: Embedder(Bundle.load(MODELS / name)).embed for name in built}
    return {**ours, PEER: sherpa(Published), PEER_OURS: sherpa(Network)}


def footprint() -> Footprint:
    """Load time and memory, measured in a process of its own; on Linux only."""
    command = [sys.executable, "-c", _FOOTPRINT]
    return Footprint(**json.loads(subprocess.check_output(command, cwd=ROOT)))


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
