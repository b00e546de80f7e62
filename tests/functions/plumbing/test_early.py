"""What a first request would wait for is there before it comes."""

import pytest

from functions.plumbing.early import warm_up_early
from functions.plumbing.guard import App
from shared.errors import BundleError
from shared.listening.listener import Listener


@pytest.mark.slow
def test_storage_and_models_are_there_before_anybody_calls(storage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[Listener] = []
    monkeypatch.setattr(Listener, "warm_up", lambda listener: loaded.append(listener))
    app = App({"SPEAKER_STORAGE_CONNECTION_STRING": storage})
    warming = warm_up_early(app)
    assert warming is not None
    warming.join()
    assert "store" in vars(app)
    assert loaded == [app.listener]


@pytest.mark.parametrize("environment", [{}, {"SPEAKER_RATE_LIMIT": "many"}])
def test_nothing_is_built_early_where_nothing_can_be_served(environment: dict[str, str]) -> None:
    app = App(environment)
    assert warm_up_early(app) is None
    assert not {"store", "listener"} & vars(app).keys()


@pytest.mark.slow
def test_what_cannot_be_built_early_is_left_to_the_first_request(storage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(_: Listener) -> None:
        raise BundleError("damaged")

    monkeypatch.setattr(Listener, "warm_up", damaged)
    app = App({"SPEAKER_STORAGE_CONNECTION_STRING": storage})
    warming = warm_up_early(app)
    assert warming is not None
    warming.join()  # an exception in a thread would fail this test
    with pytest.raises(BundleError):
        app.warm_up()
