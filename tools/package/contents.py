"""Which files are deployed: what ``.funcignore`` leaves, which is what azd and Core Tools upload."""

from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from shared.settings import ROOT


def contents(root: Path = ROOT) -> Iterator[Path]:
    """The files, in order of their names."""
    ignored = (root / ".funcignore").read_text().split()
    yield from sorted(_kept(root, ignored))


def _kept(folder: Path, ignored: list[str]) -> Iterator[Path]:
    for entry in folder.iterdir():
        if any(fnmatch(entry.name, pattern) for pattern in ignored):
            continue
        if entry.is_dir():
            yield from _kept(entry, ignored)
        else:
            yield entry
