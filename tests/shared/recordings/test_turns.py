"""Turns are made of stretches."""

import numpy as np

from shared.listening.containers import SAMPLE_RATE
from shared.listening.segments import OFFSET, STEP_SEC
from shared.listening.views import Band
from shared.recordings.runs import Run, Stretch
from shared.recordings.turns import Channel, Diarized, Turn, diarized, diarized_by_channel

ANNA, BORIS = (np.eye(8, dtype=np.float32)[at] for at in (0, 1))
BEGIN = OFFSET / SAMPLE_RATE


def stretch(start: int, stop: int, slot: int, *runs: Run) -> Stretch:
    """A stretch of frames."""
    return Stretch(start, stop, slot, runs)


def alone(start: int, stop: int, slot: int, voice: np.typing.NDArray[np.float32]) -> Stretch:
    """A stretch that is one run."""
    return Stretch(start, stop, slot, (Run(start, stop, voice),))


def test_where_nobody_speaks_there_is_neither_a_voice_nor_a_turn() -> None:
    assert vars(diarized([], 12.5)) == vars(Diarized(12.5))


def test_speakers_are_numbered_as_they_appear() -> None:
    found = diarized([alone(400, 800, 0, ANNA), alone(0, 300, 1, BORIS)], 20)
    assert [(turn.start, turn.speaker) for turn in found.turns] == [(BEGIN, 1), (400 * STEP_SEC + BEGIN, 2)]
    np.testing.assert_allclose(found.voices[0].embedding, BORIS)
    assert found.voices[0].alone_sec == found.voices[0].speech_sec == 300 * STEP_SEC


def test_a_stretch_that_is_never_alone_goes_to_whoever_had_its_slot_nearby() -> None:
    heard = [alone(0, 300, 0, ANNA), stretch(320, 400, 0), alone(310, 600, 1, BORIS), alone(700, 900, 2, BORIS)]
    found = diarized(heard, 20)
    assert [(turn.speaker, turn.overlapped) for turn in found.turns] == [(1, False), (2, True), (1, True), (2, False)]


def test_a_stretch_in_a_slot_that_nobody_has_is_left_out() -> None:
    assert {turn.speaker for turn in diarized([alone(0, 300, 0, ANNA), stretch(320, 400, 2)], 20).turns} == {1}


def test_a_stretch_of_two_voices_is_parted_between_their_runs() -> None:
    both = stretch(0, 700, 0, Run(0, 300, ANNA), Run(400, 700, BORIS))
    first, second = diarized([both], 20).turns
    assert (first.stop, second.start) == (350 * STEP_SEC + BEGIN,) * 2


def test_a_short_pause_is_part_of_the_turn_unless_somebody_else_fills_it() -> None:
    paused = [alone(0, 300, 0, ANNA), alone(310, 600, 0, ANNA)]
    assert len(diarized(paused, 20).turns) == 1
    filled = [*paused, alone(302, 308, 1, BORIS), alone(800, 1_000, 1, BORIS)]
    assert [turn.speaker for turn in diarized(filled, 20).turns] == [1, 2, 1, 2]


def test_a_click_is_no_turn() -> None:
    assert [turn.speaker for turn in diarized([alone(0, 300, 0, ANNA), stretch(400, 404, 0)], 20).turns] == [1]


def test_a_turn_ends_with_the_recording() -> None:
    assert diarized([alone(0, 300, 0, ANNA)], 3.0).turns[0].stop == 3.0
    assert diarized([alone(0, 100, 0, ANNA), alone(200, 300, 0, ANNA)], 3.0).turns[-1].stop < 3.0


def test_exclusive_turns_let_whoever_speaks_first_go_on() -> None:
    turns = [Turn(0, 4, 1), Turn(1, 2, 2), Turn(3, 6, 3)]
    assert Diarized(6, turns=turns).exclusive == [Turn(0, 4, 1), Turn(4, 6, 3)]


def test_what_is_said_on_a_channel_is_one_speaker_whatever_the_voices_are() -> None:
    left = Channel(0, [alone(300, 600, 0, ANNA), alone(700, 900, 1, BORIS), stretch(950, 999, 2)], Band.WIDE)
    right = Channel(1, [alone(100, 500, 0, ANNA)], Band.NARROW)
    found = diarized_by_channel([left, right], 20)
    assert [(turn.speaker, turn.overlapped) for turn in found.turns] == [(1, True), (2, True), (2, False), (2, False)]
    assert [(each.number, each.channel, each.band) for each in found.voices] == [(1, 1, Band.NARROW), (2, 0, Band.WIDE)]
    assert found.voices[1].alone_sec == 500 * STEP_SEC < found.voices[1].speech_sec == 549 * STEP_SEC
    np.testing.assert_allclose(found.voices[0].embedding, ANNA)


def test_a_channel_on_which_nobody_speaks_is_nobody() -> None:
    silent, clicks = Channel(0, [], Band.WIDE), Channel(1, [stretch(10, 20, 0)], Band.WIDE)
    assert vars(diarized_by_channel([silent, clicks], 20)) == vars(Diarized(20))
    spoken = Channel(2, [alone(100, 500, 0, ANNA)], Band.WIDE)
    assert [(each.number, each.channel) for each in diarized_by_channel([silent, clicks, spoken], 20).voices] == [
        (1, 2)
    ]
