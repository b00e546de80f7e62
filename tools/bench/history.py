"""Measure the service of commits, and keep the figures in docs/performance.json, with table and picture.

Each commit is taken out of Git into a folder of its own, which gets the models of this one, and is served by its own
dev host on the Python packages of this one. Only what goes over HTTP is measured: where the time of a verification
goes, how many are served to how many callers, and how long is waited beyond capacity. A commit takes about two minutes.
Older ones whose packages or models were others cannot be measured.
"""

import argparse
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Final

import psutil

from shared.settings import MODELS, ROOT
from tools import docs
from tools.bench import machine, soak, stages
from tools.bench.kept import FILE, Entry, keep
from tools.bench.progress import FILE as PICTURE
from tools.bench.progress import draw
from tools.bench.row import Row, lines

PROBLEMS: Final = (OSError, RuntimeError, subprocess.CalledProcessError)
PAGE: Final = "docs/performance.md"
CACHE: Final = ROOT / ".cache"
"""Where wheels are that models are made of."""
OVERLOAD_SEC: Final = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which commits."""
    parser.add_argument("commits", nargs="*", default=["HEAD"], metavar="COMMIT", help="default: the last one")


def run(options: argparse.Namespace) -> None:
    """Measure, print and write one after the other."""
    for commit in options.commits:
        draw(keep(measured(commit), FILE), PICTURE)
        (ROOT / PAGE).write_text(docs.written(PAGE), "utf-8")


def measured(commit: str) -> Entry:
    """The figures of a commit.

    Raises:
        CalledProcessError: Git does not know the commit.
        RuntimeError: its service does not start here.
        requests.HTTPError: its service does not work here.
    """
    short, date = _git("show", "--no-patch", "--abbrev=7", "--format=%h %cI", commit).decode().split()
    print(f"\n{short}", flush=True)
    began, others = time.perf_counter(), _others_sec()
    with checkout(commit) as folder:
        rows = [*_printed(stages.measure(folder).rows()), *_printed(soak.measure(OVERLOAD_SEC, folder).rows())]
    busy = (_others_sec() - others) / (time.perf_counter() - began)
    print(f"others kept {busy:.2f} cores busy", flush=True)
    figures = {row.name: float(f"{row.value:.4g}") for row in rows}
    committed = datetime.fromisoformat(date).astimezone(UTC)
    at = datetime.now(UTC)
    where = {name: what for name, what in machine.described().items() if name != "service"}
    return Entry(short, _iso(committed), _iso(at), where, round(busy, 2), figures)


@contextmanager
def checkout(commit: str) -> Iterator[Path]:
    """The files of a commit in a folder of their own, with its models: those of this folder where they are the same.

    Raises:
        CalledProcessError: Git does not know the commit, or its models cannot be built.
    """
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        with tarfile.open(fileobj=BytesIO(_git("archive", commit))) as tree:
            tree.extractall(folder, filter="data")
        for manifest in folder.glob("models/*/manifest.json"):
            _link(manifest)
        CACHE.mkdir(exist_ok=True)
        (folder / CACHE.name).symlink_to(CACHE)
        subprocess.check_call([sys.executable, "-m", "tools", "bundle"], cwd=folder)
        yield folder


def _link(manifest: Path) -> None:
    """Put weights beside a manifest, where they have been built here for one that wants the same."""
    own = MODELS / manifest.parent.name / manifest.name
    ours, theirs = (json.loads(each.read_text())["files"] if each.exists() else {} for each in (own, manifest))
    for name, _ in ours.items() & theirs.items():
        built, link = own.with_name(name), manifest.with_name(name)
        if built.exists() and not link.exists():
            link.symlink_to(built.resolve())


def _printed(rows: Iterator[Row]) -> list[Row]:
    found = list(rows)
    print(*lines(found, {}), sep="\n", flush=True)
    return found


def _git(*arguments: str) -> bytes:
    return subprocess.check_output(["git", *arguments], cwd=ROOT)


def _others_sec() -> float:
    """Processor time of this machine that neither this program has used nor what it has started and seen end."""
    all_of_it, own = psutil.cpu_times(), os.times()
    busy = all_of_it.user + all_of_it.nice + all_of_it.system + getattr(all_of_it, "steal", 0)
    return float(busy - sum(own[:4]))


def _iso(when: datetime) -> str:
    return when.isoformat(timespec="seconds")
