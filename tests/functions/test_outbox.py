"""The timer that takes what was done out of the outbox, where somebody listens."""

import logging
from typing import TYPE_CHECKING, cast

import pytest

from functions import outbox
from functions.plumbing.guard import App
from shared.store.memory import MemoryStore
from shared.store.outbox import Deed, Outbox
from shared.voices.families import VERIFICATION

if TYPE_CHECKING:
    import azure.functions as func

NEVER = cast("func.TimerRequest", None)


def _app(monkeypatch: pytest.MonkeyPatch, **settings: str) -> App:
    app = App(settings, store=MemoryStore())
    monkeypatch.setattr(outbox, "APP", app)
    return app


def test_it_writes_the_trail_and_says_where_it_ends(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    app = _app(monkeypatch, SPEAKER_AUDIT="true")
    Outbox.of(app.store).tell(Deed.VERIFIED, VERIFICATION, "a", "Accept")
    timer = outbox.outbox._function.get_user_function()
    with caplog.at_level(logging.INFO, "speaker"):
        timer(NEVER)
        timer(NEVER)
    assert len(app.store.trail.lengths()) == 1
    assert [line for line in caplog.messages if line.startswith("audit trail: line 1, SHA-256 ")] == [
        caplog.messages[0]
    ]


@pytest.mark.parametrize(
    ("settings", "listens"), [({}, False), ({"SPEAKER_AUDIT": "true"}, True), ({"SPEAKER_AUDIT": "perhaps"}, False)]
)
def test_it_runs_only_where_somebody_listens(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], *, listens: bool
) -> None:
    _app(monkeypatch, **settings)
    assert outbox.somebody_listens() is listens
