"""Recordings of speech with reference values: synthetic ones that ship with the repository, and people's beside it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from shared.settings import ROOT

type Samples = NDArray[np.float32]

RATE: Final = 16_000


@dataclass(frozen=True)
class Recordings:
    """A folder of recordings, 16 kHz FLAC in ``set/speaker/``, and one of values that belong to them.

    Attributes:
        name: for people, and for bounds that differ.
        speech: the recordings; every other name of a recording is a path below it.
        golden: reference embeddings by name in ``campplus.npz``, comparisons in ``trials.csv.gz``.
        reading: clean speech of fourteen seconds.
        phrase: "my voice is my passport verify me", and nothing else.
        activation: the English activation phrase.
        read: a set of speakers who read, one file each.
        telephone: a set recorded at 8 kHz, and upsampled.
    """

    name: str
    speech: Path
    golden: Path
    reading: str
    phrase: str
    activation: str
    readers: str
    telephone: str

    @property
    def trials(self) -> Path:
        """A table of comparisons."""
        return self.golden / "trials.csv.gz"

    @property
    def figures(self) -> Path:
        """What the tools make of the table; only where it ships."""
        return self.golden / "figures.json"

    def read(self, name: str | Path) -> Samples:
        """A recording: [n] at 16 kHz."""
        samples, rate = soundfile.read(self.speech / name, dtype="float32")
        assert rate == RATE
        return np.asarray(samples, np.float32)

    def files(self, kind: str) -> list[Path]:
        """All recordings of a set, or of those that a pattern names."""
        found = sorted(self.speech.glob(f"{kind}/*/*.flac"))
        assert found
        return found

    def reference(self, name: str) -> Samples:
        """A reference value."""
        with np.load(self.golden / "campplus.npz") as values:
            return np.asarray(values[name], np.float32)

    def embedded(self) -> Iterator[tuple[Samples, Samples]]:
        """Each recording that has a reference embedding, and that: [192], not normalised."""
        with np.load(self.golden / "campplus.npz") as values:
            names = [name for name in values if name.endswith(".flac")]
            assert names
            for name in names:
                yield self.read(name), np.asarray(values[name], np.float32)


SHIPPED: Final = Recordings(
    name="shipped",
    speech=ROOT / "tests" / "golden" / "speech",
    golden=ROOT / "tests" / "golden",
    reading="reading-16khz/anna/1.flac",
    phrase="phrases/passphrase.flac",
    activation="phrases/activation.flac",
    readers="reading-16khz",
    telephone="digits-8khz",
)

HUMAN: Final = Recordings(
    name="human",
    speech=ROOT.parent / "shared" / "speech",
    golden=ROOT.parent / "shared" / "golden",
    reading="librispeech-clean/103/103-1240-0000.flac",
    phrase="phrases/myVoiceIsMyPassportVerifyMe01.flac",
    activation="phrases/TalkForAFewSeconds16.flac",
    readers="librispeech-clean",
    telephone="digits-8khz",
)
