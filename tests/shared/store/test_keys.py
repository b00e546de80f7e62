"""Keys of what is sealed: wrapped, kept for a bounded time, shredded and rotated."""

from itertools import islice

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.errors import Misconfigured
from shared.store import keys
from shared.store.keys import KEPT_SEC, DataKeys, LocalKey, UnusableKey
from shared.store.rows import MemoryRows, Row

LOCAL = LocalKey(bytes(32))
NONCE = bytes(12)


class CountingRows(MemoryRows):
    """Counts how often a row is read."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0

    def read(self, partition: str, name: str) -> Row | None:
        self.reads += 1
        return super().read(partition, name)


@pytest.fixture
def rows() -> CountingRows:
    return CountingRows()


def _opens(made: AESGCM, other: AESGCM | None) -> bool:
    return other is not None and other.decrypt(NONCE, made.encrypt(NONCE, b"voice", b""), b"") == b"voice"


def test_a_key_is_the_same_in_every_process_and_none_of_it_is_kept_in_clear(rows: CountingRows) -> None:
    made = DataKeys(rows, LOCAL).made("family:0f", "a")
    assert _opens(made, DataKeys(rows, LOCAL).made("family:0f", "a"))
    assert _opens(made, DataKeys(rows, LOCAL).known("family:0f", "a"))
    assert {len(row.values["Wrapped"]) for row in rows.since("")} == {40}


def test_whoever_asks_for_a_key_that_is_not_there_is_told(rows: CountingRows) -> None:
    assert DataKeys(rows, LOCAL).known("family:0f", "a") is None


def test_a_key_is_read_again_after_a_bounded_time(rows: CountingRows) -> None:
    now = 0.0
    known = DataKeys(rows, LOCAL, lambda: now)
    known.made("family:0f", "a")
    rows.reads = 0
    for _ in range(100):
        known.known("family:0f", "a")
    assert rows.reads == 0
    for _ in range(2):
        now += KEPT_SEC
        known.known("family:0f", "b")
    rows.reads = 0
    known.known("family:0f", "a")
    assert rows.reads == 1


def test_the_keys_of_a_partition_are_read_at_once(rows: CountingRows) -> None:
    for name in "abc":
        DataKeys(rows, LOCAL).made("family:0f", name)
    rows.put(Row("family:0f", "damaged", {"Wrapped": b"x" * 40, "By": "nobody"}))
    known = DataKeys(rows, LOCAL)
    known.load("family:0f")
    known.load("family:0f")
    rows.reads = 0
    assert all(known.known("family:0f", name) for name in "abc")
    assert rows.reads == 0
    with pytest.raises(UnusableKey):
        known.known("family:0f", "damaged")


def test_a_key_that_was_shredded_does_not_come_back(rows: CountingRows) -> None:
    known = DataKeys(rows, LOCAL)
    made = known.made("family:0f", "a")
    known.shred("family:0f", "a")
    assert known.known("family:0f", "a") is None
    assert DataKeys(rows, LOCAL).read("family:0f", "a") is None
    with pytest.raises(InvalidTag):
        _opens(made, known.made("family:0f", "a"))


def test_of_two_who_make_a_key_at_once_both_have_the_first(rows: CountingRows) -> None:
    first = DataKeys(rows, LOCAL)
    made: list[AESGCM] = []

    class Overtaken(CountingRows):
        def insert(self, row: Row) -> Row:
            if row.partition != "service" and not made:
                made.append(first.made(row.partition, row.name))
            return rows.insert(row)

        def __getattribute__(self, name: str) -> object:
            return object.__getattribute__(self, name) if name in ("insert", "__class__") else getattr(rows, name)

    second = DataKeys(Overtaken(), LOCAL).made("family:0f", "a")
    assert _opens(made[0], second)


@pytest.mark.parametrize("done", range(4))
def test_a_rotation_may_be_cut_off_and_every_key_stays_what_it_was(rows: CountingRows, done: int) -> None:
    made = {name: DataKeys(rows, LOCAL).made("family:0f", name) for name in "abc"}
    before = {row.name: row.values["Wrapped"] for row in rows.page("family:0f")}
    list(islice(DataKeys(rows, LOCAL).rotate(), done))
    assert all(_opens(key, DataKeys(rows, LOCAL).known("family:0f", name)) for name, key in made.items())
    assert sum(before[row.name] != row.values["Wrapped"] for row in rows.page("family:0f")) == done
    assert [*DataKeys(rows, LOCAL).rotate()][-1] == 3
    assert all(_opens(key, DataKeys(rows, LOCAL).known("family:0f", name)) for name, key in made.items())


def test_a_service_key_goes_once_nobody_can_wrap_by_it_any_more(
    rows: CountingRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    DataKeys(rows, LOCAL).made("family:0f", "a")
    list(DataKeys(rows, LOCAL).rotate())
    assert len(list(rows.page("service"))) == 2
    monkeypatch.setattr(keys, "SETTLED", keys.SETTLED * 0)
    list(DataKeys(rows, LOCAL).rotate())
    assert len(list(rows.page("service"))) == 1
    assert DataKeys(rows, LOCAL).known("family:0f", "a")


def test_a_key_that_is_shredded_while_it_is_rotated_stays_so(rows: CountingRows) -> None:
    known = DataKeys(rows, LOCAL)
    for name in "ab":
        known.made("family:0f", name)
    going = known.rotate()
    next(going)
    rows.remove("family:0f", "b")
    assert [*going] == [1]
    assert [row.name for row in rows.page("family:0f")] == ["a"]


def test_another_key_on_the_machine_opens_nothing_and_says_which_setting_is_wrong(rows: CountingRows) -> None:
    DataKeys(rows, LOCAL).begin()
    with pytest.raises(Misconfigured, match="SPEAKER_SEALING_KEY is not the key"):
        DataKeys(rows, LocalKey(bytes([1] * 32))).begin()
