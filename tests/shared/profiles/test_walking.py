"""Upkeep goes through everything in spans: each run does a slice, and the next one goes on where it stopped."""

from collections.abc import Iterator
from datetime import timedelta
from unittest.mock import patch

import pytest

from shared.profiles import upkeep
from shared.profiles.upkeep import Done, last_seen_at_work
from shared.store import PARTITIONS, Span, UpkeepReport, Walk
from shared.store.memory import MemoryStore
from shared.voices.families import IDENTIFICATION, VERIFICATION, Family
from shared.voices.records import Profile
from tests import models
from tests.clock import Clock
from tests.domain import Domain

SLICE = timedelta(seconds=60)


@pytest.fixture
def domain(store: MemoryStore, clock: Clock) -> Domain:
    return Domain.on(store, models.listener(), clock)


@pytest.fixture
def narrow() -> Iterator[None]:
    """One profile is enough for a span."""
    with patch.object(upkeep, "AT_ONCE", 1):
        yield


def _new(store: MemoryStore, clock: Clock, family: Family = VERIFICATION, *, deleting: bool = False) -> Profile:
    profile = store.insert(Profile.new(family, "en-us", clock()))
    return store.replace(profile.marked_deleting(clock())) if deleting else profile


def _slowly(domain: Domain, store: MemoryStore, clock: Clock, seconds: float) -> Done:
    """A slice in which every listing takes so long."""
    listed = store.recount

    def recount(span: Span) -> list[Profile]:
        clock.let_pass(seconds=seconds)
        return listed(span)

    with patch.object(store, "recount", recount):
        return domain.upkeep(until=clock() + SLICE)


@pytest.mark.parametrize(
    ("held", "begin", "widths"),
    [
        (0, 0, {256}),
        (2_000, 0, {256}),
        (2_001, 0, {16}),
        (32_000, 0, {16}),
        (32_001, 0, {1}),
        (1_000_000, 255, {1}),
        (0, 7, {1, 16}),
        (0, 256, set()),
    ],
)
def test_spans_cover_a_family_and_are_the_narrower_the_more_it_holds(held: int, begin: int, widths: set[int]) -> None:
    spans = list(upkeep._spans(VERIFICATION, begin, held))
    covered = [number for span in spans for number in range(span.begin, span.end)]
    assert covered == list(range(begin, PARTITIONS))
    assert {span.width for span in spans} == widths


@pytest.mark.usefixtures("narrow")
def test_slices_together_do_what_one_run_does_and_each_stays_in_its_time(
    domain: Domain, store: MemoryStore, clock: Clock
) -> None:
    for number in range(40):
        _new(store, clock, deleting=number % 2 == 0)
    done, slices = 0, 0
    while store.report() is None:
        began = clock()
        done += _slowly(domain, store, clock, 7).deletions_finished
        assert clock() - began <= SLICE + timedelta(seconds=8)
        slices += 1
    assert (done, len(store.profiles)) == (20, 20)
    assert slices > 1


def test_deletions_that_take_too_long_go_on_in_the_next_slice(domain: Domain, store: MemoryStore, clock: Clock) -> None:
    for _ in range(5):
        _new(store, clock, deleting=True)
    removed = store.remove

    def remove(profile: Profile) -> None:
        clock.let_pass(seconds=25)
        removed(profile)

    with patch.object(store, "remove", remove):
        done = [domain.upkeep(until=clock() + SLICE).deletions_finished for _ in range(3)]
    assert done == [3, 2, 0]


def test_audio_that_time_did_not_allow_is_removed_by_the_next_slice(
    domain: Domain, store: MemoryStore, clock: Clock
) -> None:
    for _ in range(4):
        store.put_audio(_new(store, clock), "left-over", b"RIFF")
    clock.let_pass(days=1)
    deleted = store.delete_audio

    def delete_audio(family: Family, profile_id: str, names: list[str]) -> None:
        clock.let_pass(seconds=40)
        deleted(family, profile_id, names)

    with patch.object(store, "delete_audio", delete_audio):
        done = [domain.upkeep(until=clock() + SLICE).audio_left_over for _ in range(3)]
    assert done == [2, 2, 0]


def test_a_run_without_an_end_goes_through_everything_wherever_the_last_slice_stopped(
    domain: Domain, store: MemoryStore, clock: Clock
) -> None:
    _new(store, clock, deleting=True)
    store.write_walk(Walk(clock(), IDENTIFICATION.name, 255, "f"))
    assert domain.upkeep() == Done(deletions_finished=1)
    walk = store.walk()
    assert walk is not None
    assert walk == Walk(walk.moved)


def test_a_walk_of_a_family_that_nobody_knows_begins_anew(domain: Domain, store: MemoryStore, clock: Clock) -> None:
    _new(store, clock, deleting=True)
    store.write_walk(Walk(clock(), "of-a-later-version", 7))
    assert domain.upkeep(until=clock() + SLICE) == Done(deletions_finished=1)


def test_what_slices_have_met_is_reported_together(domain: Domain, store: MemoryStore, clock: Clock) -> None:
    for family in (VERIFICATION, IDENTIFICATION):
        profile = Profile.unreadable(family, _new(store, clock, family).id, "etag")
        store.profiles[family.name, profile.id] = profile
    foreign = {"beside": None, "within": Span(VERIFICATION)}
    with patch.object(store, "foreign_audio", lambda of=None: iter([n for n, where in foreign.items() if where == of])):
        while store.report() is None:
            _slowly(domain, store, clock, 50)
    report = store.report()
    assert report is not None
    assert (report.unreadable_profiles, report.foreign_audio) == (2, 2)


def test_upkeep_is_at_work_while_its_walk_goes_on(domain: Domain, store: MemoryStore, clock: Clock) -> None:
    assert last_seen_at_work(store) is None
    store.write_report(UpkeepReport(clock(), 0, 0))
    clock.let_pass(hours=5)
    _slowly(domain, store, clock, 50)
    report = store.report()
    assert report is not None
    seen = last_seen_at_work(store)
    assert seen is not None
    assert seen - report.finished >= timedelta(hours=5)
