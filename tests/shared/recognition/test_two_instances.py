"""Two instances of the service in one process, and changes in random order on both at once: see ``interleaving``.

``INTERLEAVINGS=1000`` makes so many changes in memory, on Azurite and on PostgreSQL; without it they are fewer.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
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
from tests.interleaving import GROUPS, Person, interleaved, interleavings
from tests.signatures import both

pytestmark = pytest.mark.slow

PEOPLE: Final = 8
IN_MEMORY, ON_AZURITE = interleavings(300), interleavings(40)

type Voice = NDArray[np.float32]


class InProcess:
    """The service as one instance runs it."""

    def __init__(self, store: Store, engine: Callable[[Store, Clock], AnyGallery]) -> None:
        self.store, self.clock = store, Clock()
        self.service = Service({"SPEAKER_CENTRING": "false"}, store=store, listener=Told())
        self.everyone = Everyone(self.service.recognizer, engine(store, self.clock))

    @property
    def groups(self) -> Groups:
        return self.service.groups

    def may_be_behind(self, since: float) -> bool:  # noqa: ARG002  whenever it was, enough time has passed
        """The log is due to be read again; that the clock is put back at times keeps it near that of storage."""
        self.clock.ahead = (self.clock.ahead + FRESH) % (15 * FRESH)
        return False

    def create(self) -> str:
        return self.store.insert(Profile.new(IDENTIFICATION, "en-us", NOW)).id

    def enroll(self, profile_id: str, voice: Voice) -> None:
        signature = both(voice, voice, 25, self.service.listener.version)

        def grown(profile: Profile) -> Profile:
            clip = Enrollment(f"{len(profile.enrollments)}", 2, 25, None)
            return profile.with_enrollment(clip, signature, None, NOW, waive_minimum=False)

        change(self.store, IDENTIFICATION, profile_id, grown)

    def reset(self, profile_id: str) -> None:
        self.service.lifecycle.reset(IDENTIFICATION, profile_id)

    def delete(self, profile_id: str) -> None:
        self.service.lifecycle.delete(IDENTIFICATION, profile_id)

    def add(self, profile_id: str, group: str) -> None:
        self.groups.add(IDENTIFICATION, group, [profile_id])

    def remove(self, profile_id: str, group: str) -> None:
        self.groups.remove(IDENTIFICATION, group, [profile_id])

    def named(self, voice: Voice, group: str | None) -> tuple[str | None, list[str]]:
        try:
            found = self.everyone.identify(IDENTIFICATION, group, told(voice), waive_minimum=True, top=100)
        except NobodyEnrolled:
            return None, []
        return found.speaker.profile_id if found.speaker else None, [each.profile_id for each in found.ranking]


type Pair = tuple[list[InProcess], int]


@contextmanager
def _in_memory() -> Iterator[Pair]:
    store = MemoryStore()
    yield [InProcess(seen, Gallery) for seen in (store, elsewhere(store))], IN_MEMORY


@contextmanager
def _on_azurite() -> Iterator[Pair]:
    with azurite() as storage:
        settings = Settings.read({"SPEAKER_STORAGE_CONNECTION_STRING": storage})
        yield [InProcess(AzureStore.open(settings), Gallery) for _ in range(2)], ON_AZURITE


@contextmanager
def _in_postgres() -> Iterator[Pair]:
    store = MemoryStore()
    with postgres() as uri, ExitStack() as until_the_end:

        def begun(seen: Store, clock: Clock) -> PostgresGallery:
            gallery = PostgresGallery(seen, partial(psycopg.connect, uri, autocommit=True), clock)
            until_the_end.callback(gallery.close)
            return gallery

        yield [InProcess(seen, begun) for seen in (store, elsewhere(store))], ON_AZURITE


@pytest.fixture(params=[_in_memory, _on_azurite, _in_postgres], ids=["memory", "azurite", "postgres"])
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    """Two instances on the same storage, and how many changes to make there."""
    with request.param() as made:
        yield made


def test_whatever_changes_on_one_is_so_on_the_other(pair: Pair) -> None:
    random, (instances, changes) = np.random.default_rng(13), pair
    for group in GROUPS:
        instances[0].groups.put(IDENTIFICATION, group, Described(), None)
    voices = [somebody(random) for _ in range(PEOPLE)]
    people = [Person(voice, partial(again, voice, random)) for voice in voices]
    assert interleaved(instances, people, changes, random) == 0
