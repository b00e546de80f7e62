"""How right turns and names are: on conversations made of recordings, through the telephone, and on a real one.

Prints a table; with ``--write-docs`` the figures and the picture of docs/recordings.md are written again.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any, Final

from tqdm import tqdm

from shared.errors import SpeakerError
from shared.listening.bundle import Bundle
from shared.listening.quality import SpeechDetector
from shared.settings import MODELS, ROOT
from tools.accuracy.channels import channels
from tools.accuracy.command import FOLDER, SHIPPED
from tools.recordings import Samples, UnusableInput
from tools.turns.der import Errors, Line, errors
from tools.turns.hearing import Ears
from tools.turns.held_out import held_out
from tools.turns.judging import Found, judge, misnamed
from tools.turns.mixtures import Conversation, mixtures, readers
from tools.turns.peer import THRESHOLDS, sherpa_turns
from tools.turns.picture import draw
from tools.turns.sample import sample

PROBLEMS: Final = (UnusableInput, SpeakerError, OSError)
PAGE: Final = ROOT / "docs" / "recordings.md"
FIGURES: Final = ROOT / "docs" / "recordings.json"
PICTURE: Final = ROOT / "docs" / "recordings.svg"
COLLARS: Final = (0.25, 0.0)
CONVERSATIONS: Final = 15

type Hear = Callable[[Conversation], Found]


@dataclass(frozen=True)
class Outcome:
    """One conversation by one system.

    Attributes:
        errors: by collar.
    """

    conversation: Conversation
    found: Found
    errors: Mapping[float, Errors]

    @property
    def off(self) -> int:
        """How many speakers too many were found, or too few."""
        return len({turn.speaker for turn in self.found.turns}) - len(self.conversation.speakers)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """On how much, beside whom."""
    parser.add_argument("--folder", type=Path, help="recordings, one sub-folder a speaker (default: ../shared/speech)")
    parser.add_argument("--number", type=int, default=CONVERSATIONS, help="conversations that are made")
    parser.add_argument("--peer", action="store_true", help="also sherpa-onnx with the same two networks")
    parser.add_argument("--write-docs", action="store_true", help="write docs/recordings.json and .svg again")


def run(options: argparse.Namespace) -> None:
    """Return once the table is printed."""
    folder = options.folder or (FOLDER if FOLDER.is_dir() else SHIPPED)
    detector = SpeechDetector(Bundle.load(MODELS / "silero-vad"))
    people = readers(folder)
    made = list(mixtures(people, options.number, detector))
    outcomes = measured(made, dict(held_out(people, options.number, detector)), peer=options.peer)
    result = {"source": folder.resolve().name, "conversations": len(made), "rows": figures(outcomes)}
    print("\n".join(table(result)))
    if options.write_docs:
        FIGURES.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
        _draw(outcomes["mixtures"][2 % len(made)], PICTURE)
        print(f"written: {FIGURES.name}, {PICTURE.name} in docs/")


def measured(
    made: Sequence[Conversation], others: Mapping[str, Sequence[Conversation]], *, peer: bool
) -> dict[str, list[Outcome]]:
    """Every conversation by every system, by the name of the row."""
    hear, mixed, real = ears_hear(Ears()), {"mixtures": made}, {"a real telephone call": [sample()]}
    rows = {**_and_by_telephone(mixed), **real, **_and_by_telephone(others)}
    outcomes = {name: _heard(name, conversations, hear) for name, conversations in rows.items()}
    return {**outcomes, **_by_peer({**mixed, **real})} if peer else outcomes


def _and_by_telephone(rows: Mapping[str, Sequence[Conversation]]) -> dict[str, Sequence[Conversation]]:
    law = channels([])["mu-law"]
    both = (
        {name: made, f"{name}, by telephone": [_through(each, law) for each in made]} for name, made in rows.items()
    )
    return {name: conversations for pair in both for name, conversations in pair.items()}


def _by_peer(rows: Mapping[str, Sequence[Conversation]]) -> dict[str, list[Outcome]]:
    """Each row by sherpa-onnx at the threshold that is best for it."""
    best: dict[str, list[Outcome]] = {}
    for name, conversations in rows.items():
        tried = {each: _heard(f"{name} at {each}", conversations, sherpa_turns(each)) for each in THRESHOLDS}
        rates = {each: _error_rate(outcomes, COLLARS[0]) for each, outcomes in tried.items()}
        print(f"{name}, sherpa-onnx:", ", ".join(f"{rate:.1%} at {each}" for each, rate in rates.items()))
        threshold = min(rates, key=lambda each: rates[each])
        best[f"{name}, sherpa-onnx at {threshold}, its best"] = tried[threshold]
    return best


def _heard(name: str, conversations: Sequence[Conversation], hear: Hear) -> list[Outcome]:
    return [_outcome(each, hear) for each in tqdm(conversations, desc=name, unit="recording", disable=None)]


def _error_rate(outcomes: Sequence[Outcome], collar: float) -> float:
    return reduce(add, (outcome.errors[collar] for outcome in outcomes)).rate


def ears_hear(ears: Ears) -> Hear:
    """This service, which is offered profiles."""

    def hear(conversation: Conversation) -> Found:
        known = [ears.known(name, [samples]) for name, samples in conversation.enrolled.items()]
        before = time.process_time()  # enrolling is no part of it
        result = ears.turns(iter([conversation.samples]), known)
        took = time.process_time() - before
        turns = [Line(turn.start, turn.stop, str(turn.speaker)) for turn in result.diarized.turns]
        names = {str(each.voice.number): each.profile_id for each in result.speakers}
        judged = judge(conversation.turns, turns, conversation.enrolled, names)
        return Found(turns, took, judged, misnamed(conversation.turns, turns, names))

    return hear


def _outcome(conversation: Conversation, hear: Hear) -> Outcome:
    found = hear(conversation)
    wrong = {collar: errors(conversation.turns, found.turns, conversation.seconds, collar) for collar in COLLARS}
    return Outcome(conversation, found, wrong)


def _through(conversation: Conversation, channel: Callable[[Samples], Samples]) -> Conversation:
    enrolled = conversation.enrolled  # as they came: people enroll at a desk
    return Conversation(conversation.name, channel(conversation.samples), conversation.turns, enrolled)


def figures(outcomes: Mapping[str, Sequence[Outcome]]) -> dict[str, dict[str, Any]]:
    """What the table shows, as JSON has it."""
    return {name: _row(every) for name, every in outcomes.items()}


def _row(every: Sequence[Outcome]) -> dict[str, Any]:
    judged = [each for outcome in every for each in outcome.found.judged]
    total = {collar: reduce(add, (outcome.errors[collar] for outcome in every)) for collar in COLLARS}
    return {
        "der": {f"{collar:g}": round(total[collar].rate, 4) for collar in COLLARS},
        "parts": {name: round(value / total[COLLARS[0]].total, 4) for name, value in vars(total[COLLARS[0]]).items()},
        "speakers_right": sum(outcome.off == 0 for outcome in every),
        "recordings": len(every),
        "speakers_off_by": max(abs(outcome.off) for outcome in every),
        "processor": round(
            sum(outcome.found.processor_sec for outcome in every) / sum(each.conversation.seconds for each in every), 4
        ),
        "named": _share([each.is_right for each in judged if each.is_offered]),
        "strangers": _share([each.is_right for each in judged if not each.is_offered]),
        "wrong_names": sum(len(outcome.found.misnamed) for outcome in every),
    }


def _share(right: Sequence[bool]) -> float | None:
    return round(sum(right) / len(right), 4) if right else None


def table(result: Mapping[str, Any]) -> Iterator[str]:
    """The figures in Markdown, line by line."""
    yield (
        "| recordings | DER, collar 0.25 s | DER, collar 0 | speakers right | off by at most | named turns right | "
        "strangers unknown | speakers under a wrong name | processor time / audio |"
    )
    yield "|---|---|---|---|---|---|---|---|---|"
    for name, row in result["rows"].items():
        shares = " | ".join("" if row[key] is None else f"{row[key]:.1%}" for key in ("named", "strangers"))
        wrong = "" if row["named"] is None else row["wrong_names"]
        yield (
            f"| {name} | {row['der']['0.25']:.1%} | {row['der']['0']:.1%} | "
            f"{row['speakers_right']} of {row['recordings']} | {row['speakers_off_by']} | {shares} | {wrong} | "
            f"{row['processor']:.3f} |"
        )


def _draw(outcome: Outcome, file: Path) -> None:
    called = {each.found: each.name or f"unknown {each.found}" for each in outcome.found.judged}
    found = [Line(turn.start, turn.stop, called.get(turn.speaker, turn.speaker)) for turn in outcome.found.turns]
    draw({"what is true": outcome.conversation.turns, "what was found": found}, file, outcome.conversation.name)
