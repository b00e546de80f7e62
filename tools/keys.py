"""Wrap the keys of sealed voices anew, on the storage that the settings name.

Makes a new service key, wraps it by the newest version of SPEAKER_SEALING_KEY, and every data key by it. What is sealed
is not touched. It may be cut off and run again, and may run beside the app. Run it after the key in the vault got a new
version, and once more an hour later: only then do the older service keys go, and the older version may be disabled.
"""

import argparse
import os
import sys
from typing import Final

from tqdm import tqdm

from devhost.errors import SetupError
from devhost.settings import load_settings
from shared.errors import SpeakerError
from shared.service import Service
from shared.settings import ROOT
from shared.store.sealing import VoiceSeals

PROBLEMS: Final = (SpeakerError, SetupError)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is done."""
    parser.add_argument("what", choices=["rotate"], help="wrap every key by a new one")


def run(_: argparse.Namespace) -> None:
    """Return once every key is wrapped anew."""
    load_settings(ROOT)
    seals = Service(os.environ).store.seals
    if not isinstance(seals, VoiceSeals):
        sys.exit("keys: SPEAKER_SEALING_KEY names no key, so nothing is sealed")
    done = list(tqdm(seals.keys.rotate(), desc="wrapping keys", unit="key"))
    print(f"{max(done, default=0)} keys wrapped anew")
