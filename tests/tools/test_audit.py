"""The command that reads the audit trail."""

import json
from argparse import Namespace

import pytest

from shared.observing.trace import mark
from shared.store.memory import MemoryStore
from shared.store.outbox import Deed, Outbox
from shared.trust.trail import Trail
from shared.voices.families import VERIFICATION
from tools import audit, verbs

ID = "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9"


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> MemoryStore:
    store = MemoryStore()
    store.listeners = ("audit",)
    for decision in ("Accept", "Reject"):
        Outbox.of(store).tell(Deed.VERIFIED, VERIFICATION, ID, decision)
    Trail.of(store).drain()
    monkeypatch.setattr(audit, "Service", lambda _: Namespace(store=store))
    monkeypatch.setattr(audit, "load_settings", lambda _: None)
    return store


def test_a_whole_trail_is_told_with_the_hash_of_its_end(store: MemoryStore, capsys: pytest.CaptureFixture[str]) -> None:
    assert verbs.main(["audit", "verify"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("whole: 2 lines from number 1 on, the last with SHA-256 ")
    row = store.outbox.read("trail", "head")
    assert row is not None
    assert row.values["Hash"] in said


def test_a_broken_trail_is_told_and_is_the_exit_status(store: MemoryStore, capsys: pytest.CaptureFixture[str]) -> None:
    (day,) = store.trail.values
    store.trail.values[day] = store.trail.values[day].replace(b"Accept", b"Reject", 1)
    assert verbs.main(["audit", "verify"]) == 1
    assert capsys.readouterr().out == f"BROKEN at {day}, line 2: number 2 does not follow what stands before it\n"


@pytest.mark.usefixtures("store")
def test_what_was_done_to_a_profile_is_shown_by_its_id(capsys: pytest.CaptureFixture[str]) -> None:
    assert verbs.main(["audit", "show", "--profile", ID.upper()]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["deed"], line["outcome"]) for line in told] == [("verified", "Accept"), ("verified", "Reject")]
    assert mark(ID) not in f"{told}"


def test_what_is_no_id_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        verbs.main(["audit", "show", "--profile", "anna"])
    assert "is no id of a profile" in capsys.readouterr().err
