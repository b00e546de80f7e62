"""What a support engineer would look at first: each line is ok, wrong or unknown, with what to do.

Without a URL this machine is looked at, with the settings that the app would read; with one, a running service, where
SPEAKER_KEY of the environment is tried. Nothing secret is printed. The exit status is 1 where something is wrong.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Final

from devhost.errors import SetupError
from devhost.settings import load_settings
from shared.settings import ROOT
from tools.doctor import azure, here, there
from tools.doctor.findings import Finding, Verdict, examine, lines
from tools.doctor.hiding import hiding

PROBLEMS: Final = (SetupError,)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to look at."""
    parser.add_argument("url", nargs="?", type=_root, help="root of a running service, such as http://localhost:7071")
    parser.add_argument("--log", type=Path, help="file into which that service writes its log")
    parser.add_argument("--json", action="store_true", help="for programs")


def _root(text: str) -> str:
    """A URL that is no more than scheme, host and port; what else it holds could be a secret, and is not repeated."""
    if not there.ROOT_URL.fullmatch(text):
        raise argparse.ArgumentTypeError("scheme and host are needed, such as http://localhost:7071, and no more")
    return text.lower().rstrip("/")


def run(options: argparse.Namespace) -> int:
    """Look at everything; 1 if something is wrong."""
    findings = {name: finding.without(hiding(os.environ)) for name, finding in _examined(options)}
    if options.json:
        print(json.dumps({name: asdict(finding) for name, finding in findings.items()}, indent=1))
    else:
        coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        print("\n".join(lines(findings.items(), coloured=coloured)))
    return int(any(finding.verdict is Verdict.WRONG for finding in findings.values()))


def _examined(options: argparse.Namespace) -> Iterator[tuple[str, Finding]]:
    if options.url:
        place = there.Place(options.url, os.environ.get("SPEAKER_KEY", "").strip(), options.log)
        yield from examine(place, there.CHECKS)
        yield from examine(azure.Site(options.url), azure.CHECKS)
    else:
        load_settings(ROOT)
        os.environ.setdefault("AZURE_FUNCTIONS_ENVIRONMENT", "Development")  # as the local hosts do
        yield from examine(here.Machine(os.environ), here.CHECKS)
