"""Recordings that are no conversation of a few people: each has an answer, at once and as a job, and no wrong name."""

import uuid
from typing import Any, Final

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from tests import voices
from tests.contract.api import IDENTIFICATION, BackedApi
from tests.contract.conftest import KEY
from tests.contract.in_process import in_process
from tests.contract.test_recordings import conversation
from tests.recordings import HUMAN

pytestmark = pytest.mark.slow

JOBS: Final = f"{IDENTIFICATION}/recordings"
NOBODY: Final = str(uuid.UUID(int=0))
CROWD: Final = 30
BEAT_SEC: Final = 0.5

type Wave = NDArray[np.float64]


@pytest.fixture(scope="module")
def api() -> BackedApi:
    """A service of its own."""
    return in_process(KEY)


@pytest.fixture(scope="module")
def known(api: BackedApi) -> dict[str, str]:
    """Two profiles."""
    return {name: api.enrolled(voices.seconds(name, 20), IDENTIFICATION) for name in ("anna", "boris")}


def turns(api: BackedApi, clip: bytes, known: dict[str, str], **asked: str) -> dict[str, Any]:
    """What a job says of a recording."""
    taken = api("POST", JOBS, clip, profileIds=",".join(known.values()), **asked)
    assert taken.status_code == 202, taken.text
    api.work()
    job = f"{JOBS}/{taken.json()['recordingId']}"
    assert api("GET", job).json()["status"] == "Succeeded"
    told: dict[str, Any] = api("GET", f"{job}/turns").json()
    return told


def turns_either_way(api: BackedApi, clip: bytes, known: dict[str, str]) -> dict[str, Any]:
    """What a job says, and an answer at once as well."""
    told = turns(api, clip, known)
    assert api("POST", f"{JOBS}:identify", clip, profileIds=",".join(known.values())).json() == told
    return told


def wav(sound: Wave) -> bytes:
    """Any sound as loud as speech may be."""
    return voices.to_wav((sound / np.abs(sound).max() * 20_000).astype(np.int16))


def tone(hertz: float, seconds: float, fading: float) -> Wave:
    """A string that is plucked."""
    time = np.arange(round(seconds * voices.RATE)) / voices.RATE
    partials = (np.sin(2 * np.pi * hertz * n * time) / n * np.exp(-(fading + n / 2) * time) for n in range(1, 7))
    return np.sum(list(partials), axis=0)


