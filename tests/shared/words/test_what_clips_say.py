"""The rules of text-dependent profiles and of active enrollment, also where requests meet.

What a clip says is written in its bytes here; that real speech is written down is tested with the transcribers.
"""

from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.errors import (
    Conflict,
    InvalidArgument,
    InvalidRequest,
    NotEnrolled,
    TooManyEnrollments,
    TranscriberUnavailable,
)
from shared.listening.audio import Clip
from shared.listening.declared import Recording
from shared.listening.limits import ClipLimits
from shared.listening.listener import Utterance
from shared.listening.quality import Quality
from shared.listening.scoring import Calibration, OperatingPoint
from shared.listening.views import Seen
from shared.store.memory import MemoryStore
from shared.voices.families import IDENTIFICATION, PASSPHRASE_VERIFICATION, VERIFICATION, Family
from shared.voices.records import Profile
from shared.words.transcript import Transcript
from tests.domain import Domain

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PASSPORT = b"anna: My voice is my passport, verify me."
HOUSTON = b"anna: Houston, we have had a problem!"
ACTIVATION = b"anna: I'll talk for a few seconds so you can recognize my voice in the future. Well then."
FREE_SPEECH = b"anna: The ferry leaves the harbour at nine."


class ReadingListener:
    """Hears, in a body ``voice: text``, ten seconds of that voice saying that text; understands English."""

    version = "2026-11-22"

    def __init__(self) -> None:
        self.transcribed = 0
        self.reachable = True

    def listen(self, recording: Recording, _limits: ClipLimits) -> Utterance:
        body = recording.body
        silence = np.frombuffer(body, np.uint8).astype(np.float32)
        return Utterance(Clip(np.zeros(160_000, np.float32)), Quality(10, 10, 30.0), silence)

    def embed(self, heard: Utterance, _version: str, _seen: Seen = Seen.AS_IT_CAME) -> NDArray[np.float32]:
        voice = _written(heard.speech).split(":")[0]
        return np.array([1, 0] if voice == "anna" else [0, 1], np.float32)

    def embedding(self, _heard: Utterance, _version: str) -> AbstractContextManager[None]:
        return nullcontext()

    def transcribe(self, speech: NDArray[np.float32], locale: str) -> Transcript:  # noqa: ARG002
        self.transcribed += 1
        if not self.reachable:
            raise TranscriberUnavailable("nobody there")
        return Transcript(_written(speech).split(":")[1])

    def understands(self, locale: str) -> bool:
        return locale.startswith("en")

    def calibration(self, _version: str) -> Calibration:
        points = (OperatingPoint(0.01, 0, 0, (0, 0)), OperatingPoint(0.001, 0, 0, (0, 0)))
        return Calibration(10, 0, 0, -5, (0.1, 1), points, {})


def _written(speech: NDArray[np.float32]) -> str:
    return speech.astype(np.uint8).tobytes().decode()


class MeddlingStore(MemoryStore):
    """A store where somebody else acts before the next replace."""

    meddling: "Callable[[], object] | None" = None

    def replace(self, profile: Profile) -> Profile:
        meddling, self.meddling = self.meddling, None
        if meddling:
            meddling()
        return super().replace(profile)


@pytest.fixture
def store() -> MeddlingStore:
    return MeddlingStore()


@pytest.fixture
def listener() -> ReadingListener:
    return ReadingListener()


def _profiles(store: MeddlingStore, listener: ReadingListener, *, active_enrollment: bool) -> Domain:
    clock = (NOW + timedelta(seconds=n) for n in range(1000))
    return Domain.on(store, listener, lambda: next(clock), listener, active_enrollment=active_enrollment)


@pytest.fixture
def passive(store: MeddlingStore, listener: ReadingListener) -> Domain:
    return _profiles(store, listener, active_enrollment=False)


@pytest.fixture
def active(store: MeddlingStore, listener: ReadingListener) -> Domain:
    return _profiles(store, listener, active_enrollment=True)


def _enroll(profiles: Domain, profile: Profile, *bodies: bytes, waive: bool = False) -> Profile:
    for body in bodies:
        profile = profiles.enroll(profile.family, profile.id, body, waive_minimum=waive).profile
    return profile


