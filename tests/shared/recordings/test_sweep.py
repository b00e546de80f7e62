"""What is kept of recordings goes in time, and what is stuck goes on."""

import pytest

from shared.recordings.jobs import Status
from shared.recordings.refusals import UnknownRecording
from shared.voices.families import IDENTIFICATION
from tests.shared.recordings.working import World


def test_of_a_recording_that_has_expired_nothing_is_left() -> None:
    world = World()
    job = world.hand_in(hours_to_live=3)
    world.work()
    world.clock.let_pass(hours=3)
    with pytest.raises(UnknownRecording):
        world.desk.get(IDENTIFICATION, job.id)
    assert world.desk.page(IDENTIFICATION, after="", size=5).jobs == []
    assert world.left
    world.sweep.run()
    assert world.left == []


def test_turns_are_there_until_they_expire() -> None:
    world = World()
    job = world.hand_in(hours_to_live=3)
    world.clock.let_pass(hours=2)
    world.work()
    world.clock.let_pass(hours=3, seconds=-10)
    world.sweep.run()
    assert world.desk.turns(IDENTIFICATION, job.id).diarized.turns


def test_audio_is_kept_as_long_as_the_caller_said_and_no_longer() -> None:
    world = World()
    job = world.hand_in(keep_audio_hours=2)
    world.work()
    audio = [f"{job.id}/audio/{piece:03}" for piece in range(2)]
    world.clock.let_pass(hours=1)
    world.sweep.run()
    assert world.left == [*audio, f"{job.id}/turns", job.id]
    world.clock.let_pass(hours=1)
    world.sweep.run()
    assert world.left == [f"{job.id}/turns", job.id]


def test_what_no_job_owns_is_removed() -> None:
    world = World()
    job = world.hand_in()
    world.store.recordings.put("0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9/source", b"x")
    world.sweep.run()
    assert world.left == [f"{job.id}/source", job.id]


def test_a_job_whose_message_is_lost_goes_on_after_an_hour() -> None:
    world = World()
    job = world.hand_in()
    world.messages.clear()
    world.sweep.run()
    assert world.messages == []
    world.clock.let_pass(hours=1)
    world.sweep.run()
    world.work()
    assert world.desk.get(IDENTIFICATION, job.id).status is Status.SUCCEEDED


def test_an_expired_job_whose_message_comes_late_is_not_worked_on() -> None:
    world = World()
    world.hand_in(hours_to_live=1)
    world.clock.let_pass(hours=1)
    world.work()
    assert world.ears.listened == 0
    world.sweep.run()
    assert world.left == []


def test_all_of_a_family_are_forgotten() -> None:
    world = World()
    world.hand_in()
    world.work()
    world.hand_in()
    assert world.sweep.forget(IDENTIFICATION) == 2
    assert world.left == []
