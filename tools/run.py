"""Serve on this machine until Ctrl-C, with storage kept in ``.azurite``."""

import argparse
from typing import Final

from devhost.stack import stack
from shared.settings import ROOT

PROBLEMS: Final = (RuntimeError,)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where."""
    parser.add_argument("--port", type=int, default=7071, help="default: %(default)s")


def run(options: argparse.Namespace) -> None:
    """Return when the host has ended, or was told to."""
    try:
        with stack(port=options.port, folder=ROOT / ".azurite", echo=True) as running:
            running.wait()
    except KeyboardInterrupt:
        print("stopped")
