"""The Kaldi filter bank front end as a few ONNX nodes: waveform in, 80 log mel energies every 10 ms out.

Removing the mean of a frame, pre-emphasis, the window and the discrete Fourier transform are all linear, so one
convolution with a precomputed kernel does the four. Definitions: Kaldi's ``feature-window.cc`` and
``mel-computations.cc`` with ``--dither=0 --snip-edges=true --window-type=povey --num-mel-bins=80 --low-freq=20
--high-freq=0``.
"""

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

_PRE_EMPHASIS: Final = 0.97
_LOWEST_HZ: Final = 20.0
_KERNEL_GRID: Final = 2.0**26
_FLOOR: Final = float(np.finfo(np.float32).eps)


def log_mel(graph: Graph, waveform: str) -> str:
    """Append the front end: [batch, samples] in [-1, 1] -> [batch, 80, frames], before mean subtraction."""
    channel = graph.add("Unsqueeze", waveform, graph.integers(1))
    kernel = graph.constant(spectrum_kernel()[:, None, :])
    spectrum = graph.add("Conv", channel, kernel, kernel_shape=[FRAME], strides=[SHIFT])
    squares = graph.add("Mul", spectrum, spectrum)
    # Each bin's weight stands twice, so that this product also adds the squares of real and imaginary part.
    energies = graph.add("MatMul", graph.constant(np.tile(mel_weights(), 2)), squares)
    return graph.add("Log", graph.add("Max", energies, graph.constant(_FLOOR)))


def centred(graph: Graph, features: str, *, time_axis: int = -1) -> str:
    """Append the subtraction of each feature's mean over time."""
    return graph.add("Sub", features, graph.add("ReduceMean", features, axes=[time_axis]))


def features_model() -> bytes:
    """The front end alone: ``waveform`` [batch, samples] -> ``features`` [batch, 80, frames], not centred."""
    graph = Graph()
    graph.add("Identity", log_mel(graph, "waveform"), output="features")
    outputs = [floats("features", "batch", MELS, "frames")]
    return graph.model([floats("waveform", "batch", "samples")], outputs, {})


def spectrum_kernel() -> NDArray[np.float64]:
    """[512, 400]: real, then imaginary part of DFT bins 0 to 255 of a raw frame; no mel filter uses the Nyquist bin."""
    samples = np.arange(FRAME)
    angles = 2 * np.pi / FFT * (np.outer(np.arange(FFT // 2), samples) % FFT)
    window = (0.5 - 0.5 * np.cos(2 * np.pi * samples / (FRAME - 1))) ** 0.85
    windowed = np.concatenate([np.cos(angles), -np.sin(angles)]) * window
    emphasised = windowed - _PRE_EMPHASIS * np.pad(windowed[:, 1:], ((0, 0), (0, 1)))
    emphasised[:, 0] -= _PRE_EMPHASIS * windowed[:, 0]  # Kaldi lets the first sample precede itself
    kernel = emphasised - emphasised.mean(axis=1, keepdims=True)
    # On a grid finer than float32 needs, so that the last bit of somebody else's cosine does not change the file.
    return np.round(kernel * _KERNEL_GRID) / _KERNEL_GRID


def mel_weights() -> NDArray[np.float64]:
    """[80, 256] triangles, evenly spaced and straight-sided on the mel scale, over DFT bins 0 to 255."""
    edges = np.linspace(_mel(_LOWEST_HZ), _mel(SAMPLE_RATE / 2), MELS + 2)[:, None]
    bins = _mel(np.arange(FFT // 2) * SAMPLE_RATE / FFT)
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return np.maximum(0, np.minimum(rising, falling))


def _mel(hertz: float | NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1127 * np.log(1 + np.asarray(hertz) / 700))
