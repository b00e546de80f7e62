"""Other voices of the same service, which tell how alike strangers are here.

They are read when they are first needed and again after a while, beside the requests; what this instance changes counts
at once. Of a family the first so many enrolled profiles are taken in the order of their ids, which are random.
"""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from shared.listening.scoring import unit
from shared.listening.views import Band
from shared.store import Store
from shared.voices.families import Family
from shared.voices.records import Profile
from shared.words.book import canonical, same_locale

SIZE: Final = 200
"""Voices that one comparison chooses from; more change nothing."""
READ: Final = 400
"""Profiles of a family that are read, whatever their locales and phrases."""
FRESH_SEC: Final = 30
"""For so long, what other instances have changed may not be noticed."""


@dataclass
class _Reading:
    """Profiles of a family by id, the moment when reading them began, and what this instance changed since."""

    began: float
    profiles: Future[dict[str, Profile]]
    changed: dict[str, Profile] = field(default_factory=dict)
    sets: dict[tuple[str, ...], "_Voices"] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether it ended without a result."""
        return self.profiles.done() and self.profiles.exception() is not None

    def is_old(self, now: float) -> bool:
        """Whether it is time to read again."""
        return self.failed or (self.profiles.done() and now - self.began >= FRESH_SEC)

    def note(self, profile: Profile) -> None:
        """Take a profile as it was just written here."""
        self.changed[profile.id] = profile
        self.sets.clear()

    def voices(self, like: Profile, band: Band, version: str) -> "_Voices":
        """All that compare with a profile's voice; chosen once."""
        key = (canonical(like.locale), like.phrase or "", band, version)
        if key not in self.sets:
            known = {**self.profiles.result(), **self.changed}
            means = {name: _mean(known[name], like, band, version) for name in sorted(known)}
            self.sets[key] = _Voices.of({name: mean for name, mean in means.items() if mean is not None})
        return self.sets[key]


@dataclass(frozen=True, eq=False)
class _Voices:
    """Voices by profile: ids in order, and means of unit length, [voices, dimension]."""

    ids: NDArray[np.str_]
    means: NDArray[np.float32]

    @classmethod
    def of(cls, means: Mapping[str, NDArray[np.float32]]) -> Self:
        stacked = np.stack(list(means.values())) if means else np.zeros((0, 1), np.float32)
        return cls(np.array(list(means), np.str_), stacked)

    def without(self, profile_id: str) -> NDArray[np.float32]:
        """The first ``SIZE`` means of others."""
        return np.asarray(self.means[self.ids != profile_id][:SIZE], np.float32)


class Cohorts:
    """Finds other voices to compare with; safe to use from several threads.

    Attributes:
        on: whether there are any; where not, no profile is read but those that a request names.
    """

    def __init__(self, store: Store, *, on: bool = True, clock: Callable[[], float] = time.monotonic) -> None:
        """Bind to a store, and hear of what is written to it."""
        self.on = on
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._newest: dict[str, _Reading] = {}
        self._used: dict[str, _Reading] = {}
        self._reader = ThreadPoolExecutor(1, "cohort")
        store.watch(self._note)

    def expect(self, family: Family) -> None:
        """Begin to read what a comparison will need, unless it has been read lately."""
        if not self.on:
            return
        with self._lock:
            newest = self._newest.get(family.name)
            if newest is None or newest.is_old(self._clock()):
                self._newest[family.name] = _Reading(self._clock(), self._reader.submit(self._read, family))

    def others(self, profile: Profile, band: Band, version: str) -> NDArray[np.float32]:
        """Voices like a profile's, without its own: [voices, dimension] of unit length.

        They are of its family, locale and phrase, seen in a band, by the model of a version.

        Raises:
            StorageUnavailable: they could not be read.
        """
        if not self.on:
            return np.zeros((0, 1), np.float32)
        self.expect(profile.family)
        reading = self._readable(profile.family)
        reading.profiles.result()
        with self._lock:
            return reading.voices(profile, band, version).without(profile.id)

    def close(self) -> None:
        """End, once what is being read has been."""
        self._reader.shutdown()

    def _readable(self, family: Family) -> _Reading:
        """The newest reading that has ended well; the first one is waited for."""
        with self._lock:
            newest = self._newest[family.name]
            if newest.profiles.done() and not newest.failed:
                self._used[family.name] = newest
            return self._used.get(family.name, newest)

    def _read(self, family: Family) -> dict[str, Profile]:
        return {profile.id: profile for profile in self._store.enrolled(family, READ)}

    def _note(self, profile: Profile) -> None:
        """Take a profile as it was just written here; one that has no signature any more is no voice."""
        with self._lock:
            for readings in (self._newest, self._used):
                if profile.family.name in readings:
                    readings[profile.family.name].note(profile)


def _mean(other: Profile, profile: Profile, band: Band, version: str) -> NDArray[np.float32] | None:
    """Another profile's voice in a band, if it is one to compare with."""
    signature = other.signature
    if not (other.enrolled and signature) or signature.model_version != version:
        return None
    if not same_locale(other.locale, profile.locale) or other.phrase != profile.phrase:
        return None
    view = signature.views.get(band)
    return unit(view.mean) if view else None
