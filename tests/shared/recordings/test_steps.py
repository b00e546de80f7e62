"""A job is done once, whatever happens between two calls of its storage, and leaves nothing."""

import json
from functools import cache

import numpy as np
import pytest

from shared.errors import StorageUnavailable
from shared.listening.long import of_flac
from shared.profiles.groups import Groups
from shared.recordings.errands import message_of
from shared.recordings.jobs import GIVEN_UP, GONE, Asked, Job, Problem, Status
from shared.recordings.refusals import UnknownRecording
from shared.recordings.written import told_to_bytes
from shared.voices.families import IDENTIFICATION
from shared.voices.groups import Described
from tests.shared.recordings.working import ANNA, CALL, LEVELS, KilledError, World, parties


@cache
def undisturbed() -> tuple[bytes, int, int]:
    """What comes of a recording, after how many calls of storage in all, and to hand it in."""
    world = World()
    job = world.hand_in()
    handed_in = world.watched.calls
    world.work()
    return told_to_bytes(world.desk.turns(IDENTIFICATION, job.id)), world.watched.calls - 3, handed_in


def kill(number: int, at: int) -> None:
    if number == at:
        raise KilledError


def is_done(world: World, job: Job) -> bool:
    """Whether a job is done as if nothing had happened, and nothing else is left."""
    assert world.left == [f"{job.id}/turns", job.id]
    assert world.desk.get(IDENTIFICATION, job.id).status is Status.SUCCEEDED
    return told_to_bytes(world.desk.turns(IDENTIFICATION, job.id)) == undisturbed()[0]


def test_two_voices_are_told_apart_over_pieces_and_the_known_one_is_named() -> None:
    world = World()
    job = world.hand_in()
    world.work()
    told = world.desk.turns(IDENTIFICATION, job.id)
    assert [turn.speaker for turn in told.diarized.turns] == [1, 2, 1, 2]
    assert [round(turn.start, 1) for turn in told.diarized.turns] == [0.0, 2.3, 4.1, 6.2]
    assert [each.profile_id for each in told.speakers] == [ANNA, None]
    assert world.ears.listened == 2


PARTIES = parties((LEVELS[1], 3, 8), (LEVELS[0], 0, 5))


def test_every_channel_is_one_speaker_over_pieces_where_they_are_separate() -> None:
    world = World()
    job = world.hand_in(PARTIES, separate=True, keep_audio_hours=1)
    world.work()
    told = world.desk.turns(IDENTIFICATION, job.id)
    turns = [(turn.speaker, round(turn.start), round(turn.stop), turn.overlapped) for turn in told.diarized.turns]
    assert turns == [(1, 0, 5, True), (2, 3, 8, True)]
    assert [(each.voice.channel, each.profile_id) for each in told.speakers] == [(1, ANNA), (0, None)]
    assert told.diarized.seconds == pytest.approx(8, abs=0.02)
    assert world.ears.listened == 4


def test_one_voice_is_two_speakers_where_it_is_on_two_separate_channels() -> None:
    world = World()
    jobs = [world.hand_in(parties((LEVELS[0], 0, 3), (LEVELS[0], 4, 8)), separate=each) for each in (True, False)]
    world.work()
    assert [len(world.desk.turns(IDENTIFICATION, job.id).speakers) for job in jobs] == [2, 0]


def test_what_a_speaker_says_comes_from_the_channel_that_is_the_speakers_own() -> None:
    world = World()
    job = world.hand_in(parties((LEVELS[0], 0, 3), (LEVELS[1], 5, 8)), separate=True, keep_audio_hours=1)
    world.work()
    levels = [np.median(np.abs(of_flac(world.desk.said(IDENTIFICATION, job.id, speaker)))) for speaker in (1, 2)]
    assert levels == pytest.approx(LEVELS, abs=1e-3)


def test_killed_at_any_call_of_storage_separate_channels_are_done_once() -> None:
    calm = World()
    told, calls = calm.told_of(calm.hand_in(PARTIES, separate=True)), calm.watched.calls
    for point in range(undisturbed()[2] + 1, calls - 2):
        world = World()
        job = world.hand_in(PARTIES, separate=True)
        world.watched.after = lambda number, at=point: kill(number, at)
        assert world.told_of(job) == told, point
        assert world.left == [f"{job.id}/turns", job.id]


