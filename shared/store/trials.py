"""What was tried on profiles: rows whose names begin with a profile's id. They go when it does."""

from collections.abc import Container

from shared.store import Span, Store
from shared.store.entities import partition_of, partitions_of
from shared.voices.families import Family

_GUID_LENGTH = 36


def forget_trials(store: Store, family: Family, profile_id: str) -> None:
    """Keep nothing of what was tried on a profile, or asked of its speaker."""
    for row in list(store.trials.page(partition_of(family, profile_id), after=profile_id, size=2)):
        if row.name.startswith(profile_id):
            store.trials.remove(row.partition, row.name)


def sweep_trials(store: Store, span: Span, known: Container[str]) -> None:
    """Remove what is left in a span of profiles that are gone: a verification may have ended after its profile.

    Args:
        known: ids of those that are there; who is not among them is looked for first.
    """
    first, last = partitions_of(span)
    for row in store.trials.since(first):
        if row.partition >= last:
            return
        profile_id = row.name[:_GUID_LENGTH]
        if profile_id not in known and store.get(span.family, profile_id) is None:
            store.trials.remove(row.partition, row.name)