def _passphrase_profile(profiles: Domain, *bodies: bytes) -> Profile:
    return _enroll(profiles, profiles.create(PASSPHRASE_VERIFICATION, "en-us"), *bodies)


def test_a_passphrase_profile_is_enrolled_at_three_clips_whatever_is_waived(passive: Domain) -> None:
    profile = passive.create(PASSPHRASE_VERIFICATION, "en-us")
    seen = []
    for _ in range(4):
        profile = _enroll(passive, profile, PASSPORT, waive=True)
        seen.append((profile.enrolled, profile.remaining_clips, profile.phrase))
    phrase = "my voice is my passport verify me"
    assert seen == [(False, 2, phrase), (False, 1, phrase), (True, 0, phrase), (True, 0, phrase)]


@pytest.mark.parametrize("body", [HOUSTON, FREE_SPEECH, b"anna: ", b"anna: My voice is my"])
def test_later_clips_repeat_the_phrase_of_the_first(passive: Domain, store: MeddlingStore, body: bytes) -> None:
    profile = _passphrase_profile(passive, PASSPORT)
    before = dict(store.profiles), dict(store.audio)
    with pytest.raises(InvalidRequest, match=r"^Invalid passphrase\. "):
        _enroll(passive, profile, body)
    assert (store.profiles, store.audio) == before


def test_a_refusal_names_both_phrases(passive: Domain) -> None:
    profile = _passphrase_profile(passive, PASSPORT)
    said = "The profile's is 'my voice is my passport verify me'; this clip says 'houston we have had a problem'."
    with pytest.raises(InvalidRequest, match=said):
        _enroll(passive, profile, HOUSTON)


def test_a_first_clip_that_is_no_passphrase_is_told_the_nearest(passive: Domain) -> None:
    with pytest.raises(
        InvalidRequest, match=r"nearest phrase is 'my voice is my passport verify me': 30% of its letters"
    ):
        _passphrase_profile(passive, b"anna: my voice is my passport")


def test_the_phrase_may_be_chosen_anew_after_a_reset(passive: Domain) -> None:
    profile = _passphrase_profile(passive, PASSPORT, PASSPORT, PASSPORT)
    fresh = passive.reset(PASSPHRASE_VERIFICATION, profile.id)
    assert (fresh.phrase, fresh.enrolled, fresh.remaining_clips) == (None, False, 3)
    assert _enroll(passive, fresh, HOUSTON).phrase == "houston we have had a problem"


def test_a_passphrase_profile_holds_fifty_clips(passive: Domain, store: MeddlingStore) -> None:
    profile = _passphrase_profile(passive, *[PASSPORT] * 50)
    with pytest.raises(TooManyEnrollments, match=r"^Maximum allowed number of enrollments per profile is 50\."):
        _enroll(passive, profile, PASSPORT)
    assert len(store.audio) == 50


@pytest.mark.parametrize(
    ("body", "accepted", "voice_matches"),
    [
        (PASSPORT, True, True),
        (HOUSTON, False, True),
        (FREE_SPEECH, False, True),
        (b"boris: My voice is my passport, verify me.", False, False),
        (b"boris: Houston, we have had a problem!", False, False),
    ],
)
def test_voice_and_words_decide_and_the_score_is_the_voices(
    passive: Domain, body: bytes, *, accepted: bool, voice_matches: bool
) -> None:
    profile = _passphrase_profile(passive, PASSPORT, PASSPORT, PASSPORT)
    verified = passive.verify(PASSPHRASE_VERIFICATION, profile.id, body, waive_minimum=True)
    assert verified.candidate.accepted is accepted
    assert (verified.candidate.score >= 0.5) is voice_matches


def test_two_clips_is_not_enrolled(passive: Domain) -> None:
    profile = _passphrase_profile(passive, PASSPORT, PASSPORT)
    with pytest.raises(NotEnrolled, match=r"needs 1 more enrollment\(s\)"):
        passive.verify(PASSPHRASE_VERIFICATION, profile.id, PASSPORT, waive_minimum=False)


