"""What the service hears of recordings, through channels: seconds measured, clips refused, and embeddings.

    heard = hear_through(folder)    # by channel; also kept in .cache/heard/{key}/{channel}.npz

The long work is done once.
"""

import hashlib
import inspect
import io
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from shared.errors import SpeakerError
from shared.listening import views
from shared.listening.audio import Clip
from shared.listening.bundle import Bundle
from shared.listening.containers import SAMPLE_RATE
from shared.listening.limits import ClipLimits
from shared.listening.listener import Listener, Utterance
from shared.listening.views import ENROLLED, TESTED, Band, Seen
from shared.settings import ROOT
from shared.voices.families import VERIFICATION
from tools.accuracy import channels as channels_module
from tools.accuracy.channels import Channel, channels
from tools.accuracy.extraction import fingerprint
from tools.accuracy.speakers import Speaker, beginning, cuts, find_speakers, halves
from tools.recordings import Samples, UnusableInput, read

CACHE: Final = ROOT / ".cache" / "heard"
ENROLLED_SEC: Final = 20.0
"""Audio that is enrolled, where a speaker has so much."""
TESTED_SEC: Final = (4.0, 2.0)
"""Lengths of audio that are tested."""
CROWD: Final = 40
"""Speakers of whom babble is made."""

_WAIVED: Final = VERIFICATION.to_recognize(waive_minimum=True)


@dataclass(frozen=True, eq=False)
class Heard:
    """Clips, in columns of equal length.

    Attributes:
        set: kind of speech.
        speaker: whose voice.
        use: ``enroll`` or ``test``.
        length: nominal seconds of audio, pauses included; of an enrollment, that of all its clips.
        speech_sec: net speech that was measured.
        evidence_sec: seconds that a comparison counts on.
        snr_db: signal-to-noise ratio; NaN where it cannot be told.
        band: what the clip was measured to pass.
        refused: name of the refusal; empty where the clip was fit for use.
        as_it_came: [n, dimension] unit embeddings; zeros where the service makes none.
        narrowed: [n, dimension] the same as narrow channels pass it.
    """

    set: NDArray[np.str_]
    speaker: NDArray[np.str_]
    use: NDArray[np.str_]
    length: NDArray[np.float64]
    speech_sec: NDArray[np.float64]
    evidence_sec: NDArray[np.float64]
    snr_db: NDArray[np.float64]
    band: NDArray[np.str_]
    refused: NDArray[np.str_]
    as_it_came: NDArray[np.float32]
    narrowed: NDArray[np.float32]

    @classmethod
    def of(cls, rows: Iterable[dict[str, Any]]) -> Self:
        """Columns of rows."""
        listed = list(rows)
        return cls(**{column.name: np.array([row[column.name] for row in listed]) for column in fields(cls)})

    @classmethod
    def load(cls, file: Path) -> Self:
        """What ``save`` wrote."""
        with np.load(file) as kept:
            return cls(**kept)

    def save(self, file: Path) -> None:
        """Write whole or not at all."""
        file.parent.mkdir(parents=True, exist_ok=True)
        whole = io.BytesIO()
        np.savez(whole, **vars(self))
        half = file.with_suffix(".half")
        half.write_bytes(whole.getvalue())
        half.replace(file)

    def seen(self, how: Seen) -> NDArray[np.float32]:
        """[n, dimension] embeddings of one kind."""
        return {Seen.AS_IT_CAME: self.as_it_came, Seen.NARROWED: self.narrowed}[how]

    def where(self, mask: NDArray[np.bool] | NDArray[np.intp]) -> Self:
        """The clips that a mask or an index selects."""
        return type(self)(**{name: column[mask] for name, column in vars(self).items()})


def service_listener(model: str = "campplus") -> Listener:
    """The service's own ears.

    Raises:
        BundleError: a model is not built.
    """
    models = ROOT / "models"
    return Listener(Bundle.load(models / model), [], Bundle.load(models / "silero-vad"))


def hear(speakers: Sequence[Speaker], channel: Channel, listener: Listener, name: str) -> Heard:
    """All that the service hears of speakers through a channel."""
    shown = tqdm(speakers, desc=name, unit="speaker", disable=None)
    return Heard.of(row for speaker in shown for row in _rows(speaker, channel, listener))


