"""Run the service, put a folder of speakers through it, print a table.

The folder has one sub-folder a speaker; the last file of each is the test clip, the others enroll. Everybody gets a
verification profile, everybody but the last an identification profile: the last one plays the stranger.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import requests
from tqdm import tqdm

from devhost.stack import stack
from tools.client import Client
from tools.demo.speakers import VOICES, Speaker, read_speakers

PROBLEMS: Final = (ValueError, RuntimeError, requests.RequestException)
KEY: Final = "demo"
MAX_CANDIDATES: Final = 50


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    task: str
    speaker: str
    against: str
    decision: str
    expected: str
    score: float
    milliseconds: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whose voices."""
    parser.add_argument("folder", type=Path, nargs="?", default=VOICES, help="default: the synthetic voices")


def run(options: argparse.Namespace) -> None:
    """Return once every call succeeded."""
    speakers = read_speakers(options.folder)
    with stack({"SPEAKER_RECOGNITION_KEYS": KEY}) as running:
        rows = list(meet(running.url, speakers))
    _print_table(rows)


def meet(url: str, speakers: list[Speaker]) -> Iterator[Row]:
    """Enroll all speakers, then verify and identify their test clips."""
    verification, identification = Client(url, "verification", KEY), Client(url, "identification", KEY)
    *known, _stranger = speakers
    with tqdm(total=_clips(speakers) + _clips(known), desc="enrolling", unit="clip") as bar:
        verified = {speaker.name: _enroll(verification, speaker, bar) for speaker in speakers}
        identified = {speaker.name: _enroll(identification, speaker, bar) for speaker in known}
    yield from _verify(verification, speakers, verified)
    yield from _identify(identification, speakers, identified)


def _clips(speakers: list[Speaker]) -> int:
    return sum(len(speaker.enrollments) for speaker in speakers)


def _enroll(client: Client, speaker: Speaker, bar: "tqdm[Any]") -> str:
    profile_id = client.create()
    for number, clip in enumerate(speaker.enrollments, 1):
        last = number == len(speaker.enrollments)
        client.enroll(profile_id, clip, ignoreMinLength=str(last).lower())
        bar.update()
    return profile_id


def _verify(client: Client, speakers: list[Speaker], ids: dict[str, str]) -> Iterator[Row]:
    for number, speaker in enumerate(speakers):
        for other, expected in ((speaker, "Accept"), (speakers[number - 1], "Reject")):
            answer, took = _timed(client.verify, ids[other.name], speaker.test)
            decision = answer["recognitionResult"]
            yield Row("verify", speaker.name, other.name, decision, expected, answer["score"], took)


def _identify(client: Client, speakers: list[Speaker], ids: dict[str, str]) -> Iterator[Row]:
    names = {profile_id: name for name, profile_id in ids.items()}
    for speaker in speakers:
        candidates = _candidates(speaker, ids)
        answer, took = _timed(client.identify, candidates, speaker.test)
        decision = names.get(answer["identifiedProfile"]["profileId"], "nobody")
        best = answer["profilesRanking"][0]
        expected = speaker.name if speaker.name in ids else "nobody"
        yield Row("identify", speaker.name, f"{len(candidates)} people", decision, expected, best["score"], took)


def _candidates(speaker: Speaker, ids: dict[str, str]) -> list[str]:
    """As many profiles as one request may name, the speaker's own among them."""
    own_first = sorted(ids, key=lambda name: name != speaker.name)
    return [ids[name] for name in own_first[:MAX_CANDIDATES]]


def _timed(call: Callable[..., dict[str, Any]], who: object, clip: bytes) -> tuple[dict[str, Any], float]:
    started = time.perf_counter()
    answer = call(who, clip, ignoreMinLength="true")
    return answer, 1000 * (time.perf_counter() - started)


def _print_table(rows: list[Row]) -> None:
    wide = max(len(name) for row in rows for name in (row.speaker, row.against, row.decision)) + 2
    header = f"{'':10}{'who':{wide}}{'against':{wide}}{'decision':{wide}}{'expected':{wide}}{'score':>8}{'ms':>7}"
    print(f"\n{header}\n{'-' * len(header)}")
    for row in rows:
        surprise = "" if row.decision == row.expected else "  <- not as expected"
        print(
            f"{row.task:10}{row.speaker:{wide}}{row.against:{wide}}{row.decision:{wide}}{row.expected:{wide}}"
            f"{row.score:8.4f}{row.milliseconds:7.0f}{surprise}"
        )
    right = sum(row.decision == row.expected for row in rows)
    print(f"\nEvery call succeeded; {right} of {len(rows)} decisions as expected.")
    print("Try your own voice: `make run`, then open http://127.0.0.1:7071/console in a browser.")
