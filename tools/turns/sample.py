"""A real conversation: the recording that comes with pyannote-audio, with who truly spoke when."""

import io
from typing import Final

import soundfile

from shared.listening.bundle import Source
from tools.bundle.sources import fetch
from tools.turns.der import Line
from tools.turns.mixtures import Conversation

SOURCE: Final = Source(
    package="pyannote-audio",
    version="4.0.7",
    wheel="pyannote_audio-4.0.7-py3-none-any.whl",
    wheel_sha256="852ea15c4d85bc34773e618267603ffca6a521669a74d33742692cc67fc700d6",
    files={
        "pyannote/audio/sample/sample.wav": "c319b4abca767b124e41432d364fd7df006cb26bb79d09326c487d606a134e6e",
        "pyannote/audio/sample/sample.rttm": "d78fe62c69d8e6dcbb42c26adfce83faccb374c5a1e6d987fe37f85f1c173c87",
    },
)


def sample() -> Conversation:
    """Two people on the telephone for half a minute; nobody is enrolled.

    Raises:
        BundleError: the wheel cannot be had.
    """
    sound, reference = fetch([SOURCE]).values()
    samples, _ = soundfile.read(io.BytesIO(sound), dtype="float32")  # at 16 kHz, as its hash says
    return Conversation("pyannote-audio's sample.wav", samples, turns_of(reference.decode()), {})


def turns_of(rttm: str) -> list[Line]:
    """The turns of an RTTM file."""
    fields = (line.split() for line in rttm.splitlines() if line.startswith("SPEAKER"))
    return [Line(float(start), float(start) + float(length), name) for _, _, _, start, length, _, _, name, *_ in fields]
