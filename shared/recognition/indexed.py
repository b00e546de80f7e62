"""Voices in memory, packed to be searched: which of many are most like a clip."""

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import batched
from typing import Final, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from shared.listening.scoring import unit
from shared.listening.views import Band
from shared.observing.trace import mark
from shared.recognition.vectors import FEW, Halves, Vectors, joined
from shared.voices.records import Profile
from shared.voices.signatures import Signature

RECENT: Final = 1_000
"""Voices that may wait beside the packed ones before they are packed."""
_HALF: Final = 0.5


@dataclass(frozen=True, order=True)
class Way:
    """How voices are compared: by a model of a version, and in which bands.

    Attributes:
        wide, narrow: the bands in which wide and narrow clips are compared with them.
    """

    version: str
    wide: Band
    narrow: Band

    @classmethod
    def of(cls, signature: Signature) -> Self:
        """The way of a signature."""
        return cls(signature.model_version, signature.band_for(Band.WIDE), signature.band_for(Band.NARROW))

    @property
    def bands(self) -> list[Band]:
        """Those that are looked at."""
        return sorted({self.wide, self.narrow})

    def band_for(self, clip: Band) -> Band:
        """In which band a clip is compared."""
        return self.wide if clip is Band.WIDE else self.narrow


@dataclass(frozen=True, eq=False)
class Voice:
    """What is kept of an enrolled profile.

    Attributes:
        vectors: by band, float16 [dimension] of unit length.
    """

    id: str
    way: Way
    vectors: Mapping[Band, NDArray[np.float16]]
    groups: frozenset[str]

    @property
    def lengths(self) -> tuple[int, ...]:
        """Dimensions of the vectors in each band."""
        return tuple(vector.size for vector in self.vectors.values())

    @classmethod
    def of(cls, profile: Profile | None) -> "Voice | None":
        """A profile's voice; None where there is none to compare with."""
        signature = profile.signature if profile and profile.enrolled else None
        if profile is None or signature is None:
            return None
        way = Way.of(signature)
        vectors = {band: unit(signature.views[band].mean).astype(np.float16) for band in way.bands}
        return cls(profile.id, way, vectors, profile.groups)


@dataclass(frozen=True)
class Likeness:
    """A profile that may be the speaker, and the cosine by which it was found."""

    profile_id: str
    cosine: float


class Voices(Protocol):
    """Voices of one way that can be searched, wherever they are."""

    def count(self, group: str | None) -> int:
        """How many there are to be found, in a group by its key."""

    def best(self, band: Band, query: NDArray[np.float32], count: int, group: str | None) -> Iterator[Likeness]:
        """Those most like a voice of unit length, at most so many, in any order."""


def number_of(mark_of_it: str) -> int:
    """A mark as a number of 64 bits."""
    return int(mark_of_it, 16)


@dataclass(frozen=True, eq=False)
class Packed:
    """Voices of one way, in the order of their marks.

    Attributes:
        marks: [n] uint64.
        ids: [n, 16] uint8.
        vectors: by band, [n, dimension].
        groups: rows of the members, by the key of the group.
        alive: [n]; false for those that are not to be found any more.
    """

    marks: NDArray[np.uint64]
    ids: NDArray[np.uint8]
    vectors: Mapping[Band, Vectors]
    groups: Mapping[str, NDArray[np.int64]]
    alive: NDArray[np.bool_]

    @classmethod
    def of(cls, voices: Sequence[Voice]) -> Self:
        """Pack voices of one way; at least one. Left out are those that are not as long as most: they are damaged."""
        voices = _as_long_as_most(voices)
        marks = np.array([number_of(mark(voice.id)) for voice in voices], np.uint64)
        order = np.argsort(marks)
        known = [voices[row] for row in order]
        members: dict[str, list[int]] = {}
        for row, voice in enumerate(known):
            for key in voice.groups:
                members.setdefault(key, []).append(row)
        return cls(
            marks[order],
            np.array([list(uuid.UUID(voice.id).bytes) for voice in known], np.uint8),
            {band: Halves(np.stack([voice.vectors[band] for voice in known])) for band in known[0].vectors},
            {key: np.array(rows, np.int64) for key, rows in members.items()},
            np.ones(len(known), np.bool_),
        )

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Those of several that are alive, as one; without those that are damaged, as ``of``."""
        parts = _as_long_as_most(parts)
        alive = np.concatenate([part.alive for part in parts])
        marks = np.concatenate([part.marks for part in parts])
        kept = np.flatnonzero(alive)
        order = kept[np.argsort(marks[kept])]
        place = np.full(len(marks), -1)
        place[order] = np.arange(len(order))
        starts = np.cumsum([0, *(len(part.marks) for part in parts)])
        members: dict[str, list[NDArray[np.int64]]] = {}
        for start, part in zip(starts, parts, strict=False):
            for key, rows in part.groups.items():
                moved = place[rows + start]
                members.setdefault(key, []).append(moved[moved >= 0])
        return cls(
            marks[order],
            np.concatenate([part.ids for part in parts])[order],
            {band: joined([part.vectors[band] for part in parts], order) for band in parts[0].vectors},
            {key: np.sort(np.concatenate(rows)) for key, rows in members.items()},
            np.ones(len(order), np.bool_),
        )

    @property
    def lengths(self) -> tuple[int, ...]:
        """Dimensions of the vectors in each band."""
        return tuple(vectors.dimension for vectors in self.vectors.values())

    def coded(self) -> Self:
        """They, in 4 bits."""
        return replace(self, vectors={band: vectors.coded() for band, vectors in self.vectors.items()})

    def row(self, number: int) -> int | None:
        """Where the profile of a mark is, if it is here."""
        row = int(np.searchsorted(self.marks, np.uint64(number)))
        return row if row < len(self.marks) and self.marks[row] == number else None

    def members(self, group: str | None) -> NDArray[np.int64] | None:
        """Rows of a group's members that are alive; None for everybody."""
        if group is None:
            return None
        rows = self.groups.get(group, np.zeros(0, np.int64))
        return np.asarray(rows[self.alive[rows]], np.int64)

    def count(self, group: str | None) -> int:
        """How many there are to be found."""
        rows = self.members(group)
        return int(self.alive.sum()) if rows is None else len(rows)

    def best(self, band: Band, query: NDArray[np.float32], count: int, group: str | None) -> Iterator[Likeness]:
        """Those most like a voice of unit length, at most so many, in any order."""
        if self.vectors[band].dimension != query.size:
            return
        rows = self.members(group)
        cosines = self.vectors[band].cosines(query, rows)
        if rows is None:
            cosines, rows = np.where(self.alive, cosines, np.float32(-2)), np.arange(len(cosines))
        first = np.argpartition(-cosines, count)[:count] if count < len(cosines) else np.arange(len(cosines))
        for each in first:
            if cosines[each] > -2:
                yield Likeness(str(uuid.UUID(bytes=self.ids[rows[each]].tobytes())), float(cosines[each]))


