"""Profiles are counted as they come and go; what is wrong, or was never counted, is set right."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import pytest
from azure.data.tables import TableClient

from devhost.azurite import azurite
from shared.errors import Conflict, StorageUnavailable
from shared.settings import Settings
from shared.store import WIDTHS, Span
from shared.store.azure import TABLE, AzureStore
from shared.store.entities import to_entity
from shared.store.entity_client import EntityClient
from shared.voices.families import IDENTIFICATION, VERIFICATION
from shared.voices.records import Profile
from tests.durability.proxy import proxied

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def own_storage() -> Iterator[str]:
    with azurite() as connection_string:
        yield connection_string


@pytest.fixture
def table(own_storage: str) -> Iterator[TableClient]:
    """The table, empty."""
    table = TableClient.from_connection_string(own_storage, TABLE)
    AzureStore.open(Settings.read({"SPEAKER_STORAGE_CONNECTION_STRING": own_storage}))
    for entity in table.list_entities():
        table.delete_entity(entity)
    yield table
    table.close()


@pytest.fixture
def store(own_storage: str, table: TableClient) -> AzureStore:
    return AzureStore.open(Settings.read({"SPEAKER_STORAGE_CONNECTION_STRING": own_storage}))


def _new() -> Profile:
    return Profile.new(VERIFICATION, "en-us", NOW)


def _old_row(table: TableClient, profile: Profile) -> None:
    """Write a profile as versions did that counted nothing."""
    table.upsert_entity(to_entity(profile))


def test_what_older_versions_have_written_is_counted_once(store: AzureStore, table: TableClient) -> None:
    for _ in range(3):
        _old_row(table, _new())
    _old_row(table, _new().marked_deleting(NOW))
    assert store.count() == 3
    with patch.object(store._tallies, "_begun", side_effect=AssertionError("counted again")):
        assert (store.count(), store.count(IDENTIFICATION), store.count(VERIFICATION)) == (3, 0, 3)


def test_two_who_count_at_once_count_once(store: AzureStore, table: TableClient) -> None:
    _old_row(table, _new())
    assert [sum(row[f"Held{digit}"] for row in store._tallies._begun() for digit in "0123456789abcdef")
            for _ in range(2)] == [1, 1]  # fmt: skip


def test_counting_asks_for_the_tallies_only(store: AzureStore, own_storage: str, table: TableClient) -> None:
    store.count()
    for _ in range(3):
        store.insert(_new())
    asked: list[str] = []
    with proxied(own_storage) as (proxy, through):
        watched = AzureStore.open(Settings.read({"SPEAKER_STORAGE_CONNECTION_STRING": through}))
        proxy.watch(before=lambda _, request: asked.append(request.query_string))
        assert watched.count() == 3
    assert len(asked) == 1
    assert "PartitionKey eq 'upkeep' and RowKey ge 'held:'" in asked[0]


@pytest.mark.parametrize("wrong", [0, 7])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_tally_that_is_wrong_is_set_right_in_passing(
    store: AzureStore, table: TableClient, width: int, wrong: int
) -> None:
    store.count()
    profiles = [store.insert(_new()) for _ in range(4)]
    store.replace(profiles[0].marked_deleting(NOW))
    begins = sorted({int(profile.id[:2], 16) // width * width for profile in profiles})
    spans = [Span(VERIFICATION, begin, width) for begin in begins]
    for row in _tallies(table):
        held = {f"Held{digit}": wrong for digit in "0123456789abcdef" if _within(row, digit, spans)}
        table.update_entity({**row, **held})
    known = [profile.id for span in spans for profile in store.recount(span)]
    assert sorted(known) == sorted(profile.id for profile in profiles)
    assert store.count() == 3


def test_a_tally_that_changed_while_profiles_were_listed_is_left_for_another_time(store: AzureStore) -> None:
    store.count()
    span, profile = Span(VERIFICATION), _new()
    before = store._tallies.before(span)
    store.insert(profile)
    store._tallies.settle(span, before, [])
    assert store.count() == 1


def test_a_tally_that_others_keep_changing_is_given_up(store: AzureStore) -> None:
    store.count()
    with (
        patch.object(EntityClient, "merge", side_effect=Conflict),
        pytest.raises(StorageUnavailable, match="keep changing"),
    ):
        store.insert(_new())
    assert list(store.scan()) == []


def test_a_tally_is_never_below_nothing(store: AzureStore, table: TableClient) -> None:
    store.count()
    profile = _new()
    _old_row(table, profile)
    store.remove(profile)
    assert store.count() == 0


def _within(row: dict[str, Any], digit: str, spans: list[Span]) -> bool:
    return VERIFICATION.name in row["RowKey"] and any(span.holds(row["RowKey"][-1] + digit) for span in spans)


def _tallies(table: TableClient) -> list[dict[str, Any]]:
    return [dict(row) for row in table.query_entities("PartitionKey eq 'upkeep'") if str(row["RowKey"]) > "held:"]
