"""Two instances of the service on one storage, and changes in random order on both at once: who is enrolled is found on
the other one within two seconds, and who was deleted, reset or removed is named on none.

``INTERLEAVINGS=1000`` makes so many changes in memory and on Azurite; without it they are fewer.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import numpy as np
import psycopg
import pytest
from numpy.typing import NDArray

from devhost.azurite import azurite
from shared.profiles.changes import change
from shared.profiles.groups import Groups
from shared.recognition.everyone import Everyone
from shared.recognition.gallery import FRESH, AnyGallery, Gallery
from shared.recognition.postgres import PostgresGallery
from shared.service import Service
from shared.settings import Settings
from shared.store import Store
from shared.store.azure import AzureStore
from shared.store.memory import MemoryStore
from shared.voices.families import IDENTIFICATION
from shared.voices.groups import Described
from shared.voices.records import Enrollment, Profile
from shared.voices.refusals import NobodyEnrolled
from tests.clock import Clock
from tests.databases import postgres
from tests.galleries import NOW, elsewhere
from tests.hearing import Told, again, somebody, told
from tests.signatures import both

pytestmark = pytest.mark.slow

PEOPLE: Final = 8
IN_MEMORY, ON_AZURITE = (int(os.environ.get("INTERLEAVINGS", few)) for few in ("300", "40"))
GROUPS: Final = ("staff", "guests")


@dataclass(eq=False)
class Person:
    """Somebody, and what is true of him.

    Attributes:
        old: ids of profiles of his that were deleted.
    """

    voice: NDArray[np.float32]
    id: str = ""
    enrolled: bool = False
    groups: set[str] = field(default_factory=set)
    old: set[str] = field(default_factory=set)


class Instance:
    """The service as one instance runs it."""

    def __init__(self, store: Store, engine: Callable[[Store, Clock], AnyGallery]) -> None:
        self.store, self.clock = store, Clock()
        self.service = Service({"SPEAKER_CENTRING": "false"}, store=store, listener=Told())
        self.everyone = Everyone(self.service.recognizer, engine(store, self.clock))

    @property
    def groups(self) -> Groups:
        return self.service.groups

    def let_a_second_pass(self) -> None:
        """The log is due to be read again; that the clock is put back at times keeps it near that of storage."""
        self.clock.ahead = (self.clock.ahead + FRESH) % (15 * FRESH)

    def enroll(self, person: Person) -> None:
        if not person.id:
            person.id = self.store.insert(Profile.new(IDENTIFICATION, "en-us", NOW)).id
        signature = both(person.voice, person.voice, 25, self.service.listener.version)

        def grown(profile: Profile) -> Profile:
            clip = Enrollment(f"{len(profile.enrollments)}", 2, 25, None)
            return profile.with_enrollment(clip, signature, None, NOW, waive_minimum=False)

        change(self.store, IDENTIFICATION, person.id, grown)
        person.enrolled = True

    def reset(self, person: Person) -> None:
        if person.id:
            self.service.lifecycle.reset(IDENTIFICATION, person.id)
            person.enrolled = False

    def delete(self, person: Person) -> None:
        if person.id:
            self.service.lifecycle.delete(IDENTIFICATION, person.id)
            person.old.add(person.id)
            person.id, person.enrolled, person.groups = "", False, set()

    def add(self, person: Person, group: str) -> None:
        if person.id:
            self.groups.add(IDENTIFICATION, group, [person.id])
            person.groups.add(group)

    def remove(self, person: Person, group: str) -> None:
        if person.id:
            self.groups.remove(IDENTIFICATION, group, [person.id])
            person.groups.discard(group)

    def named(self, voice: NDArray[np.float32], group: str | None) -> tuple[str | None, list[str]]:
        """Who is speaking, and everybody who was ranked."""
        try:
            found = self.everyone.identify(IDENTIFICATION, group, told(voice), waive_minimum=True, top=100)
        except NobodyEnrolled:
            return None, []
        return found.speaker.profile_id if found.speaker else None, [each.profile_id for each in found.ranking]


type Pair = tuple[list[Instance], int]


@contextmanager
def _in_memory() -> Iterator[Pair]:
    store = MemoryStore()
    yield [Instance(seen, Gallery) for seen in (store, elsewhere(store))], IN_MEMORY


@contextmanager
def _on_azurite() -> Iterator[Pair]:
    with azurite() as storage:
        settings = Settings.read({"SPEAKER_STORAGE_CONNECTION_STRING": storage})
        yield [Instance(AzureStore.open(settings), Gallery) for _ in range(2)], ON_AZURITE


@contextmanager
def _in_postgres() -> Iterator[Pair]:
    store = MemoryStore()
    with postgres() as uri, ExitStack() as until_the_end:

        def begun(seen: Store, clock: Clock) -> PostgresGallery:
            gallery = PostgresGallery(seen, partial(psycopg.connect, uri, autocommit=True), clock)
            until_the_end.callback(gallery.close)
            return gallery

        yield [Instance(seen, begun) for seen in (store, elsewhere(store))], ON_AZURITE


@pytest.fixture(params=[_in_memory, _on_azurite, _in_postgres], ids=["memory", "azurite", "postgres"])
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    """Two instances on the same storage, and how many changes to make there."""
    with request.param() as made:
        yield made


def _change(random: np.random.Generator, instance: Instance, person: Person) -> Callable[[], None]:
    """One to be made; half of them enroll, so that somebody is there."""
    group = str(random.choice(GROUPS))
    others = [
        partial(instance.reset, person),
        partial(instance.delete, person),
        partial(instance.add, person, group),
        partial(instance.remove, person, group),
    ]
    return partial(instance.enroll, person) if random.random() < 0.4 else others[random.integers(4)]


def _check(instance: Instance, person: Person, voice: NDArray[np.float32]) -> None:
    for group in (None, *GROUPS):
        there = person.enrolled and (group is None or group in person.groups)
        named, ranked = instance.named(voice, group)
        assert named == (person.id if there else None), (group, person)
        assert not person.old & set(ranked)
        assert (person.id in ranked) is there


def test_whatever_changes_on_one_is_so_on_the_other(pair: Pair) -> None:
    random, (instances, changes) = np.random.default_rng(13), pair
    for group in GROUPS:
        instances[0].groups.put(IDENTIFICATION, group, Described(), None)
    people = [Person(somebody(random)) for _ in range(PEOPLE)]
    with ThreadPoolExecutor(2) as at_once:
        for _ in range(changes // 2):
            changed = [people[number] for number in random.choice(PEOPLE, 2, replace=False)]
            does = [_change(random, *each) for each in zip(instances, changed, strict=True)]
            for done in [at_once.submit(do) for do in does]:
                done.result()
            for person, here, there in zip(changed, instances, reversed(instances), strict=True):
                voice = again(person.voice, random)
                _check(here, person, voice)
                there.let_a_second_pass()
                _check(there, person, voice)
