"""``python -m tools.forget``: delete every profile of a family, or of all of them, with all audio.

On the storage that the settings name. It may be cut off and run again, and may run beside the app.
"""

import argparse
import sys
from functools import partial

from tqdm import tqdm

from devhost.errors import SetupError
from devhost.settings import load_settings
from functions.contract.wire import CONFIRMATION
from shared import service
from shared.errors import SpeakerError
from shared.settings import ROOT
from shared.voices.families import FAMILIES, Family

_BY_NAME = {family.name: family for family in FAMILIES.values()}


def main() -> None:
    """Exit 0 if nothing is left."""
    options = _options()
    families = list(_BY_NAME.values()) if options.all else [_BY_NAME[options.family]]
    try:
        load_settings(ROOT)
        if not (options.yes or _confirmed(families)):
            sys.exit("forget: nothing was deleted")
        for family in families:
            forget(family)
    except (SpeakerError, SetupError) as problem:
        sys.exit(f"forget: {problem}")


def forget(family: Family) -> None:
    """Delete every profile of a family, and say how many they were."""
    cleared = service.profiles().delete_all(family, watched=partial(tqdm, desc=family.name, unit="profile"))
    print(f"{family.name}: {cleared.deleted} profiles deleted, nothing is left")


def _confirmed(families: list[Family]) -> bool:
    names = ", ".join(family.name for family in families)
    print(f"This deletes every profile of {names}, with all audio, for ever.")
    return input(f"Write {CONFIRMATION} to go on: ").strip() == CONFIRMATION


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--family", choices=_BY_NAME, help="delete the profiles of this family")
    which.add_argument("--all", action="store_true", help="delete the profiles of every family")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    return parser.parse_args()


if __name__ == "__main__":
    main()
