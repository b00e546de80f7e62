"""Audio that is verified or identified leaves no trace, whatever comes of it."""

from collections.abc import Callable

from tests import voices
from tests.contract.api import IDENTIFICATION, TEXT_DEPENDENT, VERIFICATION
from tests.privacy.conftest import BAD_BODIES, CLIP, KEY, Recognized, Watched
from tests.privacy.stored import changes, spellings

ENDS = {"accept", "reject", "details", "bad-flag", "compressed", "not-enrolled", "unknown", "no-storage", *BAD_BODIES}


def test_recognition_changes_nothing_that_is_stored_or_written(recognized: Recognized) -> None:
    states = recognized.seen.states
    names = [name for name in states if name.startswith(("verify-", "identify-"))]
    assert {name.partition("-")[2] for name in names} == ENDS
    assert len(names) == 2 * len(ENDS)
    assert {name: changes(*states[name]) for name in names} == {name: set() for name in names}


def test_what_was_tried_ended_in_every_way(recognized: Recognized) -> None:
    statuses = {name: answer.status_code for name, answer in recognized.seen.answers.items()}
    for kind in ("verify", "identify"):
        assert {statuses[f"{kind}-{name}"] for name in ("accept", "reject", "details")} == {200}
        assert statuses[f"{kind}-no-storage"] == 503
        assert statuses[f"{kind}-unknown"] == 404
        assert statuses[f"{kind}-compressed"] == 415
        assert {statuses[f"{kind}-{name}"] for name in ("noisy", "long", "no-wav", "not-enrolled")} == {400}


def test_the_log_at_debug_level_has_no_audio_no_embedding_and_no_key(recognized: Recognized) -> None:
    log = "".join(recognized.seen.log)
    clips = [CLIP, voices.seconds("ewan", 6), *voices.speakers()["anna"].enrollments[:1]]
    secrets = [clip[at : at + 24] for clip in clips for at in (44, 20_000, 60_000)] + [recognized.signature[:24]]
    assert not [text for secret in secrets for text in spellings(secret) if text in log]
    assert KEY not in log
    serving = next(number for number, line in enumerate(recognized.seen.log) if "Listening on" in line)
    assert any(" DEBUG " in line for line in recognized.seen.log[serving:])
    assert max(map(len, recognized.seen.log[serving:])) < 2_000


def test_the_last_use_is_all_that_is_noted_where_it_decides_how_long_a_profile_is_kept(
    watch: Callable[..., Watched],
) -> None:
    def act(seen: Watched) -> None:
        verified, candidate = seen.enrolled("anna"), seen.enrolled("anna", IDENTIFICATION)
        for number in range(2):
            seen.send(f"verify-{number}", "POST", f"{VERIFICATION}/profiles/{verified}:verify", CLIP)
            path = f"{IDENTIFICATION}/profiles:identifySingleSpeaker"
            seen.send(f"identify-{number}", "POST", path, CLIP, profileIds=candidate)

    states = watch(act, SPEAKER_PROFILE_RETENTION_DAYS="30").states
    for kind in ("verify", "identify"):
        first, second = (changes(*states[f"{kind}-{number}"]) for number in range(2))
        assert [where.rpartition("/")[2] for where in first] == ["Used"]
        assert second == set()


def test_what_was_said_is_neither_stored_nor_logged(watch: Callable[..., Watched]) -> None:
    passport, houston, activation = (voices.phrase("anna", number) for number in (3, 2, 11))

    def act(seen: Watched) -> None:
        bound = f"{TEXT_DEPENDENT}/profiles/{seen.create(TEXT_DEPENDENT)}"
        statuses = [seen.send(f"enroll-{n}", "POST", f"{bound}/enrollments", passport).status_code for n in range(3)]
        for name, clip in {"right": passport, "wrong": houston, "free": voices.seconds("anna", 6)}.items():
            statuses.append(seen.send(f"verify-{name}", "POST", f"{bound}:verify", clip, details="true").status_code)
        free = f"{VERIFICATION}/profiles/{seen.create()}/enrollments"
        statuses.append(seen.send("activate", "POST", free, activation).status_code)
        assert statuses == [201] * 3 + [200] * 3 + [201]

    seen = watch(act, SPEAKER_ACTIVE_ENROLLMENT="true")
    for name in ("verify-right", "verify-wrong", "verify-free"):
        assert changes(*seen.states[name]) == set()
    told = [seen.answers[f"verify-{name}"].json()["details"]["phrase"]["nearest"] for name in ("right", "wrong")]
    assert [text.split()[-1] for text in told] == ["me", "problem"]

    stored = {where.rpartition("/")[2]: value for where, value in seen.states["activate"][1].items() if "Spea" in where}
    assert [where for where, value in stored.items() if "passport" in str(value)] == ["Phrase"]
    assert not [value for value in stored.values() if "houston" in str(value) or "recogni" in str(value)]
    said = ("passport", "houston", "recognize my voice", "appointment", "grandmother", "ferry")
    assert not [word for word in said for line in seen.log if word in line.lower()]
    heard = {name: seen.line(f"verify-{name}")["phraseHeard"] for name in ("right", "wrong", "free")}
    assert heard == {"right": True, "wrong": True, "free": False}
