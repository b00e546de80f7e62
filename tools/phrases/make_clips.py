"""How the clips of ``make phrases`` were made: listed phrases, spoken by the free synthesisers espeak-ng and flite.

Ten voices say each phrase (``01.ogg``, ``02.ogg``, ... in the order of ``PHRASES``); two of them also say each
passphrase with one word changed (``near/{voice}-01.ogg``, ...), and three say one in another language. The voices
were chosen before anything was transcribed, and every clip of them is here, well understood or not.

Needs both programs (Debian: ``apt-get install espeak-ng flite``); the clips are in the repository, so only who changes
voices or phrases runs ``python -m tools.phrases.make_clips``.
"""

from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from shared.containers import SAMPLE_RATE
from tools.demo.make_voices import SPEAKERS as DEMO_SPEAKERS
from tools.demo.make_voices import speak

VOICES: Final = Path(__file__).parent / "voices"
NEAR: Final = VOICES / "near"
LOCALE: Final = "en-US"

SPEAKERS: Final = {
    **DEMO_SPEAKERS,
    "fiona": ["espeak-ng", "-v", "en-gb+f4", "-s", "140", "-p", "55"],
    "george": ["flite", "-voice", "kal16"],
    "henry": ["espeak-ng", "-v", "en-gb+m3", "-s", "150", "-p", "45"],
    "iris": ["espeak-ng", "-v", "en-us+f5", "-s", "130", "-p", "60"],
    "james": ["espeak-ng", "-v", "en-gb+m1", "-s", "165", "-p", "30"],
}

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

NEAR_PHRASES: Final = (
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
"""The passphrases in their order, with one word changed."""

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


def main() -> None:
    """Write every clip as 16 kHz Opus."""
    for name, synthesiser in SPEAKERS.items():
        for number, text in enumerate(PHRASES, 1):
            _write(VOICES / name / f"{number:02}.ogg", synthesiser, text)
    for name in NEAR_SPEAKERS:
        for number, text in enumerate(NEAR_PHRASES, 1):
            _write(NEAR / f"{name}-{number:02}.ogg", SPEAKERS[name], text)
    for language, text in FOREIGN_PHRASES.items():
        _write(FOREIGN / f"{language}.ogg", ["espeak-ng", "-v", language], text)


def recorded(synthesiser: list[str], text: str) -> NDArray[np.float32]:
    """A text as it would be recorded: [n] at 16 kHz, with pauses around it and a little noise all over it."""
    speech = speak(synthesiser, text)
    level = np.float32(np.sqrt(np.mean(speech**2)) * 10 ** (_NOISE_DB / 20))
    padded = np.pad(speech, round(_PAUSE_SEC * SAMPLE_RATE))
    return padded + level * np.random.default_rng(0).standard_normal(len(padded), np.float32)


def _write(file: Path, synthesiser: list[str], text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    clip = recorded(synthesiser, text)
    soundfile.write(file, clip, SAMPLE_RATE, format="OGG", subtype="OPUS", compression_level=_COMPRESSION)


if __name__ == "__main__":
    main()
