"""What is held of a profile is handed out whole, and what was done to it, also when it is gone."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch
from zipfile import ZipFile

import numpy as np

from shared.listening.views import Band
from shared.store.challenges import Challenges
from shared.store.failures import Failures
from shared.store.memory import MemoryStore
from shared.store.outbox import Deed, Outbox
from shared.trust import account
from shared.trust.account import Account
from shared.trust.trail import Trail
from shared.trust.verifying import BESIDE
from shared.voices.consent import Consent
from shared.voices.families import VERIFICATION
from shared.voices.records import Enrollment, Profile
from tests.clock import Clock
from tests.signatures import both

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def _tell(store: MemoryStore, profile_id: str, *among: str) -> None:
    Outbox(store.outbox, ("audit",)).tell(Deed.IDENTIFIED, VERIFICATION, profile_id, "Accept", among=among)


def _files(stored: bytes) -> dict[str, bytes]:
    with ZipFile(io.BytesIO(stored)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_everything_that_is_held_is_in_the_export() -> None:
    store = MemoryStore()
    store.listeners = ("audit",)
    clips = [Enrollment(name, 30, 21.5, 17.25, Band.WIDE, b"print") for name in ("first", "second")]
    profile = store.insert(Profile.new(VERIFICATION, "en-us", NOW))
    for clip in clips:
        voice = both(np.arange(192), np.arange(192)[::-1], 21.5, "2026-11-22")
        profile = profile.with_enrollment(clip, voice, None, NOW, waive_minimum=True)
    store.put_audio(profile, "second", b"RIFF")
    _tell(store, profile.id)
    files = _files(Account(store).export(profile))
    assert set(files) == {"profile.json", "history.jsonl", "audio/002-second.wav"}
    held: dict[str, Any] = json.loads(files["profile.json"])
    assert (held["profileId"], held["standing"], held["locale"]) == (profile.id, "enrolled", "en-us")
    assert [each["enrollmentId"] for each in held["enrollments"]] == ["first", "second"]
    assert held["signature"]["views"]["wide"]["mean"] == list(range(192))
    assert [json.loads(line)["deed"] for line in files["history.jsonl"].splitlines()] == ["identified"]
    assert files["audio/002-second.wav"] == b"RIFF"


def test_a_profile_without_a_voice_is_exported_as_well() -> None:
    profile = Profile.new(VERIFICATION, "en-us", NOW)
    files = _files(Account(MemoryStore()).export(profile))
    assert (set(files), files["history.jsonl"]) == ({"profile.json", "history.jsonl"}, b"")
    assert json.loads(files["profile.json"])["signature"] is None


def test_what_a_speaker_decided_and_what_was_tried_is_exported(clock: Clock) -> None:
    store = MemoryStore()
    consent = Consent("2026-01", NOW, "web form")
    new = replace(Profile.new(VERIFICATION, "en-us", NOW), consent=consent, recognized=NOW)
    profile = store.insert(new)
    Failures(store, 1, clock).judged(VERIFICATION, profile.id, accepted=False)
    Challenges(store, clock).ask(VERIFICATION, profile.id, "1 2")
    held = json.loads(_files(Account(store).export(profile))["profile.json"])
    assert held["consent"] == {"version": "2026-01", "givenDateTime": NOW.isoformat(), "by": "web form"}
    assert held["lastRecognizedDateTime"] == NOW.isoformat()
    assert [set(each) for each in held["trials"]] == [{"Token", "Phrase", "Expires"}, {"Failures", "LockedUntil"}]


def test_a_history_tells_what_was_written_down_and_what_still_waits() -> None:
    store = MemoryStore()
    store.listeners = ("audit",)
    _tell(store, "me", "me", "other")
    Trail.of(store).drain()
    _tell(store, "other", "me", "other")
    told = Account(store).history("me")
    assert ([line["outcome"] for line in told.lines], told.next_day) == (["Accept", BESIDE], None)
    assert "other" not in f"{told.lines}"
    assert Account(store).history("nobody").lines == []


def test_a_long_history_comes_day_by_day() -> None:
    store, clock = MemoryStore(), Clock()
    store.listeners = ("audit",)
    for _ in range(3):
        _tell(store, "me")
        Trail.of(store, clock).drain()
        clock.let_pass(days=1)
    _tell(store, "me")
    days = list(store.trail.lengths())
    with patch.object(account, "ENOUGH", 2):
        first = Account(store).history("me")
        assert (len(first.lines), first.next_day) == (2, days[2])
        second = Account(store).history("me", days[2])
        assert (len(second.lines), second.next_day) == (2, None)
        files = _files(Account(store).export(Profile.new(VERIFICATION, "en-us", NOW)))
        assert files["history.jsonl"] == b""
