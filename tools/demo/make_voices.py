"""How the demo's voices were made: our own sentences, spoken by the free synthesisers espeak-ng and flite.

Needs both programs (Debian: ``apt-get install espeak-ng flite``); the clips are in the repository, so only who changes
the sentences runs ``python -m tools voices demo``.
"""

import subprocess
import tempfile
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from shared.listening.containers import SAMPLE_RATE
from tools.demo.speakers import VOICES
from tools.recordings import Samples, read

SPEAKERS: Final = {
    "anna": ["flite", "-voice", "slt"],
    "boris": ["espeak-ng", "-v", "en-us+m7", "-s", "140", "-p", "20"],
    "clara": ["espeak-ng", "-v", "en-us+f2", "-s", "155", "-p", "70"],
    "david": ["flite", "-voice", "rms"],
    "ewan": ["flite", "-voice", "awb"],
}

CLIPS: Final = {
    "enroll-1": (
        "The ferry leaves the harbour at nine, and anyone who wants a seat by the window should be early. "
        "On the far side a narrow path climbs between stone walls to the old lighthouse. "
        "From its gallery you can count eleven islands, or twelve when the tide is out."
    ),
    "enroll-2": (
        "My grandmother kept her recipes in a biscuit tin, each one written on the back of a train ticket. "
        "She never measured flour; she listened to the dough, and claimed that it told her when to stop. "
        "We still argue about how much cinnamon she used."
    ),
    "test": (
        "Please move my appointment from Tuesday to Thursday afternoon. "
        "If the doctor is busy then, any time before noon on Friday will do."
    ),
}


def make_voices() -> None:
    """Write every clip of every voice as 16 kHz Opus."""
    for name, synthesiser in SPEAKERS.items():
        (VOICES / name).mkdir(parents=True, exist_ok=True)
        for clip, text in CLIPS.items():
            soundfile.write(
                VOICES / name / f"{clip}.ogg", speak(synthesiser, text), SAMPLE_RATE, format="OGG", subtype="OPUS"
            )


def speak(synthesiser: list[str], text: str) -> Samples:
    """A text spoken by the program of a command line: [n] at 16 kHz, as loud as half of full scale."""
    output = "-o" if synthesiser[0] == "flite" else "-w"
    with tempfile.TemporaryDirectory() as folder:
        script, wav = Path(folder, "text.txt"), Path(folder, "speech.wav")
        script.write_text(text)
        subprocess.run([*synthesiser, output, wav, "-f", script], check=True)
        speech = read(wav)
    return speech * np.float32(0.5 / np.abs(speech).max())