class Index:
    """Voices of a family, which come and go. Not safe to use from several threads."""

    def __init__(self, voices: Iterable[Voice] = ()) -> None:
        """Begin with some."""
        self._packed: list[tuple[Way, Packed]] = []
        self._recent: dict[int, Voice] = {}
        self._beside: list[tuple[Way, Packed]] | None = []
        self.take(voices)

    def take(self, voices: Iterable[Voice]) -> None:
        """Begin with these as well; none of them is there."""
        for some in batched(voices, FEW, strict=False):
            self._packed += _packed(some)
            self._code()
        self._merge()

    def join(self, parts: Mapping[Way, Packed]) -> None:
        """Begin with these as well, which are packed."""
        self._packed += parts.items()
        self._code()

    def set(self, number: int, voice: Voice | None) -> None:
        """Take the voice of the profile of a mark as it is now; None where there is none any more."""
        for _, packed in self._packed:
            row = packed.row(number)
            if row is not None:
                packed.alive[row] = False
        self._recent.pop(number, None)
        if voice:
            self._recent[number] = voice
        self._beside = None

    def id_of(self, number: int) -> str | None:
        """The id of the profile of a mark, if it was here."""
        if number in self._recent:
            return self._recent[number].id
        for _, packed in self._packed:
            row = packed.row(number)
            if row is not None:
                return str(uuid.UUID(bytes=packed.ids[row].tobytes()))
        return None

    def parts(self) -> list[tuple[Way, Packed]]:
        """All voices, packed by ways; a way may be there several times."""
        if len(self._recent) > RECENT:
            self._packed += _packed(self._recent.values())
            self._recent = {}
            self._merge()
        if self._beside is None:
            self._beside = _packed(self._recent.values())
        return [*self._packed, *self._beside]

    def pack(self) -> dict[Way, Packed]:
        """Everything, packed together."""
        return _joined(self.parts())

    def _merge(self) -> None:
        """Pack what is small together, and what is mostly gone without that; large parts stay as they are."""
        loose = [each for each in self._packed if len(each[1].marks) < FEW or each[1].alive.mean() < _HALF]
        dense = [each for each in self._packed if all(each is not other for other in loose)]
        self._packed = [*dense, *_joined(loose).items()]
        self._code()

    def _code(self) -> None:
        """Keep all in 4 bits, if they are many together."""
        if sum(len(packed.marks) for _, packed in self._packed) > FEW:
            self._packed = [(way, packed.coded()) for way, packed in self._packed]


def _as_long_as_most[Lengthy: Voice | Packed](some: Sequence[Lengthy]) -> list[Lengthy]:
    """Those of one way whose vectors are as long as most are."""
    sizes: Counter[tuple[int, ...]] = Counter()
    for each in some:
        sizes[each.lengths] += len(each.marks) if isinstance(each, Packed) else 1
    [(usual, _)] = sizes.most_common(1)
    return [each for each in some if each.lengths == usual]


def _packed(voices: Iterable[Voice]) -> list[tuple[Way, Packed]]:
    by_way: dict[Way, list[Voice]] = {}
    for voice in voices:
        by_way.setdefault(voice.way, []).append(voice)
    return [(way, Packed.of(each)) for way, each in by_way.items()]


def _joined(parts: Iterable[tuple[Way, Packed]]) -> dict[Way, Packed]:
    by_way: dict[Way, list[Packed]] = {}
    for way, packed in parts:
        by_way.setdefault(way, []).append(packed)
    return {way: Packed.joined(each) for way, each in by_way.items()}
