"""The clips of ``make phrases``: what is said in each, as far as it is known, and the row of the table it counts in."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from shared.listening.containers import SAMPLE_RATE
from shared.settings import ROOT
from tools.phrases.make_clips import FOREIGN, LOCALE, MORE_SPEAKERS, NEAR_PHRASES, PHRASES, SPEAKERS, VOICES, recorded
from tools.recordings import Samples, read

SPEECH: Final = ROOT.parent / "shared" / "speech"
"""Human recordings, beside the checkout."""

HUMAN_CLIPS: Final = {"myVoiceIsMyPassportVerifyMe01": 2, "TalkForAFewSeconds16": 10}
"""Recordings of listed phrases, and which of ``PHRASES`` each says."""

SYNTHETIC: Final = "right phrase, synthetic voices"
MORE: Final = "right phrase, more synthetic voices"
HUMAN: Final = "right phrase, human voices"
HALF: Final = "half of a phrase"
TWO: Final = "a passphrase and then another"
FOREIGN_SPEECH: Final = "another language"
OTHER: Final = "other speech"
NOISE: Final = "noise, tones, silence"
CHANGED: Final = {"near": "another word", "near-small": "another small word"}
MORE_HALF: Final = "half of a phrase, more voices"
MORE_CHANGED: Final = {folder: f"{name}, more voices" for folder, name in CHANGED.items()}

_CUT_SEC: Final = (3.0, 8.0)
_NOISE_SEC: Final = (1.0, 8.0)
_NOISES: Final = 30


@dataclass(frozen=True, eq=False)
class Clip:
    """Something to transcribe.

    Attributes:
        row: of the table, in which it counts.
        name: for people.
        phrase: of those listed, what it says or nearly says; None for anything else.
        samples: [n] at 16 kHz.
        locale: as whose language it is heard.
    """

    row: str
    name: str
    phrase: str | None
    samples: Samples
    locale: str = LOCALE


def clips() -> Iterator[Clip]:
    """All of them, always the same; without the human ones where those are absent."""
    for clip in _synthetic():
        yield clip
        yield from _halves(clip, HALF)
    yield from _two()
    yield from _changed()
    yield from _foreign()
    yield from _human()
    yield from background()


def background() -> Iterator[Clip]:
    """Speech that says nothing listed, where there are people, and sounds that are no speech."""
    yield from _other_speech()
    yield from _noise()


def _synthetic() -> Iterator[Clip]:
    for voice in SPEAKERS:
        for number, phrase in enumerate(PHRASES, 1):
            yield Clip(SYNTHETIC, f"{voice}-{number:02}", phrase, read(VOICES / voice / f"{number:02}.ogg"))


def _halves(clip: Clip, row: str) -> Iterator[Clip]:
    """The pauses before and after the phrase are equally long, so that the clip's middle is that of its speech."""
    for part, samples in zip(("begins", "ends"), np.array_split(clip.samples, 2), strict=True):
        yield Clip(row, f"{clip.name} {part}", clip.phrase, samples)


def _two() -> Iterator[Clip]:
    """By one voice. An activation phrase is left out: other speech may follow it."""
    said = [clip for clip in _synthetic() if clip.phrase != PHRASES[-1]]
    for voice in itertools.batched(said, len(PHRASES) - 1, strict=True):
        for clip, other in zip(voice, [*voice[1:], voice[0]], strict=True):
            samples = np.concatenate([clip.samples, other.samples])
            yield Clip(TWO, f"{clip.name} and {other.name}", clip.phrase, samples)


def _foreign() -> Iterator[Clip]:
    for file in sorted(FOREIGN.glob("*.ogg")):
        yield Clip(FOREIGN_SPEECH, file.stem, None, read(file))


def _changed() -> Iterator[Clip]:
    for folder, row in CHANGED.items():
        for file in sorted((VOICES / folder).glob("*.ogg")):
            number = int(file.stem[-2:])
            yield Clip(row, f"{folder}/{file.stem}", PHRASES[number - 1], read(file))


def more() -> Iterator[Clip]:
    """Many more voices, which say every phrase, and every passphrase with one word changed, while one waits.

    Raises:
        FileNotFoundError: espeak-ng or flite is not installed.
    """
    texts = {MORE: PHRASES, **{MORE_CHANGED[folder]: changed for folder, changed in NEAR_PHRASES.items()}}
    said = [(row, phrase, text) for row, said in texts.items() for phrase, text in zip(PHRASES, said, strict=False)]
    for voice, synthesiser in tqdm(MORE_SPEAKERS.items(), desc="speaking", unit="voice", disable=None):
        for row, phrase, text in said:
            clip = Clip(row, f"{voice}: {text}", phrase, recorded(synthesiser, text))
            yield clip
            yield from _halves(clip, MORE_HALF) if row == MORE else ()


def _human() -> Iterator[Clip]:
    for name, place in HUMAN_CLIPS.items():
        file = SPEECH / "phrases" / f"{name}.flac"
        if file.is_file():
            yield Clip(HUMAN, name, PHRASES[place], read(file))


def _other_speech() -> Iterator[Clip]:
    """A cut of every recording of LibriSpeech that is long enough."""
    random = np.random.default_rng(0)
    for file in sorted(SPEECH.glob("librispeech-*/*/*.flac")):
        samples, length = read(file), round(random.uniform(*_CUT_SEC) * SAMPLE_RATE)
        if len(samples) > length:
            start = random.integers(len(samples) - length)
            yield Clip(OTHER, f"{file.stem} from {start / SAMPLE_RATE:.1f} s", None, samples[start : start + length])


def _noise() -> Iterator[Clip]:
    random = np.random.default_rng(0)
    for number in range(_NOISES):
        count = round(random.uniform(*_NOISE_SEC) * SAMPLE_RATE)
        level = 10 ** random.uniform(-3, -0.6)
        yield Clip(NOISE, f"white noise {number}", None, _loud(random.standard_normal(count), level))
        yield Clip(NOISE, f"brown noise {number}", None, _loud(random.standard_normal(count).cumsum(), level))
        turns = random.uniform(100, 4000) * np.arange(count) / SAMPLE_RATE
        yield Clip(NOISE, f"tone {number}", None, _loud(np.sin(2 * np.pi * turns), level))
    for seconds in range(1, 9):
        yield Clip(NOISE, f"silence of {seconds} s", None, np.zeros(seconds * SAMPLE_RATE, np.float32))


def _loud(sound: NDArray[np.float64], peak: float) -> Samples:
    return np.asarray(peak * sound / np.abs(sound).max(), np.float32)