def test_a_recording_of_one_channel_fails_where_channels_are_to_be_separate() -> None:
    world = World()
    job = world.hand_in(CALL, separate=True)
    world.work()
    failed = world.desk.get(IDENTIFICATION, job.id)
    assert failed.problem is not None
    assert "one channel for each speaker; the audio has 1" in failed.problem.message
    assert world.left == [job.id]


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_any_call_of_storage_it_is_done_once_when_its_message_comes_back(when: str) -> None:
    _, calls, handed_in = undisturbed()
    for point in range(handed_in + 1, calls + 1):
        world = World()
        job = world.hand_in()
        setattr(world.watched, when, lambda number, at=point: kill(number, at))
        world.work()
        assert is_done(world, job), point
        assert world.ears.listened <= 2 + 1
    assert calls - handed_in > 25


def test_two_workers_on_one_message_at_any_time_do_not_double_anything() -> None:
    _, calls, handed_in = undisturbed()
    for point in range(handed_in + 1, calls + 1):
        world = World()
        job = world.hand_in()

        def other(number: int, at: int = point, world: World = world) -> None:
            if number == at and world.messages:
                world.steps.take(world.messages[0], again=False)

        world.watched.before = other
        world.work()
        assert is_done(world, job), point


def test_a_worker_who_comes_too_late_finds_nothing_to_do() -> None:
    world = World()
    job = world.hand_in()
    world.work()
    for again in (False, True):
        world.steps.take(message_of(job), again=again)
    world.steps.give_up(message_of(job))
    assert world.messages == []
    assert is_done(world, job)


def test_deleted_at_any_time_nothing_is_left() -> None:
    _, calls, handed_in = undisturbed()
    for point in range(handed_in + 1, calls + 1):
        world = World()
        job = world.hand_in()

        def delete(number: int, at: int = point, world: World = world, job: Job = job) -> None:
            if number == at:
                world.desk.delete(IDENTIFICATION, job.id)

        world.watched.before = delete
        world.work()
        assert world.left == [], point
        with pytest.raises(UnknownRecording):
            world.desk.get(IDENTIFICATION, job.id)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("finish", ["again", "sweep"])
def test_a_deletion_that_is_killed_is_finished_by_the_next_or_by_the_sweep(when: str, finish: str) -> None:
    for point in range(1, 4):
        world = World()
        job = world.hand_in()
        world.watched.calls = 0
        setattr(world.watched, when, lambda number, at=point: kill(number, at))
        with pytest.raises(KilledError):
            world.desk.delete(IDENTIFICATION, job.id)
        acknowledged = world.left == [f"{job.id}/source"]
        if finish == "again":
            world.desk.delete(IDENTIFICATION, job.id)
        world.sweep.run()
        assert world.left == [] or not acknowledged
        world.work()


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_recording_that_was_not_handed_in_as_a_whole_is_done_or_fails_and_is_gone_in_time(when: str) -> None:
    for point in range(1, undisturbed()[2] + 1):
        world = World()
        setattr(world.watched, when, lambda number, at=point: kill(number, at))
        with pytest.raises(KilledError):
            world.hand_in()
        setattr(world.watched, when, None)
        world.work()
        world.clock.let_pass(hours=2)
        world.sweep.run()
        world.work()
        jobs = list(world.sweep.jobs.page(IDENTIFICATION))
        assert all(job.ended for job in jobs)
        assert [job.problem for job in jobs if job.status is Status.FAILED] in ([], [GONE])
        world.clock.let_pass(hours=25)
        world.sweep.run()
        assert world.left == []


def test_twenty_at_once_are_all_done() -> None:
    world = World()
    jobs = [world.hand_in() for _ in range(20)]
    world.work()
    turns = {told_to_bytes(world.desk.turns(IDENTIFICATION, job.id)) for job in jobs}
    assert turns == {undisturbed()[0]}
    assert len(world.left) == 40


def test_what_was_tried_too_often_has_failed_with_a_reason_and_leaves_nothing() -> None:
    world = World()
    job = world.hand_in()
    world.steps.take(world.messages.pop(), again=False)
    world.steps.give_up(world.messages.pop())
    failed = world.desk.get(IDENTIFICATION, job.id)
    assert (failed.status, failed.problem) == (Status.FAILED, GIVEN_UP)
    assert world.left == [job.id]
    assert world.messages == []


