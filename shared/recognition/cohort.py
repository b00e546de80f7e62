"""Other voices of the same service, which tell how alike strangers are here.

They are read when they are first needed, beside the requests, and go on with the change log, which is read again
after a while; what this instance changes counts at once. Of a family the first so many enrolled profiles are taken in
the order of their ids, which are random.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.listening.comparing import NOBODY, SIZE, Crowd
from shared.listening.scoring import unit
from shared.listening.views import Band
from shared.observing.trace import mark
from shared.store import Store
from shared.store.changes import Change, ChangeLog, Tail
from shared.voices.families import Family
from shared.voices.records import Profile
from shared.words.book import canonical, same_locale

READ: Final = 400
"""Profiles of a family that are read, whatever their locales and phrases."""
FRESH_SEC: Final = 30
"""For so long, what other instances have changed may not be noticed."""
IDLE_SEC: Final = 1_800
"""After so long without a request all are read again: the log does not reach back for ever."""


@dataclass
class _Reading:
    """Profiles of a family by id, the moment when reading them began, and what this instance changed since.

    Attributes:
        tail: what the log tells after them.
    """

    began: float
    tail: Tail
    profiles: Future[dict[str, Profile]]
    changed: dict[str, Profile] = field(default_factory=dict)
    sets: dict[tuple[str, ...], Crowd] = field(default_factory=dict)

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

    def voices(self, like: Profile, band: Band, version: str) -> Crowd:
        """Those that compare with a profile's voice; chosen once."""
        size = like.signature.views[band].mean.size if like.signature else 0  # of damaged ones it is another
        key = (canonical(like.locale), like.phrase or "", band, version, str(size))
        if key not in self.sets:
            known = {**self.profiles.result(), **self.changed}
            means = {name: _mean(known[name], like, band, version, size) for name in sorted(known)}
            self.sets[key] = _crowd({name: mean for name, mean in means.items() if mean is not None})
        return self.sets[key]


def _crowd(means: Mapping[str, NDArray[np.float32]]) -> Crowd:
    first = dict(islice(means.items(), SIZE + 1))
    return Crowd(np.stack([*first.values()]), {name: row for row, name in enumerate(first)}) if first else NOBODY


class Cohorts:
    """Finds other voices to compare with; safe to use from several threads.

    Attributes:
        on: whether there are any; where not, no profile is read but those that a request names.
    """

    def __init__(self, store: Store, *, on: bool = True, clock: Callable[[], float] = time.monotonic) -> None:
        """Bind to a store, and hear of what is written to it."""
        self.on = on
        self._store = store
        self._log = ChangeLog(store.changes)
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
                self._newest[family.name] = self._begun(family, newest)

    def others(self, profile: Profile, band: Band, version: str) -> Crowd:
        """Voices like a profile's, maybe with its own.

        They are of its family, locale and phrase, seen in a band, by the model of a version.

        Raises:
            StorageUnavailable: they could not be read.
        """
        if not self.on:
            return NOBODY
        self.expect(profile.family)
        reading = self._readable(profile.family)
        reading.profiles.result()
        with self._lock:
            return reading.voices(profile, band, version)

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

    def _begun(self, family: Family, newest: _Reading | None) -> _Reading:
        """A reading that goes on where the newest one has ended, unless that failed or is too long ago."""
        began = self._clock()
        if newest is None or newest.failed or began - newest.began >= IDLE_SEC:
            tail = Tail(self._log, self._log.now())
            return _Reading(began, tail, self._reader.submit(self._read, family))
        known, tail = newest.profiles.result(), newest.tail
        return _Reading(began, tail, self._reader.submit(self._followed, family, known, tail))

    def _read(self, family: Family) -> dict[str, Profile]:
        return {profile.id: profile for profile in self._store.enrolled(family, READ)}

    def _followed(self, family: Family, known: Mapping[str, Profile], tail: Tail) -> dict[str, Profile]:
        """Profiles as they are by what the log tells; all are read again if others would have to step in."""
        found: dict[str, Profile | None] = dict(known)

        def use(told: list[Change]) -> None:
            found.update(self._changed(family, known, {each.mark for each in told if each.family == family}))

        tail.take(use)
        there = {name: profile for name, profile in sorted(found.items()) if profile and profile.enrolled}
        return self._read(family) if len(known) >= READ > len(there) else dict(islice(there.items(), READ))

    def _changed(self, family: Family, known: Iterable[str], marks: set[str]) -> dict[str, Profile | None]:
        """Profiles of marks, as they are stored now, as long as anybody knows their ids."""
        ids = {mark(name): name for name in known}
        names = [name for told in marks if (name := ids.get(told) or self._log.who(family, told))]
        return dict(zip(names, self._store.get_many(family, names), strict=True))

    def _note(self, profile: Profile) -> None:
        """Take a profile as it was just written here; one that has no signature any more is no voice."""
        with self._lock:
            for readings in (self._newest, self._used):
                if profile.family.name in readings:
                    readings[profile.family.name].note(profile)


def _mean(other: Profile, profile: Profile, band: Band, version: str, size: int) -> NDArray[np.float32] | None:
    """Another profile's voice in a band, if it is one to compare with."""
    signature = other.signature
    if not (other.enrolled and signature) or signature.model_version != version:
        return None
    if not same_locale(other.locale, profile.locale) or other.phrase != profile.phrase:
        return None
    view = signature.views.get(band)
    return unit(view.mean) if view and view.mean.size == size else None
