"""The Kaldi filter bank front end as a few ONNX nodes: waveform in, 80 log mel energies every 10 ms out.

Pre-emphasis, the window, removing the mean of a frame, and the discrete Fourier transform are all linear. The
transform of a frame is put together from those of every fourth sample (Cooley and Tukey 1965, one step in radix 4, with
frequencies that mirror each other computed once): a quarter of the products, and convolutions, at which onnxruntime is
fast. Definitions: Kaldi's ``feature-window.cc`` and ``mel-computations.cc`` with ``--dither=0 --snip-edges=true
--window-type=povey --num-mel-bins=80 --low-freq=20 --high-freq=0``.
"""

from math import gcd
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tools.bundle.graph import Graph, floats

SAMPLE_RATE: Final = 16_000
FRAME: Final = 400
"""Samples in a frame (25 ms)."""
SHIFT: Final = 160
"""Samples between the starts of two frames (10 ms)."""
FFT: Final = 512
MELS: Final = 80

_PHASES: Final = 4
"""A frame's samples are taken in turns of so many."""
_BINS: Final = FFT // 2 // _PHASES + 1
"""DFT bins of a phase, from which those of the frame are put together."""
_PRE_EMPHASIS: Final = 0.97
_LOWEST_HZ: Final = 20.0
_KERNEL_GRID: Final = 2.0**26
_FLOOR: Final = float(np.finfo(np.float32).eps)


def log_mel(graph: Graph, waveform: str) -> str:
    """Append the front end: [batch, samples] in [-1, 1] -> [batch, 80, frames], before mean subtraction."""
    channel = graph.add("Unsqueeze", waveform, graph.integers(1))
    energies = graph.add("MatMul", graph.constant(_weights()), _powers(graph, _quarters(graph, channel)))
    return graph.add("Log", graph.add("Max", energies, graph.constant(_FLOOR)))


def _quarters(graph: Graph, channel: str) -> str:
    """[batch, 1, samples] -> [batch, 4 * 130, frames]: real and imaginary part of bins, quarter after quarter."""
    steps = np.zeros((_PHASES, 1, _PHASES + 1))
    steps[range(_PHASES), 0, range(_PHASES)] = -_PRE_EMPHASIS
    steps[range(_PHASES), 0, range(1, _PHASES + 1)] = 1
    phases = graph.add(
        "Conv", channel, graph.constant(steps), kernel_shape=[_PHASES + 1], strides=[_PHASES], pads=[1, 0]
    )
    kernel = quarter_kernel()
    length, stride = kernel.shape[-1], SHIFT // _PHASES
    parts = graph.constant(kernel.reshape(-1, 1, length))
    spectra = graph.add("Conv", phases, parts, kernel_shape=[length], strides=[stride], group=_PHASES)
    # What is left of a constant after pre-emphasis; the window is 0 at the first sample, where Kaldi leaves less.
    constant = graph.constant((1 - _PRE_EMPHASIS) * kernel.sum(axis=-1).reshape(-1, 1))
    return graph.add("Sub", spectra, graph.add("Mul", constant, _mean(graph, channel)))


def _mean(graph: Graph, channel: str) -> str:
    """[batch, 1, samples] -> [batch, 1, frames], over what a frame and the next one share and over what they do not."""
    step = gcd(FRAME, SHIFT)
    parts = graph.add("AveragePool", channel, kernel_shape=[step], strides=[step])
    return graph.add("AveragePool", parts, kernel_shape=[FRAME // step], strides=[SHIFT // step])


def _powers(graph: Graph, quarters: str) -> str:
    """[batch, 4 * 130, frames] -> [batch, 4 * 65, frames]: of the bins of a frame, in the order of ``_weights``."""
    first, second = _split(graph, quarters, 4 * _BINS, 4 * _BINS)
    even, odd = _split(graph, graph.add("Add", first, second), 2 * _BINS, 2 * _BINS)
    real, imaginary, other_real, other_imaginary = _split(graph, graph.add("Sub", first, second), *[_BINS] * 4)
    low, mirrored = graph.add("Add", even, odd), graph.add("Sub", even, odd)
    above = graph.add("Add", real, other_imaginary), graph.add("Sub", imaginary, other_real)
    below = graph.add("Sub", real, other_imaginary), graph.add("Add", imaginary, other_real)
    parts = graph.add("Concat", low, mirrored, *above, *below, axis=1)
    squares = graph.add("Reshape", graph.add("Mul", parts, parts), graph.integers(0, 4, 2, _BINS, -1))
    powers = graph.add("ReduceSum", squares, graph.integers(2), keepdims=0)
    return graph.add("Reshape", powers, graph.integers(0, 4 * _BINS, -1))


def _split(graph: Graph, x: str, *rows: int) -> list[str]:
    names = [f"{x}_{part}" for part in range(len(rows))]
    graph.add("Split", x, graph.integers(*rows), output=names[0], also=names[1:], axis=1)
    return names


def centred(graph: Graph, features: str, *, time_axis: int = -1) -> str:
    """Append the subtraction of each feature's mean over time."""
    return graph.add("Sub", features, graph.add("ReduceMean", features, axes=[time_axis]))


def features_model() -> bytes:
    """The front end alone: ``waveform`` [batch, samples] -> ``features`` [batch, 80, frames], not centred."""
    graph = Graph()
    graph.add("Identity", log_mel(graph, "waveform"), output="features")
    outputs = [floats("features", "batch", MELS, "frames")]
    return graph.model([floats("waveform", "batch", "samples")], outputs, {})


def quarter_kernel() -> NDArray[np.float64]:
    """[4, 2, 65, 100]: real and imaginary part of bins 0 to 64 of a windowed frame's DFT, by every fourth sample."""
    samples = np.arange(FRAME)
    angles = 2 * np.pi / FFT * (np.outer(np.arange(_BINS), samples) % FFT)
    window = (0.5 - 0.5 * np.cos(2 * np.pi * samples / (FRAME - 1))) ** 0.85
    windowed = np.stack([np.cos(angles), -np.sin(angles)]) * window
    kernel = np.stack([windowed[:, :, phase::_PHASES] for phase in range(_PHASES)])
    # On a grid finer than float32 needs, so that the last bit of somebody else's cosine does not change the file.
    return np.round(kernel * _KERNEL_GRID) / _KERNEL_GRID


def _weights() -> NDArray[np.float64]:
    """[80, 260] ``mel_weights`` in the order of ``_powers``; those of a bin that is there twice count half."""
    low = np.arange(_BINS)
    bins = np.concatenate([low, FFT // 2 - low, FFT // 4 + low, FFT // 4 - low])
    weights: NDArray[np.float64] = np.pad(mel_weights(), ((0, 0), (0, 1)))[:, bins] / np.bincount(bins)[bins]
    return weights


def mel_weights() -> NDArray[np.float64]:
    """[80, 256] triangles, evenly spaced and straight-sided on the mel scale, over DFT bins 0 to 255."""
    edges = np.linspace(_mel(_LOWEST_HZ), _mel(SAMPLE_RATE / 2), MELS + 2)[:, None]
    bins = _mel(np.arange(FFT // 2) * SAMPLE_RATE / FFT)
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return np.maximum(0, np.minimum(rising, falling))


def _mel(hertz: float | NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1127 * np.log(1 + np.asarray(hertz) / 700))
