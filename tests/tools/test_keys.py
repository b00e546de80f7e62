"""The command that wraps keys anew."""

from argparse import Namespace
from datetime import UTC, datetime

import pytest

from shared.store.keys import DataKeys, LocalKey
from shared.store.memory import MemoryStore
from shared.store.rows import MemoryRows
from shared.store.sealing import VoiceSeals
from tools import keys, verbs


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Namespace:
    seals = VoiceSeals(DataKeys(MemoryRows(), LocalKey(bytes(32))), on=True)
    store = Namespace(seals=seals)
    monkeypatch.setattr(keys, "Service", lambda _: Namespace(store=store))
    monkeypatch.setattr(keys, "load_settings", lambda _: None)
    return store


def test_keys_are_wrapped_anew_and_open_what_they_sealed(store: Namespace, capsys: pytest.CaptureFixture[str]) -> None:
    entity = {"PartitionKey": "f:0f", "RowKey": "a", "Enrollments": "[1]", "Heard": "[2]", "At": datetime.now(UTC)}
    sealed = store.seals.closed_entity(entity)
    verbs.main(["keys", "rotate"])
    assert capsys.readouterr().out == "1 keys wrapped anew\n"
    assert store.seals.opened_entity(sealed)["Heard"] == "[2]"


def test_where_nothing_is_sealed_that_is_said(store: Namespace) -> None:
    store.seals = MemoryStore().seals
    with pytest.raises(SystemExit, match="nothing is sealed"):
        verbs.main(["keys", "rotate"])
