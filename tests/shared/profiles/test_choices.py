"""What meets an opt-out, what a kill leaves of it, and what time does to a voice."""

import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import count
from unittest.mock import patch

import pytest

from shared.errors import Conflict, SpeakerError, UnknownProfile
from shared.listening.declared import Recording
from shared.observing.trace import mark
from shared.store import Met
from shared.store.changes import ChangeLog, Kind
from shared.store.memory import MemoryStore
from shared.voices.consent import Consent
from shared.voices.families import IDENTIFICATION, VERIFICATION
from shared.voices.records import Profile
from shared.voices.refusals import EnrollingOptedOut, Expired, Locked
from shared.voices.standing import Standing
from tests import remembering, voices
from tests.clock import Clock
from tests.domain import Domain

ANNA = voices.seconds("anna", 6)
DAVID = voices.seconds("david", 6)
CALLS = ("get", "insert_once", "replace", "remove", "put_audio", "delete_audio", "delete_folder")
ROW_CALLS = ("read", "put", "insert", "remove")


class CutOffError(BaseException):
    """The process is killed."""


class WatchedStore(MemoryStore):
    """A store in memory that tells before and after every call; what is told may raise, or do something else."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.told: Callable[[], None] | None = None
        for of, names in ((self, CALLS), (self.changes, ROW_CALLS), (self.trials, ROW_CALLS)):
            for name in names:
                setattr(of, name, self._watched(getattr(of, name)))

    def _watched[**Given, Answer](self, called: Callable[Given, Answer]) -> Callable[Given, Answer]:
        def watched(*given: Given.args, **named: Given.kwargs) -> Answer:
            self._tell()
            answer = called(*given, **named)
            self._tell()
            return answer

        return watched

    def _tell(self) -> None:
        if self.told and not self._lock.locked():  # not of what it asks itself
            self.told()


@pytest.fixture
def store(clock: Clock) -> WatchedStore:
    return WatchedStore(clock)


def _domain(store: MemoryStore, clock: Clock, **settings: int) -> Domain:
    return Domain.on(store, remembering.listener(any_format=True), clock, None, **settings)


def _enrolled(domain: Domain) -> Profile:
    profile = domain.create(VERIFICATION, "en-us")
    return domain.enroll(VERIFICATION, profile.id, ANNA, waive_minimum=True).profile


def _planted(store: MemoryStore, like: Profile) -> Profile:
    """Another profile like one, with audio of its own."""
    planted = store.insert(replace(like, id=str(uuid.uuid4())))
    store.put_audio(planted, like.enrollments[0].id, ANNA)
    return planted


def _opt_out(domain: Domain, profile_id: str) -> Profile:
    return domain.service.choices.opt_out(VERIFICATION, profile_id)


def _at(point: int, store: WatchedStore, do: Callable[[], object], meanwhile: Callable[[], object]) -> bool:
    """Let something happen meanwhile, at a point before or after a storage call; whether there is such a point."""
    left = point

    def told() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            store.told = None
            with suppress(SpeakerError):
                meanwhile()

    store.told = told
    with suppress(CutOffError, SpeakerError):
        do()
    store.told = None
    return left <= 0


def _die() -> None:
    raise CutOffError


def _check_gone(store: MemoryStore, profile_id: str) -> None:
    """Nothing of a voice is there."""
    left = store.get(VERIFICATION, profile_id)
    assert left
    assert (left.standing, left.signature, left.enrollments) == (Standing.OPTED_OUT, None, ())
    assert [key for key in store.audio if profile_id in key] == []


def test_a_kill_at_any_storage_call_of_an_opt_out_leaves_it_undone_or_for_upkeep_to_finish(
    store: WatchedStore, clock: Clock
) -> None:
    domain = _domain(store, clock)
    like = _enrolled(domain)
    for point in count(1):
        profile = _planted(store, like)
        if not _at(point, store, partial(_opt_out, domain, profile.id), _die):
            break
        left = store.get(VERIFICATION, profile.id)
        assert left
        if left.opted_out:
            clock.let_pass(hours=3)
            domain.upkeep()
        else:
            assert left.signature
            assert len([key for key in store.audio if profile.id in key]) == 1
            _opt_out(domain, profile.id)
        _check_gone(store, profile.id)
    assert point > 10


def test_a_kill_at_any_storage_call_of_a_tombstone_leaves_it_or_none(store: WatchedStore, clock: Clock) -> None:
    domain = _domain(store, clock)
    for point in count(1):
        if not _at(point, store, partial(_opt_out, domain, _name(point)), _die):
            break
        left = store.get(VERIFICATION, _name(point))
        assert left is None or left.opted_out
        _opt_out(domain, _name(point))
        _check_gone(store, _name(point))
    assert point > 10


def test_whatever_an_opt_out_meets_while_a_clip_is_enrolled_no_voice_is_left(store: WatchedStore, clock: Clock) -> None:
    domain = _domain(store, clock)
    like = _enrolled(domain)
    for point in count(1):
        profile = _planted(store, like)
        enroll = partial(domain.enroll, VERIFICATION, profile.id, DAVID, waive_minimum=True)
        if not _at(point, store, enroll, partial(_opt_out, domain, profile.id)):
            break
        _check_gone(store, profile.id)
    assert point > 10


@pytest.mark.parametrize("other", ["delete", "reset", "verify", "upkeep", "opt in", "opt out"])
def test_whatever_meets_an_opt_out_no_voice_is_left(store: WatchedStore, clock: Clock, other: str) -> None:
    domain = _domain(store, clock, profile_retention_days=30, expiry_days=30)
    choices = domain.service.choices
    others: dict[str, Callable[[str], object]] = {
        "delete": partial(domain.delete, VERIFICATION),
        "reset": partial(domain.reset, VERIFICATION),
        "verify": lambda name: domain.verify(VERIFICATION, name, ANNA, waive_minimum=True),
        "upkeep": lambda _: _upkeep_much_later(domain, clock),
        "opt in": lambda name: choices.opt_in(VERIFICATION, name, "en-us", None),
        "opt out": partial(_opt_out, domain),
    }
    like = _enrolled(domain)
    for point in count(1):
        profile = _planted(store, like)
        if not _at(point, store, partial(_opt_out, domain, profile.id), partial(others[other], profile.id)):
            break
        left = store.get(VERIFICATION, profile.id)
        assert left is None or left.signature is None
        assert [key for key in store.audio if profile.id in key] == []
    assert point > 10


def _upkeep_much_later(domain: Domain, clock: Clock) -> None:
    clock.let_pass(days=60)
    domain.upkeep()


def test_an_opt_out_finishes_a_deletion_that_was_cut_off(store: WatchedStore, clock: Clock) -> None:
    domain = _domain(store, clock)
    profile = _enrolled(domain)
    store.replace(profile.marked_deleting(clock()))
    _opt_out(domain, profile.id)
    _check_gone(store, profile.id)


def test_who_keeps_losing_against_deletions_is_told(store: WatchedStore, clock: Clock) -> None:
    domain = _domain(store, clock)
    with patch.object(store, "insert_once") as written, pytest.raises(Conflict):  # the row is gone again at once
        _opt_out(domain, _name(1))
    assert written.call_count == 5


def test_an_opt_out_outlives_upkeep_and_whatever_it_was_told_before(store: WatchedStore, clock: Clock) -> None:
    domain = _domain(store, clock, profile_retention_days=30)
    profile = _enrolled(domain)
    _opt_out(domain, profile.id)
    _opt_out(domain, _name(1))
    clock.let_pass(days=3000)
    domain.upkeep()
    for name in (profile.id, _name(1)):
        _check_gone(store, name)
        with pytest.raises(EnrollingOptedOut):
            domain.enroll(VERIFICATION, name, ANNA, waive_minimum=True)


def test_every_choice_is_told_to_who_listens(store: WatchedStore, clock: Clock) -> None:
    domain, log = _domain(store, clock), ChangeLog(store.changes)
    profile, choices = _enrolled(domain), domain.service.choices
    consent = Consent("1", clock(), "test")
    for _ in range(2):
        choices.consent(VERIFICATION, profile.id, consent)
        _opt_out(domain, profile.id)
        choices.opt_in(VERIFICATION, profile.id, "", consent)
    _opt_out(domain, _name(1))
    kinds = [each.kind for each in log.since(clock()) if each.mark == mark(profile.id)]
    expected = [Kind.ENROLLED, Kind.CONSENTED, *[Kind.OPTED_OUT, Kind.OPTED_IN] * 2]
    assert kinds == expected
    assert [each.kind for each in log.since(clock()) if each.mark == mark(_name(1))] == [Kind.OPTED_OUT]


def test_a_voice_that_was_not_heard_for_long_expires_and_the_next_enrollment_revives_it(
    store: WatchedStore, clock: Clock
) -> None:
    domain = _domain(store, clock, expiry_days=30)
    profile = _enrolled(domain)
    clock.let_pass(days=30, minutes=-5)
    assert domain.upkeep().voices_expired == 0
    clock.let_pass(minutes=5)
    assert [domain.upkeep().voices_expired for _ in range(2)] == [1, 0]
    with pytest.raises(Expired):
        domain.verify(VERIFICATION, profile.id, ANNA, waive_minimum=True)
    domain.enroll(VERIFICATION, profile.id, ANNA, waive_minimum=False)
    assert domain.verify(VERIFICATION, profile.id, ANNA, waive_minimum=True).candidate.accepted
    kinds = [each.kind for each in ChangeLog(store.changes).since(clock() - timedelta(days=99))]
    assert kinds == [Kind.ENROLLED, Kind.EXPIRED, Kind.ENROLLED]


def test_only_who_is_recognized_does_not_expire_and_that_is_noted_once_a_day(store: WatchedStore, clock: Clock) -> None:
    domain = _domain(store, clock, expiry_days=30)
    heard, unheard = _enrolled(domain), _enrolled(domain)
    writes = 0

    def wrote(_: Profile) -> None:
        nonlocal writes
        writes += 1

    store.watch(wrote)
    for _ in range(3):
        clock.let_pass(days=20)
        for _ in range(2):
            domain.verify(VERIFICATION, heard.id, ANNA, waive_minimum=True)
            if store.get(VERIFICATION, unheard.id) == unheard:
                assert not domain.verify(VERIFICATION, unheard.id, DAVID, waive_minimum=True).candidate.accepted
        domain.upkeep()
    assert writes == 3 + 1
    assert [domain.get(VERIFICATION, name).standing for name in (heard.id, unheard.id)] == [
        Standing.ENROLLED,
        Standing.EXPIRED,
    ]


@pytest.mark.parametrize("everyone", [True, False])
def test_who_is_identified_does_not_expire(clock: Clock, *, everyone: bool) -> None:
    store = MemoryStore(clock)
    domain = _domain(store, clock, expiry_days=30)
    names = [domain.create(IDENTIFICATION, "en-us").id for _ in range(2)]
    for name, clip in zip(names, (ANNA, DAVID), strict=True):
        domain.enroll(IDENTIFICATION, name, clip, waive_minimum=True)
    clock.let_pass(days=29)
    if everyone:
        domain.service.everyone.identify(IDENTIFICATION, None, Recording(ANNA), waive_minimum=True)
    else:
        domain.identify(IDENTIFICATION, names, ANNA, waive_minimum=True)
    clock.let_pass(days=2)
    domain.upkeep()
    standings = [domain.get(IDENTIFICATION, name).standing for name in names]
    assert standings == [Standing.ENROLLED, Standing.EXPIRED]


def test_a_success_that_meets_another_change_is_noted_all_the_same(store: WatchedStore, clock: Clock) -> None:
    domain = _domain(store, clock, expiry_days=30)
    profile = _enrolled(domain)
    clock.let_pass(days=2)
    stale = store.get(VERIFICATION, profile.id)
    assert stale
    store.replace(stale.joining("group"))
    domain.service.recognizer.note_uses([stale], [stale.id])
    noted = store.get(VERIFICATION, profile.id)
    assert noted
    assert noted.recognized
    assert noted.groups == {"group"}


def test_upkeep_counts_who_consents_and_keeps_that_with_its_report(store: WatchedStore, clock: Clock) -> None:
    domain = _domain(store, clock)
    for consents in (True, False, False):
        profile = _enrolled(domain)
        if consents:
            domain.service.choices.consent(VERIFICATION, profile.id, Consent("1", clock(), "test"))
    domain.create(VERIFICATION, "en-us")
    assert domain.upkeep().met == Met(consenting=1, without_consent=2)
    report = store.report()
    assert report
    assert (report.consenting, report.without_consent) == (1, 2)


def test_nobody_opts_in_who_is_not_there(store: WatchedStore, clock: Clock) -> None:
    with pytest.raises(UnknownProfile):
        _domain(store, clock).service.choices.opt_in(VERIFICATION, _name(1), "en-us", None)


def _name(number: int) -> str:
    return f"00000000-0000-0000-0000-{number:012d}"


def test_of_a_hundred_verifications_at_once_five_are_answered_where_five_may_fail(clock: Clock) -> None:
    domain = _domain(MemoryStore(clock), clock, failure_limit=5)
    profile = _enrolled(domain)
    domain.verify(VERIFICATION, profile.id, ANNA, waive_minimum=True)

    def attempt(_: int) -> str:
        try:
            return domain.verify(VERIFICATION, profile.id, DAVID, waive_minimum=True).candidate.decision.word
        except Locked:
            return "locked"

    with ThreadPoolExecutor(100) as attempts:
        assert Counter(attempts.map(attempt, range(100))) == {"Reject": 5, "locked": 95}
    with pytest.raises(Locked):
        domain.verify(VERIFICATION, profile.id, ANNA, waive_minimum=True)
    clock.let_pass(seconds=31)
    assert domain.verify(VERIFICATION, profile.id, ANNA, waive_minimum=True).candidate.accepted
