"""Galleries as they are kept beside the profiles, so that an instance need not read every row to begin."""

import io
import json
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from shared.listening.views import Band
from shared.recognition.indexed import Packed, Way
from shared.store.blobs import Blobs
from shared.voices.families import Family

logger = logging.getLogger("speaker")

FORMAT: Final = 1
"""Raised when an older app must not read what a newer one has written."""
_UNREADABLE: Final = (BadZipFile, EOFError, KeyError, OSError, TypeError, ValueError)
_TRIES: Final = 3
"""How often a snapshot may be replaced while it is looked for."""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Voices of a family, packed by ways.

    Attributes:
        as_of: everything that was answered until then counts.
    """

    as_of: datetime
    parts: dict[Way, Packed]

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


@dataclass(frozen=True, eq=False)
class Snapshots:
    """Keeps one snapshot a family. Every method may raise ``StorageUnavailable``."""

    blobs: Blobs

    def newest(self, family: Family) -> Snapshot | None:
        """The newest one that can be read, or None."""
        for _ in range(_TRIES):
            names = self.blobs.names(_folder(family))
            stored = self.blobs.get(names[-1]) if names else None
            if stored is not None:
                return _read(stored)
            if not names:
                return None
        return None

    def keep(self, family: Family, snapshot: Snapshot | None) -> None:
        """Keep a snapshot in place of all others of the family; None keeps none."""
        older = self.blobs.names(_folder(family))
        if snapshot:
            moment = int(snapshot.as_of.timestamp() * 1000)
            self.blobs.put(f"{_folder(family)}{moment:015d}-{secrets.token_hex(4)}.npz", snapshot.to_bytes())
        for name in older:
            self.blobs.remove(name)


def _folder(family: Family) -> str:
    return f"{family.name}/"


def _read(stored: bytes) -> Snapshot | None:
    try:
        return Snapshot.from_bytes(stored)
    except _UNREADABLE:
        logger.exception("a gallery's snapshot cannot be read; the profiles are, instead")
        return None


def _names(files: list[str], number: int) -> list[str]:
    """Names of the arrays of one way."""
    return [name.partition("/")[2] for name in files if name.startswith(f"{number}/")]


def _arrays(packed: Packed) -> dict[str, NDArray[Any]]:
    """What is kept of packed voices: all are alive."""
    keys = sorted(packed.groups)
    rows = [packed.groups[key] for key in keys]
    return {
        "marks": packed.marks,
        "ids": packed.ids,
        **{f"in {band}": vectors for band, vectors in packed.vectors.items()},
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
        {band: np.asarray(arrays[f"in {band}"], np.float16) for band in Band if f"in {band}" in arrays},
        dict(zip(map(str, arrays["groups"]), rows, strict=True)),
        np.ones(len(arrays["marks"]), np.bool_),
    )
