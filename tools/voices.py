"""Speak the synthetic clips of the demo, or those of ``phrases``, again; needs espeak-ng and flite.

The clips are in the repository: only who changes voices or sentences does this.
"""

import argparse
from typing import Final

from tools.demo.make_voices import make_voices
from tools.phrases.make_clips import make_clips

PROBLEMS: Final = (FileNotFoundError,)
_MAKERS: Final = {"demo": make_voices, "phrases": make_clips}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which clips."""
    parser.add_argument("clips", choices=_MAKERS)


def run(options: argparse.Namespace) -> None:
    """Write every clip."""
    _MAKERS[options.clips]()
