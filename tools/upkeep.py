"""Do at once what the timer does in slices, on the storage that the settings name.

Finishes deletions, removes what was kept long enough, and re-extracts every signature of an older model whose audio is
kept. It may be cut off at any time, and may run beside the app.
"""

import argparse
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Final

from tqdm import tqdm

from devhost.errors import SetupError
from devhost.settings import load_settings
from shared.errors import SpeakerError
from shared.profiles.upkeep import Done
from shared.service import Service
from shared.settings import ROOT
from shared.voices.records import Profile

PROBLEMS: Final = (SpeakerError, SetupError)


def add_arguments(_: argparse.ArgumentParser) -> None:
    """There are none."""


def run(_: argparse.Namespace) -> None:
    """Return once everything that is due was done."""
    load_settings(ROOT)
    service = Service(os.environ)
    service.sweep.run()
    upkeep, done = service.upkeep, Done()
    with tqdm(desc="re-extracting signatures", unit="profile") as bar:
        for done in upkeep.run():
            bar.total = done.older
            bar.update(done.re_extracted + done.not_re_extracted - bar.n)
    for line in summary(done, upkeep.older_model()):
        print(line)


def summary(done: Done, older: Iterable[Profile]) -> Iterator[str]:
    """What was done, and the profiles that stay with an older model."""
    for name, number in asdict(done).items():
        yield f"{name.replace('_', ' '):<20}{number:>8}"
    for profile in older:
        version = profile.signature.model_version if profile.signature else None
        yield f"stays with model {version}: {profile.family.name} {profile.id}"
