"""Delete every profile of a family, or of all of them, with all audio.

On the storage that the settings name. It may be cut off and run again, and may run beside the app.
"""

import argparse
import os
import sys
from typing import Final

from tqdm import tqdm

from devhost.errors import SetupError
from devhost.settings import load_settings
from functions.contract.requests import CONFIRMATION
from shared.errors import SpeakerError
from shared.profiles.lifecycle import Cleared, Lifecycle
from shared.service import Service
from shared.settings import ROOT
from shared.voices.families import FAMILIES, Family

PROBLEMS: Final = (SpeakerError, SetupError)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which profiles."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--family", choices=FAMILIES, help="delete the profiles of this family")
    which.add_argument("--all", action="store_true", help="delete the profiles of every family")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(options: argparse.Namespace) -> None:
    """Return once nothing is left."""
    families = list(FAMILIES.values()) if options.all else [FAMILIES[options.family]]
    load_settings(ROOT)
    if not (options.yes or _confirmed(families)):
        sys.exit("forget: nothing was deleted")
    service = Service(os.environ)
    for family in families:
        service.sweep.forget(family)
        forget(service.lifecycle, family)


def forget(lifecycle: Lifecycle, family: Family) -> None:
    """Delete every profile of a family, and say how many they were."""
    cleared = Cleared()
    with tqdm(desc=family.name, unit="profile") as bar:
        for cleared in lifecycle.delete_all(family):
            bar.total = cleared.found
            bar.update(cleared.deleted - bar.n)
    print(f"{family.name}: {cleared.deleted} profiles deleted, nothing is left")


def _confirmed(families: list[Family]) -> bool:
    names = ", ".join(family.name for family in families)
    print(f"This deletes every profile of {names}, with all audio and recordings, for ever.")
    return input(f"Write {CONFIRMATION} to go on: ").strip() == CONFIRMATION