def band(seconds: float) -> bytes:
    """Four chords again and again, a tune over them, and drums."""
    random, heard = np.random.default_rng(0), np.zeros(round((seconds + 3) * voices.RATE))

    def play(sound: Wave, at: float, level: float) -> None:
        start = round(at * voices.RATE)
        heard[start : start + len(sound)] += level * sound

    for beat in range(round(seconds / BEAT_SEC)):
        root, at = (220.0, 174.6, 261.6, 196.0)[beat // 4 % 4], beat * BEAT_SEC
        play(tone(2 * root * 2 ** (random.choice((0, 2, 4, 7, 9, 12)) / 12), 0.8, 2), at, 0.2)
        play(random.standard_normal(2000) * np.exp(-np.arange(2000) / 300), at, 0.2)
        play(tone(55, 0.3, 10), at, 0.4)
        for note in (root, 1.26 * root, 1.5 * root) if beat % 4 == 0 else ():
            play(tone(note, 2, 1), at, 0.15)
    return wav(heard[: round(seconds * voices.RATE)])


def singing(seconds: float) -> bytes:
    """A wavering vowel on notes: what comes nearest to a voice without being one."""
    random, length = np.random.default_rng(0), round(seconds * voices.RATE)
    time = np.arange(length) / voices.RATE
    notes = np.repeat(random.choice((0, 2, 4, 5, 7, 9), round(seconds / 0.6) + 1), round(0.6 * voices.RATE))[:length]
    phase = np.cumsum(220 * 2 ** (notes / 12) * (1 + 0.02 * np.sin(11 * np.pi * time))) * 2 * np.pi / voices.RATE
    vowel = np.zeros(length)
    for n in range(1, 20):
        vowel += np.sin(n * phase) * sum(1 / (1 + ((220 * n - formant) / 120) ** 2) for formant in (700, 1200, 2600))
    return wav(vowel * np.clip(3 * np.sin(2 * np.pi * time / 0.6) + 1.5, 0, 1))


def test_in_music_nobody_speaks(api: BackedApi, known: dict[str, str]) -> None:
    told = turns_either_way(api, band(30), known)
    assert told == {"durationMs": 30_000, "speakers": [], "value": [], "exclusive": []}


def test_what_sings_like_a_voice_is_nobody_who_is_known(api: BackedApi, known: dict[str, str]) -> None:
    told = turns_either_way(api, singing(20), known)
    assert {speaker["profileId"] for speaker in told["speakers"]} == {NOBODY}


def test_music_between_two_who_speak_takes_no_name_from_them(api: BackedApi, known: dict[str, str]) -> None:
    parts = (conversation("anna"), band(10), conversation("boris"))
    told = turns_either_way(api, voices.to_wav(np.concatenate([voices.samples(part) for part in parts])), known)
    assert [speaker["profileId"] for speaker in told["speakers"]] == list(known.values())


def test_one_who_speaks_alone_is_one_speaker(api: BackedApi, known: dict[str, str]) -> None:
    told = turns_either_way(api, voices.seconds("anna", 40), known)
    [speaker] = told["speakers"]
    assert speaker["profileId"] == known["anna"]
    assert speaker["speechMs"] > 30_000
    assert not any(turn["overlapped"] for turn in told["value"])


def test_ten_seconds_are_enough_for_two(api: BackedApi, known: dict[str, str]) -> None:
    told = turns_either_way(api, conversation("boris", "anna", length=4.5), known)
    assert told["durationMs"] == 10_000
    assert [speaker["profileId"] for speaker in told["speakers"]] == [known["boris"], known["anna"]]


def crowd(*said: NDArray[np.int16]) -> bytes:
    """People one after the other."""
    pause = np.zeros(voices.RATE // 2, np.int16)
    return voices.to_wav(np.concatenate([part for each in said for part in (each, pause)]))


def test_of_thirty_voices_of_a_kind_there_are_as_many_as_the_caller_says_and_no_name_twice(
    api: BackedApi, known: dict[str, str]
) -> None:
    said = [voices.samples(each.test)[: 3 * voices.RATE] for each in voices.speakers().values()]
    speeds = np.linspace(0.76, 1.3, CROWD // len(said)) * voices.RATE
    clip = crowd(*(soxr.resample(each, speed, voices.RATE) for speed in speeds for each in said))
    told = turns(api, clip, known, minSpeakers="20")
    assert [speaker["speaker"] for speaker in told["speakers"]] == list(range(1, 21))
    names = [speaker["profileId"] for speaker in told["speakers"] if speaker["profileId"] != NOBODY]
    assert len(names) == len(set(names))


@pytest.mark.skipif(not HUMAN.speech.is_dir(), reason=f"{HUMAN.speech} is absent")
def test_thirty_people_are_told_apart_and_those_who_are_known_have_their_names(api: BackedApi) -> None:
    read = (HUMAN.read(file) for file in HUMAN.files(HUMAN.readers))
    people = [(32767 * each).astype(np.int16) for each in read if len(each) > 12 * voices.RATE][CROWD : 2 * CROWD]
    enrolled = (voices.to_wav(each[6 * voices.RATE :]) for each in people[::6])
    known = {str(number * 6): api.enrolled(clip, IDENTIFICATION) for number, clip in enumerate(enrolled)}
    told = turns(api, crowd(*(each[: 5 * voices.RATE] for each in people)), known)
    assert 25 <= len(told["speakers"]) <= 32
    starts = {turn["speaker"]: turn["offsetMs"] for turn in reversed(told["value"])}
    named = {each["profileId"]: starts[each["speaker"]] for each in told["speakers"] if each["profileId"] != NOBODY}
    assert {profile: start // 5500 for profile, start in named.items()} == {
        profile: int(number) for number, profile in known.items()
    }
