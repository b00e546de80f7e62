"""Speak the synthetic clips of the demo, or those of ``phrases`` in English or in other ``locales``, again.

Needs espeak-ng and flite.

The clips are in the repository: only who changes voices or sentences does this.
"""

import argparse
from typing import Final

from tools.demo.make_voices import make_voices
from tools.phrases.make_clips import make_clips
from tools.phrases.make_locales import make_locales

PROBLEMS: Final = (FileNotFoundError,)
_MAKERS: Final = {"demo": make_voices, "phrases": make_clips, "locales": make_locales}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which clips."""
    parser.add_argument("clips", choices=_MAKERS)


def run(options: argparse.Namespace) -> None:
    """Write every clip."""
    _MAKERS[options.clips]()
