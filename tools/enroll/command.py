"""Enroll many people from a table, through the API of a running service.

The table is CSV with the columns externalId, files (several with ; between them), locale and, if there was consent,
consentVersion, consentGivenDateTime and consentBy; or JSON, an object a line. The key is in SPEAKER_KEY.

What was done stands in a journal beside the table, and once the run is over, or cut off, in a report in CSV. Both say
which profile is whose: keep them as you keep the recordings. The same command goes on where it was cut off; whatever
happened, everybody has one profile, and each recording counts once. The exit status is 1 if somebody is not enrolled.
"""

import argparse
import csv
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import astuple
from pathlib import Path
from typing import Final

from tqdm import tqdm

from shared.voices.families import FAMILIES, VERIFICATION
from tools.client import Client
from tools.enroll.enrolling import FAIL, OVERWRITE, REPORT, SKIP, Enroller
from tools.enroll.journal import ENROLLED, SKIPPED, Journal, Outcome
from tools.enroll.people import Person, read_people
from tools.enroll.waiting import Stopped
from tools.recordings import UnusableInput

PROBLEMS: Final = (UnusableInput, Stopped, OSError)
AT_ONCE: Final = 2
"""People who are enrolled at the same time."""
COLUMNS: Final = ("externalId", "outcome", "profileId", "enrollments", "speechSec", "why", "duplicates")
"""Of the report: what an ``Outcome`` says."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Who, and where."""
    parser.add_argument("people", type=Path, help="the table: .csv or .jsonl")
    parser.add_argument("url", help="the service's root, such as https://voice.example.org")
    parser.add_argument("--family", choices=FAMILIES, default=VERIFICATION.name, help="default: %(default)s")
    parser.add_argument("--journal", type=Path, help="default: the table's name with .journal")
    parser.add_argument("--report", type=Path, help="default: the table's name with .report.csv")
    existing = "whom an earlier run has enrolled: leave alone, or empty and enroll again; default: %(default)s"
    parser.add_argument("--existing", choices=(SKIP, OVERWRITE), default=SKIP, help=existing)
    duplicates = "whose voice another profile has: name that in the report, or refuse, one after the other"
    parser.add_argument("--duplicates", choices=(REPORT, FAIL), help=duplicates)


def run(options: argparse.Namespace) -> int:
    """Enroll everybody; 1 if somebody is not enrolled."""
    people = read_people(options.people)
    family, url = FAMILIES[options.family], options.url.rstrip("/")
    client = Client(url, family.mode, os.environ.get("SPEAKER_KEY", "").strip(), family.dependency)
    journal = Journal(options.journal or options.people.with_suffix(".journal"), f"{url} {family.name}")
    report = options.report or options.people.with_suffix(".report.csv")
    try:
        _enroll(Enroller(client, journal, options.existing, options.duplicates), people)
        journal.close()
    finally:
        write_report(report, people, journal.done)
    counts = Counter(journal.done[person.id].outcome for person in people)
    print(", ".join(f"{number} {outcome}" for outcome, number in counts.items()) + f"; {report} has everybody")
    return int(not counts.keys() <= {ENROLLED, SKIPPED})


def _enroll(enroller: Enroller, people: Iterable[Person]) -> None:
    """Return once everybody was enrolled, or could not be."""
    left = [person for person in people if person.id not in enroller.journal.done]
    with ThreadPoolExecutor(1 if enroller.duplicates == FAIL else AT_ONCE) as pool:
        ends = [pool.submit(enroller.enroll, person) for person in left]
        try:
            for end in tqdm(as_completed(ends), desc="enrolling", unit="person", total=len(ends)):
                end.result()
        finally:
            pool.shutdown(cancel_futures=True)


def write_report(file: Path, people: Iterable[Person], done: Mapping[str, Outcome]) -> None:
    """Write what came of everybody, in the table's order, a line a person; of those who are left, nothing yet."""
    file.touch(mode=0o600)
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        writer.writerows(astuple(done[person.id]) for person in people if person.id in done)
