"""What a support engineer would look at first: each line is ok, wrong or unknown, with what to do.

Without a URL this machine is looked at, with the settings that the app would read; with one, a running service, where
SPEAKER_KEY of the environment is tried. Nothing secret is printed. The exit status is 1 where something is wrong.
"""

import argparse
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Final

from devhost.errors import SetupError
from devhost.settings import load_settings
from shared.settings import ROOT
from tools.doctor import here, there
from tools.doctor.findings import Verdict, examine, lines

PROBLEMS: Final = (SetupError,)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to look at."""
    parser.add_argument("url", nargs="?", help="root of a running service, such as http://localhost:7071")
    parser.add_argument("--log", type=Path, help="file into which that service writes its log")
    parser.add_argument("--json", action="store_true", help="for programs")


def run(options: argparse.Namespace) -> int:
    """Look at everything; 1 if something is wrong."""
    if options.url:
        place = there.Place(options.url.rstrip("/"), os.environ.get("SPEAKER_KEY", ""), options.log)
        findings = list(examine(place, there.CHECKS, there.PROBLEMS))
    else:
        load_settings(ROOT)
        findings = list(examine(here.Machine(os.environ), here.CHECKS, here.PROBLEMS))
    if options.json:
        print(json.dumps({name: asdict(finding) for name, finding in findings}, indent=1))
    else:
        print("\n".join(lines(findings)))
    return int(any(finding.verdict is Verdict.WRONG for _, finding in findings))