@pytest.mark.parametrize(
    "message",
    [
        "",
        "hello",
        "[]",
        "null",
        "{}",
        '{"family": "x", "job": "x", "step": 1}',
        json.dumps({"family": IDENTIFICATION.name, "job": "../x", "step": 1}),
        json.dumps({"family": IDENTIFICATION.name, "job": [1], "step": 1}),
        "[" * 100_000,
    ],
)
def test_a_message_that_is_not_ours_changes_nothing(message: str) -> None:
    world = World()
    world.hand_in()
    before = world.left
    world.steps.take(message, again=False)
    world.steps.give_up(message)
    assert world.left == before


def test_a_fault_of_storage_is_told_to_the_host_which_tries_again() -> None:
    world = World()
    job = world.hand_in()

    def fault(_: int) -> None:
        raise StorageUnavailable("gone")

    world.watched.before = fault
    with pytest.raises(StorageUnavailable):
        world.steps.take(world.messages[0], again=False)
    world.watched.before = None
    world.work()
    assert is_done(world, job)


def test_who_is_gone_when_the_recording_is_done_is_nobody_in_it() -> None:
    world = World()
    job = world.hand_in()
    profile = world.store.get(IDENTIFICATION, ANNA)
    assert profile
    world.store.remove(profile)
    world.work()
    assert [each.profile_id for each in world.desk.turns(IDENTIFICATION, job.id).speakers] == [None, None]


def test_a_group_that_is_deleted_meanwhile_ends_the_job() -> None:
    world = World()
    groups = Groups(world.store, world.clock)
    groups.put(IDENTIFICATION, "callers", Described(), None)
    groups.add(IDENTIFICATION, "callers", [ANNA])
    asked = Asked(group_id="callers")
    jobs = [world.desk.hand_in(IDENTIFICATION, asked, CALL)]
    world.work()
    jobs.append(world.desk.hand_in(IDENTIFICATION, asked, CALL))
    groups.delete(IDENTIFICATION, "callers", until=world.clock())
    world.work()
    done, failed = (world.desk.get(IDENTIFICATION, job.id) for job in jobs)
    assert [each.profile_id for each in world.desk.turns(IDENTIFICATION, done.id).speakers] == [ANNA, None]
    assert failed.problem == Problem("NotFound", "Requested group doesn't exist. Group: callers.")


def test_as_many_speakers_are_found_as_there_are_said_to_be() -> None:
    world = World()
    jobs = [world.hand_in(most=1), world.hand_in(least=2)]
    world.work()
    assert [len(world.desk.turns(IDENTIFICATION, job.id).speakers) for job in jobs] == [1, 2]


def test_a_recording_that_cannot_be_read_fails_at_once() -> None:
    world = World()
    job = world.hand_in(b"fLaC" + b"\0" * 100)
    world.work()
    failed = world.desk.get(IDENTIFICATION, job.id)
    assert failed.problem is not None
    assert failed.problem.code == "InvalidRequest"
    assert "cannot read it" in failed.problem.message
    assert world.left == [job.id]


def test_a_recording_is_fetched_when_it_is_worked_on_and_its_address_forgotten() -> None:
    world = World()
    world.addresses["https://calls.example/1?sig=secret"] = CALL
    job = world.hand_in(b"", content_url="https://calls.example/1?sig=secret")
    assert world.left == [job.id]
    assert "secret" in str(list(world.store.plain[0].since("")))
    world.work()
    assert is_done(world, job)
    assert "secret" not in str(list(world.store.plain[0].since("")))


def test_a_recording_that_cannot_be_fetched_fails_with_a_reason_that_does_not_tell_its_address() -> None:
    world = World()
    job = world.hand_in(b"", content_url="https://calls.example/2?sig=secret")
    world.work()
    failed = world.desk.get(IDENTIFICATION, job.id)
    assert failed.problem is not None
    assert failed.problem.message == "The recording could not be fetched: it answered 404."
    assert "secret" not in str(list(world.store.plain[0].since("")))
    assert world.left == [job.id]


def test_progress_is_told() -> None:
    world = World()
    job = world.hand_in()
    seen = [world.desk.get(IDENTIFICATION, job.id).percent]
    while world.messages:
        world.steps.take(world.messages.pop(0), again=False)
        seen.append(world.desk.get(IDENTIFICATION, job.id).percent)
    assert seen == [0, 25, 50, 75, 100]
