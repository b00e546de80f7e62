"""What was deleted is nowhere: no table, no blob, no file and no line of the log knows of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from shared.observing.trace import mark
from shared.voices import families
from shared.voices.records import Profile
from tests import voices
from tests.contract.api import IDENTIFICATION, VERIFICATION
from tests.durability.proxy import CutOffError
from tests.privacy.conftest import CLIP, Watched
from tests.privacy.stored import Stored

CONFIRM = "delete-all-profiles"


def _live(seen: Watched, family: str) -> list[str]:
    """Profiles that have been through everything."""
    ids = [seen.enrolled(name, family) for name in ("anna", "david")]
    if family == VERIFICATION:
        seen.send("verify", "POST", f"{family}/profiles/{ids[0]}:verify", CLIP)
    else:
        seen.send("identify", "POST", f"{family}/profiles:identifySingleSpeaker", CLIP, profileIds=",".join(ids))
    seen.send("reset", "POST", f"{family}/profiles/{ids[1]}:reset")
    seen.send("get", "GET", f"{family}/profiles/{ids[0]}", details="true")
    seen.send("list", "GET", f"{family}/profiles")
    return ids


def _traces(stored: Stored, ids: list[str]) -> list[str]:
    return [f"{where}={value}" for where, value in stored.items() if any(name in f"{where}{value}" for name in ids)]


@dataclass
class Forgotten:
    """What was seen of profiles that are gone.

    Attributes:
        deleted: their ids.
        cut_off: id of a profile that could not be read, for a storage fault.
        left: where an id of theirs is still stored.
    """

    seen: Watched
    deleted: list[str]
    cut_off: str
    left: list[str]


@pytest.fixture(scope="module")
def forgotten(watch: Callable[..., Watched]) -> Forgotten:
    """Profiles of one family deleted one by one, those of the other all at once."""
    deleted: list[str] = []
    cut_off: list[str] = []
    left: list[str] = []

    def act(seen: Watched) -> None:
        deleted.extend(_live(seen, VERIFICATION))
        for name in deleted:
            assert seen.send("delete", "DELETE", f"{VERIFICATION}/profiles/{name}").status_code == 204
        deleted.extend(_live(seen, IDENTIFICATION))
        _leave_audio_over(seen, deleted)
        for number in range(2):
            seen.send(f"all-{number}", "DELETE", f"{IDENTIFICATION}/profiles", confirm=CONFIRM)
        left.extend(_traces(seen.everything.now(), deleted))
        cut_off.append(seen.create())
        seen.proxy.watch(before=_cut)
        seen.send("cut-off", "GET", f"{VERIFICATION}/profiles/{cut_off[0]}")
        seen.proxy.watch()

    seen = watch(act)
    return Forgotten(seen, deleted, cut_off[0], left)


def test_nothing_and_nobody_remembers_a_deleted_profile(forgotten: Forgotten) -> None:
    assert len(forgotten.deleted) == 5
    assert forgotten.left == []
    assert [line for line in forgotten.seen.log if any(name in line for name in forgotten.deleted)] == []


def test_who_has_the_id_finds_the_lines_of_a_profile(forgotten: Forgotten) -> None:
    lines = [line for line in forgotten.seen.lines() if line.get("profile") == mark(forgotten.deleted[0])]
    assert [line["operation"] for line in lines] == [
        "CreateProfile", "CreateEnrollment", "Verify", "GetProfile", "DeleteProfile",
    ]  # fmt: skip


def test_deleting_all_says_how_many_they_were_and_finds_none_the_next_time(forgotten: Forgotten) -> None:
    answers = [forgotten.seen.answers[f"all-{number}"].json() for number in range(2)]
    assert answers == [{"deleted": 2, "remaining": False}, {"deleted": 0, "remaining": False}]


def test_a_storage_fault_while_a_profile_is_read_does_not_write_its_id_into_the_log(forgotten: Forgotten) -> None:
    assert forgotten.seen.answers["cut-off"].status_code == 503
    assert forgotten.seen.line("cut-off")["problem"]
    assert [line for line in forgotten.seen.log if forgotten.cut_off in line] == []


def _leave_audio_over(seen: Watched, ids: list[str]) -> None:
    nobody = Profile.new(families.IDENTIFICATION, "en-us", datetime.now(UTC))
    seen.store.put_audio(nobody, "left-over", voices.seconds("anna", 1))
    ids.append(nobody.id)


def _cut(_number: int, _request: object) -> None:
    raise CutOffError