def test_of_two_first_clips_that_meet_one_chooses_and_the_other_is_refused(
    passive: Domain, store: MeddlingStore
) -> None:
    profile = passive.create(PASSPHRASE_VERIFICATION, "en-us")
    store.meddling = lambda: _enroll(passive, profile, HOUSTON)
    with pytest.raises(InvalidRequest, match=r"^Invalid passphrase\."):
        _enroll(passive, profile, PASSPORT)
    kept = passive.get(PASSPHRASE_VERIFICATION, profile.id)
    assert (kept.phrase, len(kept.enrollments), len(store.audio)) == ("houston we have had a problem", 1, 1)


@pytest.mark.parametrize("family", [VERIFICATION, IDENTIFICATION], ids=lambda family: family.name)
def test_an_inactive_profile_wants_the_activation_phrase_once(active: Domain, family: Family) -> None:
    profile = active.create(family, "en-us")
    assert not profile.active
    with pytest.raises(InvalidRequest, match=r"^The first enrollment must match an activation phrase\. The nearest"):
        _enroll(active, profile, FREE_SPEECH)
    assert active.get(family, profile.id).enrollments == ()
    grown = _enroll(active, profile, ACTIVATION, FREE_SPEECH)
    assert (grown.active, grown.phrase, grown.enrolled) == (True, None, True)


def test_resetting_makes_inactive_again(active: Domain) -> None:
    profile = _enroll(active, active.create(VERIFICATION, "en-us"), ACTIVATION)
    assert not active.reset(VERIFICATION, profile.id).active


def test_a_clip_of_free_speech_that_meets_a_reset_does_not_enter_without_the_phrase(
    active: Domain, store: MeddlingStore
) -> None:
    profile = _enroll(active, active.create(VERIFICATION, "en-us"), ACTIVATION)
    store.meddling = lambda: active.reset(VERIFICATION, profile.id)
    with pytest.raises(Conflict):
        _enroll(active, profile, FREE_SPEECH)
    kept = active.get(VERIFICATION, profile.id)
    assert (kept.active, kept.enrollments, store.audio) == (False, (), {})


def test_words_are_written_down_only_where_a_rule_asks_for_them(
    passive: Domain, active: Domain, listener: ReadingListener
) -> None:
    free = _enroll(passive, passive.create(VERIFICATION, "en-us"), FREE_SPEECH, FREE_SPEECH)
    passive.verify(VERIFICATION, free.id, FREE_SPEECH, waive_minimum=False)
    assert listener.transcribed == 0
    activated = _enroll(active, active.create(VERIFICATION, "en-us"), ACTIVATION, FREE_SPEECH)
    active.verify(VERIFICATION, activated.id, FREE_SPEECH, waive_minimum=False)
    assert listener.transcribed == 1


def test_nothing_is_stored_when_nobody_can_tell_what_was_said(
    passive: Domain, store: MeddlingStore, listener: ReadingListener
) -> None:
    profile = passive.create(PASSPHRASE_VERIFICATION, "en-us")
    before = dict(store.profiles)
    listener.reachable = False
    with pytest.raises(TranscriberUnavailable):
        _enroll(passive, profile, PASSPORT)
    assert (store.profiles, store.audio) == (before, {})


def test_a_locale_that_nobody_could_write_down_is_refused_where_phrases_are_asked_for(
    passive: Domain, active: Domain
) -> None:
    assert passive.create(VERIFICATION, "de-de").active
    known = r"^Invalid locale value\. Supported locales are en-AU, en-CA, en-GB, en-IN, en-US: those that the conf"
    with pytest.raises(InvalidArgument, match=known):
        active.create(VERIFICATION, "de-de")
    with pytest.raises(InvalidArgument, match=known):
        _enroll(active, active.reset(VERIFICATION, passive.create(VERIFICATION, "de-de").id), ACTIVATION)
    with pytest.raises(InvalidArgument, match=r"Supported locales are en-US\.$"):
        passive.create(PASSPHRASE_VERIFICATION, "de-de")
