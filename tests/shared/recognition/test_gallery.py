from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from shared.listening.scoring import unit
from shared.listening.views import Band
from shared.observing.trace import mark
from shared.profiles.changes import change, write
from shared.recognition.gallery import FRESH, IDLE, Gallery
from shared.recognition.indexed import Index, Packed, Voice, number_of
from shared.store.changes import ChangeLog, Kind
from shared.store.memory import MemoryStore
from shared.voices.families import IDENTIFICATION
from shared.voices.records import Profile
from tests.clock import Clock
from tests.domain import Domain
from tests.galleries import DIMENSION, NOW, elsewhere, enrolled, grown, names, vector
from tests.signatures import wide

GROUPS = ["a", "b", None]


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def other(store: MemoryStore, clock: Clock) -> Gallery:
    """The gallery of another instance, which has looked already."""
    gallery = Gallery(elsewhere(store), clock)
    assert names(gallery) == set()
    return gallery


def test_what_this_instance_writes_is_in_its_gallery_at_once(store: MemoryStore, clock: Clock) -> None:
    gallery = Gallery(store, clock)
    assert names(gallery) == set()
    one, two = enrolled(store), enrolled(store, "staff")
    assert names(gallery) == {one.id, two.id}
    assert names(gallery, "staff") == {two.id}
    change(store, IDENTIFICATION, two.id, lambda profile: profile.leaving("staff"))
    assert names(gallery, "staff") == set()
    Domain.on(store, object(), clock).delete(IDENTIFICATION, one.id)
    assert names(gallery) == {two.id}


def test_what_others_do_is_there_once_the_log_is_read_again(store: MemoryStore, clock: Clock, other: Gallery) -> None:
    one, two = enrolled(store), enrolled(store, "staff")
    assert names(other) == set(), "the log was read a moment ago"
    clock.ahead += FRESH
    assert names(other) == {one.id, two.id}
    Domain.on(store, object(), clock).delete(IDENTIFICATION, one.id)
    change(store, IDENTIFICATION, two.id, lambda profile: profile.leaving("staff"))
    clock.ahead += FRESH
    assert (names(other), names(other, "staff")) == ({two.id}, set())
    change(store, IDENTIFICATION, two.id, lambda profile: profile.reset(NOW))
    clock.ahead += FRESH
    assert names(other) == set()


def test_a_clock_that_is_put_back_keeps_nothing_from_being_seen(
    store: MemoryStore, clock: Clock, other: Gallery
) -> None:
    one = enrolled(store)
    clock.ahead -= timedelta(seconds=15)
    assert names(other) == {one.id}


def test_what_was_told_late_is_seen_all_the_same(store: MemoryStore, clock: Clock, other: Gallery) -> None:
    late = elsewhere(store)
    profile = store.insert(Profile.new(IDENTIFICATION, "en-us", NOW))
    log = ChangeLog(late.changes, lambda: datetime.now(UTC) - timedelta(seconds=10))
    log.expect(IDENTIFICATION, profile.id)
    store.replace(grown(profile))
    clock.ahead += FRESH
    assert names(other) == set()
    log.tell(Kind.ENROLLED, IDENTIFICATION, profile.id)
    clock.ahead += FRESH
    assert names(other) == {profile.id}


def test_a_gallery_that_was_idle_for_long_begins_anew(store: MemoryStore, clock: Clock, other: Gallery) -> None:
    one = enrolled(store)
    ChangeLog(store.changes).drop_before(datetime.now(UTC) + timedelta(hours=1))
    clock.ahead += IDLE
    assert names(other) == {one.id}


def test_a_profile_of_another_family_is_none_of_this_gallerys(store: MemoryStore, clock: Clock, other: Gallery) -> None:
    change(store, IDENTIFICATION, enrolled(store).id, lambda profile: profile.reset(NOW))
    clock.ahead += FRESH
    assert names(other) == set()


def test_a_re_extracted_signature_replaces_the_older_one(store: MemoryStore, clock: Clock, other: Gallery) -> None:
    profile = enrolled(store)
    write(store, profile.with_signature(wide(vector(), 25, "v2"), [Band.WIDE]), Kind.RE_EXTRACTED)
    clock.ahead += FRESH
    (way,) = [way for way, packed in other.look(IDENTIFICATION).parts if packed.count(None)]
    assert (way.version, way.wide, way.narrow) == ("v2", Band.WIDE, Band.WIDE)


def _voice(group: str | None) -> Voice:
    profile = grown(Profile.new(IDENTIFICATION, "en-us", NOW))
    voice = Voice.of(profile.joining(group) if group else profile)
    assert voice is not None
    return voice


def _by_hand(voices: dict[str, Voice], query: np.ndarray, group: str | None, band: Band) -> list[str]:
    there = [voice for voice in voices.values() if group is None or group in voice.groups]
    cosines = {voice.id: float(voice.vectors[band].astype(np.float32) @ query) for voice in there}
    return sorted(cosines, key=lambda name: -cosines[name])[:5]


@pytest.mark.parametrize("seed", range(5))
def test_an_index_finds_what_a_search_by_hand_finds_whatever_came_and_went(seed: int) -> None:
    random = np.random.default_rng(seed)
    begun = [_voice(GROUPS[random.integers(3)]) for _ in range(40)]
    index, there = Index(begun), {voice.id: voice for voice in begun}
    for step in range(200):
        if there and random.random() < 0.5:
            gone = str(random.choice(list(there)))
            del there[gone]
            index.set(number_of(mark(gone)), None)
        else:
            voice = _voice(GROUPS[random.integers(3)])
            there[voice.id] = voice
            index.set(number_of(mark(voice.id)), voice)
        if step % 40 == 0:
            index.pack()
        query, group = unit(random.normal(size=DIMENSION).astype(np.float32)), GROUPS[random.integers(3)]
        for band in Band:
            found = [each for _, packed in index.parts() for each in packed.best(band, query, 5, group)]
            best = sorted(found, key=lambda each: -each.cosine)[:5]
            assert [each.profile_id for each in best] == _by_hand(there, query, group, band)
    assert all(index.id_of(number_of(mark(name))) == name for name in there)
    assert index.id_of(5) is None


def test_voices_that_are_joined_keep_their_groups() -> None:
    one, two = (Packed.of([_voice("a"), _voice(None), _voice("b")]) for _ in range(2))
    one.alive[:] = False
    joined = Packed.joined([one, two])
    assert [joined.count(group) for group in (None, "a", "b", "c")] == [3, 1, 1, 0]
