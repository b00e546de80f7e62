"""From audio to net speech and an embedding, as the service does it, or with another embedder at the end."""

import hashlib
import inspect
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from shared.listening import embedder, frames, noise, quality, tones
from shared.listening.bundle import Bundle
from shared.listening.embedder import Embedder
from shared.listening.quality import SpeechDetector, Spoken
from shared.settings import ROOT
from tools.recordings import Samples

CACHE: Final = ROOT / ".cache" / "embeddings"
"""Where embeddings are kept for the next time."""


@dataclass(frozen=True)
class Extractor:
    """What turns audio at 16 kHz into net speech and an embedding.

    Attributes:
        name: changes whenever the result may, because results are kept under it.
    """

    name: str
    detector: SpeechDetector
    embed: Callable[[Samples], NDArray[np.float32]]

    def extract(self, samples: Samples) -> NDArray[np.float32]:
        """[1 + dimension]: seconds of net speech, then the embedding of unit length."""
        spoken = Spoken(samples, self.detector.speech_probability(samples))
        vector = self.embed(spoken.without_pauses())
        return np.concatenate([[np.float32(spoken.quality().speech_sec)], vector / np.linalg.norm(vector)])


def service_extractor(models: Path = ROOT / "models", model: str = "campplus") -> Extractor:
    """The service's own.

    Raises:
        BundleError: a model is not built.
    """
    voice, speech = Bundle.load(models / model), Bundle.load(models / "silero-vad")
    return Extractor(fingerprint(voice, speech), SpeechDetector(speech), Embedder(voice).embed)


def fingerprint(*bundles: Bundle) -> str:
    """Of the weights and of the code around them."""
    weights = [digest for bundle in bundles for digest in bundle.files.values()]
    code = [inspect.getsource(module) for module in (quality, frames, noise, tones, embedder)]
    return hashlib.sha256("\n".join(weights + code).encode()).hexdigest()[:16]


@dataclass
class Memory:
    """What an extractor made of samples, now or on an earlier run; used as a context, at whose end it is kept.

    Attributes:
        file: where it is kept; None to keep nothing.
        known: results by the SHA-256 of the samples.
        before: how many were known at the beginning.
    """

    extractor: Extractor
    file: Path | None
    known: dict[bytes, NDArray[np.float32]] = field(default_factory=dict)
    before: int = 0

    @classmethod
    def of(cls, extractor: Extractor, cache: Path | None) -> Self:
        """The memory of an extractor in a folder of memories."""
        return cls(extractor, cache / f"{extractor.name}.npz" if cache else None)

    def extract(self, samples: Samples) -> NDArray[np.float32]:
        """``Extractor.extract``, unless the result is known."""
        key = hashlib.sha256(samples.tobytes()).digest()
        if key not in self.known:
            self.known[key] = self.extractor.extract(samples)
        return self.known[key]

    def __enter__(self) -> Self:
        if self.file and self.file.is_file():
            self.known = _load(self.file)
        self.before = len(self.known)
        return self

    def __exit__(self, *_: object) -> None:  # also when interrupted: what was embedded need not be embedded again
        if self.file and len(self.known) > self.before:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            half = self.file.with_suffix(".half.npz")
            np.savez(half, keys=[key.hex() for key in self.known], values=list(self.known.values()))
            half.replace(self.file)


def _load(file: Path) -> dict[bytes, NDArray[np.float32]]:
    try:
        with np.load(file) as kept:
            return dict(zip(map(bytes.fromhex, kept["keys"]), kept["values"], strict=True))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return {}  # damaged: embed again
