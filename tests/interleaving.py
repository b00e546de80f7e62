"""Changes in random order on two instances of the service at once, which share a storage.

Who is enrolled is found on the other one within two seconds; who was deleted, reset or removed is named on none.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Protocol

import numpy as np

GROUPS: Final = ("staff", "guests")
SEEN_WITHIN_SEC: Final = 2.0
"""After the answer to a change, a request to another instance must know of it."""


def interleavings(few: int) -> int:
    """How many changes to make: ``INTERLEAVINGS=`` says so, otherwise they are few."""
    return int(os.environ.get("INTERLEAVINGS", few))


@dataclass(eq=False)
class Person[Voice]:
    """Somebody, and what is true of him.

    Attributes:
        voice: what he enrolls with.
        again: speaks once more.
        old: ids of profiles of his that were deleted.
    """

    voice: Voice
    again: Callable[[], Voice]
    id: str = ""
    enrolled: bool = False
    groups: set[str] = field(default_factory=set)
    old: set[str] = field(default_factory=set)

    def there(self, group: str | None) -> bool:
        """Whether he is to be found in a group, or among all."""
        return self.enrolled and (group is None or group in self.groups)


class Instance[Voice](Protocol):
    """The service as one instance runs it."""

    def create(self) -> str:
        """The id of a new profile."""

    def enroll(self, profile_id: str, voice: Voice) -> None:
        """Add a clip that suffices."""

    def reset(self, profile_id: str) -> None:
        """Let the profile have no voice."""

    def delete(self, profile_id: str) -> None:
        """Remove the profile."""

    def add(self, profile_id: str, group: str) -> None:
        """Take it into a group."""

    def remove(self, profile_id: str, group: str) -> None:
        """Take it out of one."""

    def named(self, voice: Voice, group: str | None) -> tuple[str | None, list[str]]:
        """Who is speaking, of a group or of all, and everybody who was ranked."""

    def may_be_behind(self, since: float) -> bool:
        """Let some time pass; whether it may still not know what another instance changed at a moment."""


@dataclass(frozen=True)
class Change[Voice]:
    """What is done to somebody on an instance."""

    instance: Instance[Voice]
    person: Person[Voice]
    group: str

    def enroll(self) -> None:
        person = self.person
        person.id = person.id or self.instance.create()
        self.instance.enroll(person.id, person.voice)
        person.enrolled = True

    def reset(self) -> None:
        self.instance.reset(self.person.id)
        self.person.enrolled = False

    def delete(self) -> None:
        person = self.person
        self.instance.delete(person.id)
        person.old.add(person.id)
        person.id, person.enrolled, person.groups = "", False, set()

    def add(self) -> None:
        self.instance.add(self.person.id, self.group)
        self.person.groups.add(self.group)

    def remove(self) -> None:
        self.instance.remove(self.person.id, self.group)
        self.person.groups.discard(self.group)

    def made(self, random: np.random.Generator) -> Callable[[], float]:
        """One of them, by chance, that says when it was answered; four in ten enroll, so that somebody is there."""
        others = (self.reset, self.delete, self.add, self.remove)
        change = self.enroll if random.random() < 0.4 else others[random.integers(4)]
        return partial(self._answered, change if self.person.id or change == self.enroll else lambda: None)

    @staticmethod
    def _answered(change: Callable[[], None]) -> float:
        change()
        return time.monotonic()


def interleaved[Voice](
    instances: Sequence[Instance[Voice]], people: Sequence[Person[Voice]], changes: int, random: np.random.Generator
) -> float:
    """Make so many changes, two at once; both groups are there.

    Returns:
        The longest time, in seconds, after which an instance that was asked did not know what the other had changed.
    """
    latest = 0.0
    with ThreadPoolExecutor(2) as at_once:
        for _ in range(changes // 2):
            changed = [people[number] for number in random.choice(len(people), 2, replace=False)]
            groups = random.choice(GROUPS, 2)
            made = [Change(*each).made(random) for each in zip(instances, changed, map(str, groups), strict=True)]
            answered = [done.result() for done in [at_once.submit(change) for change in made]]
            for person, here, there, since in zip(changed, instances, reversed(instances), answered, strict=True):
                _check_at_once(here, person)
                latest = max(latest, *_unknown(there, person, since))
    return latest


def _check_at_once[Voice](instance: Instance[Voice], person: Person[Voice]) -> None:
    for group in (None, *GROUPS):
        assert _is_right(instance, person, person.again(), group), (group, person)


def _unknown[Voice](instance: Instance[Voice], person: Person[Voice], since: float) -> Iterator[float]:
    """How long after a moment an instance was asked in vain, which it may be for a while."""
    voice = person.again()
    for group in (None, *GROUPS):
        while True:
            excused, after = instance.may_be_behind(since), time.monotonic() - since
            if _is_right(instance, person, voice, group):
                break
            assert excused, (group, person)
            yield after
    yield 0.0


def _is_right[Voice](instance: Instance[Voice], person: Person[Voice], voice: Voice, group: str | None) -> bool:
    """Whether he is found, if he is to be; nobody may be named in his place, and he not once he is gone."""
    named, ranked = instance.named(voice, group)
    there = person.there(group)
    assert not person.old & set(ranked)
    assert there or person.id not in ranked
    assert named in ((person.id, None) if there else (None,)), (group, person)
    return not there or (named == person.id and person.id in ranked)
