"""What was tried on profiles: rows whose names begin with a profile's id. They go when it does."""

from collections.abc import Container
from typing import Final

from shared.store import Span, Store
from shared.store.entities import partition_of, partitions_of
from shared.store.rows import Row
from shared.voices.families import Family
from shared.voices.records import Profile

_GUID_LENGTH: Final = 36


def trials_of(store: Store, profile: Profile) -> list[Row]:
    """What was tried on a profile, or asked of its speaker."""
    return _rows(store, profile.family, profile.id)


def forget_trials(store: Store, family: Family, profile_id: str) -> None:
    """Keep nothing of what was tried on a profile, or asked of its speaker."""
    for row in _rows(store, family, profile_id):
        store.trials.remove(row.partition, row.name)


def sweep_trials(store: Store, span: Span, known: Container[str]) -> None:
    """Remove what is left in a span of profiles that are gone: a verification may have ended after its profile.

    Args:
        known: ids of those that are there; who is not among them is looked for first.
    """
    first, last = partitions_of(span)
    for row in store.trials.since(first, before=last):
        profile_id = row.name[:_GUID_LENGTH]
        if profile_id not in known and store.get(span.family, profile_id) is None:
            store.trials.remove(row.partition, row.name)


def _rows(store: Store, family: Family, profile_id: str) -> list[Row]:
    found = store.trials.page(partition_of(family, profile_id), after=profile_id, size=2)
    return [row for row in found if row.name.startswith(profile_id)]
