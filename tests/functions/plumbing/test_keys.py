import pytest

from functions.plumbing.keys import check_key
from shared.errors import AccessDenied, Unauthorized


@pytest.mark.parametrize("key", ["first", "second"])
def test_each_configured_key_is_admitted(key: str) -> None:
    check_key(key, ["first", "second"])


@pytest.mark.parametrize("key", [None, ""])
def test_a_missing_key_is_asked_for(key: str | None) -> None:
    with pytest.raises(Unauthorized, match="Make sure subscription key is included") as refusal:
        check_key(key, ["first"])
    assert (refusal.value.status, refusal.value.code) == (401, "Unauthorized")


@pytest.mark.parametrize("key", ["firs", "first ", "FIRST", "first,second", "ключ", "\udcff"])
def test_a_wrong_key_is_denied(key: str) -> None:
    with pytest.raises(AccessDenied, match="Access denied due to invalid subscription key") as refusal:
        check_key(key, ["first", "second"])
    assert (refusal.value.status, refusal.value.code) == (401, "401")


def test_without_configured_keys_nobody_is_admitted() -> None:
    with pytest.raises(AccessDenied):
        check_key("anything", [])
