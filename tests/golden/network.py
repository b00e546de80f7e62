"""CAM++ written out in numpy from its paper and 3D-Speaker's release, in float64 and with nothing folded or reordered.

A second opinion on ``tools.bundle.campplus``: it shares with it the names of the checkpoint's tensors and nothing else.
Wang et al. 2023, https://arxiv.org/abs/2303.00332. Inside, ``x`` is [channels, frequencies, frames] or
[channels, frames].
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import kaldi_native_fbank
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

type Array = NDArray[np.float64]

RATE: Final = 16_000
_BLOCKS: Final = ((12, 1), (24, 2), (16, 2))
"""Layers and dilation."""
_SEGMENT: Final = 100
"""Frames that share a mask."""


def kaldi_features(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log mel energies [frames, 80] of audio in [-1, 1] at 16 kHz, by Kaldi's own code."""
    options = kaldi_native_fbank.FbankOptions()
    options.frame_opts.dither = 0
    options.mel_opts.num_bins = 80
    fbank = kaldi_native_fbank.OnlineFbank(options)
    fbank.accept_waveform(RATE, samples.tolist())
    fbank.input_finished()
    return np.array([fbank.get_frame(at) for at in range(fbank.num_frames_ready)])


@dataclass(frozen=True)
class Network:
    """The embedder, with the tensors of a checkpoint by name."""

    tensors: Mapping[str, NDArray[np.float32]]

    def embed(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """[192], not normalised, of audio [n] in [-1, 1] at 16 kHz."""
        features = kaldi_features(samples).astype(np.float64)
        x = self._head((features - features.mean(axis=0)).T[np.newaxis])
        x = x.reshape(-1, x.shape[-1])
        x = self._normal(self._conv(x, "xvector.tdnn.linear", stride=2, pad=2), "xvector.tdnn.nonlinear.batchnorm")
        for number, (layers, dilation) in enumerate(_BLOCKS, 1):
            for layer in range(1, layers + 1):
                x = np.concatenate([x, self._layer(x, f"xvector.block{number}.tdnnd{layer}", dilation)])
            x = self._normal(x, f"xvector.transit{number}.nonlinear.batchnorm")
            x = self._conv(x, f"xvector.transit{number}.linear")
        x = self._normal(x, "xvector.out_nonlinear.batchnorm")
        pooled = np.concatenate([x.mean(axis=1), x.std(axis=1, ddof=1)])[:, np.newaxis]
        dense = self._conv(pooled, "xvector.dense.linear")
        return self._normal(dense, "xvector.dense.nonlinear.batchnorm", relu=False)[:, 0].astype(np.float32)

    def _head(self, x: Array) -> Array:
        x = self._normal(self._square(x, "head.conv1"), "head.bn1")
        for name in ("head.layer1", "head.layer2"):
            x = self._residual(x, f"{name}.0", stride=2)
            x = self._residual(x, f"{name}.1", stride=1)
        return self._normal(self._square(x, "head.conv2", stride=2), "head.bn2")

    def _residual(self, x: Array, name: str, stride: int) -> Array:
        inner = self._normal(self._square(x, f"{name}.conv1", stride), f"{name}.bn1")
        inner = self._normal(self._square(inner, f"{name}.conv2"), f"{name}.bn2", relu=False)
        if stride > 1:
            x = self._normal(self._square(x, f"{name}.shortcut.0", stride), f"{name}.shortcut.1", relu=False)
        return np.asarray(np.maximum(inner + x, 0))

    def _layer(self, x: Array, name: str, dilation: int) -> Array:
        """32 channels, gated by a mask from the means over clip and segment."""
        inner = self._conv(self._normal(x, f"{name}.nonlinear1.batchnorm"), f"{name}.linear1")
        inner = self._normal(inner, f"{name}.nonlinear2.batchnorm")
        local = self._conv(inner, f"{name}.cam_layer.linear_local", pad=dilation, dilation=dilation)
        context = inner.mean(axis=1, keepdims=True) + _segment_means(inner)
        hidden = np.maximum(self._conv(context, f"{name}.cam_layer.linear1"), 0)
        return np.asarray(local / (1 + np.exp(-self._conv(hidden, f"{name}.cam_layer.linear2"))))

    def _conv(self, x: Array, name: str, *, stride: int = 1, pad: int = 0, dilation: int = 1) -> Array:
        """Over time."""
        weight = self.tensors[f"{name}.weight"].astype(np.float64)
        reach = dilation * (weight.shape[2] - 1) + 1
        windows = sliding_window_view(np.pad(x, ((0, 0), (pad, pad))), reach, axis=1)[:, ::stride, ::dilation]
        return np.asarray(np.einsum("oik,itk->ot", weight, windows, optimize=True) + self._bias(name)[:, np.newaxis])

    def _square(self, x: Array, name: str, stride: int = 1) -> Array:
        """Over frequency, of which a stride keeps some, and time; as large as before but for that."""
        weight = self.tensors[f"{name}.weight"].astype(np.float64)
        pad = weight.shape[2] // 2
        padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
        windows = sliding_window_view(padded, weight.shape[2:], axis=(1, 2))[:, ::stride]
        return np.asarray(np.einsum("oikl,iftkl->oft", weight, windows, optimize=True))

    def _bias(self, name: str) -> Array:
        bias = self.tensors.get(f"{name}.bias", np.zeros(1, np.float32))
        return bias.astype(np.float64)

    def _normal(self, x: Array, name: str, *, relu: bool = True) -> Array:
        """Batch normalisation, as it is after training; the last one has no scale and no shift."""
        one = np.ones(1, np.float32)
        moments = self.tensors[f"{name}.running_mean"], self.tensors[f"{name}.running_var"]
        affine = self.tensors.get(f"{name}.weight", one), self.tensors.get(f"{name}.bias", 0 * one)
        mean, variance, scale, shift = (
            each.astype(np.float64).reshape(-1, *[1] * (x.ndim - 1)) for each in (*moments, *affine)
        )
        normal: Array = (x - mean) / np.sqrt(variance + 1e-5) * scale + shift
        return np.maximum(normal, 0) if relu else normal


def _segment_means(x: Array) -> Array:
    starts = range(0, x.shape[1], _SEGMENT)
    parts = [x[:, start : start + _SEGMENT] for start in starts]
    return np.concatenate([np.broadcast_to(part.mean(axis=1, keepdims=True), part.shape) for part in parts], axis=1)
