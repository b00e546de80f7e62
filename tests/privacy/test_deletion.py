"""What was deleted is nowhere: no table, no blob, no file and no line of the log knows of it."""

from collections.abc import Callable

import pytest

from shared.families import FAMILIES
from shared.records import Profile
from shared.trace import mark
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


@pytest.mark.parametrize("how", ["one by one", "all at once"])
def test_nothing_and_nobody_remembers_a_deleted_profile(watch: Callable[..., Watched], how: str) -> None:
    deleted: list[str] = []
    left: list[str] = []

    def act(seen: Watched) -> None:
        for family in (VERIFICATION, IDENTIFICATION):
            ids = _live(seen, family)
            deleted.extend(ids)
            if how == "one by one":
                for name in ids:
                    assert seen.send("delete", "DELETE", f"{family}/profiles/{name}").status_code == 204
            else:
                _leave_audio_over(seen, family, deleted)
                answer = seen.send("delete-all", "DELETE", f"{family}/profiles", confirm=CONFIRM)
                assert answer.json() == {"deleted": 2, "remaining": False}
                again = seen.send("delete-all", "DELETE", f"{family}/profiles", confirm=CONFIRM)
                assert again.json() == {"deleted": 0, "remaining": False}
        left.extend(_traces(seen.everything.now(), deleted))

    seen = watch(act)
    assert left == []
    assert [line for line in seen.log if any(name in line for name in deleted)] == []
    assert {mark(name) for name in deleted[:4]} >= {line["profile"] for line in seen.lines() if "profile" in line}


def _leave_audio_over(seen: Watched, family: str, ids: list[str]) -> None:
    known = next(known for known in FAMILIES.values() if f"{known.mode}/{known.dependency}" == family)
    nobody = Profile.new(known, "en-us", next(seen.store.scan()).created)
    seen.store.put_audio(nobody, "left-over", voices.seconds("anna", 1))
    ids.append(nobody.id)


def test_a_storage_fault_while_a_profile_is_read_does_not_write_its_id_into_the_log(
    watch: Callable[..., Watched],
) -> None:
    ids: list[str] = []

    def act(seen: Watched) -> None:
        ids.append(seen.create())
        seen.proxy.watch(before=_cut)
        assert seen.send("get", "GET", f"{VERIFICATION}/profiles/{ids[0]}").status_code == 503
        seen.proxy.watch()

    log = watch(act).log
    assert [line for line in log if ids[0] in line] == []


def _cut(_number: int, _request: object) -> None:
    raise CutOffError
