"""Enrolled profiles whose voices nobody spoke, and who is found in a gallery."""

from copy import copy
from datetime import UTC, datetime
from typing import Final

import numpy as np

from shared.listening.scoring import unit
from shared.listening.views import Band
from shared.profiles.changes import change
from shared.recognition.gallery import AnyGallery
from shared.store.memory import MemoryStore
from shared.voices.families import IDENTIFICATION
from shared.voices.records import Enrollment, Profile
from tests.signatures import both

DIMENSION: Final = 16
ANYBODY: Final = unit(np.ones(DIMENSION, np.float32))
NOW: Final = datetime(2026, 1, 2, tzinfo=UTC)
RANDOM: Final = np.random.default_rng(7)


def vector() -> np.ndarray:
    return RANDOM.normal(size=DIMENSION)


def grown(profile: Profile, mean: np.ndarray | None = None) -> Profile:
    mean = vector() if mean is None else mean
    clip = Enrollment(f"{len(profile.enrollments)}", 30, 25, None)
    return profile.with_enrollment(clip, both(mean, -mean, 25, "v1"), None, NOW, waive_minimum=False)


def enrolled(store: MemoryStore, *groups: str) -> Profile:
    profile = store.insert(Profile.new(IDENTIFICATION, "en-us", NOW))
    return change(store, IDENTIFICATION, profile.id, lambda p: grown(p).joining(groups[0]) if groups else grown(p))[1]


def names(gallery: AnyGallery, group: str | None = None) -> set[str]:
    """Everybody who can be found."""
    look = gallery.look(IDENTIFICATION)
    found = [each for _, packed in look.parts for each in packed.best(Band.WIDE, ANYBODY, 99, group)]
    assert len(found) == look.count(group)
    return {likeness.profile_id for likeness in found}


def elsewhere[Store: MemoryStore](store: Store) -> Store:
    """The same storage as another instance sees it, which does not hear of what this one writes."""
    other = copy(store)
    other._watchers = []
    return other
