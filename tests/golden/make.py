"""Make the golden set anew: ``python -m tests.golden.make``.

Needs espeak-ng and flite (Debian: ``apt-get install espeak-ng flite``) and the models' wheels (``make models``).
Everything is written in place; README.md says what is what.
"""

import gzip
import json
from typing import Final

import numpy as np
import soundfile
import soxr

from shared.listening.bundle import Bundle, golden_signal
from shared.listening.quality import SpeechDetector
from shared.settings import MODELS
from tests.golden.network import RATE, Network, kaldi_features
from tests.recordings import SHIPPED
from tools.accuracy.extraction import Extractor
from tools.accuracy.measure import DEFAULT_RATE, measure
from tools.accuracy.sources import from_folder
from tools.accuracy.trial_table import COLUMNS, SPEECH_FRACTION, read_csv
from tools.bundle.checkpoint import read_checkpoint
from tools.bundle.sources import fetch
from tools.calibrate.fit import fit
from tools.demo.make_voices import CLIPS, speak
from tools.phrases.make_clips import PHRASES, SPEAKERS
from tools.recordings import Samples

READERS: Final = {
    **{name: SPEAKERS[name] for name in ("anna", "boris", "clara", "david", "ewan", "fiona", "george")},
    "karen": ["espeak-ng", "-v", "en-us+Andrea", "-s", "160"],
}
"""Voices that are easily told apart."""

CALLERS: Final = {
    **{name: SPEAKERS[name] for name in ("clara", "iris", "fiona", "henry", "george")},
    "kal": ["flite", "-voice", "kal"],
}
"""Voices of which two and two are alike, so that a table of them has errors to count."""

TELEPHONE_RATE: Final = 8_000
DIGITS: Final = " ".join(["zero one two three four five six seven eight nine."] * 2)
EMBEDDED: Final = (
    "reading-16khz/anna/1.flac",
    "reading-16khz/boris/1.flac",
    "digits-8khz/kal/1.flac",
    SHIPPED.phrase,
    SHIPPED.activation,
)
"""Recordings with a reference embedding: of either synthesiser, band and length."""


def main() -> None:
    """Speech first, as everything else follows from it."""
    make_speech()
    [checkpoint] = fetch(Bundle.load(MODELS / "campplus").sources).values()
    network = Network(read_checkpoint(checkpoint))
    make_embeddings(network)
    make_trials(network)
    make_figures()


def make_speech() -> None:
    """Every recording, as 16 kHz FLAC of 16 bits."""
    for name, synthesiser in READERS.items():
        _write(f"reading-16khz/{name}/1.flac", speak(synthesiser, CLIPS["enroll-1"]))
    for name, synthesiser in CALLERS.items():
        narrow = soxr.resample(speak(synthesiser, DIGITS), RATE, TELEPHONE_RATE)
        _write(f"digits-8khz/{name}/1.flac", soxr.resample(narrow, TELEPHONE_RATE, RATE))
    _write(SHIPPED.phrase, speak(SPEAKERS["anna"], PHRASES[2]))
    _write(SHIPPED.activation, speak(SPEAKERS["anna"], PHRASES[10]))


def _write(name: str, samples: Samples) -> None:
    file = SHIPPED.speech / name
    file.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(file, np.pad(samples, RATE // 10), RATE, subtype="PCM_16", compression_level=1)


def make_embeddings(network: Network) -> None:
    """What the independent network makes of some recordings and of the models' golden signal."""
    signal = golden_signal()
    values = {name: network.embed(SHIPPED.read(name)) for name in EMBEDDED}
    values |= {"synthetic": network.embed(signal), "synthetic_fbank": kaldi_features(signal)}
    np.savez_compressed(SHIPPED.golden / "campplus.npz", allow_pickle=False, **values)


def make_trials(network: Network) -> None:
    """Every voice against every other, embedded by the independent network."""
    detector = SpeechDetector(Bundle.load(MODELS / "silero-vad"))
    trials = from_folder(SHIPPED.speech, Extractor("numpy", detector, network.embed), cache=None).trials()
    lengths = (trials.enrolled_sec / SPEECH_FRACTION).round(3), trials.test_length
    speakers = trials.set, trials.enrolled_speaker, trials.test_speaker
    rows = zip(*speakers, *lengths, trials.cosine.round(5), trials.same.astype(int), strict=True)
    table = "".join(",".join(map(str, row)) + "\n" for row in [COLUMNS, *rows])
    SHIPPED.trials.write_bytes(gzip.compress(table.encode(), mtime=0))


def make_figures() -> None:
    """The calibration that the table teaches, and the error rates of the table under it."""
    trials = read_csv(SHIPPED.trials)
    calibration = fit(trials)
    figures = measure(trials, calibration, DEFAULT_RATE, quiet=True)
    document = {"calibration": calibration.to_json(), "figures": figures}
    SHIPPED.figures.write_text(json.dumps(document, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
