"""Read the audit trail, on the storage that the settings name.

`verify` tells whether every line still follows the one before it, and prints the hash of the last one: noted somewhere
else, it shows later whether anything up to it was changed. `show` prints what was done to a profile, one line of JSON
each. The exit status is 1 where the trail is broken.
"""

import argparse
import json
import os
from typing import Final

from devhost.errors import SetupError
from devhost.settings import load_settings
from shared.errors import SpeakerError
from shared.service import Service
from shared.settings import ROOT
from shared.store import Store
from shared.trust.verifying import of_profile, verify
from shared.voices.records import is_guid

PROBLEMS: Final = (SpeakerError, SetupError)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is asked of it."""
    asked = parser.add_subparsers(dest="asked", required=True)
    asked.add_parser("verify", help="is it whole?")
    show = asked.add_parser("show", help="what was done to a profile")
    show.add_argument("--profile", required=True, type=_id, help="its id")
    show.add_argument("--since", default="", metavar="YYYY/MM/DD", help="the first day that is looked at")


def run(options: argparse.Namespace) -> int:
    """Print what is asked for; 1 where the trail is broken."""
    load_settings(ROOT)
    store = Service(os.environ).store
    if options.asked == "verify":
        return verified(store)
    for told in of_profile(store, options.profile, options.since):
        print(json.dumps(told))
    return 0


def verified(store: Store) -> int:
    """Print whether the trail is whole; 1 where it is not."""
    verdict = verify(store)
    for broken in verdict.breaks:
        print(f"BROKEN at {broken}")
    if not verdict.breaks:
        print(f"whole: {verdict.lines} lines from number {verdict.first} on, the last with SHA-256 {verdict.hash}")
    return 1 if verdict.breaks else 0


def _id(text: str) -> str:
    if not is_guid(text.lower()):
        raise argparse.ArgumentTypeError("is no id of a profile")
    return text.lower()
