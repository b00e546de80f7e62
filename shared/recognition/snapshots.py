"""Galleries as they are kept beside the profiles, so that an instance need not read every row to begin.

A gallery of few is one snapshot; one of many is sixteen, by the first digit of ids: each is read and written in
seconds, and a change writes only one of them again.
"""

import io
import json
import logging
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from shared.listening.views import Band
from shared.recognition.indexed import Packed, Way
from shared.recognition.vectors import FEW, vectors_of
from shared.store import PARTITIONS, Span
from shared.store.blobs import Blobs
from shared.voices.families import Family

logger = logging.getLogger("speaker")

FORMAT: Final = 2
"""Raised when an older app must not read what a newer one has written."""
_UNREADABLE: Final = (BadZipFile, EOFError, KeyError, OSError, TypeError, ValueError)
_TRIES: Final = 3
"""How often a snapshot may be replaced while it is looked for."""
_NARROW: Final = 16
"""Partitions of a snapshot of many; of few it has all."""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Voices of a family, packed by ways.

    Attributes:
        as_of: everything that was answered until then counts.
    """

    as_of: datetime
    parts: dict[Way, Packed]

    def coded(self) -> "Snapshot":
        """It, with voices in 4 bits."""
        return Snapshot(self.as_of, {way: packed.coded() for way, packed in self.parts.items()})

    def to_bytes(self) -> bytes:
        """It as an uncompressed NPZ archive."""
        ways = [(way.version, way.wide, way.narrow) for way in self.parts]
        about = json.dumps({"format": FORMAT, "as_of": self.as_of.isoformat(), "ways": ways})
        arrays: dict[str, NDArray[Any]] = {"about": np.frombuffer(about.encode(), np.uint8)}
        for number, packed in enumerate(self.parts.values()):
            arrays |= {f"{number}/{name}": array for name, array in _arrays(packed).items()}
        file = io.BytesIO()
        np.savez(file, allow_pickle=False, **arrays)
        return file.getvalue()

    @classmethod
    def from_bytes(cls, stored: bytes) -> "Snapshot":
        """What ``to_bytes`` has written; raises ``_UNREADABLE`` where that is something else."""
        with np.load(io.BytesIO(stored), allow_pickle=False) as arrays:
            about = json.loads(arrays["about"].tobytes())
            if about["format"] > FORMAT:
                raise ValueError("a newer version wrote it")
            ways = [Way(version, Band(wide), Band(narrow)) for version, wide, narrow in about["ways"]]
            parts = {way: _packed({name: arrays[f"{number}/{name}"] for name in _names(arrays.files, number)})
                     for number, way in enumerate(ways)}  # fmt: skip
            return cls(datetime.fromisoformat(about["as_of"]), parts)


@dataclass(frozen=True)
class Kept:
    """A snapshot that is kept, as its name says.

    Attributes:
        as_of: everything that was answered until then counts.
    """

    name: str
    span: Span
    as_of: datetime


def spans(family: Family, voices: int) -> list[Span]:
    """The parts of a gallery of so many that are kept by themselves."""
    width = PARTITIONS if voices <= FEW else _NARROW
    return [Span(family, begin, width) for begin in range(0, PARTITIONS, width)]


@dataclass(frozen=True, eq=False)
class Snapshots:
    """Keeps snapshots of families, whole or in parts. Every method may raise ``StorageUnavailable``."""

    blobs: Blobs

    def kept(self, family: Family) -> dict[Span, Kept]:
        """The newest ones of a family, by what they are of."""
        found = (_kept(family, name) for name in self.blobs.names(_folder(family)))
        return {each.span: each for each in found if each}

    def parts(self, family: Family) -> Iterator[tuple[Span, Snapshot | None]]:
        """A family in parts, each with its snapshot, or with None where there is none."""
        kept = self.kept(family)
        narrow = spans(family, FEW + 1)
        in_parts = Span(family) not in kept and any(span in kept for span in narrow)
        for span in narrow if in_parts or all(span in kept for span in narrow) else [Span(family)]:
            yield span, self.newest(span)

    def newest(self, of: Family | Span) -> Snapshot | None:
        """The newest one of a family or a part of it that can be read, or None."""
        span = Span(of) if isinstance(of, Family) else of
        for _ in range(_TRIES):
            kept = self.kept(span.family).get(span)
            stored = self.blobs.get(kept.name) if kept else None
            if stored is not None:
                return _read(stored)
            if not kept:
                return None
        return None

    def keep(self, span: Span, snapshot: Snapshot) -> None:
        """Keep a snapshot in place of all others of its span; voices of many in 4 bits."""
        kept = snapshot if span.width == PARTITIONS else snapshot.coded()
        older, moment = self.blobs.names(_beginning(span)), int(snapshot.as_of.timestamp() * 1000)
        self.blobs.put(f"{_beginning(span)}{moment:015d}-{secrets.token_hex(4)}.npz", kept.to_bytes())
        for name in older:
            self.blobs.remove(name)

    def drop_others(self, family: Family, than: list[Span]) -> None:
        """Keep the newest ones of these spans only."""
        before, kept = self.blobs.names(_folder(family)), self.kept(family)
        for name in set(before) - {kept[span].name for span in than if span in kept}:
            self.blobs.remove(name)


def _folder(family: Family) -> str:
    return f"{family.name}/"


def _beginning(span: Span) -> str:
    return f"{_folder(span.family)}{span.begin:03d}-{span.width:03d}-"


def _kept(family: Family, name: str) -> Kept | None:
    """What a name says; None where it is no snapshot's."""
    try:
        begin, width, moment, _ = name.removeprefix(_folder(family)).split("-")
        as_of = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(moment))
        return Kept(name, Span(family, int(begin), int(width)), as_of)
    except ValueError:
        return None


def _read(stored: bytes) -> Snapshot | None:
    try:
        return Snapshot.from_bytes(stored)
    except _UNREADABLE:
        logger.exception("a gallery's snapshot cannot be read; the profiles are, instead")
        return None


def _names(files: list[str], number: int) -> list[str]:
    """Names of the arrays of one way."""
    return [name.partition("/")[2] for name in files if name.startswith(f"{number}/")]


def _under(name: str, arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Arrays whose names begin so, by how they end."""
    return {known.removeprefix(name): array for known, array in arrays.items() if known.startswith(name)}


def _arrays(packed: Packed) -> dict[str, NDArray[Any]]:
    """What is kept of packed voices: all are alive."""
    keys = sorted(packed.groups)
    rows = [packed.groups[key] for key in keys]
    return {
        "marks": packed.marks,
        "ids": packed.ids,
        **{
            f"in {band}{name}": array
            for band, in_it in packed.vectors.items()
            for name, array in in_it.arrays().items()
        },
        "groups": np.array(keys, np.str_),
        "members": np.concatenate(rows) if rows else np.zeros(0, np.int64),
        "ends": np.cumsum([len(each) for each in rows]),
    }


def _packed(arrays: dict[str, NDArray[Any]]) -> Packed:
    ends = np.asarray(arrays["ends"], np.int64)
    rows = np.split(np.asarray(arrays["members"], np.int64), ends[:-1]) if len(ends) else []
    return Packed(
        np.asarray(arrays["marks"], np.uint64),
        np.asarray(arrays["ids"], np.uint8),
        {band: vectors_of(_under(f"in {band}", arrays)) for band in Band if f"in {band}" in arrays},
        dict(zip(map(str, arrays["groups"]), rows, strict=True)),
        np.ones(len(arrays["marks"]), np.bool_),
    )
