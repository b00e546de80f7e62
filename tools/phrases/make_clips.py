"""How the clips of ``make phrases`` were made: listed phrases, spoken by the free synthesisers espeak-ng and flite.

Ten voices say each phrase (``01.ogg``, ``02.ogg``, ... in the order of ``PHRASES``); two of them also say each
passphrase with one word changed, in ``near/{voice}-01.ogg``, ... one that matters, in ``near-small/`` a small one, and
three say one in another language. The voices were chosen before anything was transcribed, and every clip of them is
here, well understood or not.

Needs both programs (Debian: ``apt-get install espeak-ng flite``); the clips are in the repository, so only who changes
voices or phrases runs ``python -m tools voices phrases``, and ``make phrases MORE=1``, for which many more voices say
the same on the spot.
"""

from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from shared.listening.containers import SAMPLE_RATE
from tools.demo.make_voices import SPEAKERS as DEMO_SPEAKERS
from tools.demo.make_voices import speak
from tools.recordings import Samples

VOICES: Final = Path(__file__).parent / "voices"
LOCALE: Final = "en-US"

SPEAKERS: Final = {
    **DEMO_SPEAKERS,
    "fiona": ["espeak-ng", "-v", "en-gb+f4", "-s", "140", "-p", "55"],
    "george": ["flite", "-voice", "kal16"],
    "henry": ["espeak-ng", "-v", "en-gb+m3", "-s", "150", "-p", "45"],
    "iris": ["espeak-ng", "-v", "en-us+f5", "-s", "130", "-p", "60"],
    "james": ["espeak-ng", "-v", "en-gb+m1", "-s", "165", "-p", "30"],
}

MORE_SPEAKERS: Final = {
    **{
        f"en-us+{variant}": ["espeak-ng", "-v", f"en-us+{variant}", "-s", "150"]
        for variant in (
            *("m1", "m2", "m3", "m4", "m5", "m6", "m8", "f1", "f3", "f4", "klatt2", "klatt4"),
            *("adam", "Andrea", "anika", "belinda", "Lee", "linda", "max", "michael", "paul", "quincy", "shelby"),
            *("steph", "travis", "zac"),
        )
    },
    **{
        accent: ["espeak-ng", "-v", accent, "-s", "150"]
        for accent in (
            *("en-us", "en-gb", "en-gb+f2", "en-gb+m5", "en-gb-scotland", "en-gb-x-gbclan", "en-gb-x-rp"),
            *("en-gb-x-rp+f3", "en-029"),
        )
    },
    **{
        f"{voice} at {stretch}": ["flite", "-voice", voice, "--setf", f"duration_stretch={stretch}"]
        for voice in ("awb", "kal", "kal16", "rms", "slt")
        for stretch in ("0.9", "1.2")
    },
}
"""Voices, accents and speeds of the same programs, of which nothing is in the repository."""

PHRASES: Final = (
    "i am going to make him an offer he cannot refuse",
    "houston we have had a problem",
    "my voice is my passport verify me",
    "apple juice tastes funny after toothpaste",
    "you can get in without your password",
    "you can activate security system now",
    "my voice is stronger than passwords",
    "my password is not your business",
    "my name is unknown to you",
    "be yourself everyone else is already taken",
    "I'll talk for a few seconds so you can recognize my voice in the future.",
)
"""What is said: the passphrases that come with the service, and its activation phrase."""

NEAR_SPEAKERS: Final = ("anna", "david")

_ANOTHER_WORD: Final = (
    "I am going to make him an order he cannot refuse",
    "Houston we have had a question",
    "My voice is my passport describe me",
    "Orange juice tastes funny after toothpaste",
    "You can get in without your umbrella",
    "You can activate heating system now",
    "My voice is stronger than hammers",
    "My garden is not your business",
    "My face is unknown to you",
    "Be yourself everyone else is already gone",
)
_ANOTHER_SMALL_WORD: Final = (
    "I am going to make him an offer she cannot refuse",
    "Houston we had had a problem",
    "My voice is your passport verify me",
    "Apple juice tastes funny before toothpaste",
    "You can get in with your password",
    "You can activate security system then",
    "My voice was stronger than passwords",
    "Your password is not your business",
    "My name is known to you",
    "Be myself everyone else is already taken",
)
NEAR_PHRASES: Final = {"near": _ANOTHER_WORD, "near-small": _ANOTHER_SMALL_WORD}
"""The passphrases in their order, with one word changed, by the folder of their clips."""

FOREIGN: Final = VOICES / "foreign"
FOREIGN_PHRASES: Final = {
    "de": "Meine Stimme ist mein Reisepass, erkenne mich.",
    "es": "Mi voz es mi pasaporte, verifícame.",
    "fr": "Ma voix est mon passeport, vérifiez-moi.",
}
"""A passphrase in other languages, by espeak-ng's name of them."""

_PAUSE_SEC: Final = 0.3
"""Before and after the phrase."""
_NOISE_DB: Final = -30
"""White noise, relative to the speech: without it, there would be nothing to measure the signal-to-noise ratio by."""
_COMPRESSION: Final = 0.93
"""Of Opus, from 0 to 1: about 25 kbit/s."""


def make_clips() -> None:
    """Write every clip as 16 kHz Opus."""
    for name, synthesiser in SPEAKERS.items():
        for number, text in enumerate(PHRASES, 1):
            write(VOICES / name / f"{number:02}.ogg", recorded(synthesiser, text))
    for folder, texts in NEAR_PHRASES.items():
        for name in NEAR_SPEAKERS:
            for number, text in enumerate(texts, 1):
                write(VOICES / folder / f"{name}-{number:02}.ogg", recorded(SPEAKERS[name], text))
    for language, text in FOREIGN_PHRASES.items():
        write(FOREIGN / f"{language}.ogg", recorded(["espeak-ng", "-v", language], text))


def recorded(synthesiser: list[str], text: str) -> Samples:
    """A text as it would be recorded: [n] at 16 kHz."""
    return in_a_room(speak(synthesiser, text))


def in_a_room(speech: Samples) -> Samples:
    """Speech with pauses around it and a little noise all over it."""
    level = np.float32(np.sqrt(np.mean(speech**2)) * 10 ** (_NOISE_DB / 20))
    padded = np.pad(speech, round(_PAUSE_SEC * SAMPLE_RATE))
    return padded + level * np.random.default_rng(0).standard_normal(len(padded), np.float32)


def write(file: Path, clip: Samples) -> None:
    """Keep a clip as 16 kHz Opus."""
    file.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(file, clip, SAMPLE_RATE, format="OGG", subtype="OPUS", compression_level=_COMPRESSION)
