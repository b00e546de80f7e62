"""What is kept of a recording between two steps, and at its end, as bytes.

Directions of voices are kept as long as a job runs, and not in its result.
"""

import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from shared.listening.scoring import Verdict
from shared.listening.views import Band
from shared.recognition.outcomes import Candidate
from shared.recordings.conversations import Told
from shared.recordings.diarizer import Heard
from shared.recordings.naming import Named
from shared.recordings.runs import Run, Stretch
from shared.recordings.turns import Diarized, Turn, Voice

_NOTHING: Final = np.zeros(0, np.float32)


def heard_to_bytes(heard: Heard) -> bytes:
    """What was heard in a piece."""
    runs = [(number, run) for number, stretch in enumerate(heard.stretches) for run in stretch.runs]
    file = io.BytesIO()
    np.savez(
        file,
        stretches=_table([(each.start, each.stop, each.slot) for each in heard.stretches]),
        runs=_table([(number, run.start, run.stop) for number, run in runs]),
        embeddings=np.array([run.embedding for _, run in runs], np.float32),
        seconds=np.array(heard.seconds),
        band=np.array(heard.band.value),
    )
    return file.getvalue()


def heard_of_bytes(written: bytes) -> Heard:
    """The same, read again."""
    with np.load(io.BytesIO(written), allow_pickle=False) as told:
        rows, embeddings = told["runs"].tolist(), told["embeddings"]
        runs = [(row[0], Run(row[1], row[2], embeddings[at])) for at, row in enumerate(rows)]
        by_stretch = {number: tuple(run for _, run in of) for number, of in groupby(runs, key=lambda each: each[0])}
        stretches = [
            Stretch(start, stop, slot, by_stretch.get(number, ()))
            for number, (start, stop, slot) in enumerate(told["stretches"].tolist())
        ]
        return Heard(stretches, float(told["seconds"]), Band(str(told["band"])))


def told_to_bytes(told: Told) -> bytes:
    """Who spoke when, and who that is."""
    found = told.diarized
    document = {
        "version": told.version,
        "seconds": found.seconds,
        "turns": [asdict(turn) for turn in found.turns],
        "speakers": [_speaker(named) for named in told.speakers],
    }
    return json.dumps(document).encode()


def told_of_bytes(written: bytes) -> Told:
    """The same, read again; without the directions of voices."""
    document = json.loads(written)
    speakers = [_named(each) for each in document["speakers"]]
    turns = [Turn(**turn) for turn in document["turns"]]
    found = Diarized(document["seconds"], [named.voice for named in speakers], turns)
    return Told(found, speakers, document["version"])


def _speaker(named: Named) -> dict[str, Any]:
    voice = named.voice
    return {
        "number": voice.number,
        "alone_sec": voice.alone_sec,
        "speech_sec": voice.speech_sec,
        "channel": voice.channel,
        "ranking": [asdict(candidate) for candidate in named.ranking],
        "is_known": named.is_known,
    }


def _named(told: dict[str, Any]) -> Named:
    voice = Voice(told["number"], _NOTHING, told["alone_sec"], told["speech_sec"], channel=told.get("channel"))
    return Named(voice, [_candidate(each) for each in told["ranking"]], is_known=told["is_known"])


def _candidate(told: dict[str, Any]) -> Candidate:
    return Candidate(**{**told, "verdict": Verdict(**told["verdict"]), "band": Band(told["band"])})


def _table(rows: Sequence[tuple[int, ...]]) -> NDArray[np.int64]:
    return np.array(rows, np.int64).reshape(len(rows), 3)
