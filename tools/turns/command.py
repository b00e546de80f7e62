"""Who spoke when in a recording, by name where the voice is known: no server needed.

The profiles are a folder with a sub-folder of recordings for each person, whose name is the folder's. Prints the
speakers and writes RTTM, WebVTT, CSV, and a timeline to look at.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import soundfile
from tqdm import tqdm

from shared.errors import SpeakerError
from shared.recognition.judging import Known
from shared.recordings.clustering import Bounds
from shared.recordings.formats import FORMATS, labels
from shared.recordings.naming import Named
from shared.settings import ROOT
from tools.accuracy.speakers import find_speakers
from tools.recordings import UnusableInput, read
from tools.turns.der import Line
from tools.turns.hearing import Ears, Result, pieces
from tools.turns.picture import draw

PROBLEMS: Final = (UnusableInput, SpeakerError, OSError)
OUT: Final = ROOT / "out" / "turns"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which recording, and who may be in it."""
    parser.add_argument("recording", type=Path, help="whatever libsndfile reads, up to four hours")
    parser.add_argument("--profiles", type=Path, help="folder with a sub-folder of recordings for each person")
    parser.add_argument("--min-speakers", type=int, default=1, help="how many speak at least")
    parser.add_argument("--max-speakers", type=int, default=100, help="how many speak at most")
    parser.add_argument("--out", type=Path, default=OUT, help="folder for the files that are written")


def run(options: argparse.Namespace) -> None:
    """Return once everything is written."""
    bounds = Bounds(options.min_speakers, options.max_speakers)
    if not 1 <= bounds.least <= bounds.most:
        raise UnusableInput(f"there cannot be {bounds.least} speakers at least and {bounds.most} at most")
    ears = Ears()
    known = _known(ears, options.profiles) if options.profiles else []
    with tqdm(total=round(_seconds(options.recording)), desc="listening", unit="s", disable=None) as bar:
        result = ears.turns(pieces(options.recording), known, bounds, lambda done: bar.update(round(done) - bar.n))
    print("\n".join(_lines(result)))
    written = _write(result, options.recording.stem, options.out)
    print("\nwritten: " + ", ".join(str(file) for file in written))


def _known(ears: Ears, folder: Path) -> list[Known]:
    people = find_speakers(folder)
    if not people:
        raise UnusableInput(f"{folder} holds no recordings of people")
    return [
        ears.known(person.name, [read(file) for file in person.files])
        for person in tqdm(people, desc="enrolling", unit="person", disable=None)
    ]


def _seconds(file: Path) -> float:
    try:
        return float(soundfile.info(file).duration)
    except soundfile.LibsndfileError as problem:
        raise UnusableInput(f"{file} cannot be read as audio: {problem.error_string}") from None


def _lines(result: Result) -> list[str]:
    if not result.speakers:
        return ["Nobody speaks."]
    called = labels(result.speakers)
    wide = max(map(len, called.values())) + 2
    return [f"{'':{wide}}{'speech':>9}{'turns':>7}  closest profiles, log-likelihood ratio"] + [
        f"{called[each.voice.number]:{wide}}{each.voice.speech_sec:8.1f}s{_turns_of(result, each):7}  {_closest(each)}"
        for each in result.speakers
    ]


def _turns_of(result: Result, speaker: Named) -> int:
    return sum(turn.speaker == speaker.voice.number for turn in result.diarized.turns)


def _closest(speaker: Named) -> str:
    return ", ".join(f"{each.profile_id} {each.verdict.llr:.1f}" for each in speaker.ranking[:2])


def _write(result: Result, name: str, folder: Path) -> Sequence[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    turns, called = result.diarized.turns, labels(result.speakers)
    for suffix, written in FORMATS.items():
        (folder / f"{name}.{suffix}").write_text(written(turns, called), "utf-8")
    picture = folder / f"{name}.svg"
    draw({"": [Line(turn.start, turn.stop, called[turn.speaker]) for turn in turns]}, picture, name)
    return [*(folder / f"{name}.{suffix}" for suffix in FORMATS), picture]
