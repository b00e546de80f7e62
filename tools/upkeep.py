"""``python -m tools.upkeep``: do at once what the timer does in slices, on the storage that the settings name.

Finishes deletions, removes what was kept long enough, and makes every signature of an older model anew that can be.
It may be cut off at any time, and may run beside the app.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from functools import partial

from tqdm import tqdm

from devhost.errors import SetupError
from devhost.settings import load_settings
from shared import service
from shared.errors import SpeakerError
from shared.profiles.upkeep import Done
from shared.settings import ROOT
from shared.voices.records import Profile


def main() -> None:
    """Exit 0 if everything that is due was done."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    try:
        load_settings(ROOT)
        upkeep = service.upkeep()
        done = upkeep.run(watched=partial(tqdm, desc="making signatures anew", unit="profile"))
        for line in summary(done, upkeep.older_model()):
            print(line)
    except (SpeakerError, SetupError) as problem:
        sys.exit(f"upkeep: {problem}")


def summary(done: Done, older: Iterable[Profile]) -> Iterator[str]:
    """What was done, and the profiles that stay with an older model."""
    for name, number in asdict(done).items():
        yield f"{name.replace('_', ' '):<20}{number:>8}"
    for profile in older:
        version = profile.signature.model_version if profile.signature else None
        yield f"stays with model {version}: {profile.family.name} {profile.id}"


if __name__ == "__main__":
    main()