def _rows(speaker: Speaker, channel: Channel, listener: Listener) -> Iterator[dict[str, Any]]:
    enrolled, tested = _parts(speaker)
    clips = [("enroll", ENROLLED_SEC, VERIFICATION.enrolling, clip) for clip in beginning(enrolled, ENROLLED_SEC)]
    clips += [("test", length, _WAIVED, clip) for length in TESTED_SEC for clip in cuts(tested, length)]
    for use, length, limits, clip in clips:
        row = {"set": speaker.set, "speaker": speaker.name, "use": use, "length": length}
        yield row | _heard(listener, channel(clip), limits, enrolls=use == "enroll")


def _parts(speaker: Speaker) -> tuple[list[Samples], list[Samples]]:
    """What is enrolled and what is tested; of a single recording, its end is tested once and all else enrolled."""
    recordings = [read(file) for file in speaker.files]
    at = -round(max(TESTED_SEC) * SAMPLE_RATE)
    return ([recordings[0][:at]], [recordings[0][at:]]) if len(recordings) == 1 else halves(recordings)


def _heard(listener: Listener, samples: Samples, limits: ClipLimits, *, enrolls: bool) -> dict[str, Any]:
    utterance = listener.hear(Clip(samples))
    measured, refused = utterance.quality, _refusal(utterance, limits)
    seen = set() if refused else _seen(utterance.band, enrolls=enrolls)
    nothing = np.zeros(192, np.float32)
    embedded = {how: listener.embed(utterance, listener.version, how) if how in seen else nothing for how in Seen}
    return {
        "speech_sec": measured.speech_sec,
        "evidence_sec": utterance.evidence_sec,
        "snr_db": np.nan if measured.snr_db is None else measured.snr_db,
        "band": utterance.band.value,
        "refused": refused,
        "as_it_came": embedded[Seen.AS_IT_CAME],
        "narrowed": embedded[Seen.NARROWED],
    }


def _seen(band: Band, *, enrolls: bool) -> set[Seen]:
    """How the service embeds such a clip, whatever it is compared with."""
    return set((ENROLLED if enrolls else TESTED)[band].values())


def _refusal(utterance: Utterance, limits: ClipLimits) -> str:
    try:
        limits.check_length(utterance.clip.seconds)
        limits.check_quality(utterance.quality)
    except SpeakerError as refused:
        return type(refused).__name__
    return ""


def everybody(folder: Path) -> list[Speaker]:
    """Speakers of a folder with enough audio to enroll and to test, who are not alone of their kind.

    Raises:
        UnusableInput: there are no two.
    """
    least = 2 * max(TESTED_SEC) * SAMPLE_RATE
    long = [each for each in find_speakers(folder) if sum(len(read(file)) for file in each.files) >= least]
    kinds = Counter(each.set for each in long)
    speakers = [each for each in long if kinds[each.set] > 1]
    if not speakers:
        raise UnusableInput(f"{folder} holds no two speakers with {least / SAMPLE_RATE:g} s of recordings each")
    return speakers


def crowd(speakers: Sequence[Speaker]) -> list[Samples]:
    """The recordings of whom babble is made, spread over the speakers."""
    return [read(each.files[0]) for each in speakers[:: max(1, len(speakers) // CROWD)]]


def hear_through(
    folder: Path, names: Sequence[str] = (), *, model: str = "campplus", cache: Path = CACHE
) -> dict[str, Heard]:
    """What the service hears of a folder through channels, by name; through all where none is named.

    Each channel is kept as soon as it has been heard, and not heard again until a recording, a model or this code is
    another.

    Raises:
        UnusableInput: there is nobody to hear, or no such channel.
        BundleError: a model is not built.
    """
    speakers, listener = everybody(folder), service_listener(model)
    simulated = channels(crowd(speakers))
    unknown = set(names) - set(simulated)
    if unknown:
        raise UnusableInput(f"no channel is called {', '.join(sorted(unknown))}; there are {', '.join(simulated)}")
    kept = cache / _key(speakers, model)
    return {
        name: _once(kept / f"{name}.npz", partial(hear, speakers, simulated[name], listener, name))
        for name in names or simulated
    }


def _once(file: Path, make: Callable[[], Heard]) -> Heard:
    if not file.is_file():
        make().save(file)
    return Heard.load(file)


def _key(speakers: Sequence[Speaker], model: str) -> str:
    """Of the models, the code and the recordings."""
    models = [Bundle.load(ROOT / "models" / name) for name in (model, "silero-vad")]
    key = hashlib.sha256(fingerprint(*models).encode())
    for module in (channels_module, views, sys.modules[__name__]):
        key.update(inspect.getsource(module).encode())
    for file in (file for speaker in speakers for file in speaker.files):
        key.update(file.read_bytes())
    return key.hexdigest()[:16]
